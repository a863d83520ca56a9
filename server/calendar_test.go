package server_test

import (
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/status"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
	"github.com/tonghop/tonghop/server/period"
)

// sent sends a report at the time that it is. It gives the reason of a refusal, or whether the report is late.
func (p *province) sent(unit, form, period, figure string, draft bool) (reason string, late bool) {
	p.t.Helper()
	r, err := reportingv1.NewReportServiceClient(p.conn).SubmitReport(p.by("admin"), &reportingv1.SubmitReportRequest{
		Name: "units/" + unit + "/reports/" + form + "~" + period, Figures: figuresIn([]string{figure}), Draft: draft, RequestId: p.requestID(),
	})
	if err == nil {
		return "", r.GetReport().GetLate()
	}
	for _, detail := range status.Convert(err).Details() {
		if info, ok := detail.(*errdetails.ErrorInfo); ok {
			return info.GetReason(), false
		}
	}
	return err.Error(), false
}

// boundary is one period of one form: when it opens, when its reports may be sent, and from when they are late.
type boundary struct {
	form, period, figure string
	draft, open, late    string
	// in reports in time, and tardy late; both owe the form.
	in, tardy string
	why       string
}

// TestR5_R6_R7_BothSidesOfEveryInstant sends reports one nanosecond before and at every instant that decides something: too
// early, in time, late; around Tết of 2025 and 2026, with swapped days, at the year's end, and in the month in which the
// tree changed.
func TestR5_R6_R7_BothSidesOfEveryInstant(t *testing.T) {
	p := newProvince(t)
	for _, line := range []string{
		"founder issues admin administrator everywhere", "admin imports units", "admin imports indicators", "admin imports forms",
		"admin imports holidays", "admin imports holidays-2026",
	} {
		if err := p.tell(filepath.Join("testdata", "rpc", "calendar"), strings.Fields(line)); err != nil {
			t.Fatal(err)
		}
	}
	var events []event
	for _, b := range []boundary{
		{"cat", "2025-01", "HS=1", "2024-12-15 00:00", "2025-01-15 00:00", "2025-01-17 00:00", "A-0", "B-0", "15 to 31 December are January's"},
		{"cat", "2025-01", "HS=1", "2024-12-15 00:00", "2025-01-15 00:00", "2025-01-21 00:00", "D-0", "", "four days later is a Saturday"},
		{"cat", "2025-01", "HS=1", "2024-12-15 00:00", "2025-01-15 00:00", "2025-01-23 00:00", "S-0", "", "six working days"},
		{"cat", "2025-02", "HS=1", "2025-01-15 00:00", "2025-02-15 00:00", "2025-02-18 00:00", "A-0", "B-0", "two days later is a Sunday"},
		{"cat", "2025-04", "HS=1", "2025-03-15 00:00", "2025-04-15 00:00", "2025-04-23 00:00", "", "S-0", "six working days"},
		{"quy", "2025-Q1", "DAN=1", "2025-01-01 00:00", "2025-04-01 00:00", "2025-04-03 00:00", "A-0", "B-0", "a Wednesday"},
		{"cat", "2025-06", "HS=1", "2025-05-15 00:00", "2025-06-15 00:00", "2025-06-17 00:00", "A-0", "B-0", "June ends with the 14th"},
		{"quy", "2025-Q2", "DAN=1", "2025-04-01 00:00", "2025-07-01 00:00", "2025-07-03 00:00", "A-0", "B-0", "both communes have ended"},
		{"cat", "2025-07", "HS=1", "2025-06-15 00:00", "2025-07-15 00:00", "2025-07-17 00:00", "A-20250701", "", "the month of the change"},
		{"quy", "2025-Q4", "DAN=1", "2025-10-01 00:00", "2026-01-01 00:00", "2026-01-06 00:00", "A-20250701", "", "2 January is swapped"},
		{"cat", "2026-01", "HS=1", "2025-12-15 00:00", "2026-01-15 00:00", "2026-01-17 00:00", "", "A-20250701", "15 to 31 December are January's"},
		{"cat", "2026-02", "HS=1", "2026-01-15 00:00", "2026-02-15 00:00", "2026-02-24 00:00", "A-20250701", "", "Tết lies between"},
		{"cat", "2026-03", "HS=1", "2026-02-15 00:00", "2026-03-15 00:00", "2026-03-17 00:00", "", "A-20250701", "two days later is a Monday"},
	} {
		events = append(events, b.events(p)...)
	}
	slices.SortStableFunc(events, func(a, b event) int { return a.at.Compare(b.at) })
	if len(events) < 50 {
		t.Fatalf("only %d reports are sent", len(events))
	}
	for _, e := range events {
		p.clock.Store(e.at.UnixNano())
		if reason, late := p.sent(e.unit, e.form, e.period, e.figure, e.draft); reason != e.reason || late != e.tooLate {
			t.Errorf("%s of %s for %s %s at %s: %q, late %t; want %q, %t (%s)",
				e.what, e.unit, e.form, e.period, e.at, reason, late, e.reason, e.tooLate, e.why)
		}
	}
}

// event is one report that is sent.
type event struct {
	boundary
	at         time.Time
	unit, what string
	draft      bool
	reason     string
	tooLate    bool
}

// events are the reports at both sides of the instants.
func (b boundary) events(p *province) []event {
	at := func(when string, before time.Duration) time.Time {
		instant, err := time.ParseInLocation("2006-01-02 15:04", when, period.Location())
		if err != nil {
			p.t.Fatal(err)
		}
		return instant.Add(-before)
	}
	var list []event
	for _, unit := range []string{b.in, b.tardy} {
		if unit == "" {
			continue
		}
		list = append(list,
			event{b, at(b.draft, 1), unit, "a draft before the first day", true, "PERIOD_TOO_EARLY", false},
			event{b, at(b.draft, 0), unit, "a draft as the first day begins", true, "", false},
			event{b, at(b.open, 1), unit, "a report on the last day", false, "PERIOD_TOO_EARLY", false})
		if unit == b.in {
			list = append(list, event{b, at(b.late, 1), unit, "a report before the deadline", false, "", false})
		} else {
			list = append(list,
				event{b, at(b.open, 0), unit, "a draft after the last day", true, "", false},
				event{b, at(b.late, 0), unit, "a report at the deadline", false, "", true})
		}
	}
	return list
}

// TestR30_AHolidayListIsTakenWholeOrNotAtAll uploads lists through the API.
func TestR30_AHolidayListIsTakenWholeOrNotAtAll(t *testing.T) {
	p := newProvince(t)
	p.play(filepath.Join("testdata", "rpc", "calendar", "story.txt"))
	p.t = t
	calendar := reportingv1.NewCalendarServiceClient(p.conn)
	send := func(caller, id string, only bool, file string) (*reportingv1.ImportSummary, error) {
		return upload(calendar.ImportHolidays(p.by(caller)))(
			&reportingv1.ImportHolidaysRequest{Part: &reportingv1.ImportHolidaysRequest_Options{
				Options: &reportingv1.ImportOptions{FileName: "holidays.csv", RequestId: id, ValidateOnly: only},
			}},
			&reportingv1.ImportHolidaysRequest{Part: &reportingv1.ImportHolidaysRequest_Chunk{Chunk: []byte(file)}})
	}
	before := p.entries()
	wrong := "date,name,kind\n" +
		"2026-04-26,Giỗ Tổ Hùng Vương,off\n" +
		"2026-02-30,Tết,off\n" +
		"2026-04-30,,free\n" +
		"0206-05-01,Quốc tế Lao động,off\n" +
		"2026-04-26,Giỗ Tổ Hùng Vương,work\n"
	summary, err := send("admin", p.requestID(), false, wrong)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, problem := range summary.GetProblems() {
		got = append(got, fmt.Sprint(problem.GetLine(), " ", problem.GetField(), " ", problem.GetReason(), " ", problem.GetOtherLine()))
	}
	want := "3 date DAY_MALFORMED 0|4 name HOLIDAY_NAME_EMPTY 0|4 kind HOLIDAY_MALFORMED 0|5 date HOLIDAY_OUT_OF_RANGE 0|6 date HOLIDAY_TWICE 2"
	if strings.Join(got, "|") != want || summary.GetRows() != 5 || summary.GetReceipt() != nil || p.entries() != before {
		t.Errorf("the wrong list gives %s, want %s; receipt %v, %d entries more", strings.Join(got, "|"), want, summary.GetReceipt(), p.entries()-before)
	}

	// Six days off around the end of April bring communes and districts together: 14 April + 2 and + 4.
	good := "date,name,kind\n2026-04-16,Nghỉ,off\n2026-04-17,Nghỉ,off\n2026-02-16,Tết Nguyên đán,off\n2026-02-20,Tết Bính Ngọ,off\n"
	preview, err := send("admin", "", true, good)
	if err != nil || preview.GetReceipt() != nil || p.entries() != before {
		t.Fatalf("a preview: %v, %v", preview, err)
	}
	id := p.requestID()
	summary, err = send("admin", id, false, good)
	if err != nil || summary.GetCreated() != 2 || summary.GetUpdated() != 1 || summary.GetUnchanged() != 1 || p.entries() != before+1 {
		t.Fatalf("the good list: %v, %v", summary, err)
	}
	for _, s := range []*reportingv1.ImportSummary{preview, summary} {
		if w := s.GetWarnings(); len(w) != 1 || w[0].GetReason() != "DUE_TOGETHER_BY_HOLIDAYS" || w[0].GetLine() != 2 || !strings.Contains(w[0].GetMessage(), "2026-04") {
			t.Errorf("the warnings are %v, want one of line 2 about 2026-04", w)
		}
	}
	again, err := send("admin", id, false, good)
	if err != nil || !again.GetReceipt().GetReplayed() || again.GetCreated() != 2 || again.GetUpdated() != 1 || again.GetUnchanged() != 1 || p.entries() != before+1 {
		t.Errorf("the same request again: %v, %v", again, err)
	}
	nothing, err := send("admin", p.requestID(), false, good)
	if err != nil || nothing.GetReceipt() != nil || nothing.GetUnchanged() != 4 || p.entries() != before+1 {
		t.Errorf("the same list again: %v, %v", nothing, err)
	}
	another := "date,name,kind\n2026-12-31,Nghỉ,off\n"
	for _, caller := range []string{"viewer", "nobody"} {
		if summary, err := send(caller, p.requestID(), false, another); err == nil || p.entries() != before+1 {
			t.Errorf("%s may change the list: %v", caller, summary)
		}
	}
	if summary, err := send("operator", p.requestID(), false, another); err != nil || summary.GetCreated() != 1 || p.entries() != before+2 {
		t.Errorf("the operator, who keeps the list: %v, %v", summary, err)
	}
}

// TestR7_TheDeadlineOfADraftMayStillMove saves a draft, then Tết is announced, then the report is sent.
func TestR7_TheDeadlineOfADraftMayStillMove(t *testing.T) {
	p := newProvince(t)
	p.play(filepath.Join("testdata", "rpc", "calendar", "story.txt"))
	p.t = t
	p.at("2026-04-10 09:00")
	if reason, _ := p.sent("A-20250701", "cat", "2026-04", "HS=1", true); reason != "" {
		t.Fatal(reason)
	}
	_, err := upload(reportingv1.NewCalendarServiceClient(p.conn).ImportHolidays(p.by("admin")))(
		&reportingv1.ImportHolidaysRequest{Part: &reportingv1.ImportHolidaysRequest_Options{Options: &reportingv1.ImportOptions{RequestId: p.requestID()}}},
		&reportingv1.ImportHolidaysRequest{Part: &reportingv1.ImportHolidaysRequest_Chunk{Chunk: []byte("date,name,kind\n2026-04-16,Nghỉ,off\n")}})
	if err != nil {
		t.Fatal(err)
	}
	p.at("2026-04-17 15:00")
	if reason, late := p.sent("A-20250701", "cat", "2026-04", "HS=1", false); reason != "" || late {
		t.Errorf("a report on 17 April, to which the deadline was moved, is late: %t %s", late, reason)
	}
}

// TestAHolidayListGoesInAsJSONDoes uploads a list over HTTP and reads it back.
func TestAHolidayListGoesInAsJSONDoes(t *testing.T) {
	p := newProvince(t)
	p.play(filepath.Join("testdata", "rpc", "calendar", "story.txt"))
	p.t = t
	post := func(id, file string) any {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, p.http+"/v1/holidays:import?fileName=tet.csv", strings.NewReader(file))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+p.secrets["admin"])
		r.Header.Set("Content-Type", "text/csv")
		r.Header.Set("Idempotency-Key", id)
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = answer.Body.Close() }()
		text, err := io.ReadAll(answer.Body)
		if err != nil || answer.StatusCode != http.StatusOK {
			t.Fatalf("HTTP %d: %s %v", answer.StatusCode, text, err)
		}
		return treeOf(t, text)
	}
	id := p.requestID()
	first := post(id, "date;name;kind\r\n2027-02-05;Tết Đinh Mùi;off\r\n")
	again := post(id, "date;name;kind\r\n2027-02-05;Tết Đinh Mùi;off\r\n")
	wrong := post(p.requestID(), "date;name;kind\r\n2027-02-05;Tết Đinh Mùi;maybe\r\n")
	for _, c := range []struct {
		tree       any
		path, want string
	}{
		{first, "created", "1"},
		{again, "created", "1"},
		{again, "receipt.replayed", "true"},
		{wrong, "problems[0].line", "2"},
		{wrong, "problems[0].field", "kind"},
		{wrong, "problems[0].reason", "HOLIDAY_MALFORMED"},
	} {
		if got := look(c.tree, c.path); got != c.want {
			t.Errorf("%s = %q, want %q in %s", c.path, got, c.want, inline(c.tree))
		}
	}
	list, err := reportingv1.NewCalendarServiceClient(p.conn).ListHolidays(p.by("viewer"), &reportingv1.ListHolidaysRequest{FirstDay: "2027-01-01"})
	if err != nil || len(list.GetHolidays()) != 1 || list.GetHolidays()[0].GetName() != "Tết Đinh Mùi" {
		t.Errorf("the list of 2027 is %v, %v", list.GetHolidays(), err)
	}
}
