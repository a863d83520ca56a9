package rollup

import (
	"encoding/binary"

	"github.com/tonghop/tonghop/server/figure"
)

// Lean is a total of which only the commonest fields are there, and these are not large: as of nearly all sums and ratios.
// It takes a fifth of the room of a Total, and of the time to look at it. Its bytes are those of the Total that it is.
type Lean struct {
	Sum, Numerator, Denominator     int64
	Count, Received, Late, Complete int32
}

// IsZero tells whether it is the total of nothing.
func (l *Lean) IsZero() bool { return *l == Lean{} }

// Total gives the total that it is.
func (l *Lean) Total() Total {
	wide := func(n int64) Wide { return WideOf(figure.Int128From(n)) }
	return Total{
		Sum: wide(l.Sum), Numerator: wide(l.Numerator), Denominator: wide(l.Denominator),
		Count: int64(l.Count), Received: int64(l.Received), Late: int64(l.Late), Complete: int64(l.Complete),
	}
}

// Step is Total.Step where the result is lean; where it is not it is false, and nothing changed.
func (l *Lean) Step(s *Step) bool {
	if s.NotAvailable != 0 || s.NotApplicable != 0 || s.Half != 0 || s.Stale != 0 || s.Outside != 0 || s.Lag != (Trail{}) {
		return false
	}
	n := *l
	ok := leanSum(&n.Sum, s.Sum) && leanSum(&n.Numerator, s.Numerator) && leanSum(&n.Denominator, s.Denominator) &&
		leanCount(&n.Count, s.Count) && leanCount(&n.Received, s.Received) && leanCount(&n.Late, s.Late) && leanCount(&n.Complete, s.Complete)
	if ok {
		*l = n
	}
	return ok
}

// Add adds what is lean itself where the result is; where it is not it is false, and nothing changed.
func (l *Lean) Add(by *Lean) bool {
	sum, a := plus64(l.Sum, by.Sum)
	numerator, b := plus64(l.Numerator, by.Numerator)
	denominator, c := plus64(l.Denominator, by.Denominator)
	count, received := int64(l.Count)+int64(by.Count), int64(l.Received)+int64(by.Received)
	late, complete := int64(l.Late)+int64(by.Late), int64(l.Complete)+int64(by.Complete)
	if !a || !b || !c || count != int64(int32(count)) || received != int64(int32(received)) || //nolint:gosec // that is the question
		late != int64(int32(late)) || complete != int64(int32(complete)) { //nolint:gosec // and here
		return false
	}
	l.Sum, l.Numerator, l.Denominator = sum, numerator, denominator
	l.Count, l.Received, l.Late, l.Complete = int32(count), int32(received), int32(late), int32(complete) //nolint:gosec // compared above
	return true
}

// plus64 adds; false if the sum does not fit.
func plus64(a, b int64) (int64, bool) {
	sum := a + b
	return sum, (sum^a)&(sum^b) >= 0
}

// LeanSum adds an amount to a sum, or with -1 takes it away; false, with the sum as it was, if that does not fit.
func LeanSum(to *int64, amount int64, times int32) bool {
	sum, ok := plus64(*to, amount)
	if times < 0 {
		sum = *to - amount
		ok = (*to^amount)&(*to^sum) >= 0
	}
	if ok {
		*to = sum
	}
	return ok
}

// AsStep gives what is lean as a step.
func (l *Lean) AsStep() Step {
	return Step{
		Sum: figure.Int128From(l.Sum), Numerator: figure.Int128From(l.Numerator), Denominator: figure.Int128From(l.Denominator),
		Count: l.Count, Received: l.Received, Late: l.Late, Complete: l.Complete,
	}
}

// Lean gives a step that is lean; false where it is not.
func (s *Step) Lean() (l Lean, ok bool) {
	ok = l.Step(s)
	return l, ok
}

// StepComplete is Step of so many complete units.
func (l *Lean) StepComplete(times int32) bool { return leanCount(&l.Complete, times) }

// leanSum adds a difference where the result fits, else it is false.
func leanSum(to *int64, by figure.Int128) bool {
	if by == (figure.Int128{}) {
		return true
	}
	wide, _ := figure.Int128From(*to).Add(by)
	small, ok := wide.Int64()
	if ok {
		*to = small
	}
	return ok
}

func leanCount(to *int32, by int32) bool {
	sum := int64(*to) + int64(by)
	if sum != int64(int32(sum)) { //nolint:gosec // that is the question
		return false
	}
	*to = int32(sum)
	return true
}

// AppendBinary appends the bytes of the total that it is, see Total.AppendBinary.
func (l *Lean) AppendBinary(b []byte) []byte {
	at := len(b)
	b = append(b, 0)
	var mask byte
	for i, n := range [...]int64{l.Sum, l.Numerator, l.Denominator, int64(l.Count), int64(l.Received), int64(l.Late), int64(l.Complete)} {
		if n != 0 {
			mask |= 1 << i
			b = binary.AppendVarint(b, n)
		}
	}
	b[at] = mask
	return b
}

// Decode reads what AppendBinary wrote; false for the bytes of a total that is not lean, and for those of none.
func (l *Lean) Decode(b []byte) bool {
	if len(b) == 0 || b[0] >= 1<<(wideFields+commonCounts) {
		return false
	}
	mask := b[0]
	b = b[1:]
	var fields [wideFields + commonCounts]int64
	for i := range fields {
		if mask&(1<<i) == 0 {
			continue
		}
		n, took := binary.Varint(b)
		if took <= 0 || n == 0 || took > 1 && b[took-1] == 0 || i >= wideFields && n != int64(int32(n)) { //nolint:gosec // that is the question
			return false
		}
		fields[i], b = n, b[took:]
	}
	if len(b) > 0 {
		return false
	}
	*l = Lean{
		Sum: fields[0], Numerator: fields[1], Denominator: fields[2],
		Count: int32(fields[3]), Received: int32(fields[4]), Late: int32(fields[5]), Complete: int32(fields[6]), //nolint:gosec // compared above
	}
	return true
}
