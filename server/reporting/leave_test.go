package reporting_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/form"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/reporting"
)

// Who gives up while his request is decided goes on at the same time as the decision. Nothing of the one may be touched
// by the other; the race detector sees it if it is.
func TestWhoLeavesSharesNothingWithTheDecision(t *testing.T) {
	w := newWorld(t)
	first := w.submitted(w.token(auth.Reporter, "A"), flow("A", "2024-04", "1"))
	ref := reporting.ReportRef{Unit: "A", Form: "m", Period: "2024-04"}
	doomed := w.token(auth.Viewer, "P")
	m := w.form("M")
	for _, c := range []struct {
		name string
		// looks is how often the request looks at the clock before it is decided.
		looks int
		run   func(ctx context.Context, call reporting.Call) error
	}{
		{"submit", 0, func(ctx context.Context, call reporting.Call) error {
			_, _, _, err := w.svc.Submit(ctx, call, flow("B", "2024-05", "1"))
			return err
		}},
		{"batch", 1, func(ctx context.Context, call reporting.Call) error {
			_, _, err := w.svc.SubmitBatch(ctx, call, []reporting.Submission{flow("C", "2024-05", "1")}, true)
			return err
		}},
		{"approve", 0, func(ctx context.Context, call reporting.Call) error {
			_, _, _, err := w.svc.Approve(ctx, call, ref, first.Etag)
			return err
		}},
		{"unit", 0, func(ctx context.Context, call reporting.Call) error {
			_, _, _, err := w.svc.CreateUnit(ctx, call, unit("E", "commune", "D"))
			return err
		}},
		{"units", 0, func(ctx context.Context, call reporting.Call) error {
			_, err := w.svc.ImportUnits(ctx, call, []hierarchy.Unit{unit("F", "commune", "D")})
			return err
		}},
		{"indicator", 0, func(ctx context.Context, call reporting.Call) error {
			_, _, _, err := w.svc.CreateIndicator(ctx, call, sum("X1"))
			return err
		}},
		{"indicators", 0, func(ctx context.Context, call reporting.Call) error {
			_, err := w.svc.ImportIndicators(ctx, call, []indicator.Indicator{sum("X2")})
			return err
		}},
		{"form", 0, func(ctx context.Context, call reporting.Call) error {
			_, _, _, err := w.svc.UpdateForm(ctx, call, m.Form, m.Etag)
			return err
		}},
		{"forms", 0, func(ctx context.Context, call reporting.Call) error {
			_, err := w.svc.ImportForms(ctx, call, []form.Form{m.Form})
			return err
		}},
		{"token", 0, func(ctx context.Context, call reporting.Call) error {
			_, _, _, _, err := w.svc.CreateToken(ctx, call, reporting.TokenDraft{Role: auth.Viewer})
			return err
		}},
		{"revoke", 0, func(ctx context.Context, call reporting.Call) error {
			_, _, _, err := w.svc.RevokeToken(ctx, call, doomed.Token.ID)
			return err
		}},
	} {
		call := w.call(w.admin)
		if err := w.leave(c.looks, func(ctx context.Context) error { return c.run(ctx, call) }); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: error = %v, want that of the context", c.name, err)
		}
		// The outcome was unknown to the caller, so he repeats the request: either it stands or it is made now.
		must(t, c.run(t.Context(), call))
	}
}

// leave runs a request and gives it up while the committer is about to decide it.
func (w *world) leave(looks int, run func(ctx context.Context) error) error {
	ctx, giveUp := context.WithCancel(w.t.Context())
	entered, decide := make(chan struct{}), make(chan struct{})
	tick := func() {
		if looks--; looks == -1 {
			close(entered)
			<-decide
		}
	}
	w.tick.Store(&tick)
	go func() {
		<-entered
		w.tick.Store(nil)
		giveUp()
		time.Sleep(10 * time.Millisecond) // orders nothing; it lets the caller leave before the answer is there
		close(decide)
	}()
	return run(ctx)
}
