package reporting_test

import (
	"fmt"
	"testing"

	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/reporting"
	"github.com/tonghop/tonghop/server/rollup"
)

// details lists the problems of an error.
func details(err error) []*fault.Error {
	e := fault.Of(err)
	if e == nil {
		return nil
	}
	if len(e.Details) == 0 {
		return []*fault.Error{e}
	}
	return e.Details
}

func kinds(outcomes []reporting.Outcome) string {
	names := []string{"", "CREATED", "CORRECTED", "UNCHANGED", "REFUSED", "REPLAYED"}
	s := ""
	for _, o := range outcomes {
		s += names[o.Kind] + " "
	}
	return s
}

func TestR44EachReportOfABatchStandsAlone(t *testing.T) {
	w := newWorld(t)
	batch := []reporting.Submission{
		flow("A", "2024-05", "1"), flow("B", "2024-05", "not a number"), flow("C", "2024-05", "3"),
	}
	call := w.call(w.admin)
	outcomes, _, err := w.svc.SubmitBatch(t.Context(), call, batch, false)
	must(t, err)
	w.expect("outcomes", kinds(outcomes), "CREATED REFUSED CREATED ")
	w.expect("sum", w.value("P", "FLOW", "2024-05", rollup.Provisional), "4 2/3")
	again, _, err := w.svc.SubmitBatch(t.Context(), call, batch, false)
	must(t, err)
	w.expect("the same batch again", kinds(again), "REPLAYED REFUSED REPLAYED ")
	w.expect("sum after the repeat", w.value("P", "FLOW", "2024-05", rollup.Provisional), "4 2/3")
}

func TestAtomicBatchIsAllOrNone(t *testing.T) {
	w := newWorld(t)
	bad := []reporting.Submission{flow("A", "2024-05", "1"), flow("B", "2024-05", "x1")}
	outcomes, _, err := w.svc.SubmitBatch(t.Context(), w.call(w.admin), bad, true)
	must(t, err)
	w.expect("outcomes", kinds(outcomes), "REFUSED REFUSED ")
	w.refused(outcomes[0].Err, "BATCH_REFUSED")
	w.expect("nothing was changed", w.value("P", "FLOW", "2024-05", rollup.Provisional), "NO_DATA 0/3")
	good := []reporting.Submission{flow("A", "2024-05", "1"), flow("B", "2024-05", "2")}
	call := w.call(w.admin)
	outcomes, _, err = w.svc.SubmitBatch(t.Context(), call, good, true)
	must(t, err)
	w.expect("outcomes", kinds(outcomes), "CREATED CREATED ")
	if outcomes[0].Receipt.Sequence != outcomes[1].Receipt.Sequence {
		t.Errorf("an atomic batch made entries %d and %d, want one", outcomes[0].Receipt.Sequence, outcomes[1].Receipt.Sequence)
	}
	outcomes, _, err = w.svc.SubmitBatch(t.Context(), call, good, true)
	must(t, err)
	w.expect("the same again", kinds(outcomes), "REPLAYED REPLAYED ")
}

func TestTheSameReportTwiceInABatchNamesBoth(t *testing.T) {
	w := newWorld(t)
	batch := []reporting.Submission{flow("A", "2024-05", "1"), flow("B", "2024-05", "1"), flow("A-0", "2024-05", "2")}
	outcomes, _, err := w.svc.SubmitBatch(t.Context(), w.call(w.admin), batch, false)
	must(t, err)
	w.expect("outcomes", kinds(outcomes), "REFUSED CREATED REFUSED ")
	w.refused(outcomes[0].Err, "REPORT_TWICE")
	w.refused(outcomes[2].Err, "REPORT_TWICE")
}

func TestPreviewTakesTheSameRoadAndChangesNothing(t *testing.T) {
	w := newWorld(t)
	call := reporting.Call{Caller: w.admin, ValidateOnly: true}
	o, _, _, err := w.svc.Submit(t.Context(), call, flow("A", "2024-05", "1"))
	must(t, err)
	if o.Kind != reporting.Created || o.Receipt.Sequence != 0 {
		t.Errorf("preview = %+v, want CREATED without a receipt", o)
	}
	w.expect("nothing was changed", w.value("P", "FLOW", "2024-05", rollup.Provisional), "NO_DATA 0/3")
	_, _, _, err = w.svc.Submit(t.Context(), call, flow("A", "2024-05", "?"))
	w.refused(err, "NUMBER_MALFORMED")
}

func TestAStreamAnswersInOrderAndGoesOn(t *testing.T) {
	w := newWorld(t)
	call := w.call(w.admin)
	send := func(from, to int) []reporting.Outcome {
		var got []reporting.Outcome
		pipe := w.svc.NewStream(t.Context(), call, from, func(o reporting.Outcome) error {
			got = append(got, o)
			return nil
		})
		for i := from; i < to; i++ {
			must(t, pipe.Send(flow([]string{"A", "B", "C"}[i%3], fmt.Sprintf("%d-%02d", 2023-i/36, i/3%12+1), fmt.Sprint(i))))
		}
		must(t, pipe.Close())
		return got
	}
	if got := send(0, 60); len(got) != 60 || got[59].Kind != reporting.Created {
		t.Fatalf("%d outcomes, the last %+v; want 60 CREATED", len(got), got[len(got)-1])
	}
	// The client saw 40 outcomes, the line broke: it goes on from the first item without one.
	for i, o := range send(40, 70) {
		want := reporting.Created
		if i < 20 {
			want = reporting.Replayed
		}
		if o.Kind != want {
			t.Errorf("item %d after the break = %v, want %v", 40+i, o.Kind, want)
		}
	}
}

func TestRevokedMeansRevokedAtOnce(t *testing.T) {
	w := newWorld(t)
	a := w.token(auth.Reporter, "A")
	_, _, _, err := w.svc.RevokeToken(t.Context(), w.call(w.admin), a.Token.ID)
	must(t, err)
	_, err = w.submit(a, flow("A", "2024-05", "1"))
	w.refused(err, "TOKEN_INVALID")
	_, _, err = w.svc.GetUnit(t.Context(), a, "A", "")
	w.refused(err, "TOKEN_INVALID")
}
