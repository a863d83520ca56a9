package formula

import (
	"math/big"
	"slices"
	"strings"

	"github.com/tonghop/tonghop/server/fault"
)

// Condition is what a rule demands of figures: something that holds, does not hold, or is not known because a figure is
// missing. It never changes.
type Condition struct {
	Formula
	series []Series
}

// Series are the earlier values of an indicator, which some functions look at.
type Series struct {
	// Reference is the place of what is looked at, which is not shifted.
	Reference int
	// Periods is how many earlier base periods are looked at, and Least how many of them must have a value.
	Periods, Least int
	// Cumulative says that the newest earlier value is wanted alone: an amount that counts since the beginning of the year
	// begins anew with it.
	Cumulative bool
}

// How far Outlier looks back, and how little it may rest on.
const (
	MinHistory = 6
	MaxHistory = 36
)

// Series gives what the condition looks back at; a Node of Outlier or NeverFalls names one by its place here. The list is
// not to be changed.
func (c *Condition) Series() []Series { return c.series }

// conditionWords are the functions of conditions.
const conditionWords = "min, max, sum, if, abs, jump, outlier, has, required, integer, never_falls, and, or, not"

// ParseCondition reads a condition in the manner of Parse.
func ParseCondition(s string) (*Condition, error) {
	p, err := begin(s)
	if err != nil {
		return nil, err
	}
	p.conditions = true
	if p.token.kind == end {
		return nil, fault.Invalid("CONDITION_EMPTY", "the condition is empty; write what must hold, such as [CQ-06.num] <= [CQ-06.den]")
	}
	f, err := p.finish(p.either, "and, or, or the end")
	if err != nil {
		return nil, err
	}
	return &Condition{Formula: *f, series: p.series}, claims(f.root)
}

// numbers refuses a condition where a number must stand.
func numbers(nodes ...*Node) error {
	for _, n := range nodes {
		if n.Op.Claims() {
			return fault.Invalid("CONDITION_NOT_A_NUMBER",
				"condition: at character %d stands something that holds or does not, where a number must stand", n.at).With("position", n.at)
		}
	}
	return nil
}

// claims refuses a number where a condition must stand.
func claims(nodes ...*Node) error {
	for _, n := range nodes {
		if !n.Op.Claims() {
			return fault.Invalid("CONDITION_IS_A_NUMBER",
				"condition: at character %d stands a number, where something must stand that holds or does not, such as [A] <= [B]", n.at).
				With("position", n.at)
		}
	}
	return nil
}

// isWord says whether the next token is this word.
func (p *parser) isWord(wanted string) bool {
	return p.token.kind == word && strings.EqualFold(p.token.text, wanted)
}

func (p *parser) either(depth int) (*Node, error) { return p.junction(depth, Or, "or", p.both) }

func (p *parser) both(depth int) (*Node, error) { return p.junction(depth, And, "and", p.claim) }

// junction reads claims with one word between them.
func (p *parser) junction(depth int, op Op, between string, operand func(int) (*Node, error)) (*Node, error) {
	left, err := operand(depth)
	for err == nil && p.isWord(between) {
		if err = p.advance(); err != nil {
			break
		}
		var right *Node
		if right, err = operand(depth); err == nil {
			err = claims(left, right)
		}
		left = &Node{Op: op, Args: []*Node{left, right}, at: left.at}
	}
	return left, err
}

// claim reads not and a claim, or a comparison, or whatever stands alone.
func (p *parser) claim(depth int) (*Node, error) {
	at := p.token.at
	if p.isWord("not") {
		if depth++; depth > MaxDepth {
			return nil, p.tooComplex("it is nested deeper than it may be", MaxDepth)
		}
		if err := p.advance(); err != nil {
			return nil, err
		}
		of, err := p.claim(depth)
		if err == nil {
			err = claims(of)
		}
		return &Node{Op: Not, Args: []*Node{of}, at: at}, err
	}
	left, err := p.sum(depth)
	if err != nil || p.token.kind != sign || !slices.Contains(comparisons[:], p.token.text) {
		return left, err
	}
	n := &Node{Op: Compare, Args: []*Node{left}, at: at}
	if err := p.comparison(n); err != nil {
		return nil, err
	}
	right, err := p.sum(depth)
	if err != nil {
		return nil, err
	}
	n.Args = append(n.Args, right)
	return n, numbers(left, right)
}

// conditionArguments reads the arguments of a function that stands in conditions alone.
func (p *parser) conditionArguments(n *Node, depth int) error {
	switch n.Op { //nolint:exhaustive // the others take references
	case Abs, Jump, Integer:
		if err := p.arguments(n, depth); err != nil {
			return err
		}
		if wanted := map[Op]int{Abs: 1, Jump: 2, Integer: 1}[n.Op]; len(n.Args) != wanted {
			return p.wrongArguments(n, example(n.Op))
		}
		return nil
	}
	for {
		if p.token.kind != bracket {
			return p.unexpected("a reference such as [CQ-06]")
		}
		arg, err := p.operand()
		if err != nil {
			return err
		}
		n.Args = append(n.Args, arg)
		if !p.isSign(",") || n.Op == Outlier || n.Op == NeverFalls {
			break
		}
		if err := p.advance(); err != nil {
			return err
		}
	}
	if n.Op == Outlier || n.Op == NeverFalls {
		return p.history(n)
	}
	return nil
}

// history reads behind the reference of a function that looks at earlier values how many these are.
func (p *parser) history(n *Node) error {
	ref := &p.formula.references[n.Args[0].Reference]
	s := Series{Reference: n.Args[0].Reference, Periods: MaxPeriods, Least: 1, Cumulative: true}
	if n.Op == Outlier {
		counts := []int{0, MinHistory}
		given := 0
		for ; p.isSign(",") && given < len(counts); given++ {
			if err := p.advance(); err != nil {
				return err
			}
			if p.token.kind != number {
				return p.unexpected("a number of periods")
			}
			count, err := p.operand()
			if err != nil {
				return err
			}
			if !count.Value.IsInt() || !count.Value.Num().IsInt64() {
				return p.wrongArguments(n, example(n.Op))
			}
			counts[given] = int(min(count.Value.Num().Int64(), MaxHistory+1))
			n.Args = append(n.Args, count)
		}
		s = Series{Reference: s.Reference, Periods: counts[0], Least: counts[1]}
		if given == 0 || s.Periods > MaxHistory || s.Least < MinHistory || s.Least > s.Periods {
			return p.wrongArguments(n, example(n.Op))
		}
	}
	if ref.Years+ref.Periods > 0 {
		return p.wrongArguments(n, example(n.Op))
	}
	n.Series = len(p.series)
	p.series = append(p.series, s)
	return nil
}

// example shows how a function is written.
func example(op Op) string {
	return map[Op]string{
		Abs: "abs([A] - [B])", Jump: "jump([A], [A, -1p])", Integer: "integer([A])",
		Outlier: "outlier([A], 12) or outlier([A], 12, 8): of 6 to 36 earlier periods, of which 6 or more must have a figure", NeverFalls: "never_falls([A])",
	}[op]
}

func (p *parser) wrongArguments(n *Node, wanted string) error {
	return fault.Invalid("CONDITION_ARGUMENTS", "condition: %s at character %d is written %s", functions[n.Op], n.at, wanted).
		With("value", functions[n.Op]).With("position", n.at).With("wanted", wanted)
}

// Truth is what a condition comes to.
type Truth uint8

// The truths.
const (
	// Unknown: a figure is missing, or there is a division by zero.
	Unknown Truth = iota
	False
	True
)

func truth(holds bool) Truth {
	if holds {
		return True
	}
	return False
}

// Given is what a condition is held against. Nothing of it is changed.
type Given struct {
	// Values has one for each reference; nil where there is none.
	Values []*big.Rat
	// Excused says of references that the unit need not give them, so that required says nothing about them.
	Excused []bool
	// Earlier has for each of the Series the values of the periods before, the nearest first; nil where one has none.
	Earlier [][]*big.Rat
}

// Holds says whether the condition holds, by the logic of three values: what is missing makes unknown whatever rests on it
// alone. Beside it stand the parts that made it so: comparisons and the like.
func (c *Condition) Holds(g *Given) (Truth, []*Node) { return g.claim(c.root) }

// claim computes a node that holds or does not.
func (g *Given) claim(n *Node) (Truth, []*Node) {
	t := Unknown
	switch n.Op {
	case And, Or:
		return g.junction(n)
	case Not:
		of, why := g.claim(n.Args[0])
		return [...]Truth{Unknown: Unknown, False: True, True: False}[of], why
	case Has:
		t = g.each(n, func(at int) Truth { return truth(g.Values[at] != nil) })
	case Required:
		t = g.each(n, func(at int) Truth {
			if g.Values[at] == nil && g.Excused[at] {
				return Unknown
			}
			return truth(g.Values[at] != nil)
		})
	case Integer:
		if v, ok := g.number(n.Args[0]); ok {
			t = truth(v.IsInt())
		}
	case NeverFalls:
		t = g.neverFalls(n)
	default:
		left, ok := g.number(n.Args[0])
		right, also := g.number(n.Args[1])
		if ok && also {
			t = truth(n.Comparison.holds(left.Cmp(right)))
		}
	}
	return t, []*Node{n}
}

// junction computes and, or: what is certain on one side decides whatever the other is.
func (g *Given) junction(n *Node) (Truth, []*Node) {
	left, why := g.claim(n.Args[0])
	right, also := g.claim(n.Args[1])
	switch decides := truth(n.Op == Or); {
	case left == decides && right != decides:
		return left, why
	case right == decides && left != decides:
		return right, also
	case left == right:
		return left, slices.Concat(why, also)
	}
	return Unknown, slices.Concat(why, also)
}

// each holds if it does of every reference.
func (g *Given) each(n *Node, of func(at int) Truth) Truth {
	all := True
	for _, arg := range n.Args {
		switch of(arg.Reference) {
		case False:
			return False
		case Unknown:
			all = Unknown
		case True:
		}
	}
	return all
}

func (g *Given) neverFalls(n *Node) Truth {
	value := g.Values[n.Args[0].Reference]
	if value == nil {
		return Unknown
	}
	for _, before := range g.Earlier[n.Series] {
		if before != nil {
			return truth(value.Cmp(before) >= 0)
		}
	}
	return Unknown
}
