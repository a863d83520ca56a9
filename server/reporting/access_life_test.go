package reporting_test

import (
	"maps"
	"time"

	"github.com/tonghop/tonghop/server/reporting"
)

func closingOf(owner string) reporting.ClosingRef {
	return reporting.ClosingRef{Form: "m", Period: "2024-05", Owner: owner}
}

// The doors of exclusions, closings and histories stand beside the others.
var _ = func() bool {
	maps.Copy(doors, map[string]door{
		"get exclusion": func(w *world, c reporting.Call, target string) error {
			_, _, err := w.svc.GetExclusion(w.t.Context(), c.Caller, ref(target))
			return err
		},
		"list exclusions": func(w *world, c reporting.Call, target string) error {
			_, err := w.svc.ListExclusions(w.t.Context(), c.Caller, reporting.ReportFilter{Form: "m", Periods: "2024-05", Below: target})
			return err
		},
		"get closing": func(w *world, c reporting.Call, target string) error {
			_, _, err := w.svc.GetClosing(w.t.Context(), c.Caller, closingOf(target))
			return err
		},
		"list closings": func(w *world, c reporting.Call, _ string) error {
			_, err := w.svc.ListClosings(w.t.Context(), c.Caller, "m", reporting.Page{})
			return err
		},
		"closed roll-ups of": func(w *world, c reporting.Call, target string) error {
			_, err := w.svc.ListClosedRollups(w.t.Context(), c.Caller, closingOf(target), 0, reporting.Page{})
			return err
		},
		"history of": func(w *world, c reporting.Call, target string) error {
			_, _, _, err := w.svc.ListHistory(w.t.Context(), c.Caller, ref(target), reporting.Page{})
			return err
		},
	})
	maps.Copy(changers, map[string]door{
		"exclude": func(w *world, c reporting.Call, target string) error {
			_, _, _, err := w.svc.Exclude(w.t.Context(), c, ref(target), "1-submitted", "lũ")
			return err
		},
		"lift": func(w *world, c reporting.Call, target string) error {
			_, _, _, err := w.svc.Lift(w.t.Context(), c, ref(target), "1-submitted", "hết lũ")
			return err
		},
		"close": func(w *world, c reporting.Call, target string) error {
			_, _, _, err := w.svc.ClosePeriod(w.t.Context(), c, closingOf(target), "0-0", "đủ", true)
			return err
		},
		"reopen": func(w *world, c reporting.Call, target string) error {
			_, _, _, err := w.svc.ReopenPeriod(w.t.Context(), c, closingOf(target), "0-0", "nhầm", nil, w.now.Add(time.Hour))
			return err
		},
		"restore": func(w *world, c reporting.Call, target string) error {
			_, _, _, err := w.svc.RestoreRevision(w.t.Context(), c, ref(target), 1, "9-submitted")
			return err
		},
	})
	return true
}()
