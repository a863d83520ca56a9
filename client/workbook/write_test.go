package workbook_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"github.com/tonghop/tonghop/client/workbook"
)

// officialForm is a form with everything that a form may have.
func officialForm() workbook.Form {
	f := standardForm()
	f.Due = "hết ngày 19/02/2024"
	f.Groups = map[string]string{"CQ": "Chính quyền số", "XH": "Xã hội số"}
	f.Lines[2].Indicator.Group = "XH"
	f.Lines[2].Indicator.Max = "100"
	f.Lines[0].Plan, f.Lines[1].Plan = "≥ 1.000", "≥ 80"
	f.Lines[0].Before, f.Lines[0].Total = workbook.Figure{Value: "110"}, workbook.Figure{Value: "110"}
	f.Lines[1].Before = workbook.Figure{Numerator: "80", Denominator: "100"}
	f.Lines[2].Before = workbook.Figure{State: "-"}
	f.Lines[3].Now.Value = "1234567890123.456"
	return f
}

func opened(t *testing.T, content []byte) *excelize.File {
	t.Helper()
	f, err := excelize.OpenReader(bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// TestFormLooksLikeTheOfficialOne reads the form with the library, as a spreadsheet would show it, formulas computed.
func TestFormLooksLikeTheOfficialOne(t *testing.T) {
	content, err := workbook.Write(officialForm())
	if err != nil {
		t.Fatal(err)
	}
	f := opened(t, content)
	var shown []string
	for row := 1; row <= 24; row++ {
		line, last := "", ""
		for column := 1; column <= 11; column++ {
			cell := workbook.CellName(column, row)
			value, err := f.GetCellValue("CDS", cell)
			if formula, _ := f.GetCellFormula("CDS", cell); formula != "" {
				value, err = f.CalcCellValue("CDS", cell)
				value = "=" + value
			}
			if err != nil {
				t.Fatalf("%s: %v", cell, err)
			}
			// The library gives the text of a merged cell for each part of it.
			if value != "" && value != "=" && (row > 10 && row < 22 || value != last) {
				line += fmt.Sprintf(" %s:%s", workbook.ColumnName(column), value)
			}
			last = value
		}
		if line != "" {
			shown = append(shown, fmt.Sprintf("%d%s", row, line))
		}
	}
	want := []string{
		"1 A:THÀNH PHỐ CAO LÃNH F:CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
		"2 A:PHƯỜNG 1 F:Độc lập - Tự do - Hạnh phúc",
		"4 A:BÁO CÁO CHUYỂN ĐỔI SỐ",
		"5 A:Tháng 02 năm 2024 (từ 15/01/2024 đến 14/02/2024)",
		"6 B:Mã đơn vị: C:29869-0",
		"7 B:Mã biểu: C:CDS",
		"8 B:Kỳ báo cáo: C:2024-02",
		"9 B:Hạn gửi: C:hết ngày 19/02/2024",
		"10 A:Số liệu ghi vào ô nền vàng: số; - nếu không có số liệu; x nếu không áp dụng. H:Đơn vị tính: ghi tại cột Đơn vị tính",
		"11 A:STT B:Chỉ tiêu C:Đơn vị tính D:Kế hoạch năm E:Kỳ trước F:Thực hiện trong kỳ G:Lũy kế từ đầu năm H:Ghi chú I:Giải trình (khi được hỏi) J:Mã chỉ tiêu K:Phần số liệu",
		"12 A:(1) B:(2) C:(3) D:(4) E:(5) F:(6) G:(7) H:(8) I:(9) J:(10) K:(11)",
		"13 A:I B:Chính quyền số",
		"14 A:1 B:Số giao dịch thanh toán trực tuyến C:giao dịch D:≥ 1.000 E:110 F:120 G:=230 J:CQ-11",
		"15 A:2 B:Tỷ lệ hồ sơ nộp trực tuyến C:% D:≥ 80 E:=80.00 F:=90.00 J:CQ-06 K:Tỷ lệ",
		"16 B:- Tử số E:80.00 F:90.00 J:CQ-06 K:Tử số",
		"17 B:- Mẫu số E:100.00 F:100.00 J:CQ-06 K:Mẫu số",
		"18 A:3 B:Doanh thu kinh tế số C:tỷ đồng F:1234567890123,456 H:sơ bộ J:KT-01",
		"19 A:II B:Xã hội số",
		"20 A:1 B:Tỷ lệ hộ có Internet C:% E:- F:60.82 J:XH-01",
		"22 B:NGƯỜI LẬP BIỂU H:THỦ TRƯỞNG ĐƠN VỊ",
		"23 B:(Ký, họ tên) H:(Ký, họ tên, đóng dấu)",
	}
	if d := cmp.Diff(want, shown); d != "" {
		t.Errorf("the form (-want +got):\n%s", d)
	}
}

// TestOnlyFiguresAndTextsCanBeChanged walks over all cells of the form.
func TestOnlyFiguresAndTextsCanBeChanged(t *testing.T) {
	content, err := workbook.Write(officialForm())
	if err != nil {
		t.Fatal(err)
	}
	f := opened(t, content)
	var open []string
	for row := 1; row <= 24; row++ {
		for column := 1; column <= 11; column++ {
			cell := workbook.CellName(column, row)
			id, err := f.GetCellStyle("CDS", cell)
			if err != nil {
				t.Fatal(err)
			}
			style, err := f.GetStyle(id)
			if err != nil {
				t.Fatal(err)
			}
			if style.Protection != nil && !style.Protection.Locked {
				open = append(open, cell)
			}
			if (column == 10 || column == 11) && row > 12 && row < 21 && row != 13 && row != 19 && style.NumFmt != 49 {
				t.Errorf("the code in %s has number format %d, want text", cell, style.NumFmt)
			}
		}
	}
	if want := strings.Fields("F14 H14 I14 H15 I15 F16 F17 F18 H18 I18 F20 H20 I20"); !slices.Equal(open, want) {
		t.Errorf("open cells %v, want %v", open, want)
	}
	protected, err := f.GetSheetProtection("CDS")
	if err != nil || protected.Password != "" {
		t.Errorf("protection %+v, %v; want one without a password", protected, err)
	}
	for _, column := range []string{"J", "K"} {
		if visible, err := f.GetColVisible("CDS", column); err != nil || visible {
			t.Errorf("column %s is shown", column)
		}
	}
}

// TestCellsCheckWhatIsTyped puts values into cells and lets the library compute the rule of each.
func TestCellsCheckWhatIsTyped(t *testing.T) {
	content, err := workbook.Write(officialForm())
	if err != nil {
		t.Fatal(err)
	}
	f := opened(t, content)
	rules := map[string]string{}
	list, err := f.GetDataValidations("CDS")
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range list {
		rules[v.Sqref] = v.Formula1
		if len(v.Formula1) > 255 || v.Error == nil || len([]rune(*v.Error)) > 225 || v.Type != "custom" {
			t.Errorf("the rule of %s is not one that spreadsheets take: %+v", v.Sqref, v)
		}
	}
	for _, c := range []struct {
		cell  string
		value any
		want  string
	}{
		{"F14", 5, "TRUE"},
		{"F14", -1, "FALSE"},
		{"F14", 1.5, "FALSE"},
		{"F14", "-", "TRUE"},
		{"F14", "x", "TRUE"},
		{"F14", "X", "FALSE"},
		{"F14", "1.234", "FALSE"},
		{"F14", "1234567890123456", "TRUE"},
		{"F16", 0.25, "TRUE"},
		{"F20", 100.01, "FALSE"},
		{"F20", 99.99, "TRUE"},
	} {
		put(f, "CDS", c.cell, c.value, "Z99", nil)
		if err := f.SetCellFormula("CDS", "Z99", rules[c.cell]); err != nil {
			t.Fatal(err)
		}
		if got, err := f.CalcCellValue("CDS", "Z99"); err != nil || got != c.want {
			t.Errorf("%v in %s: %s (%v), want %s; the rule is %s", c.value, c.cell, got, err, c.want, rules[c.cell])
		}
	}
}

// TestPeriodsInWords reads every period as it is written, and steps from one to the one before.
func TestPeriodsInWords(t *testing.T) {
	for id, before := range map[string]string{
		"2024-01": "2023-12", "2024-02": "2024-01", "2024-10": "2024-09", "2024-Q1": "2023-Q4", "2024-Q3": "2024-Q2", "2024-H1": "2023-H2",
		"2024-H2": "2024-H1", "2024": "2023",
	} {
		if got, ok := workbook.ParsePeriod(workbook.PeriodWords(id)); !ok || got != id {
			t.Errorf("%q is read as %q", workbook.PeriodWords(id), got)
		}
		if got := workbook.PeriodBefore(id); got != before {
			t.Errorf("PeriodBefore(%q) = %q, want %q", id, got, before)
		}
		first := id
		for p := workbook.PeriodBefore(id); p[:4] == id[:4]; p = workbook.PeriodBefore(p) {
			first = p
		}
		if got := workbook.FirstPeriod(id); got != first {
			t.Errorf("FirstPeriod(%q) = %q, want %q", id, got, first)
		}
	}
	for said, want := range map[string]string{
		"Tháng 2/2024": "2024-02", "KỲ THÁNG 02 NĂM 2024": "2024-02", "02/2024": "2024-02", "Quý IV năm 2024": "2024-Q4", "quý 2/2024": "2024-Q2",
		"6 tháng đầu năm 2024": "2024-H1", "Năm 2024": "2024", "2024-q1": "2024-Q1", "2024-9m": "2024-9M",
		"Tháng 13 năm 2024": "", "14/02/2024": "", "Đồng Tháp, ngày 14 tháng 02 năm 2024": "", "2024-2": "", "202": "", "quý V năm 2024": "",
	} {
		if got, _ := workbook.ParsePeriod(said); got != want {
			t.Errorf("ParsePeriod(%q) = %q, want %q", said, got, want)
		}
	}
}

// TestSumOfAYearKnowsWhatIsMissing adds exactly, and not at all where a month is missing.
func TestSumOfAYearKnowsWhatIsMissing(t *testing.T) {
	value := func(list ...string) []workbook.Figure {
		var out []workbook.Figure
		for _, s := range list {
			out = append(out, workbook.Figure{Value: s})
		}
		return out
	}
	for _, c := range []struct {
		figures []workbook.Figure
		want    string
	}{
		{nil, "0"},
		{value("0.1", "0.2"), "0.3"},
		{value("9223372036854775807", "1", "-0.000001"), "9223372036854775807.999999"},
		{value("5", "-5"), "0"},
		{value("1", ""), ""},
		{append(value("1"), workbook.Figure{State: "-"}), ""},
	} {
		if got := workbook.Sum(c.figures).Value; got != c.want {
			t.Errorf("Sum(%v) = %q, want %q", c.figures, got, c.want)
		}
	}
}

// TestCopyKeepsWhatOthersWrote keeps a comment that was there, and the form locked.
func TestCopyKeepsWhatOthersWrote(t *testing.T) {
	content := edited(func(f *excelize.File) {
		_ = f.AddComment("CDS", excelize.Comment{Cell: "F13", Author: "Lan", Text: "hỏi lại phường"})
	})(t)
	copied, err := workbook.Annotate(content, []workbook.Problem{
		{Sheet: "CDS", Row: 13, Column: 6, Reason: "CELL_EMPTY"},
		{Sheet: "CDS", Row: 13, Column: 6, Reason: "RULE_VIOLATED", Message: "máy chủ nói không"},
	}, "vi")
	if err != nil {
		t.Fatal(err)
	}
	f := opened(t, copied)
	said := commentAt(t, f, "CDS", "F13")
	for _, want := range []string{"hỏi lại phường", "bằng không thì ghi 0", "máy chủ nói không [RULE_VIOLATED]"} {
		if !strings.Contains(said, want) {
			t.Errorf("the comment is %q, want %q in it", said, want)
		}
	}
	if p, err := f.GetSheetProtection("CDS"); err != nil || !p.SelectLockedCells {
		t.Errorf("the copy is not protected as the form was: %+v %v", p, err)
	}
}
