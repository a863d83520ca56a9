package aggregator

import "github.com/tonghop/tonghop/server/rollup"

// cell is one total of a row that is worked on. Nearly all are lean, and there are many: one that is not, or is to become
// so, is held apart.
type cell struct {
	id   uint64
	lean rollup.Lean
	wide *rollup.Total
}

// total gives the total to be changed.
func (c *cell) total() *rollup.Total {
	if c.wide == nil {
		t := c.lean.Total()
		c.wide, c.lean = &t, rollup.Lean{}
	}
	return c.wide
}

// value gives the total.
func (c *cell) value() rollup.Total {
	if c.wide != nil {
		return *c.wide
	}
	return c.lean.Total()
}

func (c *cell) step(s *rollup.Step) {
	if c.wide == nil && c.lean.Step(s) {
		return
	}
	c.total().Step(s)
}

// add adds a remainder so many times.
func (c *cell) add(r remainder, times int32) {
	switch r {
	case complete:
		if c.wide == nil && c.lean.StepComplete(times) {
			return
		}
		c.step(&rollup.Step{Complete: times})
	case outside:
		c.step(&rollup.Step{Outside: times})
	case nothing:
	}
}

// clear makes it nothing.
func (c *cell) clear() { c.lean, c.wide = rollup.Lean{}, nil }

func (c *cell) isZero() bool {
	if c.wide != nil {
		return c.wide.IsZero()
	}
	return c.lean.IsZero()
}

// append appends the bytes of the total, decode reads them.
func (c *cell) append(b []byte) []byte {
	if c.wide != nil {
		return c.wide.AppendBinary(b)
	}
	return c.lean.AppendBinary(b)
}

// appendSized appends the bytes of the total with their length before them, which is one byte of nearly all.
func (c *cell) appendSized(b []byte) []byte {
	at := len(b)
	b = c.append(append(b, 0))
	if n := len(b) - at - 1; n < 1<<7 {
		b[at] = byte(n)
		return b
	}
	var scratch [256]byte
	return appendText(b[:at], append(scratch[:0], b[at+1:]...))
}

func (c *cell) decode(b []byte) bool {
	return c.lean.Decode(b) || c.total().MergeBinary(b)
}
