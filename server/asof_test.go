package server

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/figure"
	"github.com/tonghop/tonghop/server/form"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/reporting"
	"github.com/tonghop/tonghop/server/rollup"
)

// site is a small province on a real store, which is asked through its use cases.
type site struct {
	backedUp
	*reporting.Service
	reviewer auth.Caller
	requests *int
	mu       *sync.Mutex
}

func (s site) call() reporting.Call { return s.callBy(s.Local()) }

func (s site) callBy(who auth.Caller) reporting.Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	*s.requests++
	return reporting.Call{Caller: who, RequestID: [16]byte{byte(*s.requests >> 8), byte(*s.requests), 9}}
}

// founded makes the province: P with the district D and the communes A and B below it, and the commune C.
func founded(t *testing.T) (s site, stop func()) {
	b := newBackedUp(t)
	_, err := Init(t.Context(), b.cfg)
	b.must(err)
	running, stop := b.serve(b.cfg)
	s = site{backedUp: b, Service: running.Store().Service, requests: new(int), mu: &sync.Mutex{}}
	unit := func(code, kind, parent string) hierarchy.Unit {
		return hierarchy.Unit{
			Code: hierarchy.Code(code), Kind: hierarchy.Kind(kind), NameVI: "Đơn vị " + code, Parent: hierarchy.ID(parent),
			ValidFrom: period.Beginning, ValidTo: period.Forever,
		}
	}
	_, err = s.ImportUnits(t.Context(), s.call(), []hierarchy.Unit{
		unit("P", "province", ""), unit("D", "district", "P"), unit("A", "commune", "D"), unit("B", "commune", "D"), unit("C", "commune", "P"),
	})
	b.must(err)
	_, err = s.ImportIndicators(t.Context(), s.call(), []indicator.Indicator{{
		Code: "HS", NameVI: "Hồ sơ", UnitOfMeasure: "hồ sơ", UnitRule: indicator.UnitSum,
		Value:      indicator.Part{Measure: indicator.Flow, Time: indicator.TimeSum},
		ReportedBy: []hierarchy.Kind{"commune"}, ValidFrom: period.Beginning,
	}})
	b.must(err)
	_, err = s.ImportForms(t.Context(), s.call(), []form.Form{{
		Code: "M", NameVI: "Báo cáo tháng", Frequency: period.Month, Calendar: period.Civil, Indicators: []indicator.Code{"HS"},
		Assigned: []hierarchy.Selector{{Kind: "commune"}}, ValidFrom: period.Beginning,
	}})
	b.must(err)
	secret, err := running.Store().IssueToken(t.Context(), reporting.TokenDraft{Role: auth.Approver, Unit: "P"})
	b.must(err)
	s.reviewer, err = s.Authenticate(t.Context(), secret)
	b.must(err)
	return s, stop
}

// sent is HS of a unit, with a note that names somebody.
func (s site) sent(unit, month string, n int, etag string) reporting.Submission {
	value := fmt.Sprint(n)
	return reporting.Submission{
		Ref: reporting.ReportRef{Unit: unit, Form: "M", Period: month}, Etag: etag,
		Figures: []reporting.FigureDraft{{Indicator: "HS", Value: &value, Format: figure.Plain, Note: "bà Sen ghi"}},
	}
}

// step does something: sends, corrects, approves, returns, or changes the tree.
func (s site) step(random *rand.Rand) {
	ctx := s.t.Context()
	unit, month := []string{"A", "B", "C"}[random.IntN(3)], []string{"2024-01", "2024-02", "2024-04"}[random.IntN(3)]
	ref := reporting.ReportRef{Unit: unit, Form: "M", Period: month}
	seen, _, err := s.GetReport(ctx, s.Local(), ref, 0)
	if fault.ReasonOf(err) == "REPORT_NOT_FOUND" {
		_, _, _, err = s.Submit(ctx, s.call(), s.sent(unit, month, random.IntN(100), ""))
		s.must(err)
		return
	}
	s.must(err)
	switch n := random.IntN(8); {
	case n == 0:
		u, _, err := s.GetUnit(ctx, s.Local(), unit, "")
		s.must(err)
		name := fmt.Sprintf("Xã %d", random.IntN(1000))
		_, _, _, err = s.UpdateUnit(ctx, s.call(), unit, reporting.UnitPatch{NameVI: &name, Etag: u.Etag})
		s.must(err)
	case n == 1 && random.IntN(3) == 0:
		due, _ := period.ParseDay(month + "-05")
		_, err := s.ImportHolidays(ctx, s.call(), []period.Holiday{{
			Day: due.Add(31 + random.IntN(4)), Name: fmt.Sprint("Nghỉ ", *s.requests), Off: true,
		}})
		s.must(err)
	case n == 1 && random.IntN(2) == 0:
		s.divided(random)
	case n == 1:
		u := hierarchy.Unit{
			Code: hierarchy.Code(fmt.Sprintf("N%d", *s.requests)), Kind: "commune", NameVI: "Xã mới", Parent: "D-0",
			ValidFrom: period.Date(2024, 1, 20), ValidTo: period.Forever,
		}
		_, err := s.ImportUnits(ctx, s.call(), []hierarchy.Unit{u})
		s.must(err)
	case n < 4 && seen.Shown.State.String() == "SUBMITTED":
		_, _, _, err = s.Approve(ctx, s.callBy(s.reviewer), ref, seen.Etag)
		s.must(err)
	case n < 5 && seen.Shown.State.String() != "RETURNED":
		_, _, _, err = s.Return(ctx, s.callBy(s.reviewer), ref, seen.Etag, "ông Tôm xem lại")
		s.must(err)
	default:
		_, _, _, err = s.Submit(ctx, s.call(), s.sent(unit, month, 100+random.IntN(100), seen.Etag))
		s.must(err)
	}
}

// divided lets a part of A go over into a new commune.
func (s site) divided(random *rand.Rand) {
	code := fmt.Sprintf("T%d", *s.requests)
	_, err := s.ReorganiseUnits(s.t.Context(), s.call(), hierarchy.Plan{
		Date:   period.Date(2024, 1+random.IntN(4), 10),
		Create: []hierarchy.Unit{{Code: hierarchy.Code(code), Kind: "commune", NameVI: "Xã tách", Parent: "D"}},
		Links:  []hierarchy.PlannedLink{{From: "A", To: code, Share: hierarchy.Part}},
	}, "Nghị quyết")
	s.must(err)
}

// answers is what the store says as of a moment, without the stamp and without texts, which may be removed (R36). It gives
// the sequence too.
func (s site) answers(at reporting.At) (said []string, sequence uint64) {
	s.t.Helper()
	ctx := s.t.Context()
	for _, basis := range []rollup.Basis{rollup.Official, rollup.Provisional} {
		for page := (reporting.Page{Size: 7}); ; {
			p, err := s.QueryRollups(ctx, s.Local(), reporting.RollupQuery{
				Units: []string{"P", "D", "A", "C"}, Indicators: []string{"HS"}, Periods: []string{"2024-01..2024-04"},
				Basis: basis, At: at, Page: page,
			})
			s.must(err)
			for _, r := range p.Rollups {
				version := *r.Indicator
				r.Indicator = nil
				said = append(said, fmt.Sprintf("%+v %+v", r, version))
			}
			sequence = max(p.Stamp.AtSequence, sequence)
			if sequence == 0 {
				sequence = p.Stamp.Sequence
			}
			if page.Token = p.Next; p.Next == "" {
				break
			}
		}
		e, err := s.ExplainRollup(ctx, s.Local(), reporting.ExplainQuery{Unit: "P", Indicator: "HS", Period: "2024-Q1", Basis: basis, At: at})
		s.must(err)
		for _, c := range e.Contributions {
			c.Figure.Note = ""
			said = append(said, fmt.Sprintf("%+v", c))
		}
	}
	units, err := s.ListUnits(ctx, s.Local(), reporting.UnitFilter{At: at, Page: reporting.Page{Size: 500}})
	s.must(err)
	said = append(said, fmt.Sprintf("%+v", units.Units))
	said = append(said, s.further(at)...)
	reports, err := s.ListReports(ctx, s.Local(), reporting.ReportFilter{Form: "M", Periods: "2024-01..2024-04", At: at})
	s.must(err)
	for _, r := range reports.Reports {
		said = append(said, fmt.Sprintf("%v %s %d %d %v", r.Key, r.Etag, r.Official, r.Provisional, r.Shown.ReviewTime))
	}
	return said, sequence
}

// further is what is said besides: columns, figures on a later tree, links, the list of holidays, deadlines, revisions.
func (s site) further(at reporting.At) (said []string) {
	s.t.Helper()
	ctx := s.t.Context()
	columns, err := s.QueryRollupColumns(ctx, s.Local(), reporting.RollupQuery{
		Units: []string{"P", "D"}, Children: true, Indicators: []string{"HS"}, Periods: []string{"2024-01..2024-04"}, Basis: rollup.Provisional, At: at,
	})
	s.must(err)
	said = append(said, fmt.Sprintf("%+v of %+v", columns.Columns[0], columns.Units))
	restated, err := s.QueryRollups(ctx, s.Local(), reporting.RollupQuery{
		Units: []string{"P", "D", "A"}, Indicators: []string{"HS"}, Periods: []string{"2024-01", "2024-04", "2024-Q1", "2024-H1"},
		Basis: rollup.Provisional, Tree: "2024-12-31", At: at,
	})
	s.must(err)
	for _, r := range restated.Rollups {
		r.Indicator = nil
		said = append(said, fmt.Sprintf("%+v", r))
	}
	compared, err := s.CompareUnits(ctx, s.Local(), reporting.CompareQuery{
		Indicators: []string{"HS"}, Period: "2024-Q1", Basis: rollup.Provisional, At: at, UnitChoice: reporting.UnitChoice{Kind: "commune", Below: "P"},
	})
	s.must(err)
	for _, u := range compared.Rows[0].Units {
		said = append(said, fmt.Sprintf("%+v is %s of %+v, rank %d", u.Unit, u.Figure.Reading.Value.Decimal(2), u.Figure.Result.Coverage, u.Rank))
	}
	links, err := s.ListLinks(ctx, s.Local(), reporting.LinkFilter{At: at})
	s.must(err)
	for _, l := range links.Links {
		l.Note, l.NoteRemoved = "", false
		said = append(said, fmt.Sprintf("%+v", l))
	}
	holidays, err := s.ListHolidays(ctx, s.Local(), reporting.HolidayFilter{At: at})
	s.must(err)
	said = append(said, fmt.Sprintf("%+v", holidays.Holidays))
	periods, _, err := s.ListPeriods(ctx, s.Local(), reporting.PeriodQuery{Periods: "2024-01..2024-04", Form: "M", At: at})
	s.must(err)
	same, _, err := s.ListFormPeriodsAt(ctx, s.Local(), "M", "2024-01..2024-04", at)
	s.must(err)
	for _, p := range slices.Concat(periods, same) {
		for i := range p.Deadlines {
			p.Deadlines[i].Passed = false // it passes while nothing changes
		}
		said = append(said, fmt.Sprintf("%+v", p))
	}
	for _, unit := range []string{"A", "B", "C"} {
		_, revisions, _, _, err := s.ListRevisionsAt(ctx, s.Local(), reporting.ReportRef{Unit: unit, Form: "M", Period: "2024-02"}, at, reporting.Page{})
		if fault.ReasonOf(err) != "REPORT_NOT_FOUND" {
			s.must(err)
		}
		for _, r := range revisions {
			said = append(said, fmt.Sprintf("%d %v %v %s %v %s %d of %d figures", r.Number, r.State, r.Time, r.Principal, r.ReviewTime, r.Reviewer, r.Sequence, len(r.Figures)))
		}
	}
	return said
}

// TestR30EveryAnswerComesAgainAfterARedactionARebuildAndARestore keeps every answer after each step of a random story, and
// asks for all of them again as of those steps: at the end, after texts were removed, of a state that was made anew, and of
// a store that was restored from a backup.
func TestR30EveryAnswerComesAgainAfterARedactionARebuildAndARestore(t *testing.T) {
	const seed = 20240303
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 1)) //nolint:gosec // told again from the seed
	s, stop := founded(t)
	kept := map[uint64][]string{}
	for range 30 {
		s.step(random)
		said, sequence := s.answers(reporting.At{})
		kept[sequence] = said
	}
	compare := func(when string) {
		t.Helper()
		for sequence, want := range kept {
			at := int64(sequence) //nolint:gosec // counts from 1
			got, asOf := s.answers(reporting.At{Sequence: &at})
			if asOf != sequence || len(got) != len(want) {
				t.Fatalf("%s, as of entry %d: %d answers as of entry %d, want %d", when, sequence, len(got), asOf, len(want))
			}
			for n := range got {
				if got[n] != want[n] {
					t.Fatalf("%s, as of entry %d:\n got %s\nwant %s", when, sequence, got[n], want[n])
				}
			}
		}
	}
	compare("at the end")
	removed := 0
	for sequence := range kept {
		_, _, err := s.RedactEntry(t.Context(), s.call(), reporting.EntryRef{Sequence: sequence}, "theo yêu cầu")
		if err == nil {
			removed++
		}
	}
	if removed < 10 {
		t.Errorf("the texts of %d entries were removed, want those of most", removed)
	}
	compare("after the redactions")
	_, err := Backup(t.Context(), s.cfg, s.path("backup"))
	s.must(err)
	stop()
	_, _, err = Rebuild(t.Context(), s.cfg)
	s.must(err)
	running, stop := s.serve(s.cfg)
	s.Service = running.Store().Service
	compare("after a rebuild")
	stop()
	_, err = Restore(t.Context(), s.in("new"), RestoreRequest{
		Backup: s.path("backup"), Old: s.cfg.Dir, By: "Phòng CNTT", Reason: "diễn tập", KeyFile: s.cfg.Dir + "/keys/head.key",
	})
	if fault.ReasonOf(err) == "RESTORE_NOT_NEEDED" {
		_, err = Restore(t.Context(), s.in("new"), RestoreRequest{Backup: s.path("backup"), By: "Phòng CNTT", Reason: "diễn tập"})
	}
	s.must(err)
	running, _ = s.serve(s.in("new"))
	s.Service = running.Store().Service
	compare("after a restore")
}

// TestR30AnInstantIsAnsweredOnceAndForAll asks as of instants that have just passed while others send, and again when all is
// still: no entry may appear behind an answer.
func TestR30AnInstantIsAnsweredOnceAndForAll(t *testing.T) {
	s, _ := founded(t)
	ended := make(chan struct{})
	var sending sync.WaitGroup
	for n := range 4 {
		sending.Go(func() {
			unit := []string{"A", "B", "C", "A"}[n]
			for month := 1; ; month++ {
				select {
				case <-ended:
					return
				default:
				}
				_, _, _, err := s.Submit(t.Context(), s.call(), s.sent(unit, fmt.Sprintf("%d-%02d", 2000+n*6+month/12%6, month%12+1), 1, ""))
				if err != nil && fault.ReasonOf(err) != "ETAG_MISMATCH" && fault.ReasonOf(err) != "ETAG_REQUIRED" {
					return
				}
			}
		})
	}
	type answer struct {
		at       time.Time
		sequence uint64
	}
	var answers []answer
	came := func() uint64 { return answers[len(answers)-1].sequence - answers[0].sequence }
	for n := 0; n < 300 || came() < 20 && n < 100_000; n++ {
		at := time.Now().Add(-time.Microsecond)
		_, stamp, err := s.GetUnitAt(t.Context(), s.Local(), "P", "", reporting.At{Time: at})
		s.must(err)
		answers = append(answers, answer{at, stamp.AtSequence})
	}
	close(ended)
	sending.Wait()
	for _, a := range answers {
		_, stamp, err := s.GetUnitAt(t.Context(), s.Local(), "P", "", reporting.At{Time: a.at})
		s.must(err)
		if stamp.AtSequence != a.sequence {
			t.Errorf("as of %v: entry %d, and asked again entry %d", a.at, a.sequence, stamp.AtSequence)
		}
	}
	if came() < 20 {
		t.Errorf("only %d entries came meanwhile", came())
	}
}
