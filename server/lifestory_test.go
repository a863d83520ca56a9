package server_test

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
	"github.com/tonghop/tonghop/server"
)

var storySeed = flag.Uint64("storyseed", 0, "tell the story of three months again from this seed; 0 draws one")

// TestThreeMonthsOfAProvince plays January to March of a province with 12 districts, 143 communes and 20 departments over gRPC: reports in
// time, late, never, sent back, corrected before and after approval, refused by rules and explained, taken out and brought back,
// months closed, reopened and closed again. After each step roll-ups of both bases with their coverage, completeness, what units
// owe, what was closed, what was explained and what subscribers were told are those of an independent model.
func TestThreeMonthsOfAProvince(t *testing.T) {
	seed := *storySeed
	if seed == 0 {
		seed = rand.Uint64()
	}
	t.Logf("seed %d (again: -storyseed %d)", seed, seed)
	s := &threeMonths{
		province: newProvinceWith(t, func(c *server.Config) {
			c.Notify = &server.Notify{AllowPrivate: true, Every: 50 * time.Millisecond}
		}),
		random: rand.New(rand.NewPCG(seed, 0)), kept: map[int][]map[string]string{}, //nolint:gosec // a test
	}
	s.setUp()
	s.subscribe()
	for month := range 3 {
		s.play(month)
	}
	s.nothingElse()
	(&wanderer{province: s.province}).prove(t)
}

// threeMonths is the story under way.
type threeMonths struct {
	*province
	random *rand.Rand
	model  toldProvince
	// kept are the official roll-ups of HS by unit, of each closing of a month.
	kept map[int][]map[string]string
	// hook takes the webhooks of the listeners.
	hook      *receiver
	listeners []*listener
	// explained counts reports that had to be explained, refused those that broke a rule.
	explained, refused int
}

var (
	storyMonths    = []string{"2024-01", "2024-02", "2024-03"}
	storyDistricts = 12
)

func (s *threeMonths) setUp() {
	s.t.Helper()
	ctx := s.by("founder")
	units, forms := "code,kind,name_vi,name_en,parent\n82,province,Tỉnh,,\n", "code,name_vi,frequency,calendar,indicators,assigned,owner,due\n"
	for d := range storyDistricts {
		units += fmt.Sprintf("D%02d,district,Huyện %d,,82\n", d, d)
	}
	for c := range 143 {
		u := &toldUnit{code: fmt.Sprintf("C%03d", c), district: fmt.Sprintf("D%02d", c%storyDistricts)}
		s.model.units = append(s.model.units, u)
		units += fmt.Sprintf("%s,commune,Xã %d,,%s\n", u.code, c, u.district)
	}
	for d := range 20 {
		u := &toldUnit{code: fmt.Sprintf("S%02d", d), department: true}
		s.model.units = append(s.model.units, u)
		units += fmt.Sprintf("%s,department,Sở %d,,82\n", u.code, d)
	}
	forms += "XA,Báo cáo xã,month,CIVIL,HS|TL|DS,kind:commune,82,commune=+2\nSO,Báo cáo sở,month,CIVIL,HS|DS,kind:department,82,department=+6\n"
	indicators := "code,name_vi,name_en,unit_of_measure,group,scale,unit_rule,time_rule,measure,reported_by,direction\n" +
		"HS,Hồ sơ,,hồ sơ,A,0,SUM,SUM,flow,commune|department,higher\nTL,Đúng hạn,,%,A,2,RATIO,SUM,flow,commune,higher\n" +
		"DS,Dân số,,người,A,0,SUM,LAST,stock,commune|department,none\n"
	for _, file := range []struct{ what, content string }{{"units", units}, {"indicators", indicators}, {"forms", forms}, {"rules", storyRules}} {
		path := filepath.Join(s.t.TempDir(), file.what+".csv")
		if err := os.WriteFile(path, []byte(file.content), 0o600); err != nil {
			s.t.Fatal(err)
		}
		if err := s.importFile(ctx, file.what, path); err != nil {
			s.t.Fatal(err)
		}
	}
	for _, who := range [][]string{{"admin", "administrator", "everywhere"}, {"approver", "approver", "82"}} {
		if err := s.issue(ctx, who); err != nil {
			s.t.Fatal(err)
		}
	}
}

// play plays what happens after the end of a month.
func (s *threeMonths) play(month int) {
	end := time.Date(2024, time.Month(month+2), 1, 0, 0, 0, 0, time.UTC)
	day := func(n int) { s.at(end.AddDate(0, 0, n).Format("2006-01-02") + " 09:00") }
	var late []*toldUnit
	day(0)
	s.settle(month, "the month is over")
	for _, u := range s.model.units {
		switch s.random.IntN(10) {
		case 0, 1:
			late = append(late, u)
		case 2: // never
		default:
			s.send(u, month, false)
		}
	}
	day(4) // when the communes' deadline has passed
	s.settle(month, "some are late")
	day(12) // when every deadline has passed
	s.settle(month, "all deadlines have passed")
	for _, u := range late {
		s.send(u, month, true)
	}
	s.compare(month, "all have sent")
	s.at(end.AddDate(0, 0, 12).Format("2006-01-02") + " 10:30")
	s.settle(month, "the hour of those who are told once a day")
	s.each(month, func(u *toldUnit, r *toldReport) {
		switch {
		case r.newest() != "SUBMITTED":
		case s.random.IntN(12) == 0:
			s.giveBack(u, month)
		case s.random.IntN(8) > 0:
			s.approve(u, month)
		}
	})
	s.compare(month, "reviewed")
	s.each(month, func(u *toldUnit, r *toldReport) {
		switch {
		case r.newest() == "RETURNED" && s.random.IntN(3) > 0, r.newest() == "APPROVED" && s.random.IntN(10) == 0:
			s.send(u, month, true)
		case r.newest() == "APPROVED" && s.random.IntN(40) == 0:
			s.giveBack(u, month)
		}
	})
	s.compare(month, "corrected")
	s.each(month, func(u *toldUnit, r *toldReport) {
		if r.newest() == "" && s.random.IntN(2) == 0 || s.random.IntN(25) == 0 {
			s.turn(u, month, true)
		}
	})
	s.compare(month, "excluded")
	s.each(month, func(u *toldUnit, r *toldReport) {
		switch {
		case r.excluded && s.random.IntN(3) == 0:
			s.turn(u, month, false)
		case !r.excluded && r.newest() == "SUBMITTED" && s.random.IntN(2) == 0:
			s.approve(u, month)
		}
	})
	s.compare(month, "lifted and approved")
	if month == 2 {
		return // the last month stays open
	}
	day(20)
	s.settle(month, "a week later")
	s.close(month)
	s.compare(month, "closed")
	s.reopened(month)
	s.compare(month, "reopened")
	day(22)
	s.close(month)
	s.compare(month, "closed again")
}

func (s *threeMonths) each(month int, do func(u *toldUnit, r *toldReport)) {
	for _, u := range s.model.units {
		do(u, &u.months[month])
	}
}

func (u *toldUnit) form() string {
	if u.department {
		return "so"
	}
	return "xa"
}

func (s *threeMonths) nameOf(u *toldUnit, month int) string {
	return "units/" + u.code + "/reports/" + u.form() + "~" + storyMonths[month]
}

// etag is what is seen of a report now.
func (s *threeMonths) etag(name string) string {
	s.t.Helper()
	seen, err := reportingv1.NewExclusionServiceClient(s.conn).GetExclusion(s.by("approver"), &reportingv1.GetExclusionRequest{Name: name})
	if err != nil {
		s.t.Fatalf("%s: %v", name, err)
	}
	return seen.GetEtag()
}

// send sends other figures than before. Now and then they break a rule, and are sent again as they should be; where a rule asks for
// an explanation the report is refused without.
func (s *threeMonths) send(u *toldUnit, month int, late bool) {
	s.t.Helper()
	r := &u.months[month]
	f := toldFigures{files: s.random.Int64N(500) + 1000*int64(len(r.revisions)), people: 1000 + s.random.Int64N(9000)}
	f.inTime = s.random.Int64N(f.files + 1)
	q := &reportingv1.SubmitReportRequest{Name: s.nameOf(u, month)}
	if r.newest() != "" {
		q.Etag = s.etag(q.GetName())
	}
	try := func(f toldFigures) string {
		q.Figures, q.RequestId = f.wire(u), s.requestID()
		_, err := reportingv1.NewReportServiceClient(s.conn).SubmitReport(s.by("admin"), q)
		if err == nil {
			return ""
		}
		return verdictOf(err)
	}
	if s.random.IntN(12) == 0 && !u.department {
		bad := f
		bad.inTime = f.files + 1
		want := map[bool]string{false: " RULE_VIOLATED", true: " SEVERAL_PROBLEMS"}[u.mustExplain(month, f)]
		if got := try(bad); !strings.HasSuffix(got, want) {
			s.t.Errorf("%s with more in time than all is answered with %q", q.GetName(), got)
		}
		s.refused++
	}
	if u.mustExplain(month, f) {
		if got := try(f); !strings.HasSuffix(got, " EXPLANATION_REQUIRED") {
			s.t.Errorf("%s with %d people is answered with %q, by the model it must be explained", q.GetName(), f.people, got)
		}
		f.explanation = fmt.Sprintf("Rà soát lại dân số lần %d", len(r.revisions)+1)
		s.explained++
	}
	if got := try(f); got != "" {
		s.t.Fatalf("%s of %+v: %s; before %+v", q.GetName(), f, got, u.months[max(0, month-1)])
	}
	r.send(f, late, time.Unix(0, s.clock.Load()))
}

func (s *threeMonths) approve(u *toldUnit, month int) {
	s.t.Helper()
	name := s.nameOf(u, month)
	_, err := reportingv1.NewReportServiceClient(s.conn).ApproveReport(s.by("approver"), &reportingv1.ApproveReportRequest{
		Name: name, Etag: s.etag(name), RequestId: s.requestID(),
	})
	if err != nil {
		s.t.Fatalf("%s: %v", name, err)
	}
	u.months[month].approve()
}

func (s *threeMonths) giveBack(u *toldUnit, month int) {
	s.t.Helper()
	name := s.nameOf(u, month)
	_, err := reportingv1.NewReportServiceClient(s.conn).ReturnReport(s.by("approver"), &reportingv1.ReturnReportRequest{
		Name: name, Etag: s.etag(name), Reason: "Số liệu chưa khớp", RequestId: s.requestID(),
	})
	if err != nil {
		s.t.Fatalf("%s: %v", name, err)
	}
	u.months[month].giveBack(time.Unix(0, s.clock.Load()))
}

func (s *threeMonths) turn(u *toldUnit, month int, out bool) {
	s.t.Helper()
	verb := map[bool]string{true: "excludes", false: "lifts"}[out]
	if err := s.province.turn(s.by("approver"), verb, s.nameOf(u, month), "Lũ lụt"); err != nil {
		s.t.Fatalf("%s: %v", s.nameOf(u, month), err)
	}
	u.months[month].excluded = out
}

// close closes the communes' form of a month, by force where somebody waits, and keeps what it came to.
func (s *threeMonths) close(month int) {
	s.t.Helper()
	closings := reportingv1.NewClosingServiceClient(s.conn)
	name := "forms/xa/closings/" + storyMonths[month]
	seen, err := closings.GetClosing(s.by("approver"), &reportingv1.GetClosingRequest{Name: name})
	if err != nil {
		s.t.Fatal(err)
	}
	waiting := s.model.waiting(month)
	if int(seen.GetWaitingCount()) != len(waiting) {
		s.t.Errorf("%s: %d reports wait, by the model %v", name, seen.GetWaitingCount(), waiting)
	}
	closed, err := closings.ClosePeriod(s.by("approver"), &reportingv1.ClosePeriodRequest{
		Name: name, Etag: seen.GetEtag(), Force: len(waiting) > 0, Reason: "Hết hạn chờ", RequestId: s.requestID(),
	})
	if err != nil {
		s.t.Fatal(err)
	}
	var left []string
	for _, report := range closed.GetVersions()[0].GetLeftOut() {
		left = append(left, strings.Split(strings.Split(report, "/")[1], "-")[0])
	}
	if slices.Sort(left); !slices.Equal(left, waiting) || int(closed.GetVersion()) != len(s.kept[month])+1 {
		s.t.Errorf("%s: version %d left out %v, by the model %v", name, closed.GetVersion(), left, waiting)
	}
	kept := map[string]string{}
	for _, unit := range s.asked() {
		kept[unit] = s.model.rollup(unit, "HS", []int{month}, false)
	}
	s.kept[month] = append(s.kept[month], kept)
	for _, u := range s.model.units {
		if !u.department {
			u.months[month].closed, u.months[month].reopened = true, time.Time{}
		}
	}
}

// reopened lets two communes correct what was closed, and nobody else.
func (s *threeMonths) reopened(month int) {
	s.t.Helper()
	some := []*toldUnit{s.model.units[s.random.IntN(70)], s.model.units[70+s.random.IntN(70)]}
	closings := reportingv1.NewClosingServiceClient(s.conn)
	name := "forms/xa/closings/" + storyMonths[month]
	seen, err := closings.GetClosing(s.by("approver"), &reportingv1.GetClosingRequest{Name: name})
	if err != nil {
		s.t.Fatal(err)
	}
	until := time.Unix(0, s.clock.Load()).Add(24 * time.Hour)
	_, err = closings.ReopenPeriod(s.by("approver"), &reportingv1.ReopenPeriodRequest{
		Name: name, Etag: seen.GetEtag(), Units: []string{some[0].code, some[1].code}, Until: timestamppb.New(until), Reason: "Nhầm đơn vị tính", RequestId: s.requestID(),
	})
	if err != nil {
		s.t.Fatal(err)
	}
	for _, u := range some {
		u.months[month].reopened, u.months[month].everReopened = time.Unix(0, s.clock.Load()), time.Unix(0, s.clock.Load())
	}
	s.settle(month, "reopened")
	for _, u := range some {
		if u.months[month].excluded {
			s.turn(u, month, false)
		}
		s.settle(month, "lifted after the reopening")
		s.send(u, month, true)
		s.settle(month, "corrected after the reopening")
		s.approve(u, month)
	}
	other := s.model.units[142]
	_, err = reportingv1.NewReportServiceClient(s.conn).SubmitReport(s.by("admin"), &reportingv1.SubmitReportRequest{
		Name: s.nameOf(other, month), Figures: figuresIn([]string{"HS=1", "DS=1", "TL=1/1"}), Etag: "", RequestId: s.requestID(),
	})
	if !strings.HasSuffix(verdictOf(err), " PERIOD_CLOSED") {
		s.t.Errorf("a report of a closed month is answered with %v", err)
	}
	// The departments' form was never closed.
	if department := s.model.units[143]; !department.months[month].excluded {
		s.send(department, month, true)
	}
}

// asked are the units that are asked about after each step.
func (s *threeMonths) asked() []string {
	units := []string{"82", "C000", "C077", "S00", "S11"}
	for d := range storyDistricts {
		units = append(units, fmt.Sprintf("D%02d", d))
	}
	return units
}

// compare holds everything against the model.
func (s *threeMonths) compare(month int, when string) {
	s.t.Helper()
	ctx := s.by("admin")
	for _, provisional := range []bool{false, true} {
		basis := map[bool]reportingv1.Basis{false: reportingv1.Basis_BASIS_OFFICIAL, true: reportingv1.Basis_BASIS_PROVISIONAL}[provisional]
		q := &reportingv1.QueryRollupsRequest{
			Units: s.asked(), Indicators: []string{"HS", "TL", "DS"}, Periods: []string{storyMonths[0], storyMonths[month], "2024-Q1"}, Basis: basis, PageSize: 5000,
		}
		answer, err := reportingv1.NewRollupServiceClient(s.conn).QueryRollups(ctx, q)
		if err != nil {
			s.t.Fatal(err)
		}
		for _, r := range answer.GetRollups() {
			months := []int{0, 1, 2}
			if at := slices.Index(storyMonths, r.GetPeriod()); at >= 0 {
				months = []int{at}
			}
			want := s.model.rollup(r.GetUnitCode(), r.GetIndicator(), months, provisional)
			if got := wordsOf(r); got != want {
				s.t.Errorf("%s %s: %s of %s in %s, %s: %q, by the model %q", storyMonths[month], when, r.GetIndicator(), r.GetUnitCode(), r.GetPeriod(), basis, got, want)
			}
			if !provisional && r.GetIndicator() == "HS" && len(months) == 1 {
				s.compareClosed(months[0], when, r)
			}
		}
	}
	s.compareOwed(ctx, month, when)
	s.compareExplained(month, when)
	s.settle(month, when)
}

func wordsOf(r *reportingv1.Rollup) string {
	value := strings.TrimPrefix(r.GetState().String(), "ROLLUP_STATE_")
	if r.Value != nil {
		value = r.GetValue()
	}
	c := r.GetCoverage()
	return fmt.Sprintf("%s %d/%d late %d excluded %d", value, c.GetReceived(), c.GetExpected(), c.GetLate(), c.GetExcluded())
}

// compareClosed holds what an answer says of closings against what the model kept.
func (s *threeMonths) compareClosed(month int, when string, r *reportingv1.Rollup) {
	s.t.Helper()
	versions := s.kept[month]
	want, differs := len(versions), false
	if strings.HasPrefix(r.GetUnitCode(), "S") {
		want = 0 // departments have a form of their own
	}
	if want > 0 {
		differs = versions[want-1][r.GetUnitCode()] != s.model.rollup(r.GetUnitCode(), "HS", []int{month}, false)
	}
	if int(r.GetClosedVersion()) != want || r.GetDiffersFromClosed() != differs {
		s.t.Errorf("%s: HS of %s in %s is of closing %d and differs: %t, by the model %d, %t", when, r.GetUnitCode(), storyMonths[month],
			r.GetClosedVersion(), r.GetDiffersFromClosed(), want, differs)
	}
	for n, kept := range versions {
		if want == 0 || r.GetUnitCode() != "82" && r.GetUnitCode() != "D03" {
			continue
		}
		answer, err := reportingv1.NewRollupServiceClient(s.conn).QueryRollups(s.by("admin"), &reportingv1.QueryRollupsRequest{
			Units: []string{r.GetUnit()}, Indicators: []string{"HS"}, Periods: []string{storyMonths[month]}, ClosedVersion: int32(n + 1), //nolint:gosec // few
		})
		if err != nil {
			s.t.Fatal(err)
		}
		if got := wordsOf(answer.GetRollups()[0]); got != kept[r.GetUnitCode()] {
			s.t.Errorf("%s: closing %d of %s kept %q of %s, by the model %q", when, n+1, storyMonths[month], got, r.GetUnitCode(), kept[r.GetUnitCode()])
		}
	}
}

// compareOwed holds completeness and what units owe against the model. All deadlines of the month have passed.
func (s *threeMonths) compareOwed(ctx context.Context, month int, when string) {
	s.t.Helper()
	reports := reportingv1.NewReportServiceClient(s.conn)
	for _, departments := range []bool{false, true} {
		form := map[bool]string{false: "xa", true: "so"}[departments]
		answer, err := reports.GetCompleteness(ctx, &reportingv1.GetCompletenessRequest{Form: form, Periods: storyMonths[month], Unit: "82"})
		if err != nil {
			s.t.Fatal(err)
		}
		c := answer.GetPeriods()[0].GetTotals()
		got := fmt.Sprintf("expected %d received %d approved %d returned %d overdue %d", c.GetExpected(), c.GetReceived(), c.GetApproved(), c.GetReturned(), c.GetOverdue())
		if want := s.model.completeness(month, departments); got != want {
			s.t.Errorf("%s %s: completeness of %s is %q, by the model %q", storyMonths[month], when, form, got, want)
		}
	}
	for range 3 {
		u := s.model.units[s.random.IntN(len(s.model.units))]
		answer, err := reports.ListObligations(ctx, &reportingv1.ListObligationsRequest{Parent: "units/" + u.code, Periods: storyMonths[0] + ".." + storyMonths[month]})
		if err != nil {
			s.t.Fatal(err)
		}
		var got, want []string
		for _, o := range answer.GetObligations() {
			got = append(got, o.GetPeriod()+" "+strings.TrimPrefix(o.GetState().String(), "OBLIGATION_STATE_"))
		}
		for m := range month + 1 {
			want = append(want, storyMonths[m]+" "+u.months[m].state())
		}
		if !slices.Equal(got, want) {
			s.t.Errorf("%s %s: %s owes %v, by the model %v", storyMonths[month], when, u.code, got, want)
		}
	}
}
