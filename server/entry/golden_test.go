package entry_test

import (
	"bytes"
	"encoding/hex"
	"flag"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/figure"
	"github.com/tonghop/tonghop/server/form"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/rule"
)

// update writes the golden files that are missing. One that is there is never written again: journals hold such bytes.
var update = flag.Bool("update", false, "write the golden files that are missing")

// goldens gives an entry of every kind. They are what the files of testdata/golden must decode to, whatever version
// reads them; a new kind, or a new field, gets a new entry with a new name.
func goldens(t testing.TB) map[string]entry.Entry {
	t.Helper()
	due, err := period.ParseDue("commune=+2|district=+4w")
	if err != nil {
		t.Fatal(err)
	}
	request := entry.Header{
		Sequence: 40, Time: time.Date(2024, 3, 16, 1, 2, 3, 456789012, time.UTC), Principal: "0m3v9f2nxqra",
		RequestID:   [16]byte{0x01, 0x8e, 0x45, 0x71, 0x7f, 0, 0, 0, 0x80, 15: 0x2a},
		RequestHash: [32]byte{0: 0xaa, 31: 0xbb}, Method: "ReportService.SubmitReport",
	}
	none, merge := entry.Header{Sequence: 1, Time: time.Date(2024, 1, 2, 0, 0, 0, 0, time.UTC)}, period.Date(2025, 7, 1)
	key := entry.ReportKey{Unit: "30280-0", Form: "CDS-thang", Period: period.Of(2024, period.Month, 2)}
	least, most := figure.Number(0), figure.Number(10000)
	token := auth.Token{
		ID: "0m3v9f2nxqra", SecretHash: [32]byte{0: 1, 31: 2}, Role: auth.Reporter, Unit: "30280-0", Form: "CDS-thang",
		DisplayName: "Trần Thị Bưởi", Created: request.Time, Expires: time.Date(2024, 6, 14, 1, 2, 3, 0, time.UTC),
	}
	all := goldenLife(request, key)
	maps.Copy(all, goldenSubscriptions(request))
	maps.Copy(all, map[string]entry.Entry{
		"store-created": {Header: none, Body: entry.StoreCreated{ProgramVersion: "0.1.0"}},
		"units-changed": {Header: request, Body: entry.UnitsChanged{Units: []hierarchy.Unit{
			{ID: "82-0", Code: "82", Kind: hierarchy.Province, NameVI: "Tỉnh Tiền Giang", NameEN: "Tien Giang", ValidFrom: period.Beginning, ValidTo: merge},
			{ID: "82-20250701", Code: "82", Kind: hierarchy.Province, NameVI: "Tỉnh Đồng Tháp", ValidFrom: merge, ValidTo: period.Forever},
			{ID: "30280-20250701", Code: "30280", Kind: hierarchy.Commune, NameVI: "Xã Mỹ Trà", Parent: "82-20250701", ValidFrom: merge, ValidTo: period.Forever},
		}}},
		"units-reorganised":  {Header: request, Body: reorganised(merge)},
		"indicators-derived": {Header: request, Body: derived(merge)},
		"indicators-changed": {Header: request, Body: entry.IndicatorsChanged{Indicators: []entry.Indicator{
			{Number: 0, Indicator: indicator.Indicator{
				Code: "CQ-06", NameVI: "Hồ sơ giải quyết trực tuyến", NameEN: "Files handled online", Group: "Chính quyền số", UnitOfMeasure: "%",
				Scale: 2, UnitRule: indicator.UnitRatio, Value: indicator.Part{Measure: indicator.Flow, Time: indicator.TimeSum},
				Denominator: indicator.Part{Measure: indicator.Stock, Time: indicator.TimeLast},
				ReportedBy:  []hierarchy.Kind{hierarchy.District, hierarchy.Commune}, CheckedBy: []hierarchy.Kind{hierarchy.Province}, LevelsOwn: true,
				Assigned:  []hierarchy.Selector{{Kind: hierarchy.Commune, Under: "82-20250701", From: merge, To: period.Forever}},
				Direction: indicator.Higher, Min: &least, Max: &most, Replaces: "CQ-05", ValidFrom: merge,
			}},
			{Number: 7, Indicator: indicator.Indicator{
				Code: "KT-01", NameVI: "Xã có từ 3 sản phẩm", UnitOfMeasure: "xã", UnitRule: indicator.UnitCountAtLeast, AtLeast: 3,
				Value:      indicator.Part{Measure: indicator.YearToDate, Time: indicator.TimeLast},
				ReportedBy: []hierarchy.Kind{hierarchy.Commune}, ValidFrom: period.Beginning,
			}},
		}}},
		"forms-changed": {Header: request, Body: entry.FormsChanged{Forms: []entry.Form{{Number: 3, Form: form.Form{
			Code: "CDS-thang", NameVI: "Báo cáo chuyển đổi số hằng tháng", NameEN: "Monthly", Frequency: period.Month, Calendar: period.CutoffFifteenth,
			Indicators: []indicator.Code{"KT-01", "CQ-06"}, Assigned: []hierarchy.Selector{
				{Kind: hierarchy.Commune, From: period.Beginning, To: period.Forever},
				{Unit: "30280-0", Except: true, From: period.Date(2024, 1, 1), To: merge},
			},
			Owner: "82-0", Reviewer: "866-0", Due: due, ValidFrom: period.Beginning,
		}}}}},
		"holidays-changed": {Header: request, Body: entry.HolidaysChanged{Holidays: goldenHolidays}},
		"rules-changed":    {Header: request, Body: entry.RulesChanged{Rules: goldenRules}},
		"reports-submitted": {Header: request, Body: entry.ReportsSubmitted{Reports: []entry.Submission{
			{Key: key, Revision: 2, Merged: true, Deadline: time.Date(2024, 2, 18, 17, 0, 0, 0, time.UTC), ActingFor: "29869-0", Figures: []entry.Figure{
				{Number: 0, Figure: figure.Figure{State: figure.Value, HasNumerator: true, HasDenominator: true, Numerator: 9000, Denominator: 100000, Note: "Gồm cả số của tháng trước"}},
				{Number: 7, Figure: figure.Figure{State: figure.NotAvailable, Note: "Chợ đóng cửa", Explanation: "Máy hỏng"}},
				{Number: 9, Figure: figure.Figure{State: figure.Value, HasValue: true, Value: -1250, Grade: figure.Estimate}},
				{Number: 300, Figure: figure.Figure{State: figure.NotApplicable}},
			}},
			{Key: entry.ReportKey{Unit: "866-0", Form: "CDS-quy", Period: period.Of(2024, period.Quarter, 1)}, Revision: 1, Draft: true, Figures: []entry.Figure{
				{Number: 1, Figure: figure.Figure{State: figure.Value, HasValue: true}},
				{Number: 2, Figure: figure.Figure{State: figure.Value, HasValue: true, Value: 1<<63 - 1, Grade: figure.Preliminary, Explanation: "Máy hỏng"}},
			}},
		}}},
		"reports-submitted-in-runs": {Header: request, Body: inRuns(key)},
		"report-approved":           {Header: request, Body: entry.ReportApproved{Key: key, Revision: 2}},
		"report-returned":           {Header: request, Body: entry.ReportReturned{Key: key, Revision: 2, Reason: "Số giảm mười lần, xem lại"}},
		"token-issued":              {Header: request, Body: entry.TokenIssued{Token: token}},
		"token-revoked":             {Header: request, Body: entry.TokenRevoked{ID: "0m3v9f2nxqra"}},
		"key-introduced":            {Header: none, Body: entry.KeyIntroduced{VerifierKey: goldenVerifier}},
		"entry-redacted":            {Header: request, Body: entry.EntryRedacted{Sequence: 12, Reason: "Ghi chú có tên một người dân"}},
		"store-restored": {Header: none, Body: entry.StoreRestored{
			OldJournal: [16]byte{0: 0x5e, 15: 1}, OldHead: entry.Head{Sequence: 12, Hash: [32]byte{0: 3, 31: 4}},
			Known: entry.Head{Sequence: 14, Hash: [32]byte{0: 5, 31: 6}}, Journal: [16]byte{0: 0x5f, 15: 2}, ProgramVersion: "0.1.0", By: "Phòng Công nghệ", Reason: "Hỏng đĩa",
		}},
	})
	return withSingles(request, withPlans(request, withProofs(request, all)))
}

func withProofs(request entry.Header, all map[string]entry.Entry) map[string]entry.Entry {
	maps.Copy(all, map[string]entry.Entry{
		"token-rotated": {Header: request, Body: entry.TokenRotated{
			ID: "0m3v9f2nxqra", SecretHash: [32]byte{0: 9, 31: 8}, Expires: time.Date(2027, 3, 1, 0, 0, 0, 0, time.UTC), FormerUntil: time.Date(2026, 12, 2, 0, 0, 0, 0, time.UTC),
		}},
		"proof-bound": {Header: request, Body: entry.ProofBound{Binding: auth.Binding{
			Proof: auth.Proof{Kind: auth.ByGroup, Issuer: "https://dangnhap.dongthap.gov.vn", Value: "cds-xem"}, Token: "0m3v9f2nxqra", Rank: 20,
		}}},
		"proof-unbound": {Header: request, Body: entry.ProofUnbound{
			Proof: auth.Proof{Kind: auth.ByName, Value: "lgsp.dongthap.gov.vn"}, Token: "0m3v9f2nxqra",
		}},
	})
	return all
}

const goldenVerifier = "tonghop+6a3f2c11+Afm5Ub0mUq7mA1PPD+LZ3zvQMJZBb0bvkKx5n4vJ7Q9p"

var goldenRules = []entry.Rule{
	{Number: 0, Rule: rule.Rule{
		Form: "CDS-thang", Code: "TUSO", Severity: rule.Error, Expression: "[CQ-06.num] <= [CQ-06.den]",
		TextVI: "Số hồ sơ trực tuyến [CQ-06.num] lớn hơn tổng số hồ sơ [CQ-06.den]", TextEN: "More files online than files", ValidFrom: period.Date(2025, 7, 1),
	}},
	{Number: 1, Rule: rule.Rule{
		Form: "CDS-thang", Code: "dot-bien", Severity: rule.Warning, Expression: "jump([CQ-06.den], [CQ-06.den, -1p]) <= 50",
		TextVI: "Số hồ sơ thay đổi quá nửa so với kỳ trước", ValidFrom: period.Beginning,
	}},
	{Number: 1, Rule: rule.Rule{
		Form: "CDS-thang", Code: "dot-bien", Severity: rule.Off, Expression: "has([CQ-06])", TextVI: "Không dùng nữa", ValidFrom: period.Date(1969, 12, 31),
	}},
}

var goldenHolidays = []period.Holiday{
	{Day: period.Date(2026, 2, 17), Name: "Tết Nguyên đán", Off: true},
	{Day: period.Date(2026, 8, 22), Name: "Làm bù ngày 31/8"},
	{Day: period.Date(1969, 12, 31), Name: "Nghỉ", Off: true},
}

// reorganised is a province that is made anew, with what became of another unit.
func reorganised(merge period.Day) entry.UnitsReorganised {
	return entry.UnitsReorganised{
		Reorganisation: hierarchy.Reorganisation{
			Units: []hierarchy.Unit{
				{ID: "82-0", Code: "82", Kind: hierarchy.Province, NameVI: "Tỉnh Tiền Giang", ValidFrom: period.Beginning, ValidTo: merge},
				{ID: "82-20250701", Code: "82", Kind: hierarchy.Province, NameVI: "Tỉnh Đồng Tháp", ValidFrom: merge, ValidTo: period.Forever, Earlier: []hierarchy.Name{
					{Until: period.Date(2025, 9, 1), VI: "Tỉnh Đồng Tháp (mới)", EN: "Dong Thap"},
				}},
			},
			Links: []hierarchy.Link{
				{Date: merge, From: "82-0", To: "82-20250701", Share: hierarchy.Whole},
				{Date: merge, From: "30280-0", To: "30280-20250701", Share: hierarchy.Part},
			},
			Withdrawn: []hierarchy.Link{{Date: merge, From: "30280-0", To: "30280-20250701", Share: hierarchy.Whole}},
		},
		Note: "Theo Nghị quyết 202/2025/QH15",
	}
}

// derived is an indicator that is computed from others.
func derived(from period.Day) entry.IndicatorsChanged {
	return entry.IndicatorsChanged{Indicators: []entry.Indicator{{Number: 8, Indicator: indicator.Indicator{
		Code: "XH-09", NameVI: "Hồ sơ trực tuyến trên 1.000 dân", UnitOfMeasure: "hồ sơ", Scale: 1, UnitRule: indicator.UnitDerived,
		Formula: "[CQ-06.num] / [DS-15PLUS, -1y] * 1000", Direction: indicator.Higher, ValidFrom: from,
	}}}}
}

func TestEntriesThatAnyVersionWroteAreReadForEver(t *testing.T) {
	want := goldens(t)
	for name, e := range want {
		path := filepath.Join("testdata", "golden", name+".txt")
		if _, err := os.Stat(path); os.IsNotExist(err) && *update {
			public, private := encode(t, e)
			if err := os.WriteFile(path, goldenText(public, private), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		public, private := readGolden(t, path)
		got, err := entry.Decode(public, private)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if diff := different(got, e); diff != "" {
			t.Errorf("%s reads otherwise (-want +got):\n%s", name, diff)
		}
		e.Body = withoutTexts(e.Body)
		if got, err = entry.Decode(public, nil); err != nil || different(got, e) != "" {
			t.Errorf("%s without its private part: %v (-want +got):\n%s", name, err, different(got, e))
		}
	}
	files, err := fs.Glob(os.DirFS("testdata/golden"), "*.txt")
	if err != nil || len(files) != len(want) {
		t.Errorf("testdata/golden has %d files, and %d entries are known: %v", len(files), len(want), err)
	}
}

func goldenText(public, private []byte) []byte {
	var b bytes.Buffer
	for _, part := range []struct {
		name  string
		bytes []byte
	}{{"public", public}, {"private", private}} {
		fmt.Fprintf(&b, "%s\n", part.name)
		for rest := part.bytes; len(rest) > 0; {
			n := min(len(rest), 32)
			fmt.Fprintf(&b, "  %x\n", rest[:n])
			rest = rest[n:]
		}
	}
	return b.Bytes()
}

func readGolden(t testing.TB, path string) (public, private []byte) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v (run the test with -update to write a new one)", err)
	}
	before, after, ok := strings.Cut(strings.TrimPrefix(string(text), "public\n"), "private\n")
	decode := func(s string) []byte {
		b, err := hex.DecodeString(strings.Join(strings.Fields(s), ""))
		if err != nil || !ok {
			t.Fatalf("%s is no golden file: %v", path, err)
		}
		return b
	}
	return decode(before), decode(after)
}

// inRuns are reports whose figures make runs of every form.
func inRuns(key entry.ReportKey) entry.ReportsSubmitted {
	return entry.ReportsSubmitted{Reports: []entry.Submission{
		{Key: key, Revision: 2, Merged: true, Deadline: time.Date(2024, 2, 18, 17, 0, 0, 0, time.UTC), Figures: []entry.Figure{
			{Number: 0, Figure: figure.Figure{State: figure.Value, HasNumerator: true, HasDenominator: true, Numerator: 9000, Denominator: 100000}},
			{Number: 1, Figure: figure.Figure{State: figure.Value, HasNumerator: true, HasDenominator: true, Numerator: 100, Denominator: 400, Note: "Chợ đóng cửa"}},
			{Number: 7, Figure: figure.Figure{State: figure.NotAvailable, Explanation: "Máy hỏng"}},
			{Number: 8, Figure: figure.Figure{State: figure.Value, HasValue: true, Value: -1250, Grade: figure.Estimate}},
			{Number: 300, Figure: figure.Figure{State: figure.NotApplicable}},
			{Number: 301, Figure: figure.Figure{State: figure.Value, HasValue: true, Value: 1<<63 - 1}},
		}},
	}}
}
