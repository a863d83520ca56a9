package entry

import (
	"encoding/binary"
	"math"
	"math/bits"

	"github.com/tonghop/tonghop/server/figure"
)

// The figures of a report are written in runs: nearly every report lists indicators whose numbers follow one another and
// whose figures are of one kind, so number and kind are said once for many.
//
// A run is a varint, 32 times the number of its first figure less the one behind the last figure before it, 0 at first, plus
// the number of its figures less one; the flags that all of its figures have, one byte; and if these announce amounts, the
// scale byte and the amounts, figure by figure, value before numerator before denominator. The upper 2 bits of the scale
// byte are how many decimal zeros were taken from every amount, the lower 6 how they are written: 0 to 56 the number of bits
// of each, the first in the lowest bits of the first byte and so on, padded with zeros to a whole byte, and none is negative;
// 63 zigzag varints. With 0 bits all amounts are zero.
//
// So amounts take as many bits as the largest in their run, unless one is so large that varints are shorter; and that a count
// is at the scale of its ratio costs nothing.
const (
	runFigures = 32
	runBits    = 5 // of its number of figures
	widest     = 56
	asVarints  = 63
	widthBits  = 6
	widthMask  = 1<<widthBits - 1
)

// powers are what may be taken from the amounts of a run.
var powers = [...]int64{1, 10, 100, 1000}

// AppendRuns appends the figures of a report without their texts, as a Submission holds them: in the ascending order of
// their numbers, none twice, each of which has passed Check.
func AppendRuns(b []byte, figures []Figure) []byte {
	var amounts [maxNumbers * runFigures]int64
	next := uint64(0)
	for len(figures) > 0 {
		flags := flagsOf(&figures[0].Figure)
		n := 1
		for n < len(figures) && n < runFigures && figures[n].Number == figures[0].Number+uint32(n) && flagsOf(&figures[n].Figure) == flags { //nolint:gosec // 32 at most
			n++
		}
		b = binary.AppendUvarint(b, (uint64(figures[0].Number)-next)<<runBits|uint64(n-1)) //nolint:gosec // not negative
		b = append(b, flags)
		list := amounts[:0]
		for i := range figures[:n] {
			list = appendAmounts(list, &figures[i].Figure)
		}
		if len(list) > 0 {
			b = appendRun(b, list)
		}
		next = uint64(figures[n-1].Number) + 1
		figures = figures[n:]
	}
	return b
}

// flagsOf gives the flags of a figure: see Submission.flags.
func flagsOf(f *figure.Figure) byte {
	flags := byte(f.State)&stateBits | byte(f.Grade)&gradeBits<<gradeShift
	if f.HasValue {
		flags |= hasValue
	}
	if f.HasNumerator {
		flags |= hasNumerator
	}
	if f.HasDenominator {
		flags |= hasDenominator
	}
	return flags
}

func appendAmounts(list []int64, f *figure.Figure) []int64 {
	if f.HasValue {
		list = append(list, int64(f.Value))
	}
	if f.HasNumerator {
		list = append(list, int64(f.Numerator))
	}
	if f.HasDenominator {
		list = append(list, int64(f.Denominator))
	}
	return list
}

// appendRun writes the amounts of a run in the shorter of the two ways.
func appendRun(b []byte, amounts []int64) []byte {
	zeros := zerosOf(amounts)
	var all uint64
	varints := 0
	for i := range amounts {
		if zeros > 0 {
			amounts[i] /= powers[zeros]
		}
		all |= uint64(amounts[i]) //nolint:gosec // bits, not an amount
		varints += (bits.Len64(zigzag(amounts[i])|1) + 6) / 7
	}
	width := bits.Len64(all)
	if width > widest || (width*len(amounts)+7)/8 > varints {
		b = append(b, byte(zeros<<widthBits|asVarints))
		for _, a := range amounts {
			b = binary.AppendUvarint(b, zigzag(a))
		}
		return b
	}
	b = append(b, byte(zeros<<widthBits|width))
	var held uint64
	count := 0
	for _, a := range amounts {
		held |= uint64(a) << count //nolint:gosec // not negative, or its width were 64
		for count += width; count >= 8; count -= 8 {
			b = append(b, byte(held))
			held >>= 8
		}
	}
	if count > 0 {
		b = append(b, byte(held))
	}
	return b
}

// zerosOf gives how many decimal zeros all amounts have, 3 at most; none if there is nothing but zero.
func zerosOf(amounts []int64) int {
	zeros, some := len(powers)-1, false
	for _, a := range amounts {
		for zeros > 0 && a%powers[zeros] != 0 {
			zeros--
		}
		if some = some || a != 0; zeros == 0 {
			break
		}
	}
	if !some {
		return 0
	}
	return zeros
}

func zigzag(a int64) uint64 { return uint64(a)<<1 ^ uint64(a>>63) } //nolint:gosec // bits, not an amount

// Given is one figure of runs: its number, its flags, see Submission.flags, and the amounts that they announce.
type Given struct {
	Number                        uint32
	Flags                         byte
	Value, Numerator, Denominator figure.Number
}

// Runs reads what AppendRuns appended, figure by figure.
type Runs struct {
	b []byte
	// next is the number of the figure that follows, left how many follow in the run.
	next  uint64
	left  int
	flags byte
	// The amounts of the run: how wide each is, what it was divided by, what it may be at most for that, and the bits
	// that were taken from the bytes and not yet given.
	width uint
	power int64
	held  uint64
	count uint
	err   error
}

// ReadRuns begins to read; nothing of the bytes is kept beyond the last Next.
func ReadRuns(b []byte) Runs { return Runs{b: b} }

// Err says what is wrong with the bytes, once Next is false; nil if nothing is.
func (r *Runs) Err() error { return r.err }

// Next gives the figure that follows; false if there is none, or what follows is no figure.
func (r *Runs) Next(g *Given) bool {
	if r.left == 0 && !r.run() {
		return false
	}
	*g = Given{Number: uint32(r.next), Flags: r.flags} //nolint:gosec // the run was checked
	if r.flags&hasValue != 0 {
		g.Value = figure.Number(r.amount())
	}
	if r.flags&hasNumerator != 0 {
		g.Numerator = figure.Number(r.amount())
	}
	if r.flags&hasDenominator != 0 {
		g.Denominator = figure.Number(r.amount())
	}
	r.next++
	r.left--
	if r.left == 0 && r.held != 0 {
		r.err = damaged("the amounts of a report do not end where they should")
	}
	return r.err == nil
}

// run begins the next run.
func (r *Runs) run() bool {
	if len(r.b) == 0 || r.err != nil {
		return false
	}
	head, n := binary.Uvarint(r.b)
	if n <= 0 || n == len(r.b) {
		return r.fail("a report ends within its figures")
	}
	r.left, r.flags = int(head%runFigures)+1, r.b[n]
	r.b = r.b[n+1:]
	first := r.next + head>>runBits
	if first > math.MaxUint32 || first+uint64(r.left)-1 > math.MaxUint32 { //nolint:gosec // 32 at most
		return r.fail("a figure has the number %d", first)
	}
	r.next = first
	if r.err = checkFlags(uint32(r.flags)); r.err != nil {
		return false
	}
	return r.scale()
}

// scale reads how the amounts of a run are written, and sees that they are there.
func (r *Runs) scale() bool {
	each := bits.OnesCount8(r.flags & (hasValue | hasNumerator | hasDenominator))
	r.held, r.count, r.width = 0, 0, 0
	if each == 0 {
		return true
	}
	if len(r.b) == 0 {
		return r.fail("a report ends within its figures")
	}
	r.width, r.power = uint(r.b[0]&widthMask), powers[r.b[0]>>widthBits]
	r.b = r.b[1:]
	switch {
	case r.width == asVarints:
		return true
	case r.width > widest:
		r.err = tooNew("the amounts of a report are written in the way %d", r.width)
		return false
	case (r.left*each*int(r.width)+7)/8 > len(r.b): //nolint:gosec // 56 at most
		return r.fail("a report has fewer amounts than its flags announce")
	}
	return true
}

func (r *Runs) fail(format string, args ...any) bool {
	r.err = damaged(format, args...)
	return false
}

// amount takes the next amount of a run.
func (r *Runs) amount() int64 {
	var a int64
	if r.width == asVarints {
		u, n := binary.Uvarint(r.b)
		if n <= 0 {
			r.fail("a report has fewer amounts than its flags announce")
			r.b = nil
			return 0
		}
		r.b = r.b[n:]
		a = int64(u>>1) ^ -int64(u&1) //nolint:gosec // bits, not an amount
	} else {
		for ; r.count < r.width; r.count += 8 {
			r.held |= uint64(r.b[0]) << r.count
			r.b = r.b[1:]
		}
		a = int64(r.held & (1<<r.width - 1)) //nolint:gosec // 56 bits at most
		r.held >>= r.width
		r.count -= r.width
	}
	if r.power == 1 {
		return a
	}
	whole := a * r.power
	if whole/r.power != a {
		r.fail("an amount of a report is too large")
		return 0
	}
	return whole
}

// into writes the figure as others see it.
func (g *Given) into(f *figure.Figure) {
	*f = figure.Figure{
		State: figure.State(g.Flags & stateBits), Grade: figure.Grade(g.Flags >> gradeShift & gradeBits),
		HasValue: g.Flags&hasValue != 0, HasNumerator: g.Flags&hasNumerator != 0, HasDenominator: g.Flags&hasDenominator != 0,
		Value: g.Value, Numerator: g.Numerator, Denominator: g.Denominator,
	}
}

// checkFlags refuses flags that no figure has.
func checkFlags(flags uint32) error {
	grade := figure.Grade(flags >> gradeShift & gradeBits) //nolint:gosec // two bits
	if flags > allBits || grade > figure.Estimate {
		return tooNew("a figure has the flags %#b", flags)
	}
	state := figure.State(flags & stateBits) //nolint:gosec // two bits
	if some := flags&(hasValue|hasNumerator|hasDenominator) != 0; state == figure.Absent || (state == figure.Value) != some {
		return damaged("a figure has the flags %#b, which fit no figure", flags)
	}
	return nil
}

// FiguresOfRuns reads runs to their end; the figures have no texts.
func FiguresOfRuns(b []byte) ([]Figure, error) {
	n := countRuns(b)
	if n == 0 && len(b) == 0 {
		return nil, nil
	}
	figures := make([]Figure, 0, n)
	runs := ReadRuns(b)
	for g := (Given{}); runs.Next(&g); {
		figures = append(figures, Figure{Number: g.Number})
		g.into(&figures[len(figures)-1].Figure)
	}
	return figures, runs.Err()
}

// countRuns gives how many figures runs have, as far as they are sound: that they are is told by reading them.
func countRuns(b []byte) int {
	runs, n := ReadRuns(b), 0
	for runs.run() {
		n += runs.left
		runs.skip()
	}
	return n
}

// skip goes on behind a run that was begun.
func (r *Runs) skip() {
	amounts := r.left * bits.OnesCount8(r.flags&(hasValue|hasNumerator|hasDenominator))
	if r.width != asVarints {
		r.b = r.b[(amounts*int(r.width)+7)/8:] //nolint:gosec // 56 at most
		amounts = 0
	}
	for ; amounts > 0; amounts-- {
		r.amount()
	}
	r.next += uint64(r.left) //nolint:gosec // 32 at most
	r.left = 0
}
