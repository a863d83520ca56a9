package formula

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/tonghop/tonghop/server/fault"
)

// TestR18_FormulasInTheirOneForm holds what is understood, and how it is printed back.
func TestR18_FormulasInTheirOneForm(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"[CQ-06]", "[CQ-06]"},
		{" [ CQ-06.num ]/[CQ-06.den]*100 ", "[CQ-06.num] / [CQ-06.den] * 100"},
		{"[X,-1y]+[X , − 1p]", ""},
		{"[X,-1y]+[X ,−1P]", "[X, -1y] + [X, -1p]"},
		{"[X, -10y] - [X, -12p]", "[X, -10y] - [X, -12p]"},
		{"2×3÷4−1", "2 * 3 / 4 - 1"},
		{"a", ""},
		{"((1))", "1"},
		{"(1+2)+3", "1 + 2 + 3"},
		{"1+(2+3)", "1 + (2 + 3)"},
		{"1-(2-3)", "1 - (2 - 3)"},
		{"(1+2)*3", "(1 + 2) * 3"},
		{"1+(2*3)", "1 + 2 * 3"},
		{"1/(2/3)", "1 / (2 / 3)"},
		{"1/(2*3)/4", "1 / (2 * 3) / 4"},
		{"-(1+2)", "-(1 + 2)"},
		{"-(1)*2", "-1 * 2"},
		{"--1", "--1"},
		{"1--1", "1 - -1"},
		{"007.500", "7.5"},
		{"0.0", "0"},
		{"MIN(1, 2 ,3)", "min(1, 2, 3)"},
		{"max([A])", "max([A])"},
		{"Sum([A],[B])/2", "sum([A], [B]) / 2"},
		{"if([A]≤[B],1,0)", "if([A] <= [B], 1, 0)"},
		{"if([A]≥1, if([B]≠0,1,2), -3)", "if([A] >= 1, if([B] <> 0, 1, 2), -3)"},
		{"if(1<2,1,0)+if(1>2,1,0)+if(1=2,1,0)", "if(1 < 2, 1, 0) + if(1 > 2, 1, 0) + if(1 = 2, 1, 0)"},
		{"[a] + [A]", "[a] + [a]"},
		{"123456789012345678", "123456789012345678"},
	} {
		f, err := Parse(c.in)
		if c.want == "" {
			if err == nil {
				t.Errorf("Parse(%q) = %q, want an error", c.in, f)
			}
			continue
		}
		if err != nil || f.String() != c.want {
			t.Errorf("Parse(%q) = %v, %v; want %q", c.in, f, err, c.want)
		}
	}
}

func TestR18_ReferencesAreListedOnceInTheirOrder(t *testing.T) {
	f, err := Parse("[B.num] / [A] + [b.NUM]")
	if err == nil {
		t.Errorf("a suffix in capitals was read: %s", f)
	}
	f, err = Parse("[B.num] / [A] + [b.num] + [B, -1y] + [B.den] + [a, -1p]")
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(f.References()); got != "[[B.num] [A] [B, -1y] [B.den] [a, -1p]]" {
		t.Errorf("references = %s", got)
	}
	if got := fmt.Sprint(f.Rollups()); got != "[[B] [A] [B, -1y] [a, -1p]]" {
		t.Errorf("roll-ups = %s", got)
	}
	if got := fmt.Sprint(f.RollupOf(0), f.RollupOf(1), f.RollupOf(2), f.RollupOf(3), f.RollupOf(4)); got != "0 1 2 0 3" {
		t.Errorf("the references are to the roll-ups %s", got)
	}
	if f.Operands() != 6 {
		t.Errorf("operands = %d, want 6", f.Operands())
	}
}

// TestR18_WhatIsWrongIsNamedWithItsPlace holds reason and place of every refusal.
func TestR18_WhatIsWrongIsNamedWithItsPlace(t *testing.T) {
	for _, c := range []struct{ in, reason, position string }{
		{"", "FORMULA_EMPTY", ""},
		{" \t", "FORMULA_EMPTY", ""},
		{"1 +", "FORMULA_INCOMPLETE", "3"},
		{"(1", "FORMULA_INCOMPLETE", "2"},
		{"1 2", "FORMULA_UNEXPECTED", "3"},
		{"1 + * 2", "FORMULA_UNEXPECTED", "5"},
		{"[A] * 1,5", "FORMULA_UNEXPECTED", "8"},
		{"()", "FORMULA_UNEXPECTED", "2"},
		{"min()", "FORMULA_UNEXPECTED", "5"},
		{"min 1", "FORMULA_UNEXPECTED", "5"},
		{"1 < 2", "FORMULA_UNEXPECTED", "3"},
		{"if(1, 2, 3)", "FORMULA_UNEXPECTED", "5"},
		{"if(1 < 2, 3)", "FORMULA_IF", "1"},
		{"if(1 < 2, 3, 4, 5)", "FORMULA_IF", "1"},
		{"if(1 < 2 < 3, 1, 2)", "FORMULA_UNEXPECTED", "10"},
		{"CQ-06 / 2", "FORMULA_WORD_UNKNOWN", "1"},
		{"2 * avg([A])", "FORMULA_WORD_UNKNOWN", "5"},
		{"[A] % 2", "FORMULA_CHARACTER", "5"},
		{"đồng", "FORMULA_CHARACTER", "1"},
		{"1 × é", "FORMULA_CHARACTER", "5"},
		{"1 + [A", "FORMULA_BRACKET_OPEN", "5"},
		{"[]", "FORMULA_REFERENCE", "1"},
		{"[A B]", "FORMULA_REFERENCE", "1"},
		{"1+[A.sum]", "FORMULA_REFERENCE", "3"},
		{"[A, 1y]", "FORMULA_SHIFT", "1"},
		{"[A, +1y]", "FORMULA_SHIFT", "1"},
		{"[A, -0y]", "FORMULA_SHIFT", "1"},
		{"[A, -11y]", "FORMULA_SHIFT", "1"},
		{"[A, -13p]", "FORMULA_SHIFT", "1"},
		{"[A, -1m]", "FORMULA_SHIFT", "1"},
		{"[A, -1y, -1y]", "FORMULA_SHIFT", "1"},
		{"1.", "FORMULA_NUMBER", "1"},
		{"1.2.3", "FORMULA_NUMBER", "1"},
		{"2 + 1234567890123456789", "FORMULA_NUMBER", "5"},
		{"1e5", "FORMULA_UNEXPECTED", "2"},
		{"\xff", "TEXT_NOT_UTF8", ""},
		{strings.Repeat(" ", MaxLength) + "1", "FORMULA_TOO_LONG", ""},
		{strings.Repeat("-", MaxDepth) + "1", "FORMULA_TOO_COMPLEX", "31"},
		{strings.Repeat("(", MaxDepth) + "1" + strings.Repeat(")", MaxDepth), "FORMULA_TOO_COMPLEX", "31"},
		{strings.Repeat("1+", MaxOperands) + "1", "FORMULA_TOO_COMPLEX", "201"},
		// It is short enough as it is written, and not as it is kept.
		{strings.Repeat("[ABCDEF]+", 99) + strings.Repeat("(", 10) + "[ABCDEFG]" + strings.Repeat(")", 10), "FORMULA_TOO_LONG", ""},
	} {
		f, err := Parse(c.in)
		var e *fault.Error
		if !errors.As(err, &e) {
			t.Errorf("Parse(%q) = %v, want %s", c.in, f, c.reason)
			continue
		}
		position, _ := e.Param("position")
		if e.Reason != c.reason || position != c.position {
			t.Errorf("Parse(%q): %s at %q, want %s at %q (%v)", c.in, e.Reason, position, c.reason, c.position, err)
		}
	}
}

func TestR18_AsMuchAsThereMayBe(t *testing.T) {
	for _, in := range []string{
		strings.Repeat("-", MaxDepth-1) + "1",
		strings.Repeat("(", MaxDepth-1) + "1" + strings.Repeat(")", MaxDepth-1),
		strings.Repeat("1+", MaxOperands-1) + "1",
	} {
		if _, err := Parse(in); err != nil {
			t.Errorf("Parse(%q): %v", in, err)
		}
	}
}
