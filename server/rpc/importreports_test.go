package rpc_test

import (
	"fmt"
	"strings"
	"testing"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/rpc/rpctest"
)

// TestAFileFromASpreadsheetIsTakenReportByReport uploads what Excel in Vietnam saves: byte order mark, semicolons, CRLF,
// decimal commas, columns in another order, rows of one report apart.
func TestAFileFromASpreadsheetIsTakenReportByReport(t *testing.T) {
	s := rpctest.New(t).Populate()
	reporter := s.Token(auth.Reporter, "30280")
	file := "\ufeffForm;Period;Unit;Indicator;Value;Numerator;Denominator;Note\r\n" +
		"cds;2024-04;30280;HS;1.200;;;\r\n" +
		"cds;2024-05;30280-0;hs;0;;;\r\n" +
		"cds;2024-05;30280;TL;;9;10;\"đúng hạn; đã kiểm\"\r\n" +
		"CDS;2024-04;30280;GD;1.234,5;;;\r\n" +
		"cds;2024-05;30280;GD;-;;;\r\n"
	options := &reportingv1.ImportReportsOptions{StreamId: s.NewID(), NumberFormat: reportingv1.NumberFormat_NUMBER_FORMAT_VI, ValidateOnly: true}
	preview, err := importReports(s, reporter, file, options)
	s.Must(err)
	if preview.summary.GetCreated() != 2 || preview.outcomes[0].GetReceipt() != nil {
		t.Errorf("preview = %v", preview.summary)
	}
	options.ValidateOnly = false
	answer, err := importReports(s, reporter, file, options)
	s.Must(err)
	if got := allTold(answer.outcomes); got != "0 CREATED; 1 CREATED" || len(answer.problems) != 0 || answer.progress == 0 {
		t.Errorf("outcomes: %s, problems %v", got, answer.problems)
	}
	if got := fmt.Sprint(answer.outcomes[0].GetLines(), answer.outcomes[1].GetLines()); got != "[2 5] [3 4 6]" {
		t.Errorf("lines: %s", got)
	}
	if answer.summary.GetLines() != 5 || answer.summary.GetCreated() != 2 || answer.summary.GetStamp().GetSequence() != 7 {
		t.Errorf("summary = %v", answer.summary)
	}
	reports := reportingv1.NewReportServiceClient(s.Conn)
	for period, want := range map[string]string{
		"2024-04": "HS 1200 ·/· VALUE; GD 1234.5 ·/· VALUE",
		"2024-05": "HS 0 ·/· VALUE; TL · 9/10 VALUE; GD · ·/· NOT_AVAILABLE",
	} {
		report, err := reports.GetReport(s.As(reporter), &reportingv1.GetReportRequest{Name: "units/30280/reports/cds~" + period})
		s.Must(err)
		if got := allShown(report.GetFigures()); got != want {
			t.Errorf("%s has %s, want %s", period, got, want)
		}
	}
	again, err := importReports(s, reporter, file, options)
	s.Must(err)
	if got := allTold(again.outcomes); got != "0 REPLAYED; 1 REPLAYED" || again.summary.GetReplayed() != 2 {
		t.Errorf("the same upload again: %s", got)
	}
	options.StreamId = s.NewID()
	again, err = importReports(s, reporter, file, options)
	s.Must(err)
	if got := allTold(again.outcomes); got != "0 UNCHANGED; 1 UNCHANGED" || again.summary.GetUnchanged() != 2 {
		t.Errorf("the same file under another id: %s", got)
	}
}

// TestEveryMistakeOfAFileIsAtItsLine has reports that are wrong for all sorts of reasons among good ones.
func TestEveryMistakeOfAFileIsAtItsLine(t *testing.T) {
	s := rpctest.New(t).Populate()
	file := strings.Join([]string{
		"unit,form,period,indicator,value,numerator,denominator,note",
		"30280,CDS,2024-01,HS,1,,,",     // 2: good
		"30280,CDS,2024-02,HS,1.234,,,", // 3: two meanings, the format is not declared
		"30280,CDS,2024-03,HS,7,,,",     // 4: with line 6
		"30280,CDS,2024-03,TL,7,,,",     // 5: a ratio as one number
		"30280,CDS,2024-03,hs,8,,,",     // 6: with line 4
		"30280,CDS,2024-04,HS,5,,,",     // 7: good, with line 12
		"30301,CDS,2024-04,HS,5,,,",     // 8: out of sight
		"99999,CDS,2024-04,HS,5,,,",     // 9: not there
		"30280,CDS,2024/05,HS,5,,,",     // 10: no period
		"30280,CDS,2024-12,HS,5,,,",     // 11: too early
		"30280,CDS,2024-04,GD,5,,,",     // 12: good
		"30280,CDS,2024-05,HS,5,,,",     // 13: of a report with line 14
		"30280,CDS,2024-05,XX,5,,,",     // 14: no such indicator
		"30280,CDS,2024-05,GD,,,",       // 15: a cell too few
		"30280,QUY,2024-05,HS,5,,,",     // 16: no such form
		"30280,CDS,2024-Q1,HS,5,,,",     // 17: not of the form
		"30280,CDS,2023-12,HS,5,,,",     // 18: good, but its report has a bad line
		"30280,CDS,2023-12,GD,a,,,",     // 19: no number
	}, "\n")
	answer, err := importReports(s, s.Token(auth.Reporter, "30280"), file, &reportingv1.ImportReportsOptions{StreamId: s.NewID()})
	s.Must(err)
	want := map[string]string{
		"2024-01": "CREATED [2] ",
		"2024-02": "REFUSED [3] 3 value NUMBER_AMBIGUOUS",
		"2024-03": "REFUSED [4 5 6] 6 indicator FIGURE_REPEATED and 4",
		"2024-04": "CREATED [7 12] ",
		"2023-12": "REFUSED [18 19] 19 value NUMBER_MALFORMED",
		"2024-12": "REFUSED [11] 11 period PERIOD_TOO_EARLY",
		"2024-05": "REFUSED [13 14 15] 15  ROW_CELLS",
	}
	for _, o := range answer.outcomes {
		_, period, _ := strings.Cut(o.GetName(), "~")
		got := fmt.Sprintf("%s %v %s", strings.TrimPrefix(o.GetKind().String(), "OUTCOME_KIND_"), o.GetLines(), found(o.GetProblems()))
		if got != want[period] {
			t.Errorf("%s: %s, want %s", period, got, want[period])
		}
		delete(want, period)
	}
	if len(want) > 0 {
		t.Errorf("no outcome for %v", want)
	}
	if got := found(answer.problems); got != "8 unit UNIT_NOT_FOUND; 9 unit UNIT_NOT_FOUND; 10 period PERIOD_MALFORMED; 16 form FORM_NOT_FOUND; 17 period PERIOD_NOT_OF_FORM" {
		t.Errorf("lines of no report: %s", got)
	}
	if a, b := answer.problems[0].GetMessage(), answer.problems[1].GetMessage(); strings.ReplaceAll(a, "30301", "U") != strings.ReplaceAll(b, "99999", "U") {
		t.Errorf("out of sight: %s\nnot there: %s", a, b)
	}
	sum := answer.summary
	if sum.GetLines() != 18 || sum.GetCreated() != 2 || sum.GetRefused() != 5 || sum.GetRefusedLines() != 5 {
		t.Errorf("summary = %v", sum)
	}
}

// TestFiguresThatTheIndicatorRefusesAreAtTheirLine holds that what only the use case can know is told by line too.
func TestFiguresThatTheIndicatorRefusesAreAtTheirLine(t *testing.T) {
	s := rpctest.New(t).Populate()
	file := "unit,form,period,indicator,value,numerator,denominator\n\n30280,CDS,2024-05,HS,5,,\n30280,CDS,2024-05,GD,1.005,,\n30280,CDS,2024-05,TL,,9,\n"
	answer, err := importReports(s, s.Token(auth.Reporter, "30280"), file, &reportingv1.ImportReportsOptions{
		StreamId: s.NewID(), NumberFormat: reportingv1.NumberFormat_NUMBER_FORMAT_EN,
	})
	s.Must(err)
	if got := found(answer.outcomes[0].GetProblems()); !strings.HasPrefix(got, "4 value NUMBER_TOO_PRECISE; 5 denominator ") {
		t.Errorf("problems: %s", got)
	}
}

// TestAnEtagCorrectsHoweverItsReportIsSpelled uploads corrections with the etags of what was seen.
func TestAnEtagCorrectsHoweverItsReportIsSpelled(t *testing.T) {
	s := rpctest.New(t).Populate()
	reporter := s.Token(auth.Reporter, "30280")
	header := "unit,form,period,indicator,value\n"
	_, err := importReports(s, reporter, header+"30280,CDS,2024-04,HS,1\n30280,CDS,2024-05,HS,1\n30280,CDS,2024-03,HS,1\n",
		&reportingv1.ImportReportsOptions{StreamId: s.NewID()})
	s.Must(err)
	answer, err := importReports(s, reporter, header+"30280-0,cds,2024-04,HS,2\n30280,CDS,2024-05,HS,2\n30280,CDS,2024-03,HS,2\n",
		&reportingv1.ImportReportsOptions{StreamId: s.NewID()},
		&reportingv1.SeenReport{Name: "units/30280/reports/CDS~2024-04", Etag: "1-submitted"},
		&reportingv1.SeenReport{Name: "units/30280-0/reports/cds~2024-05", Etag: "1-submitted"})
	s.Must(err)
	if got := allTold(answer.outcomes[:2]); got != "0 CORRECTED; 1 CORRECTED" || answer.summary.GetCorrected() != 2 {
		t.Errorf("outcomes: %s", got)
	}
	unseen := answer.outcomes[2]
	if got := found(unseen.GetProblems()); got != "4 etag ETAG_MISMATCH" || unseen.GetEtag() != "1-submitted" {
		t.Errorf("what was not seen: %s, etag %s", got, unseen.GetEtag())
	}
}

func TestAnUploadMergesAndSavesDrafts(t *testing.T) {
	s := rpctest.New(t).Populate()
	reporter := s.Token(auth.Reporter, "30280")
	header := "unit,form,period,indicator,value\n"
	_, err := importReports(s, reporter, header+"30280,CDS,2024-05,HS,1\n30280,CDS,2024-05,GD,2\n", &reportingv1.ImportReportsOptions{StreamId: s.NewID()})
	s.Must(err)
	answer, err := importReports(s, reporter, header+"30280,CDS,2024-05,HS,5\n",
		&reportingv1.ImportReportsOptions{StreamId: s.NewID(), Merge: true},
		&reportingv1.SeenReport{Name: "units/30280/reports/cds~2024-05", Etag: "1-submitted"})
	s.Must(err)
	if o := answer.outcomes[0]; told(o) != "0 CORRECTED" || fmt.Sprint(o.GetMergedIndicators()) != "[GD]" {
		t.Errorf("merged: %v", o)
	}
	answer, err = importReports(s, reporter, header+"30280,CDS,2024-06,HS,5\n", &reportingv1.ImportReportsOptions{StreamId: s.NewID(), Draft: true})
	s.Must(err)
	if o := answer.outcomes[0]; told(o) != "0 CREATED" || o.GetEtag() != "1-draft" {
		t.Errorf("a draft: %v", o)
	}
}

// TestAFileThatIsNoCSVIsToldAsOneProblem holds that even such a file ends with a summary.
func TestAFileThatIsNoCSVIsToldAsOneProblem(t *testing.T) {
	s := rpctest.New(t).Populate()
	for file, want := range map[string]string{
		"":                              "1  FILE_EMPTY",
		"don vi,ky\n1,2\n":              "",
		"unit,form\xff,period\n":        "",
		"PK\x03\x04 this is a workbook": "",
	} {
		answer, err := importReports(s, s.Token(auth.Reporter, "30280"), file, &reportingv1.ImportReportsOptions{StreamId: s.NewID()})
		s.Must(err)
		if len(answer.problems) == 0 || answer.problems[0].GetLine() != 1 || answer.summary == nil || want != "" && found(answer.problems) != want {
			t.Errorf("%q: problems %s, summary %v", file, found(answer.problems), answer.summary)
		}
	}
}
