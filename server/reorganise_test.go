package server_test

import (
	"bytes"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/testing/protocmp"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
)

// The reorganisation of these stories: from 2025-08-01 on the commune B is divided into A and a new N.
func dividing(p *province) *reportingv1.ReorganiseUnitsRequest {
	return &reportingv1.ReorganiseUnitsRequest{
		Date: "2025-08-01", Close: []string{"B"}, Note: "Nghị quyết 9/NQ-HĐND", RequestId: p.requestID(),
		Create: []*reportingv1.NewUnit{{Code: "N", Kind: "commune", NameVi: "Xã Nam", Parent: "82"}},
		Links: []*reportingv1.NewLink{
			{From: "B", To: "A", Share: reportingv1.Share_SHARE_PART}, {From: "B", To: "N", Share: reportingv1.Share_SHARE_PART},
		},
	}
}

func TestAPreviewTellsWhatAReorganisationBearsOn(t *testing.T) {
	p := told(t)
	ctx := p.by("admin")
	for _, line := range []string{"boundToB reporter B", "boundToA reporter A"} {
		if err := p.issue(ctx, strings.Fields(line)); err != nil {
			t.Fatal(err)
		}
	}
	p.at("2025-09-02 09:00")
	for _, report := range []string{"units/B/reports/thang~2025-07", "units/B/reports/thang~2025-08", "units/A/reports/thang~2025-08"} {
		figure := "5"
		if _, err := reportingv1.NewReportServiceClient(p.conn).SubmitReport(ctx, &reportingv1.SubmitReportRequest{
			Name: report, RequestId: p.requestID(), Figures: []*reportingv1.Figure{{Indicator: "HS", Value: &figure}},
		}); err != nil {
			t.Fatal(report, err)
		}
	}
	before := p.entries()
	q := dividing(p)
	q.ValidateOnly = true
	preview, err := reportingv1.NewUnitServiceClient(p.conn).ReorganiseUnits(ctx, q)
	if err != nil {
		t.Fatal(err)
	}
	effects := preview.GetEffects()
	// August has ended and B sent it; July ended before the day and stays.
	if got := strings.Join(effects.GetReports(), " "); got != "units/B-20250701/reports/thang~2025-08" || effects.GetReportCount() != 1 {
		t.Errorf("reports = %s (%d)", got, effects.GetReportCount())
	}
	var periods []string
	for _, e := range effects.GetPeriods() {
		if e.GetEnding() != 1 || e.GetBeginning() != 1 {
			t.Errorf("%s %s: %d no longer owe it and %d do", e.GetForm(), e.GetPeriod(), e.GetEnding(), e.GetBeginning())
		}
		periods = append(periods, e.GetForm()+"~"+e.GetPeriod())
	}
	if !slices.Contains(periods, "Thang~2025-08") || !slices.Contains(periods, "Thang~2025-09") || slices.Contains(periods, "Thang~2025-07") {
		t.Errorf("periods = %v", periods)
	}
	if len(effects.GetTokens()) != 1 || effects.GetTokenCount() != 1 || effects.GetTokens()[0].GetUnit().GetId() != "B-20250701" ||
		effects.GetTokens()[0].GetActing().GetId() != "82-20250701" || effects.GetTokens()[0].GetRole() != "reporter" {
		t.Errorf("tokens = %v", effects.GetTokens())
	}
	if after := p.entries(); after != before {
		t.Errorf("a preview made %d entries", after-before)
	}
}

// TestAPreviewNamesTargetsThatFindNobody ends the only district and the only commune of a province in the year of its plan. The
// targets of these kinds and of the district find nobody on its last day; one of departments and districts finds a department.
func TestAPreviewNamesTargetsThatFindNobody(t *testing.T) {
	p := toldOf(t, "plans")
	ctx := p.by("admin")
	plans, err := reportingv1.NewPlanServiceClient(p.conn).ListPlans(ctx, &reportingv1.ListPlansRequest{})
	if err != nil {
		t.Fatal(err)
	}
	id := strings.TrimPrefix(plans.GetPlans()[0].GetName(), "plans/")
	rows := "plan,year,indicator,scope,comparator,value\n" + id + ",2023,CQ-09,unit:582-0,>=,50\n"
	sum, err := p.importOfPlans(ctx, "targets", &reportingv1.ImportOptions{RequestId: p.requestID()}, []byte(rows))
	if err != nil || len(sum.GetProblems()) > 0 {
		t.Fatal(err, sum.GetProblems())
	}
	preview, err := reportingv1.NewUnitServiceClient(p.conn).ReorganiseUnits(ctx, &reportingv1.ReorganiseUnitsRequest{
		Date: "2023-06-01", Close: []string{"582", "22738"}, ValidateOnly: true, RequestId: p.requestID(),
	})
	if err != nil {
		t.Fatal(err)
	}
	var targets []string
	for _, e := range preview.GetEffects().GetTargets() {
		targets = append(targets, fmt.Sprintf("%s %s %d %s %s %s %s", e.GetPlan(), e.GetNumber(), e.GetYear(), e.GetIndicator(), e.GetScope(), e.GetUnit().GetId(), e.GetActing().GetId()))
	}
	of := plans.GetPlans()[0].GetName() + " " + plans.GetPlans()[0].GetNumber() + " 2023 "
	want := []string{of + "CQ-08 kind:commune  ", of + "CQ-08 kind:district  ", of + "CQ-09 unit:582-0 582-0 58-0"}
	if diff := cmp.Diff(want, targets); diff != "" || preview.GetEffects().GetTargetCount() != 3 {
		t.Errorf("%d targets (-want +got):\n%s", preview.GetEffects().GetTargetCount(), diff)
	}
}

func TestAPreviewNamesFormsThatNameAUnitWhichEnds(t *testing.T) {
	p := told(t)
	ctx := p.by("admin")
	forms := reportingv1.NewFormServiceClient(p.conn)
	f, err := forms.GetForm(ctx, &reportingv1.GetFormRequest{Name: "forms/thang"})
	if err != nil {
		t.Fatal(err)
	}
	f.Reviewer, f.Owner = "82-20250701", "B-20250701"
	f.ValidFrom = "2025-07-01"
	f.Assigned = append(f.GetAssigned(), &reportingv1.Selector{Unit: "B-20250701", Except: true, To: "2025-08-01"},
		&reportingv1.Selector{Unit: "B-20250701", Except: true})
	f.Name, f.Etag, f.Stamp, f.Receipt = "", "", nil, nil
	if _, err := forms.CreateForm(ctx, &reportingv1.CreateFormRequest{Form: f, OpenPeriods: true, RequestId: p.requestID()}); err != nil {
		t.Fatal(err)
	}
	q := dividing(p)
	q.ValidateOnly = true
	preview, err := reportingv1.NewUnitServiceClient(p.conn).ReorganiseUnits(ctx, q)
	if err != nil {
		t.Fatal(err)
	}
	var places []string
	for _, d := range preview.GetEffects().GetDefinitions() {
		places = append(places, d.GetPlace().String()+" "+d.GetCode()+" "+d.GetUnit().GetId()+" "+d.GetActing().GetId())
	}
	// The exception until the very day ends with the unit and needs nobody's care.
	want := []string{
		"PLACE_FORM_EXCEPTION Thang B-20250701 82-20250701", "PLACE_FORM_OWNER Thang B-20250701 82-20250701",
	}
	if diff := cmp.Diff(want, places); diff != "" {
		t.Errorf("definitions (-want +got):\n%s", diff)
	}
}

func TestR37AReorganisationIsMadeOnce(t *testing.T) {
	p := told(t)
	ctx, units := p.by("admin"), reportingv1.NewUnitServiceClient(p.conn)
	q := dividing(p)
	first, err := units.ReorganiseUnits(ctx, q)
	if err != nil {
		t.Fatal(err)
	}
	// What came later does not change the answer to the same request.
	rename := &reportingv1.ReorganiseUnitsRequest{
		Date: "2025-08-10", Rename: []*reportingv1.UnitRename{{Unit: "N", NameVi: "Xã Nam Sơn"}}, RequestId: p.requestID(),
	}
	renamed, err := units.ReorganiseUnits(ctx, rename)
	if err != nil || renamed.GetRenamed() != 1 || renamed.GetChanges()[0].GetWasNameVi() != "Xã Nam" {
		t.Fatal(renamed, err)
	}
	again, err := units.ReorganiseUnits(ctx, q)
	if err != nil || !again.GetReceipt().GetReplayed() {
		t.Fatal(again, err)
	}
	// Links are told with the names of their days, of which the rename came after.
	if diff := cmp.Diff(first, again, protocmp.Transform(), protocmp.IgnoreFields(&reportingv1.Receipt{}, "replayed"),
		protocmp.IgnoreFields(&reportingv1.Reorganisation{}, "stamp")); diff != "" {
		t.Errorf("the answer to the repeat differs:\n%s", diff)
	}
	q.Note = "another"
	if _, err := units.ReorganiseUnits(ctx, q); verdictOf(err) != "AlreadyExists REQUEST_ID_REUSED" {
		t.Errorf("another change under the same id: %v", err)
	}
	for on, want := range map[string]string{"2025-08-09": "Xã Nam", "2025-08-10": "Xã Nam Sơn"} {
		u, err := units.GetUnit(ctx, &reportingv1.GetUnitRequest{Name: "units/N", AsOf: on})
		if err != nil || u.GetNameVi() != want || len(u.GetEarlierNames()) != 1 {
			t.Errorf("on %s: %v, %v, want %s", on, u, err, want)
		}
	}
	found, err := units.ListUnits(ctx, &reportingv1.ListUnitsRequest{Search: "nam son", AsOf: "2025-08-09"})
	if err != nil || len(found.GetUnits()) != 0 {
		t.Errorf("the new name is found before its day: %v, %v", found.GetUnits(), err)
	}
	// A correction of the spelling keeps the earlier name.
	u, err := units.GetUnit(ctx, &reportingv1.GetUnitRequest{Name: "units/N"})
	if err != nil {
		t.Fatal(err)
	}
	u.NameVi = "Xã Nam Sơn Hạ"
	if u, err = units.UpdateUnit(ctx, &reportingv1.UpdateUnitRequest{Unit: u, RequestId: p.requestID()}); err != nil || u.GetEarlierNames()[0].GetNameVi() != "Xã Nam" {
		t.Errorf("after a correction: %v, %v", u, err)
	}
}

// parted sends files as the parts of one body.
func (p *province) parted(t *testing.T, path string, files map[string]string) (int, *reportingv1.ImportReorganisationResponse, string) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for name, text := range files {
		part, err := w.CreateFormFile(name, name+".csv")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(part, text); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, p.http+path, &b)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", w.FormDataContentType())
	request.Header.Set("Authorization", "Bearer "+p.secrets["admin"])
	request.Header.Set("Accept-Language", "en")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	answer := &reportingv1.ImportReorganisationResponse{}
	if response.StatusCode == http.StatusOK {
		if err := protojson.Unmarshal(body, answer); err != nil {
			t.Fatal(err)
		}
	}
	return response.StatusCode, answer, string(body)
}

func TestTwoFilesAreOneChange(t *testing.T) {
	p := told(t)
	const path = "/v1/units:importReorganisation?note=N"
	files := map[string]string{
		"units": "code,kind,name_vi,parent,valid_from,valid_to\nB,commune,Xã Bình Đông,82,2025-07-01,2025-08-01\n" +
			"N,commune,Xã Nam,82,2025-08-01,\nA,commune,Xã An Hoà,82,2025-07-01,\n",
		"lineage": "date,from,to,share\n2025-08-01,B,A,part\n2025-08-01,B,N,part\n2025-07-01,A,A,whole\n",
	}
	code, answer, body := p.parted(t, path+"&validateOnly=true", files)
	if code != 200 || answer.GetReorganisation().GetCreated() != 1 || answer.GetReorganisation().GetReceipt() != nil || answer.GetUnchanged() != 2 {
		t.Fatalf("preview: HTTP %d %s", code, body)
	}
	code, answer, body = p.parted(t, path, files)
	if r := answer.GetReorganisation(); code != 200 || r.GetCreated() != 1 || r.GetClosed() != 1 || r.GetLinked() != 2 || r.GetReceipt().GetSequence() == 0 {
		t.Fatalf("HTTP %d %s", code, body)
	}
	code, answer, body = p.parted(t, path, files)
	if code != 200 || answer.GetReorganisation().GetReceipt() != nil || answer.GetUnchanged() != 6 {
		t.Errorf("the same files again: HTTP %d %s", code, body)
	}
	files["units"] = "code,kind,name_vi,parent,valid_from,valid_to\n82,province,Tỉnh Sông Sau,,2025-07-01,2025-09-01\nX,commune,Xã X,nobody,,\n"
	files["lineage"] = "date,from,to,share\n"
	before := p.entries()
	_, answer, _ = p.parted(t, path, files)
	if got := answer.GetUnitProblems(); len(got) != 1 || got[0].GetLine() != 3 || got[0].GetReason() != "UNIT_NOT_FOUND" {
		t.Errorf("an unknown parent: %v", got)
	}
	files["units"] = "code,kind,name_vi,parent,valid_from,valid_to\n82,province,Tỉnh Sông Sau,,2025-07-01,2025-09-01\n"
	files["lineage"] = "date,from,to,share\n2025-09-01,82,83,whole\n2025-09-02,82-20250701,83,part\n2025-09-01,A,nobody-0,part\n"
	_, answer, body = p.parted(t, path, files)
	want := "2 valid_to UNIT_HAS_CHILDREN | 3 from LINEAGE_FROM_NOT_VALID, 4 to LINEAGE_UNIT_NOT_FOUND"
	if got := problemsIn(answer.GetUnitProblems()) + " | " + problemsIn(answer.GetLineageProblems()); got != want {
		t.Errorf("problems = %s, want %s\n%s", got, want, body)
	}
	if after := p.entries(); after != before {
		t.Errorf("refused files made %d entries", after-before)
	}
	if code, _, body := p.parted(t, path, nil); code != 400 || !strings.Contains(body, "FILE_MISSING") {
		t.Errorf("no file: HTTP %d %s", code, body)
	}
}

// problemsIn gives line, field and reason of each problem.
func problemsIn(list []*reportingv1.Problem) string {
	var words []string
	for _, p := range list {
		words = append(words, strings.Join([]string{strconv.Itoa(int(p.GetLine())), p.GetField(), p.GetReason()}, " "))
	}
	return strings.Join(words, ", ")
}
