package fault_test

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"testing"
	"time"

	"github.com/tonghop/tonghop/server/fault"
)

func TestAnErrorSaysWhatWasAskedAndWhere(t *testing.T) {
	err := fault.Invalid("PERIOD_OUT_OF_RANGE", "period %q: quarter must be %d to %d", "2026-Q5", 1, 4).In("period")
	if got, want := err.Error(), `period: period "2026-Q5": quarter must be 1 to 4`; got != want {
		t.Errorf("Error() = %q, want %q", got, want)
	}
	if err.Kind != fault.KindInvalid || err.Reason != "PERIOD_OUT_OF_RANGE" {
		t.Errorf("kind and reason are %v %s, want Invalid PERIOD_OUT_OF_RANGE", err.Kind, err.Reason)
	}
}

func TestForeignCauseIsPrivate(t *testing.T) {
	cause := &fs.PathError{Op: "open", Path: "/secret/keys", Err: fs.ErrPermission}
	ours := fault.NotFound("UNIT_UNKNOWN", "no unit 30280")
	cases := []struct {
		name string
		err  *fault.Error
		text string
	}{
		{"at the end", fault.Unavailable("STORE_BUSY", "the store %q does not answer: %w", "a", cause), `the store "a" does not answer`},
		{"in the middle", fault.Unavailable("STORE_BUSY", "(%w), try again", cause), "(a cause kept in the server's log), try again"},
		{"not wrapped", fault.Invalid("BAD", "bad: %v", cause), "bad"},
		{"two", fault.Invalid("BAD", "bad: %w: %w", cause, io.EOF), "bad: a cause kept in the server's log"},
		{"internal", fault.Internal(cause, "the journal cannot be read"), "the journal cannot be read"},
		{"ours is public", fault.Invalid("BAD", "line 3: %w", ours.In("unit")), "line 3: unit: no unit 30280"},
		{"ours inside foreign", fault.Invalid("BAD", "line 3: %w", fmt.Errorf("/secret/keys: %w", ours)), "line 3: no unit 30280"},
	}
	for _, c := range cases {
		if c.err.Text != c.text {
			t.Errorf("%s: Text = %q, want %q", c.name, c.err.Text, c.text)
		}
		if strings.Contains(c.err.Error(), "secret") {
			t.Errorf("%s: Error() = %q shows the private half", c.name, c.err.Error())
		}
		if !strings.Contains(c.name, "ours") && !strings.Contains(c.err.Private(), "/secret/keys") {
			t.Errorf("%s: Private() = %q, want it to hold the path for the log", c.name, c.err.Private())
		}
	}
	for _, i := range []int{0, 1, 3, 4} {
		if !errors.Is(cases[i].err, fs.ErrPermission) {
			t.Errorf("%s: errors.Is does not find the cause", cases[i].name)
		}
	}
	if !errors.Is(cases[3].err, io.EOF) {
		t.Error("of two causes the second is lost")
	}
}

func TestPrivateUnfoldsOurOwnCausesAndDetails(t *testing.T) {
	inner := fault.Internal(errors.New("disk 7"), "the page cannot be read")
	outer := fault.Unavailable("STORE_BUSY", "try later: %w", inner)
	joined := fault.Join(outer, fault.Invalid("BAD", "bad"))
	for _, text := range []string{outer.Private(), fault.Of(joined).Private()} {
		if !strings.Contains(text, "disk 7") || !strings.Contains(text, "Unavailable STORE_BUSY") {
			t.Errorf("Private() = %q, want the innermost cause and the outer kind", text)
		}
	}
}

func TestInBuildsThePathFromInside(t *testing.T) {
	fresh := fault.Invalid("NUMBER_MALFORMED", "not a number")
	value := fresh.In("value")
	nested := value.In("figures[2]").In("reports[3]")
	if got, want := nested.Field, "reports[3].figures[2].value"; got != want {
		t.Errorf("Field = %q, want %q", got, want)
	}
	if got, want := fresh.In("[2]").In("figures").Field, "figures[2]"; got != want {
		t.Errorf("Field = %q, want %q", got, want)
	}
	if fresh.Field != "" || value.Field != "value" {
		t.Errorf("In changed its receiver: %q, %q", fresh.Field, value.Field)
	}
	if got := value.In("").Field; got != "value" {
		t.Errorf(`In("") made the field %q, want it unchanged`, got)
	}
}

func TestInReachesTheDetails(t *testing.T) {
	joined := fault.Of(fault.Join(fault.Invalid("A", "a").In("unit"), fault.Invalid("B", "b")))
	outer := joined.In("reports[3]")
	if outer.Field != "" || outer.Details[0].Field != "reports[3].unit" || outer.Details[1].Field != "reports[3]" {
		t.Errorf("fields are %q, %q, %q", outer.Field, outer.Details[0].Field, outer.Details[1].Field)
	}
	if joined.Details[0].Field != "unit" {
		t.Errorf("In changed the details of its receiver: %q", joined.Details[0].Field)
	}
}

func TestParametersKeepTheirOrderAndTheLastValue(t *testing.T) {
	base := fault.Invalid("A", "a").With("limit", 5)
	one, two := base.With("value", "x"), base.With("value", "y").With("limit", 6)
	want := []fault.Param{{Key: "limit", Value: "6"}, {Key: "value", Value: "y"}}
	if len(two.Params) != 2 || two.Params[0] != want[0] || two.Params[1] != want[1] {
		t.Errorf("Params = %v, want %v", two.Params, want)
	}
	if v, _ := one.Param("value"); v != "x" {
		t.Errorf("a sibling's parameter reads %q, want x: the two share memory", v)
	}
	if v, _ := base.With("limit", 7).Param("limit"); v != "7" {
		t.Errorf("the second value of limit is lost: %q", v)
	}
	if v, _ := base.Param("limit"); v != "5" {
		t.Errorf("With changed its receiver: limit is %q", v)
	}
	if _, ok := base.Param("nothing"); ok {
		t.Error("Param found what was never added")
	}
}

func TestForeignErrorsAreInternal(t *testing.T) {
	ours := fault.Conflict("ETAG_CHANGED", "changed").After(time.Second)
	cases := []struct {
		err    error
		kind   fault.Kind
		reason string
	}{
		{nil, fault.KindInternal, ""},
		{io.EOF, fault.KindInternal, "INTERNAL"},
		{ours, fault.KindConflict, "ETAG_CHANGED"},
		{fmt.Errorf("in the handler: %w", ours), fault.KindConflict, "ETAG_CHANGED"},
		{errors.Join(io.EOF, ours), fault.KindConflict, "ETAG_CHANGED"},
	}
	for _, c := range cases {
		if kind, reason := fault.KindOf(c.err), fault.ReasonOf(c.err); kind != c.kind || reason != c.reason {
			t.Errorf("%v is %v %s, want %v %s", c.err, kind, reason, c.kind, c.reason)
		}
	}
	if fault.Of(nil) != nil {
		t.Error("Of(nil) is not nil")
	}
	wrapped := fault.Of(io.EOF)
	if !errors.Is(wrapped, io.EOF) || strings.Contains(wrapped.Text, "EOF") {
		t.Errorf("Of(io.EOF) = %q, want io.EOF within reach and out of sight", wrapped.Text)
	}
	if ours.Retry != time.Second {
		t.Errorf("Retry = %v, want 1s", ours.Retry)
	}
}

func TestEveryKindHasItsConstructorAndName(t *testing.T) {
	made := []*fault.Error{
		fault.Internal(nil, "a"), fault.Invalid("A", "a"), fault.NotFound("A", "a"), fault.Exists("A", "a"),
		fault.Conflict("A", "a"), fault.Precondition("A", "a"), fault.Denied("A", "a"), fault.Unauthenticated("A", "a"),
		fault.Exhausted("A", "a"), fault.Unavailable("A", "a"), fault.DataLoss("A", "a"),
	}
	kinds := fault.Kinds()
	if len(kinds) != len(made) {
		t.Fatalf("%d kinds and %d constructors", len(kinds), len(made))
	}
	names := map[string]bool{}
	for i, e := range made {
		if e.Kind != kinds[i] {
			t.Errorf("constructor %d makes %v, want %v", i, e.Kind, kinds[i])
		}
		names[e.Kind.String()] = true
	}
	if len(names) != len(kinds) {
		t.Errorf("the kinds have %d names, want %d", len(names), len(kinds))
	}
	if got := fault.Kind(200).String(); got != "Internal" {
		t.Errorf("an unknown kind reads %q, want Internal", got)
	}
}
