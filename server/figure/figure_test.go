package figure_test

import (
	"testing"

	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/figure"
)

func TestStatesAndGradesReadTheirOwnWords(t *testing.T) {
	for _, s := range []figure.State{figure.Value, figure.NotAvailable, figure.NotApplicable} {
		if got, err := figure.ParseState(s.String()); err != nil || got != s {
			t.Errorf("ParseState(%q) = %v, %v", s, got, err)
		}
	}
	for _, s := range []figure.State{figure.Absent, figure.NotAvailable, figure.NotApplicable} {
		if got, err := figure.ParseState(s.Symbol()); err != nil || got != s {
			t.Errorf("ParseState(%q) = %v, %v, want %v", s.Symbol(), got, err, s)
		}
	}
	for _, g := range []figure.Grade{figure.Final, figure.Preliminary, figure.Estimate} {
		if got, err := figure.ParseGrade(g.String()); err != nil || got != g {
			t.Errorf("ParseGrade(%q) = %v, %v", g, got, err)
		}
	}
	if got, err := figure.ParseGrade(""); err != nil || got != figure.Final {
		t.Errorf("ParseGrade of nothing = %v, %v, want FINAL (R22)", got, err)
	}
	for _, s := range []string{"X", "–", "--", "value", " -", "ABSENT"} {
		if _, err := figure.ParseState(s); fault.ReasonOf(err) != "STATE_UNKNOWN" {
			t.Errorf("ParseState(%q) error = %v, want STATE_UNKNOWN", s, err)
		}
	}
	if _, err := figure.ParseGrade("final"); fault.ReasonOf(err) != "GRADE_UNKNOWN" {
		t.Errorf("ParseGrade(final) error = %v, want GRADE_UNKNOWN", err)
	}
	if figure.State(9).String() != "ABSENT" || figure.State(9).Symbol() != "" || figure.Grade(9).String() != "FINAL" {
		t.Error("a state or grade that does not exist has a name")
	}
}

func TestFiguresTellZeroFromNothing(t *testing.T) {
	legal := []figure.Figure{
		{State: figure.Value, HasValue: true},
		{State: figure.Value, HasNumerator: true, Numerator: 9},
		{State: figure.Value, HasNumerator: true, HasDenominator: true, Denominator: 10, Grade: figure.Estimate},
		{State: figure.NotAvailable, Note: "chưa có"},
		{State: figure.NotApplicable},
	}
	for _, f := range legal {
		if err := f.Check(); err != nil {
			t.Errorf("%+v: %v", f, err)
		}
	}
	refused := map[string]figure.Figure{
		"STATE_UNKNOWN":           {},
		"GRADE_UNKNOWN":           {State: figure.NotAvailable, Grade: 3},
		"FIGURE_WITHOUT_VALUE":    {State: figure.Value, Note: "?"},
		"FIGURE_STATE_WITH_VALUE": {State: figure.NotAvailable, HasDenominator: true},
		"FIGURE_UNMARKED_VALUE":   {State: figure.NotAvailable, Denominator: 1},
	}
	for reason, f := range refused {
		if err := f.Check(); fault.ReasonOf(err) != reason || fault.Of(err).Field == "" {
			t.Errorf("%+v: error = %v, want %s with a field", f, err, reason)
		}
	}
	if err := (figure.Figure{State: 4}).Check(); fault.ReasonOf(err) != "STATE_UNKNOWN" {
		t.Errorf("state 4: error = %v, want STATE_UNKNOWN", err)
	}
}
