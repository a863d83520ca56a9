package server_test

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
)

// moving is how long TestMovesAndCorrectionsTogether lasts.
var moving = flag.Duration("moving", 2*time.Second, "how long corrections and moves go on at the same time")

// wanderer is the units that move, and who writes and asks meanwhile.
type wanderer struct {
	*province
	seed      uint64
	ids       atomic.Int64
	accepted  atomic.Int64
	moved     atomic.Int64
	asked     atomic.Int64
	unplanned atomic.Pointer[string]
}

// TestMovesAndCorrectionsTogether lets clerks send and correct reports of earlier and later periods while communes move
// between districts, one reorganisation after the other, and readers ask for totals and lineage. Then the store proves
// itself: every roll-up is what the reports come to.
func TestMovesAndCorrectionsTogether(t *testing.T) {
	p := newProvince(t)
	p.wander(t)
	w := &wanderer{province: p, seed: uint64(time.Now().UnixNano())} //nolint:gosec // any number
	t.Logf("seed %d", w.seed)
	end := time.Now().Add(*moving)
	var all sync.WaitGroup
	for n := range 3 {
		all.Go(func() { w.clerk(rand.New(rand.NewPCG(w.seed, uint64(n))), end) }) //nolint:gosec // a test
	}
	all.Go(func() { w.mover(rand.New(rand.NewPCG(w.seed, 100)), end) })  //nolint:gosec // a test
	all.Go(func() { w.reader(rand.New(rand.NewPCG(w.seed, 200)), end) }) //nolint:gosec // a test
	all.Wait()
	if wrong := w.unplanned.Load(); wrong != nil {
		t.Fatal(*wrong)
	}
	t.Logf("%d submissions, %d moves, %d questions", w.accepted.Load(), w.moved.Load(), w.asked.Load())
	if w.accepted.Load() == 0 || w.moved.Load() < 2 || w.asked.Load() == 0 {
		t.Error("too little happened at the same time")
	}
	w.prove(t)
}

// wander makes the province: two districts with six communes, and what they report.
func (p *province) wander(t *testing.T) {
	t.Helper()
	rows := "code,kind,name_vi,parent\nP,province,Tỉnh,\nD1,district,Huyện Một,P\nD2,district,Huyện Hai,P\n"
	for n := range 6 {
		rows += fmt.Sprintf("C%d,commune,Xã %d,D%d\n", n, n, 1+n%2)
	}
	ctx := p.by("founder")
	if err := p.issue(ctx, []string{"admin", "administrator", "everywhere"}); err != nil {
		t.Fatal(err)
	}
	options := func() *reportingv1.ImportOptions { return &reportingv1.ImportOptions{RequestId: p.requestID()} }
	units, err := upload(reportingv1.NewUnitServiceClient(p.conn).ImportUnits(ctx))(
		&reportingv1.ImportUnitsRequest{Part: &reportingv1.ImportUnitsRequest_Options{Options: options()}},
		&reportingv1.ImportUnitsRequest{Part: &reportingv1.ImportUnitsRequest_Chunk{Chunk: []byte(rows)}})
	if err != nil || len(units.GetProblems()) > 0 {
		t.Fatal(err, units.GetProblems())
	}
	indicators, err := upload(reportingv1.NewIndicatorServiceClient(p.conn).ImportIndicators(ctx))(
		&reportingv1.ImportIndicatorsRequest{Part: &reportingv1.ImportIndicatorsRequest_Options{Options: options()}},
		&reportingv1.ImportIndicatorsRequest{Part: &reportingv1.ImportIndicatorsRequest_Chunk{Chunk: []byte(
			"code,name_vi,name_en,group,unit_of_measure,scale,unit_rule,time_rule,measure,reported_by,direction\n" +
				"S,Tổng,,G,x,0,SUM,SUM,flow,commune,none\nL,Cuối kỳ,,G,x,0,SUM,LAST,stock,commune,none\nM,Lớn nhất,,G,x,0,MAX,MAX,flow,commune,none\n")}})
	if err != nil || len(indicators.GetProblems()) > 0 {
		t.Fatal(err, indicators.GetProblems())
	}
	forms, err := upload(reportingv1.NewFormServiceClient(p.conn).ImportForms(ctx))(
		&reportingv1.ImportFormsRequest{Part: &reportingv1.ImportFormsRequest_Options{Options: options()}},
		&reportingv1.ImportFormsRequest{Part: &reportingv1.ImportFormsRequest_Chunk{Chunk: []byte(
			"code,name_vi,frequency,calendar,indicators,assigned\nF,Biểu,month,CIVIL,S|L|M,kind:commune\n")}})
	if err != nil || len(forms.GetProblems()) > 0 {
		t.Fatal(err, forms.GetProblems())
	}
	p.at("2026-01-05 09:00")
}

// id makes request ids for all at once.
func (w *wanderer) id() string { return fmt.Sprintf("01900000-0000-7000-9000-%012d", w.ids.Add(1)) }

// wrong keeps what nobody planned.
func (w *wanderer) wrong(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	w.unplanned.CompareAndSwap(nil, &text)
}

// clerk sends a report of any month of any commune, or corrects the one that is there.
func (w *wanderer) clerk(random *rand.Rand, end time.Time) {
	reports := reportingv1.NewReportServiceClient(w.conn)
	ctx := w.by("admin")
	for time.Now().Before(end) && w.unplanned.Load() == nil {
		name := fmt.Sprintf("units/C%d/reports/f~2025-%02d", random.IntN(6), 1+random.IntN(12))
		etag := ""
		if seen, err := reports.GetReport(ctx, &reportingv1.GetReportRequest{Name: name}); err == nil {
			etag = seen.GetEtag()
		}
		q := &reportingv1.SubmitReportRequest{Name: name, Etag: etag, RequestId: w.id()}
		for _, code := range []string{"S", "L", "M"} {
			value := strconv.Itoa(random.IntN(1000))
			q.Figures = append(q.Figures, &reportingv1.Figure{Indicator: code, Value: &value})
		}
		switch _, err := reports.SubmitReport(ctx, q); status.Code(err) {
		case codes.OK:
			w.accepted.Add(1)
		case codes.Aborted: // another clerk was faster
		case codes.FailedPrecondition, codes.NotFound: // the commune moved between the two
		default:
			w.wrong("%s: %v", name, err)
		}
	}
}

// mover moves a commune to the other district, on any day after its last move.
func (w *wanderer) mover(random *rand.Rand, end time.Time) {
	units := reportingv1.NewUnitServiceClient(w.conn)
	ctx := w.by("admin")
	days := [6]int{}
	for time.Now().Before(end) && w.unplanned.Load() == nil {
		n := random.IntN(6)
		days[n] += 1 + random.IntN(9)
		if days[n] > 360 {
			if _, err := units.ListLineageLinks(ctx, &reportingv1.ListLineageLinksRequest{}); err != nil {
				w.wrong("links: %v", err)
			}
			days[n] = 1000 // it has arrived
			time.Sleep(time.Millisecond)
			continue
		}
		parent := fmt.Sprintf("D%d", 1+random.IntN(2))
		_, err := units.ReorganiseUnits(ctx, &reportingv1.ReorganiseUnitsRequest{
			Date: time.Date(2025, 1, 1+days[n], 0, 0, 0, 0, time.UTC).Format(time.DateOnly), RequestId: w.id(),
			Move: []*reportingv1.UnitMove{{Unit: fmt.Sprint("C", n), Parent: &parent}},
		})
		if err != nil {
			w.wrong("moving C%d: %v", n, err)
			return
		}
		w.moved.Add(1)
	}
}

// reader asks for totals of months, and of the year, on two trees.
func (w *wanderer) reader(random *rand.Rand, end time.Time) {
	rollups := reportingv1.NewRollupServiceClient(w.conn)
	ctx := w.by("admin")
	for time.Now().Before(end) && w.unplanned.Load() == nil {
		periods := fmt.Sprintf("2025-%02d", 1+random.IntN(12))
		if random.IntN(4) == 0 {
			periods = "2025"
		}
		tree := "" // each period's own, or that after all moves
		if random.IntN(3) == 0 {
			tree = "2026-01-01"
		}
		answer, err := rollups.QueryRollups(ctx, &reportingv1.QueryRollupsRequest{
			Units: []string{"P", "D1", "D2"}, Indicators: []string{"S"}, Periods: []string{periods}, Basis: reportingv1.Basis_BASIS_PROVISIONAL,
			Tree: tree,
		})
		if err != nil {
			w.wrong("asking for %s: %v", periods, err)
			return
		}
		w.asked.Add(1)
		if sum, parts := total(answer, "P"), total(answer, "D"); (len(periods) > 4 || tree != "") && sum != parts {
			w.wrong("%s of the province is %d and its districts have %d, on the tree of %q", periods, sum, parts, tree)
			return
		}
	}
}

// total adds the values of the units whose codes begin so.
func total(answer *reportingv1.QueryRollupsResponse, code string) (sum int) {
	for _, r := range answer.GetRollups() {
		if strings.HasPrefix(r.GetUnitCode(), code) {
			n, _ := strconv.Atoi(r.GetValue())
			sum += n
		}
	}
	return sum
}

// prove has the store compare every roll-up with the reports.
func (w *wanderer) prove(t *testing.T) {
	t.Helper()
	p := w.province
	operator := []string{"operator", "operator", "everywhere"}
	if err := p.issue(p.by("admin"), operator); err != nil {
		t.Fatal(err)
	}
	stream, err := reportingv1.NewOperationServiceClient(p.conn).VerifyStore(p.by("operator"), &reportingv1.VerifyStoreRequest{})
	if err != nil {
		t.Fatal(err)
	}
	for {
		m, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		if !m.GetDone() {
			continue
		}
		t.Logf("%d roll-ups were compared", m.GetRollups())
		if m.GetRollups() == 0 || m.GetFindingCount() > 0 {
			t.Errorf("the store finds %d things wrong: %q", m.GetFindingCount(), m.GetFindings())
		}
	}
}
