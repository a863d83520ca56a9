package formula

import (
	"math/big"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// naive is a formula of which value and text are made together, by code that shares nothing with Parse and Eval.
type naive struct {
	text string
	// value is nil where it divides by zero.
	value *big.Rat
	// loose says that an operation stands outermost, so that it needs parentheses as an argument.
	loose bool
}

// world draws formulas over some references of given values.
type world struct {
	*rapid.T
	values map[string]*big.Rat
	left   int // operands that may still come
}

func newWorld(t *rapid.T) *world {
	w := &world{T: t, values: map[string]*big.Rat{}, left: MaxOperands}
	for _, ref := range []string{"[A]", "[A.num]", "[A.den]", "[B-1, -1y]", "[B-1, -2p]", "[C]"} {
		w.values[ref] = big.NewRat(rapid.Int64Range(-50, 50).Draw(t, ref), rapid.Int64Range(1, 12).Draw(t, "den"))
	}
	return w
}

func (w *world) pick(what string, from ...string) string {
	return rapid.SampledFrom(from).Draw(w.T, what)
}

// space draws nothing or some blanks.
func (w *world) space() string { return w.pick("space", "", "", " ", "\t", "  ") }

func (w *world) leaf() naive {
	w.left--
	if rapid.Bool().Draw(w.T, "number") {
		whole, decimals := rapid.IntRange(0, 30).Draw(w.T, "whole"), rapid.IntRange(0, 99).Draw(w.T, "decimals")
		text := strconv.Itoa(whole) + "." + strconv.Itoa(100 + decimals)[1:]
		return naive{text: text, value: big.NewRat(int64(whole)*100+int64(decimals), 100)}
	}
	ref := w.pick("reference", "[A]", "[A.num]", "[A.den]", "[B-1, -1y]", "[B-1, -2p]", "[C]")
	return naive{text: ref, value: w.values[ref]}
}

// tight puts parentheses around what needs them, and sometimes around what does not.
func (w *world) tight(n naive) naive {
	if n.loose || rapid.IntRange(0, 5).Draw(w.T, "more") == 0 {
		n.text, n.loose = "("+w.space()+n.text+w.space()+")", false
	}
	return n
}

func (w *world) tree(depth int) naive {
	if depth == 0 || w.left < 12 {
		return w.leaf()
	}
	switch what := w.pick("what", "leaf", "-x", "+", "-", "*", "/", "min", "max", "sum", "if"); what {
	case "leaf":
		return w.leaf()
	case "-x":
		of := w.tight(w.tree(depth - 1))
		of.text = w.pick("minus", "-", "−") + w.space() + of.text
		if of.value != nil {
			of.value = new(big.Rat).Neg(of.value)
		}
		return of
	case "+", "-", "*", "/":
		return w.operation(what, w.tight(w.tree(depth-1)), w.tight(w.tree(depth-1)))
	case "if":
		return w.choice(depth - 1)
	default:
		return w.list(what, depth-1)
	}
}

func (w *world) operation(op string, a, b naive) naive {
	signs := map[string][]string{"+": {"+"}, "-": {"-", "−"}, "*": {"*", "×"}, "/": {"/", "÷"}}
	n := naive{text: a.text + w.space() + w.pick("sign", signs[op]...) + w.space() + b.text, loose: true}
	if a.value == nil || b.value == nil || op == "/" && b.value.Sign() == 0 {
		return n
	}
	// With whole numbers alone: a/b op c/d.
	an, ad, bn, bd := a.value.Num(), a.value.Denom(), b.value.Num(), b.value.Denom()
	mul := func(x, y *big.Int) *big.Int { return new(big.Int).Mul(x, y) }
	switch op {
	case "+":
		n.value = new(big.Rat).SetFrac(new(big.Int).Add(mul(an, bd), mul(bn, ad)), mul(ad, bd))
	case "-":
		n.value = new(big.Rat).SetFrac(new(big.Int).Sub(mul(an, bd), mul(bn, ad)), mul(ad, bd))
	case "*":
		n.value = new(big.Rat).SetFrac(mul(an, bn), mul(ad, bd))
	default:
		n.value = new(big.Rat).SetFrac(mul(an, bd), mul(ad, bn))
	}
	return n
}

// list draws min, max or sum of up to three.
func (w *world) list(name string, depth int) naive {
	var texts []string
	var best *big.Rat
	divided := false
	for n := range rapid.IntRange(1, 3).Draw(w.T, "arguments") {
		arg := w.tree(depth)
		texts = append(texts, w.space()+arg.text+w.space())
		switch {
		case arg.value == nil:
			divided = true
		case n == 0 || best == nil:
			best = arg.value
		case name == "sum":
			best = new(big.Rat).Add(arg.value, best)
		case (arg.value.Cmp(best) > 0) == (name == "max"):
			best = arg.value
		}
	}
	if divided {
		best = nil
	}
	return naive{text: w.pick("case", name, strings.ToUpper(name)) + w.space() + "(" + strings.Join(texts, ",") + ")", value: best}
}

func (w *world) choice(depth int) naive {
	a, b, then, otherwise := w.tree(depth), w.tree(depth), w.tree(depth), w.tree(depth)
	sign := w.pick("comparison", "<", "<=", "≤", ">", ">=", "≥", "=", "<>", "≠")
	n := naive{text: w.pick("if", "if", "IF") + "(" + a.text + w.space() + sign + w.space() + b.text + "," + w.space() + then.text + w.space() + "," + otherwise.text + ")"}
	if a.value == nil || b.value == nil {
		return n
	}
	d := new(big.Rat).Sub(a.value, b.value).Sign()
	n.value = otherwise.value
	if map[string]bool{"<": d < 0, "<=": d <= 0, "≤": d <= 0, ">": d > 0, ">=": d >= 0, "≥": d >= 0, "=": d == 0, "<>": d != 0, "≠": d != 0}[sign] {
		n.value = then.value
	}
	return n
}

// TestR18_EveryFormulaComesToWhatItSays draws formulas and computes each beside its making.
func TestR18_EveryFormulaComesToWhatItSays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := newWorld(t)
		n := w.tree(rapid.IntRange(0, 5).Draw(t, "depth"))
		f, err := Parse(n.text)
		if err != nil {
			t.Fatalf("Parse(%q): %v", n.text, err)
		}
		again, err := Parse(f.String())
		if err != nil || again.String() != f.String() {
			t.Fatalf("%q is printed as %q and that as %v, %v", n.text, f, again, err)
		}
		for _, f := range []*Formula{f, again} {
			values, before := make([]*big.Rat, len(f.References())), ""
			for i, r := range f.References() {
				values[i] = w.values[r.String()]
				before += values[i].String() + " "
			}
			got, ok := f.Eval(values)
			if ok != (n.value != nil) || ok && got.Cmp(n.value) != 0 {
				t.Fatalf("%q, printed %q, = %v, %t; want %v", n.text, f, got, ok, n.value)
			}
			for _, v := range values {
				before = strings.TrimPrefix(before, v.String()+" ")
			}
			if before != "" {
				t.Fatalf("%q changed its values", f)
			}
		}
	})
}

// FuzzParse holds that whatever is read is printed in a form that is read the same, within the limits, and computed
// without harm.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"[CQ-06.num] / [CQ-06.den] * 100", "if([A, -1y] = 0, 0, ([A] − [A, -1y]) ÷ [A, -1y])", "min(1, 2.5, --3)", "(((1)))", "1,5", "[", "max(",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		parsed, err := Parse(s)
		if err != nil {
			return
		}
		printed := parsed.String()
		again, err := Parse(printed)
		if err != nil || again.String() != printed || again.Operands() != parsed.Operands() {
			t.Fatalf("Parse(%q) prints %q, which is read as %v, %v", s, printed, again, err)
		}
		values := make([]*big.Rat, len(parsed.References()))
		for i := range values {
			values[i] = big.NewRat(int64(i-1), 3)
		}
		a, ok := parsed.Eval(values)
		b, same := again.Eval(values)
		if ok != same || ok && a.Cmp(b) != 0 {
			t.Fatalf("%q = %v, printed back %v", s, a, b)
		}
	})
}
