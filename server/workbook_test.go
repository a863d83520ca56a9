package server_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
)

// officer is a commune's officer with a spreadsheet, a token of the commune, and this program.
type officer struct {
	*site
	folder string
}

// newOfficer makes a store with a form, a plan and a rule, and gives the token of ward 1.
func newOfficer(t *testing.T) *officer {
	t.Helper()
	o := &officer{site: newSite(t), folder: t.TempDir()}
	o.serve()
	for _, f := range []struct{ what, content string }{
		{"import units", "code,kind,name_vi,parent\n87,province,Tỉnh Đồng Tháp,\n866,district,Thành phố Cao Lãnh,87\n" +
			"29869,commune,Phường 1,866\n29872,commune,Phường 4,866\n"},
		{"import indicators", "code,name_vi,name_en,group,unit_of_measure,scale,unit_rule,time_rule,measure,reported_by,direction,min\n" +
			"CQ-11,Số giao dịch,Payments,CQ,giao dịch,0,SUM,SUM,flow,commune,higher,0\n" +
			"CQ-06,Tỷ lệ hồ sơ,Files,CQ,%,2,RATIO,SUM,flow,commune,higher,\n" +
			"XH-01,Doanh thu,Revenue,XH,tỷ đồng,2,SUM,SUM,flow,commune,higher,\n" +
			"XH-02,Của huyện,Districts,XH,hộ,0,SUM,SUM,flow,district,higher,\n"},
		{"import forms", "code,name_vi,frequency,calendar,indicators,assigned,due\n" +
			"CDS-THANG,Báo cáo chuyển đổi số hằng tháng,month,CUTOFF_15_14,CQ-11|CQ-06|XH-01|XH-02,kind:commune|kind:district,commune=+2\n"},
		{"import rules", "form,code,severity,expression,text_vi\nCDS-THANG,R1,ERROR,[CQ-06.num] <= [CQ-06.den],Tử số không lớn hơn mẫu số\n" +
			"CDS-THANG,R2,WARNING,\"jump([CQ-11], [CQ-11, -1p]) <= 50\",Tăng giảm bất thường\n"},
		{"plan put", `{"number":"52/KH-UBND","title":"Kế hoạch","unit":"87","status":"PLAN_STATUS_ISSUED","issueDate":"2024-01-10","years":[2024],` +
			`"groups":[{"code":"CQ","nameVi":"Chính quyền số","indicators":["CQ-11","CQ-06"]},{"code":"XH","nameVi":"Xã hội số","indicators":["XH-01"]}]}`},
		{"import targets", "plan,year,indicator,scope,comparator,value\n52/KH-UBND,2024,CQ-06,each:commune,>=,\"80.5\"\n52/KH-UBND,2024,CQ-11,,>=,99999\n"},
	} {
		path := filepath.Join(o.folder, strings.ReplaceAll(f.what, " ", "-")+".csv")
		o.write(path, []byte(f.content))
		o.tonghop(append(strings.Fields(f.what), path)...)
	}
	lines := strings.Fields(o.tonghopd("token", "--data", o.dir, "--role", "reporter", "--unit", "29869"))
	o.token = lines[len(lines)-1]
	return o
}

func (o *officer) write(path string, content []byte) {
	o.t.Helper()
	if err := os.WriteFile(path, content, 0o600); err != nil {
		o.t.Fatal(err)
	}
}

func (o *officer) path(name string) string { return filepath.Join(o.folder, name) }

// edit works on a workbook as a person would, and saves it under another name.
func (o *officer) edit(from, to string, pairs ...any) {
	o.t.Helper()
	f, err := excelize.OpenFile(o.path(from))
	if err != nil {
		o.t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	for i := 0; i < len(pairs); i += 2 {
		if err := f.SetCellValue("CDS-THANG", pairs[i].(string), pairs[i+1]); err != nil {
			o.t.Fatal(err)
		}
	}
	if err := f.SaveAs(o.path(to)); err != nil {
		o.t.Fatal(err)
	}
}

// cells gives some cells of a workbook.
func (o *officer) cells(name string, cells ...string) string {
	o.t.Helper()
	f, err := excelize.OpenFile(o.path(name))
	if err != nil {
		o.t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	var list []string
	for _, cell := range cells {
		value, err := f.GetCellValue("CDS-THANG", cell)
		if err != nil {
			o.t.Fatal(err)
		}
		list = append(list, value)
	}
	return strings.Join(list, " | ")
}

// refused runs a command that must end with something refused, and gives all that it said.
func (o *officer) refused(args ...string) string {
	o.t.Helper()
	out, errOut, err := o.try(args...)
	if err == nil || !strings.Contains(err.Error(), "exit status 1") {
		o.t.Fatalf("tonghop %s: %v, want exit status 1\n%s%s", strings.Join(args, " "), err, out, errOut)
	}
	return out + errOut
}

func says(t *testing.T, said string, wants ...string) {
	t.Helper()
	for _, want := range wants {
		if !strings.Contains(said, want) {
			t.Errorf("%q is not in:\n%s", want, said)
		}
	}
}

// TestFromTheSpreadsheetToAReceipt goes the way of an officer with the real programs: get the form, fill it in, look, mend,
// send, keep the receipt; and a month later again.
func TestFromTheSpreadsheetToAReceipt(t *testing.T) {
	if testing.Short() {
		t.Skip("programs of their own: go test without -short runs them")
	}
	o := newOfficer(t)
	form := func(period, name string) string {
		return o.tonghop("template", "--form", "CDS-THANG", "--unit", "29869", "--period", period, "-f", o.path(name))
	}
	says(t, form("2024-01", "january.xlsx"), "3 indicators")
	if got, want := o.cells("january.xlsx", "A1", "A2", "A4", "A5", "C6", "B13", "B14", "D14", "D15", "B18", "B19", "C9"),
		"THÀNH PHỐ CAO LÃNH | PHƯỜNG 1 | BÁO CÁO CHUYỂN ĐỔI SỐ HẰNG THÁNG | Tháng 01 năm 2024 (từ 15/12/2023 đến 14/01/2024) | 29869-0 | "+
			"Chính quyền số | Số giao dịch |  | ≥ 80,5 | Xã hội số | Doanh thu | hết ngày 16/01/2024"; got != want {
		t.Errorf("the form says %q, want %q", got, want)
	}

	// Nothing is filled in; then something wrong, of which the spreadsheet knows some and the server the rest.
	says(t, o.refused("submit", o.path("january.xlsx"), "--dry-run", "--language", "vi"), "CDS-THANG!F14: Chưa có số liệu", "CDS-THANG!F16", "CDS-THANG!F19")
	o.edit("january.xlsx", "both.xlsx", "F14", -5, "F16", 1, "F17", 2)
	says(t, o.refused("submit", o.path("both.xlsx"), "--dry-run", "--annotate", o.path("both-copy.xlsx")), "CDS-THANG!F19: there is no figure", "CDS-THANG!F14 “-5”: ",
		"a copy with 2 comments")
	o.edit("january.xlsx", "wrong.xlsx", "F14", "1.234", "F16", 90, "F17", 100, "F19", 0.30000000000000004)
	says(t, o.refused("submit", o.path("wrong.xlsx")), "CDS-THANG!F14 “1.234”: ", "NUMBER_AMBIGUOUS", "units/29869-0/reports/cds-thang~2024-01 was not sent")
	o.edit("january.xlsx", "rule.xlsx", "F14", 120, "F16", 101, "F17", 100, "F19", 0.30000000000000004)
	says(t, o.refused("submit", o.path("rule.xlsx"), "--dry-run", "--language", "vi", "--annotate", o.path("copy.xlsx")),
		"CDS-THANG!F16 “101”: ", "Tử số không lớn hơn mẫu số", "RULE_VIOLATED", "copy.xlsx: a copy with 1 comment")
	o.commentAt("copy.xlsx", "F16", "RULE_VIOLATED")

	// Mended, looked at, sent, and sent once more because the line was bad.
	o.edit("rule.xlsx", "good.xlsx", "F16", 90, "H15", "đã rà soát")
	says(t, o.tonghop("submit", o.path("good.xlsx"), "--dry-run"), "CREATED", "nothing was changed (dry run)")
	says(t, o.tonghop("submit", o.path("good.xlsx")), "CREATED", "rows 14-15, 19 of CDS-THANG")
	says(t, o.tonghop("submit", o.path("good.xlsx")), "UNCHANGED")
	says(t, o.tonghop("receipt", "verify"), "VERIFIED")
	says(t, o.tonghop("reports", "get", "units/29869/reports/cds-thang~2024-01", "-o", "csv"), "CQ-11,120", "90,100", "XH-01,0.3", "đã rà soát")
	says(t, o.tonghop("query", "--unit", "29869", "--indicator", "CQ-06", "--period", "2024-01", "--basis", "provisional"), "90")

	o.nextMonth(form)
}

// nextMonth finds last month's figures beside the new ones, explains an unusual one, and corrects last month.
func (o *officer) nextMonth(form func(period, name string) string) {
	t := o.t
	t.Helper()
	form("2024-02", "february.xlsx")
	if got := o.cells("february.xlsx", "E14", "E16", "E17", "E19", "F14"); got != "120 | 90.00 | 100.00 | 0.30 | " {
		t.Errorf("last month's figures are %q", got)
	}
	o.edit("february.xlsx", "jump.xlsx", "F14", 1000, "F16", 5, "F17", 10, "F19", "-")
	says(t, o.refused("submit", o.path("jump.xlsx")), "CDS-THANG!I14: ", "EXPLANATION_REQUIRED")
	o.edit("jump.xlsx", "explained.xlsx", "I14", "hội chợ")
	says(t, o.tonghop("submit", o.path("explained.xlsx")), "CREATED")

	// The form of a period that was sent comes filled in; a correction shows old and new.
	says(t, form("2024-01", "again.xlsx"), "3 figures that the server has already")
	if got := o.cells("again.xlsx", "F14", "F16", "F17", "F19", "H15"); got != "120 | 90.00 | 100.00 | 0.30 | đã rà soát" {
		t.Errorf("the figures that were sent are %q", got)
	}
	says(t, o.tonghop("submit", o.path("again.xlsx")), "UNCHANGED")
	o.edit("again.xlsx", "corrected.xlsx", "F14", 121)
	says(t, o.refused("submit", o.path("corrected.xlsx")), "ETAG_MISMATCH")
	out, errOut, err := o.try("submit", o.path("corrected.xlsx"), "--correct", "--yes")
	if err != nil {
		t.Fatal(err, out, errOut)
	}
	says(t, out+errOut, "CORRECTED", "CQ-11", "120", "121")

	// What is filled in is not lost to another form, and an export says the same as the workbook.
	if _, errOut, err := o.try("template", "--form", "CDS-THANG", "--unit", "29869", "--period", "2024-02", "-f", o.path("good.xlsx")); err == nil {
		t.Errorf("a form that was filled in was replaced: %s", errOut)
	}
	o.export("corrected.xlsx", "corrected.csv")
	says(t, o.refused("submit", o.path("corrected.csv")), "corrected.csv: F19 “0,3”", "NUMBER_AMBIGUOUS")
	says(t, o.tonghop("submit", o.path("corrected.csv"), "--numbers", "vi"), "UNCHANGED")
}

// export writes the sheet as Excel in Vietnam does: semicolons, commas for points, a mark at the beginning.
func (o *officer) export(from, to string) {
	o.t.Helper()
	f, err := excelize.OpenFile(o.path(from))
	if err != nil {
		o.t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	rows, err := f.GetRows("CDS-THANG", excelize.Options{RawCellValue: true})
	if err != nil {
		o.t.Fatal(err)
	}
	var b bytes.Buffer
	b.WriteString("\ufeff")
	for _, row := range rows {
		for column := range 11 {
			value := ""
			if column < len(row) {
				value = row[column]
			}
			if column > 3 && column < 7 {
				value = strings.Replace(value, ".", ",", 1)
			}
			_, _ = fmt.Fprintf(&b, "%q;", value)
		}
		b.WriteString("\r\n")
	}
	o.write(o.path(to), b.Bytes())
}

func (o *officer) commentAt(name, cell, want string) {
	o.t.Helper()
	f, err := excelize.OpenFile(o.path(name))
	if err != nil {
		o.t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	comments, err := f.GetComments("CDS-THANG")
	if err != nil {
		o.t.Fatal(err)
	}
	for _, c := range comments {
		if c.Cell == cell && strings.Contains(fmt.Sprint(c.Text, c.Paragraph), want) {
			return
		}
	}
	o.t.Errorf("%s has no comment %s at %s: %v", name, want, cell, comments)
}
