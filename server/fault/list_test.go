package fault_test

import (
	"errors"
	"io"
	"testing"
	"time"

	"github.com/tonghop/tonghop/server/fault"
)

func TestJoinOfNothingIsNil(t *testing.T) {
	var list fault.List
	list.Add(nil)
	if err := list.Err(); err != nil || list.Len() != 0 {
		t.Errorf("an empty list gives %v and length %d", err, list.Len())
	}
	if err := fault.Join(nil, nil); err != nil {
		t.Errorf("Join(nil, nil) = %v", err)
	}
}

func TestJoinOfOneIsItself(t *testing.T) {
	one := errors.New("alone")
	if got := fault.Join(nil, one); got != one { //nolint:errorlint // the very same value is the promise
		t.Errorf("Join of one error = %v, want the error itself", got)
	}
}

func TestJoinTellsAllAndTheFirst(t *testing.T) {
	var list fault.List
	list.Add(fault.Invalid("NUMBER_MALFORMED", "number %q is wrong", "a").With("value", "a").In("figures[0].value"))
	list.Add(fault.Conflict("ETAG_CHANGED", "changed").After(3 * time.Second))
	list.Add(io.EOF)
	e := fault.Of(list.Err())
	if e.Kind != fault.KindInvalid || e.Reason != fault.ReasonSeveral || e.Retry != 3*time.Second {
		t.Errorf("joined is %v %s retry %v", e.Kind, e.Reason, e.Retry)
	}
	if got, want := e.Error(), `3 problems, the first: number "a" is wrong`; got != want {
		t.Errorf("Error() = %q, want %q", got, want)
	}
	if len(e.Details) != 3 || e.Details[2].Kind != fault.KindInternal || !errors.Is(e.Details[2], io.EOF) {
		t.Errorf("Details = %v", e.Details)
	}
	if n, _ := e.Param("problems"); n != "3" || len(e.Params) != 1 {
		t.Errorf("Params = %v, want problems=3 alone", e.Params)
	}
}

func TestJoinKeepsASharedReasonAndFlattens(t *testing.T) {
	a := fault.Invalid("NUMBER_MALFORMED", "a").With("value", "a")
	two := fault.Join(a, fault.Invalid("NUMBER_MALFORMED", "b").With("value", "b"))
	e := fault.Of(fault.Join(two, fault.Invalid("NUMBER_MALFORMED", "c")))
	if e.Reason != "NUMBER_MALFORMED" || len(e.Details) != 3 {
		t.Fatalf("joined is %s with %d details, want NUMBER_MALFORMED with 3", e.Reason, len(e.Details))
	}
	if v, _ := e.Param("value"); v != "a" {
		t.Errorf("parameter value = %q, want that of the first", v)
	}
	if len(a.Params) != 1 {
		t.Errorf("Join changed its first error: %v", a.Params)
	}
	for _, d := range e.Details {
		if len(d.Details) != 0 {
			t.Errorf("detail %v has details itself", d)
		}
	}
}
