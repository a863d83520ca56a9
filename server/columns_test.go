package server_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	"github.com/tonghop/tonghop/client"
	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
)

// TestColumnsSayWhatRollupsSay asks random questions of the small province both ways, page by page, and wants the same
// cells: states, numbers and coverage, or the same refusal.
func TestColumnsSayWhatRollupsSay(t *testing.T) {
	p := told(t)
	seen := map[reportingv1.RollupState]bool{}
	answered := 0
	ask := func(r *rapid.T) {
		q := drawQuestion(r)
		want, err := p.asRollups(q)
		got, err2 := p.asColumns(q, rapid.SampledFrom([]int32{0, 1, 7, 40}).Draw(r, "page size"))
		if status.Code(err) != status.Code(err2) || err != nil && err.Error() != err2.Error() {
			r.Fatalf("%v:\nrow by row  %v\nin columns %v", q, err, err2)
		}
		answered += len(want)
		for key, cell := range want {
			seen[cell.GetState()] = true
			if !proto.Equal(got[key], cell) {
				r.Fatalf("%v: %s is %v in columns, want %v", q, key, prototext.Format(got[key]), prototext.Format(cell))
			}
		}
		if len(got) != len(want) {
			r.Fatalf("%v: %d cells in columns, want %d", q, len(got), len(want))
		}
	}
	rapid.Check(t, func(r *rapid.T) {
		for range 10 {
			ask(r)
		}
	})
	if answered == 0 || len(seen) < 3 { // others are rare where few are drawn
		t.Errorf("%d cells were compared, of the states %v", answered, seen)
	}
}

// calendars are the indicators of the province that can be asked together.
var calendars = [][]string{
	{"HS", "DH", "DS", "DIEM", "NHO", "LON", "CO", "TLC", "HANG", "LK", "TT", "XL", "AL", "TBDS", "QD", "DT15"}, {"CT"},
}

func drawQuestion(r *rapid.T) *reportingv1.QueryRollupsRequest {
	some := func(name string, from ...string) []string {
		return rapid.SliceOfNDistinct(rapid.SampledFrom(from), 1, min(4, len(from)), rapid.ID).Draw(r, name)
	}
	return &reportingv1.QueryRollupsRequest{
		Units: some("units", "82-0", "D-0", "A-0", "B-0", "C-0", "83-0", "E-0", "S-0", "82-20250701", "A-20250701"), Children: rapid.Bool().Draw(r, "children"),
		Indicators: some("indicators", rapid.SampledFrom(calendars).Draw(r, "calendar")...),
		Periods:    some("periods", "2024-01..2024-04", "2024-Q1", "2024-H1", "2024", "2023", "2025-06..2025-08", "2025"),
		Basis:      rapid.SampledFrom([]reportingv1.Basis{1, 2}).Draw(r, "basis"),
		Measure:    rapid.SampledFrom([]reportingv1.RollupMeasure{1, 1, 1, 1, 1, 1, 2, 3}).Draw(r, "measure"),
		Tree:       rapid.SampledFrom([]string{"", "", "", "2025-07-01", "2025-08-31", "2025-12-31"}).Draw(r, "tree"),
	}
}

// nameOf names a cell, and of several that are the same which one it is.
func nameOf(known map[string]*reportingv1.Rollup, unit, indicator, per string) string {
	for n := 0; ; n++ {
		name := fmt.Sprint(unit, " ", indicator, " ", per, " ", n)
		if known[name] == nil {
			return name
		}
	}
}

// asRollups gives the roll-ups, without what columns do not have.
func (p *province) asRollups(q *reportingv1.QueryRollupsRequest) (map[string]*reportingv1.Rollup, error) {
	known := map[string]*reportingv1.Rollup{}
	for next := proto.CloneOf(q); ; {
		page, err := reportingv1.NewRollupServiceClient(p.conn).QueryRollups(p.by("admin"), next)
		if err != nil {
			return nil, err
		}
		for _, r := range page.GetRollups() {
			r.Checks, r.Spans, r.PeriodsPresent, r.LastPeriod, r.TreeDate = nil, nil, nil, "", ""
			known[nameOf(known, r.GetUnit(), r.GetIndicator(), r.GetPeriod())] = r
		}
		if next.PageToken = page.GetNextPageToken(); next.PageToken == "" {
			return known, nil
		}
	}
}

// asColumns gives the same from columns.
func (p *province) asColumns(q *reportingv1.QueryRollupsRequest, size int32) (map[string]*reportingv1.Rollup, error) {
	known := map[string]*reportingv1.Rollup{}
	question := &reportingv1.QueryRollupColumnsRequest{
		Units: q.GetUnits(), Children: q.GetChildren(), Indicators: q.GetIndicators(), Periods: q.GetPeriods(), Basis: q.GetBasis(),
		Measure: q.GetMeasure(), Tree: q.GetTree(), AtSequence: q.AtSequence, PageSize: size,
	}
	for {
		page, err := reportingv1.NewRollupServiceClient(p.conn).QueryRollupColumns(p.by("admin"), question)
		if err != nil {
			return nil, err
		}
		for cell := range client.Cells(page) {
			r := &reportingv1.Rollup{
				Unit: cell.Unit.ID, UnitCode: cell.Unit.Code, UnitName: cell.Unit.Name,
				Period: cell.Period.GetPeriod(), Indicator: cell.Columns.GetIndicator(), UnitOfMeasure: cell.Columns.GetUnitOfMeasure(),
				State: cell.State, Value: textOrNone(cell.Value), Numerator: textOrNone(cell.Numerator), Denominator: textOrNone(cell.Denominator),
				Coverage: cell.Coverage, Fell: cell.Fell, Crossing: cell.Crossing, HeldBy: cell.HeldBy,
				ClosedVersion: cell.ClosedVersion, DiffersFromClosed: cell.DiffersFromClosed,
			}
			known[nameOf(known, r.GetUnit(), r.GetIndicator(), r.GetPeriod())] = r
		}
		if question.PageToken = page.GetNextPageToken(); question.PageToken == "" {
			return known, nil
		}
	}
}

func textOrNone(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

// TestR27ColumnsSayWhatWasClosed: in columns as row by row, now and as of every earlier entry, of units and of children, in both bases.
func TestR27ColumnsSayWhatWasClosed(t *testing.T) {
	p := toldOf(t, "life")
	head, err := reportingv1.NewOperationServiceClient(p.conn).GetStatus(p.by("operator"), &reportingv1.GetStatusRequest{})
	if err != nil {
		t.Fatal(err)
	}
	closed, differ, open := 0, 0, 0
	last := head.GetStamp().GetSequence()
	for sequence := last - 16; sequence <= last; sequence++ {
		for n := range 8 {
			q := &reportingv1.QueryRollupsRequest{
				Units: []string{"82", "D", "A", "B", "C"}, Children: n&1 > 0, Indicators: []string{"HS", "DH"}, AtSequence: &sequence,
				Periods: []string{"2024-01..2024-03", "2024-Q1"}, Basis: []reportingv1.Basis{1, 2}[n>>1&1], Measure: reportingv1.RollupMeasure_ROLLUP_MEASURE_AS_REPORTED,
			}
			if sequence == last {
				q.AtSequence = nil
			}
			if n&4 > 0 {
				q.Tree = "2024-03-31"
			}
			want, err := p.asRollups(q)
			if err != nil {
				t.Fatal(err)
			}
			got, err := p.asColumns(q, 7)
			if err != nil {
				t.Fatal(err)
			}
			for key, cell := range want {
				if !proto.Equal(got[key], cell) {
					t.Errorf("as of %d, question %d: %s is %v in columns, want %v", sequence, n, key, prototext.Format(got[key]), prototext.Format(cell))
				}
				switch {
				case cell.GetDiffersFromClosed():
					differ++
				case cell.GetClosedVersion() > 0:
					closed++
				default:
					open++
				}
			}
			if len(got) != len(want) {
				t.Errorf("as of %d, question %d: %d cells in columns, want %d", sequence, n, len(got), len(want))
			}
		}
	}
	if closed == 0 || differ == 0 || open == 0 {
		t.Errorf("%d cells were as closed, %d others, %d open; want some of each", closed, differ, open)
	}
}

// TestColumnsAreEmptyWhereTheySayNothing looks at a page of one cell.
func TestColumnsAreEmptyWhereTheySayNothing(t *testing.T) {
	p := told(t)
	page, err := reportingv1.NewRollupServiceClient(p.conn).QueryRollupColumns(p.by("admin"), &reportingv1.QueryRollupColumnsRequest{
		Units: []string{"A-0"}, Indicators: []string{"HS"}, Periods: []string{"2024-01"},
	})
	if err != nil {
		t.Fatal(err)
	}
	var there []string
	c := page.GetColumns()[0].ProtoReflect()
	for i := range c.Descriptor().Fields().Len() {
		if f := c.Descriptor().Fields().Get(i); f.IsList() && c.Get(f).List().Len() > 0 {
			there = append(there, string(f.Name()))
		}
	}
	// One figure, which is 0 and all that is owed.
	if slices.Sort(there); strings.Join(there, " ") != "expected" {
		t.Errorf("the columns %v say something, want expected alone", there)
	}
}
