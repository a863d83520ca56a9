package formula

import (
	"math/big"
	"slices"
	"strconv"

	"github.com/tonghop/tonghop/server/text"
)

// The limits of a formula.
const (
	// MaxLength is how many characters it may have.
	MaxLength = 1000
	// MaxDepth is how deep parentheses, functions and signs may be nested.
	MaxDepth = 30
	// MaxOperands is how many numbers and references it may have.
	MaxOperands = 100
	// MaxYears and MaxPeriods are how far a reference may look back.
	MaxYears   = 10
	MaxPeriods = 12
	// maxDigits is how many digits a number may have.
	maxDigits = 18
)

// Formula is one formula. It never changes.
type Formula struct {
	root *Node
	// references are the distinct ones, in the order in which they stand.
	references []Reference
	// rollups are the distinct roll-ups of which they take something; from says of which each does.
	rollups  []Reference
	from     []int
	operands int
}

// Root gives the tree, which is not to be changed.
func (f *Formula) Root() *Node { return f.root }

// References gives the distinct references in the order in which they first stand in the formula; a Node of Refer names
// one by its place here. The list is not to be changed.
func (f *Formula) References() []Reference { return f.references }

// Rollups gives the distinct roll-ups that the references take something of, in the order in which they first stand in the
// formula, as references to their values. The list is not to be changed.
func (f *Formula) Rollups() []Reference { return f.rollups }

// RollupOf gives the place among Rollups of what a reference, by its place, takes something of.
func (f *Formula) RollupOf(reference int) int { return f.from[reference] }

// Operands is how many numbers and references stand in the formula, each as often as it does.
func (f *Formula) Operands() int { return f.operands }

// Op says what a Node does.
type Op uint8

// What a Node does with its arguments. Negate has one, the four operations two, Min, Max and Sum any number from one on;
// If has four: the two that are compared, and what it gives if the comparison holds and if not. The second block stands in
// conditions alone: see Condition.
const (
	Number Op = iota
	Refer
	Negate
	Add
	Subtract
	Multiply
	Divide
	Min
	Max
	Sum
	If

	Abs
	Jump
	Outlier
	Compare
	And
	Or
	Not
	Has
	Required
	Integer
	NeverFalls
)

// Claims says whether a node of the Op holds or does not; every other is a number.
func (o Op) Claims() bool { return o >= Compare }

// Comparison is how the first two arguments of an If, or the two of a Compare, are compared.
type Comparison uint8

// The comparisons.
const (
	Less Comparison = iota
	AtMost
	Greater
	AtLeast
	Equal
	Unequal
)

// comparisons are the signs in which they are printed.
var comparisons = [...]string{"<", "<=", ">", ">=", "=", "<>"}

// String gives the sign.
func (c Comparison) String() string { return comparisons[c] }

// functions are the words of those that have one.
var functions = map[Op]string{
	Min: "min", Max: "max", Sum: "sum", If: "if", Abs: "abs", Jump: "jump", Outlier: "outlier",
	Has: "has", Required: "required", Integer: "integer", NeverFalls: "never_falls",
}

// Node is one step of a formula.
type Node struct {
	Op Op
	// Value is the number of a Number, which is not negative. It is not to be changed.
	Value *big.Rat
	// Reference is the place of what a Refer names.
	Reference int
	// Comparison is that of an If or a Compare.
	Comparison Comparison
	Args       []*Node
	// Series is the place of the earlier values that an Outlier or a NeverFalls looks at.
	Series int

	// digits is the number as it is printed, at the place of the first character in what was parsed.
	digits string
	at     int
}

// Amount says what a reference takes of a roll-up.
type Amount uint8

// The amounts.
const (
	Value Amount = iota
	Numerator
	Denominator
)

// suffixes stand behind the code.
var suffixes = [...]string{"", ".num", ".den"}

// Reference names a roll-up, and what is taken of it.
type Reference struct {
	// Code is the code of the indicator in its spelling.
	Code   string
	Amount Amount
	// Years and Periods say how far back: at most one of them is not 0.
	Years, Periods int
}

// Same says whether two references take one thing, however their codes are spelled.
func (r Reference) Same(o Reference) bool {
	return r.Amount == o.Amount && r.SameRollup(o)
}

// SameRollup says whether two references are to one roll-up, whatever they take of it.
func (r Reference) SameRollup(o Reference) bool {
	return r.Years == o.Years && r.Periods == o.Periods && text.SameCode(r.Code, o.Code)
}

// String gives the reference as it stands in a formula.
func (r Reference) String() string {
	s := "[" + r.Code + suffixes[r.Amount]
	switch {
	case r.Years > 0:
		s += ", -" + strconv.Itoa(r.Years) + "y"
	case r.Periods > 0:
		s += ", -" + strconv.Itoa(r.Periods) + "p"
	}
	return s + "]"
}

// Find gives the place among References of what is written like this between brackets; -1 if it is none of them.
func (f *Formula) Find(inside string) int {
	r, err := parseReference(inside, 1)
	if err != nil {
		return -1
	}
	return slices.IndexFunc(f.references, r.Same)
}
