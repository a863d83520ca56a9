package reporting_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tonghop/tonghop/server/aggregator"
	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/reporting"
)

// told follows the feed to its end in pages of a size and gives what each change is about.
func (w *world) told(by auth.Caller, f reporting.ChangeFilter) []string {
	w.t.Helper()
	var all []string
	for {
		page, err := w.svc.ListChanges(w.t.Context(), by, f)
		must(w.t, err)
		for _, c := range page.Changes {
			if c.Sequence <= f.After {
				w.t.Errorf("change %d was told after %d", c.Sequence, f.After)
			}
			name := c.Name
			if c.Key.Unit != "" {
				name = c.Key.String()
			}
			all = append(all, fmt.Sprintf("%d %s", c.Sequence, name))
		}
		if f.After = page.NextAfter; !page.More {
			if page.NextAfter != page.Stamp.Sequence {
				w.t.Errorf("the end is at %d, want the head %d", page.NextAfter, page.Stamp.Sequence)
			}
			return all
		}
	}
}

// An atomic batch is one entry with many changes. A page that ended inside of it would lose the rest, since one goes on
// after a sequence.
func TestR46NoChangeIsLostBetweenPages(t *testing.T) {
	w := newWorld(t)
	var units []hierarchy.Unit
	for i := range 120 {
		units = append(units, unit(fmt.Sprintf("N%03d", i), "commune", "D"))
	}
	_, err := w.svc.ImportUnits(t.Context(), w.call(w.admin), units)
	must(t, err)
	start := w.head()
	w.submitted(w.admin, flow("A", "2024-05", "1"))
	for _, per := range []string{"2024-04", "2024-03"} {
		var batch []reporting.Submission
		for _, u := range units {
			batch = append(batch, flow(string(u.Code), per, "1"))
		}
		_, _, err = w.svc.SubmitBatch(t.Context(), w.call(w.admin), batch, true)
		must(t, err)
	}
	w.submitted(w.admin, flow("B", "2024-05", "1"))
	whole := w.told(w.admin, reporting.ChangeFilter{After: start, Size: 500})
	if len(whole) != 242 {
		t.Fatalf("%d changes, want 242", len(whole))
	}
	for _, size := range []int{0, 1, 7, 119, 121} {
		if got := w.told(w.admin, reporting.ChangeFilter{After: start, Size: size}); !slices.Equal(got, whole) {
			t.Errorf("in pages of %d: %d changes, want the same %d", size, len(got), len(whole))
		}
	}
	n := w.token(auth.Reporter, "N007") // most of what is read is not for him
	if got := w.told(n, reporting.ChangeFilter{After: start, Size: 1}); len(got) != 2 {
		t.Errorf("one commune is told %q, want its two reports", got)
	}
}

func (w *world) head() uint64 {
	w.t.Helper()
	_, stamp, err := w.svc.GetStamp(w.t.Context(), w.admin)
	must(w.t, err)
	return stamp.Sequence
}

// R46: who may not see a thing is not told its name.
func TestR46TheFeedNamesWhatTheCallerMaySee(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	a, d, deputy := w.token(auth.Reporter, "A"), w.token(auth.Viewer, "D"), w.token(auth.Administrator, "D")
	start := w.head()
	_, _, _, err := w.svc.CreateUnit(ctx, w.call(w.admin), unit("E", "commune", "D"))
	must(t, err)
	_, _, _, err = w.svc.CreateUnit(ctx, w.call(w.admin), unit("F", "commune", "P"))
	must(t, err)
	e, f := w.token(auth.Reporter, "E"), w.token(auth.Reporter, "F")
	w.submitted(a, drafted(flow("A", "2024-05", "1")))
	w.submitted(f, flow("F", "2024-05", "1"))
	name := func(n int, what string) string { return fmt.Sprintf("%d %s", start+uint64(n), what) }
	draft, report := "units/A-0/reports/m~2024-05", "units/F-0/reports/m~2024-05"
	for _, c := range []struct {
		who    string
		by     auth.Caller
		filter reporting.ChangeFilter
		want   []string
	}{
		{"the reporter of A", a, reporting.ChangeFilter{}, []string{name(5, draft)}},
		{"a viewer of D", d, reporting.ChangeFilter{}, []string{name(1, "E-0")}},
		{"the administrator of D", deputy, reporting.ChangeFilter{}, []string{name(1, "E-0"), name(3, e.Token.ID)}},
		{"one of everything", w.admin, reporting.ChangeFilter{}, []string{
			name(1, "E-0"), name(2, "F-0"), name(3, e.Token.ID), name(4, f.Token.ID), name(6, report),
		}},
		{"and of one form", w.admin, reporting.ChangeFilter{Form: "M"}, []string{name(6, report)}},
		{"and below D", w.admin, reporting.ChangeFilter{Below: "D"}, nil},
	} {
		c.filter.After = start
		if got := w.told(c.by, c.filter); !slices.Equal(got, c.want) {
			t.Errorf("%s is told %q, want %q", c.who, got, c.want)
		}
	}
	_, err = w.svc.ListChanges(ctx, a, reporting.ChangeFilter{Form: "nothing"})
	w.at(err, "FORM_NOT_FOUND", "form")
	_, err = w.svc.ListChanges(ctx, a, reporting.ChangeFilter{Below: "B"})
	w.at(err, "UNIT_NOT_FOUND", "below")
	_, err = w.svc.ListChanges(ctx, a, reporting.ChangeFilter{After: 1000})
	w.at(err, "SEQUENCE_AHEAD", "after_sequence")
	_, err = w.svc.ListChanges(ctx, a, reporting.ChangeFilter{Size: -1})
	w.at(err, "PAGE_SIZE_INVALID", "page_size")
}

// beats follows the feed for a while on a clock that runs as the test says, and gives when what was told.
func (w *world) beats(by auth.Caller, during time.Duration, meanwhile func()) (said []string, err error) {
	w.t.Helper()
	ctx, stop := context.WithTimeout(context.Background(), during)
	defer stop()
	start := time.Now()
	after := w.head()
	go meanwhile()
	err = w.svc.WatchChanges(ctx, by, reporting.ChangeFilter{After: after}, func(p reporting.ChangePage) error {
		said = append(said, fmt.Sprintf("%s %d", time.Since(start).Round(time.Second), len(p.Changes)))
		return nil
	})
	return said, err
}

// A heartbeat comes every 15 seconds, and not only in silence: what others are told of must not keep it away.
func TestR46TheHeartbeatComesThoughOthersAreTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		a := w.token(auth.Reporter, "A")
		said, err := w.beats(a, 49*time.Second, func() {
			for i := range 48 { // of C, which A does not see
				time.Sleep(time.Second)
				w.submitted(w.admin, flow("C", fmt.Sprintf("%d-%02d", 2023-i/12, i%12+1), "1"))
				if i == 19 {
					w.submitted(w.admin, flow("A", "2024-05", "1"))
				}
			}
		})
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error = %v, want the end of the time", err)
		}
		if want := []string{"0s 0", "15s 0", "20s 1", "35s 0"}; !slices.Equal(said, want) {
			t.Errorf("told %q, want %q", said, want)
		}
	})
}

func TestR46RevocationEndsTheFeedWithinFiveSeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		a := w.token(auth.Viewer, "P")
		start := time.Now()
		_, err := w.beats(a, time.Hour, func() {
			time.Sleep(100 * time.Second)
			_, _, _, err := w.svc.RevokeToken(context.Background(), w.call(w.admin), a.Token.ID)
			must(t, err)
		})
		w.refused(err, "TOKEN_INVALID")
		if ended := time.Since(start); ended > 105*time.Second {
			t.Errorf("it ended after %s, want within 5 s of 100 s", ended)
		}
	})
}

// R48: a read waits for what it was promised, and not for ever.
func TestR48AReadWaitsForItsSequence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		next := w.head() + 1
		go func() {
			time.Sleep(time.Second)
			w.submitted(w.admin, flow("A", "2024-05", "1"))
		}()
		ref := reporting.ReportRef{Unit: "A", Form: "m", Period: "2024-05"}
		r, stamp, err := w.svc.GetReport(context.Background(), w.admin, ref, next)
		if err != nil || stamp.Sequence != next || r.Shown.Number != 1 {
			t.Errorf("the report at %d: revision %d, %v; want the one just sent", stamp.Sequence, r.Shown.Number, err)
		}
		start := time.Now()
		_, _, err = w.svc.GetReport(context.Background(), w.admin, ref, next+1)
		w.refused(err, "SEQUENCE_NOT_REACHED")
		if fault.KindOf(err) != fault.KindUnavailable || time.Since(start) != 2*time.Second {
			t.Errorf("error %v after %s, want Unavailable after 2s", err, time.Since(start))
		}
		ctx, leave := context.WithTimeout(context.Background(), time.Second)
		defer leave()
		_, _, err = w.svc.GetReport(ctx, w.admin, ref, next+1)
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error = %v, want that of the caller's own time", err)
		}
	})
}

// Nobody but the administrator of everything looks after the store and may read: an operator sees no changes.
func TestAChangeOfTheStoreIsToldToWhoGrantsEverywhere(t *testing.T) {
	w := newWorld(t)
	w.catalogue()
	w.introduce(w.newKey())
	below := w.token(auth.Administrator, "D")
	for who, by := range map[string]auth.Caller{"of everything": w.token(auth.Administrator, ""), "of a district": below, "an approver": w.token(auth.Approver, "D")} {
		page, err := w.svc.ListChanges(t.Context(), by, reporting.ChangeFilter{Size: 500})
		must(t, err)
		told := slices.ContainsFunc(page.Changes, func(c aggregator.Change) bool { return c.Kind == aggregator.StoreChange })
		if want := who == "of everything"; told != want {
			t.Errorf("%s is told of a new key: %t, want %t", who, told, want)
		}
	}
}
