package workbook_test

import (
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
)

const ward4 = "29872-0|CDS|2024-02|"

// asWard4 is what the standard form says of another unit.
func asWard4() []string {
	var list []string
	for _, s := range asSent {
		list = append(list, strings.Replace(s, "29869-0", "29872-0", 1))
	}
	return list
}

// layoutHabits are what people do to the sheets of the form.
func layoutHabits() []habit {
	return []habit{
		{name: "rows above the head", file: edited(func(f *excelize.File) {
			_ = f.UnprotectSheet("CDS")
			_ = f.InsertRows("CDS", 1, 3)
			put(f, "CDS", "A1", "Kính gửi: Sở Thông tin và Truyền thông")
		}), rows: asSent},
		{name: "empty rows in the table", file: edited(func(f *excelize.File) { _ = f.InsertRows("CDS", 17, 2) }), rows: asSent},
		{name: "another column", file: edited(func(f *excelize.File) {
			_ = f.InsertCols("CDS", "D", 1)
			put(f, "CDS", "D11", "Chênh lệch", "D13", 7)
		}), rows: asSent, remarks: []string{"CDS!D11 COLUMN_LEFT_OUT"}},
		{name: "two columns that mean the same", file: set("E11", "Kết quả"), problems: []string{"CDS!F11 COLUMN_TWICE"}},
		{name: "without the hidden columns", file: edited(func(f *excelize.File) {
			_ = f.RemoveCol("CDS", "K")
			_ = f.RemoveCol("CDS", "J")
			put(f, "CDS", "F14", nil)
		}), rows: asSent},
		{name: "without the hidden columns and another name", file: edited(func(f *excelize.File) {
			_ = f.RemoveCol("CDS", "K")
			_ = f.RemoveCol("CDS", "J")
			put(f, "CDS", "F14", nil, "B13", "Số giao dịch")
		}), problems: []string{"CDS!B13 ROW_WITHOUT_INDICATOR"}},
		{name: "a total below", file: set("B19", "Tổng cộng", "F19", 300), problems: []string{"CDS!B19 ROW_WITHOUT_INDICATOR"}},
		{
			name: "cells merged over two indicators", file: edited(func(f *excelize.File) { _ = f.MergeCell("CDS", "F17", "F18") }),
			problems: []string{"CDS!F17 CELL_MERGED", "CDS!F18 CELL_MERGED"},
		},
		{name: "names merged with the unit of measure", file: edited(func(f *excelize.File) { _ = f.MergeCell("CDS", "B13", "C13") }), rows: asSent},
		{name: "last month's form under a new title", file: set("A5", "Tháng 03 năm 2024"), problems: []string{"CDS!A5 PERIOD_DIFFERS"}},
		{name: "last month's form with a new code", file: set("C8", "2024-03"), problems: []string{"CDS!A5 PERIOD_DIFFERS"}},
		{name: "a period in words", file: set("C8", "Tháng 2/2024"), rows: asSent},
		{name: "a unit that lost its zeros", file: set("C6", 4), problems: []string{"CDS!C6 CODE_IS_NUMBER"}},
		{name: "no unit", file: set("B6", nil, "C6", nil), problems: []string{"CDS!11:11 UNIT_MISSING"}},
		{name: "no form", file: set("B7", nil, "C7", nil), problems: []string{"CDS!11:11 FORM_MISSING"}},
		{name: "no period", file: set("B8", nil, "C8", nil), problems: []string{"CDS!11:11 PERIOD_MISSING"}},
		{name: "label and code in one cell", file: set("B6", "Mã đơn vị: 29869-0", "C6", nil), rows: asSent},
		{
			name: "a hidden row", file: edited(func(f *excelize.File) { _ = f.SetRowVisible("CDS", 13, false) }),
			rows: asSent, remarks: []string{"CDS!13:13 ROW_HIDDEN"},
		},
		{name: "a hidden copy and a sheet of remarks", file: edited(func(f *excelize.File) {
			_, _ = f.NewSheet("Cũ")
			_ = f.CopySheet(0, 1)
			_ = f.SetSheetVisible("Cũ", false)
			_, _ = f.NewSheet("Hướng dẫn")
			put(f, "Hướng dẫn", "A1", "Điền vào ô nền vàng", "B2", 12)
		}), rows: asSent, remarks: []string{"Cũ SHEET_HIDDEN", "Hướng dẫn SHEET_WITHOUT_FORM"}},
		{name: "two units on two sheets, one of them wrong", file: edited(func(f *excelize.File) {
			_, _ = f.NewSheet("Phường 4")
			_ = f.CopySheet(0, 1)
			put(f, "Phường 4", "C6", "29872-0")
			put(f, "CDS", "F13", "X")
		}), rows: asWard4(), problems: []string{"CDS!F13 STATE_UNKNOWN"}},
		{name: "a quotient without its parts", file: edited(func(f *excelize.File) {
			_ = f.RemoveRow("CDS", denominatorRow)
			_ = f.RemoveRow("CDS", numeratorRow)
			put(f, "CDS", "F14", 90)
		}), problems: []string{"CDS!F14 RATIO_WITHOUT_PARTS"}},
		{name: "a ratio twice", file: set("J17", "CQ-06", "K17", "Tỷ lệ"), problems: []string{"CDS!J17 ROW_TWICE"}},
		{name: "a part twice", file: set("K16", "Tử số"), problems: []string{"CDS!F16 ROW_TWICE"}},
		{
			name: "an indicator that the form does not have is for the server to judge", file: set("J13", "CQ-99"),
			rows: with(onlineRow, "29869-0|CDS|2024-02|CQ-99|120"),
		},
		{name: "decomposed letters", file: set("B11", "Chỉ tiêu", "F11", "Thực hiện trong kỳ"), rows: asSent},
		{name: "a numerical code", file: set("J13", 11), problems: []string{"CDS!J13 CODE_IS_NUMBER"}},
	}
}

// ownHabits are tables that people made themselves.
func ownHabits() []habit {
	const unit = "29869|CDS|2024-02|"
	return []habit{
		{name: "figures.csv as a workbook, columns in another order, below a title", file: made(func(f *excelize.File) {
			rows(f, "Sheet1", []any{"SỐ LIỆU THÁNG 2"}, nil, []any{"Period", "value", "Unit", "indicator", "form", "note"},
				[]any{"2024-02", 5, "29869", "CQ-11", "CDS", "n"}, nil, []any{"2024-02", "x", "29872-0", "CQ-11", "CDS"})
		}), rows: []string{unit + "CQ-11|5|||n", ward4 + "CQ-11|x"}},
		{name: "a unit written once for several rows", file: made(func(f *excelize.File) {
			rows(f, "Sheet1", []any{"unit", "form", "period", "indicator", "value", "numerator", "denominator"},
				[]any{"29869", "CDS", "2024-02", "CQ-11", 5}, []any{nil, "CDS", "2024-02", "CQ-06", nil, 1, 2})
			_ = f.MergeCell("Sheet1", "A2", "A3")
		}), rows: []string{unit + "CQ-11|5", unit + "CQ-06||1|2"}},
		{name: "codes with zeros by format, and a whole one", file: made(func(f *excelize.File) {
			rows(f, "Sheet1", []any{"unit", "form", "period", "indicator", "value"}, []any{4, "CDS", "2024-02", "CQ-11", 5}, []any{29869, "CDS", "2024-02", "CQ-11", 6})
			styled(f, "A2", code("00000"))
		}), rows: []string{"00004|CDS|2024-02|CQ-11|5", unit + "CQ-11|6"}},
		{name: "a period that became a date", file: made(func(f *excelize.File) {
			rows(f, "Sheet1", []any{"unit", "form", "period", "indicator", "value"}, []any{"29869", "CDS", 45323, "CQ-11", 5},
				[]any{"29869", "CDS", "2024-02", "CQ-11", 5}, []any{"29872-0", "CDS", "2024-02", "CQ-11", 6})
			styled(f, "C2", code("mmm-yy"))
		}), rows: []string{ward4 + "CQ-11|6"}, problems: []string{"Sheet1!C2 CODE_IS_DATE"}},
		{name: "a year is no date", file: made(func(f *excelize.File) {
			rows(f, "Sheet1", []any{"unit", "form", "period", "indicator", "value"}, []any{"29869", "NAM", 2024, "CQ-11", 5})
		}), rows: []string{"29869|NAM|2024|CQ-11|5"}},
		{name: "parts beside each other under one caption", file: made(func(f *excelize.File) {
			rows(f, "Sheet1", []any{"Mã đơn vị:", "29869"}, []any{"Mã biểu:", "CDS"}, []any{"Kỳ báo cáo:", "02/2024"},
				[]any{"TT", "Mã chỉ tiêu", "Chỉ tiêu", "Thực hiện"}, []any{nil, nil, nil, nil, "Tử số", "Mẫu số"}, []any{"(1)", "(2)", "(3)", "(4)", "(5)", "(6)"},
				[]any{"I", nil, "Chính quyền số"}, []any{1, "CQ-11", "Số giao dịch", 5}, []any{2, "CQ-06", "Tỷ lệ hồ sơ", nil, 1, 2})
		}), rows: []string{unit + "CQ-11|5", unit + "CQ-06||1|2"}},
		{name: "two units one below the other", file: made(func(f *excelize.File) {
			head := []any{"TT", "Mã chỉ tiêu", "Thực hiện"}
			rows(f, "Sheet1", []any{"Mã biểu: CDS", "Kỳ báo cáo: Tháng 2 năm 2024"}, []any{"Mã đơn vị: 29869"}, head, []any{1, "CQ-11", 5}, nil,
				[]any{"Mã đơn vị: 29872-0"}, head, []any{1, "CQ-11", 7})
		}), rows: []string{unit + "CQ-11|5", ward4 + "CQ-11|7"}},
		{
			name: "no table at all", file: made(func(f *excelize.File) { put(f, "Sheet1", "A1", "Báo cáo") }),
			problems: []string{"NO_FORM"}, remarks: []string{"Sheet1 SHEET_WITHOUT_FORM"},
		},
	}
}

// csvHabits are exports of the form.
func csvHabits() []habit {
	table := []string{
		"BÁO CÁO THÁNG, LẬP TAY;;;", "Mã đơn vị:;29869;;", "Mã biểu:;CDS;;", "Kỳ báo cáo:;2024-02;;", ";;;", "STT;Chỉ tiêu;Thực hiện trong kỳ;Mã chỉ tiêu",
		"I;Chính quyền số, xã hội số;;", "1;Số giao dịch;1.234;CQ-11",
	}
	text := func(sep, end string) string { return strings.ReplaceAll(strings.Join(table, end)+end, ";", sep) }
	quoted := strings.ReplaceAll(strings.ReplaceAll(strings.ReplaceAll(text(";", "\r\n"), "THÁNG, LẬP TAY", `THÁNG`), "số, xã", "số và xã"), ";", ",")
	file := func(s string) func(*testing.T) []byte { return func(*testing.T) []byte { return []byte(s) } }
	row := []string{"29869|CDS|2024-02|CQ-11|1234"}
	return []habit{
		{name: "semicolons and a mark", file: file("\ufeff" + text(";", "\r\n")), numbers: "vi", rows: row},
		{name: "tabs", file: file(text("\t", "\n")), numbers: "vi", rows: row},
		{
			name: "a decimal comma on every line", numbers: "vi", file: file("Mã đơn vị:;29869;0,5\nMã biểu:;CDS;0,5\nKỳ báo cáo:;2024-02;0,5\n" +
				"Mã chỉ tiêu;Thực hiện;x,y\nXH-01;1,5;0\n"), rows: []string{"29869|CDS|2024-02|XH-01|1.5"}, remarks: []string{"C4 COLUMN_LEFT_OUT"},
		},
		{name: "commas", file: file(quoted), numbers: "vi", rows: row},
		{name: "an export does not say how its numbers are written", file: file(text(";", "\n")), problems: []string{"C8 NUMBER_AMBIGUOUS"}},
		{name: "UTF-16", file: file("\xff\xfeM\x00\xe3\x00"), problems: []string{"1:1 NOT_UTF8"}},
		{name: "Windows-1258", file: file("STT;Ma\n1;Ch\xec ti\xeau\n"), problems: []string{"2:2 NOT_UTF8"}},
		{name: "a quotation mark that is never closed", file: file("a;b\n\"c;d\n"), problems: []string{"2:2 CSV_DAMAGED"}},
		{name: "nothing", file: file("\n\n"), problems: []string{"NO_FORM"}},
	}
}

// packageHabits are files that are no form at all, or more than one.
func packageHabits() []habit {
	good := set()
	added := func(part string) func(*testing.T) []byte {
		return func(t *testing.T) []byte {
			t.Helper()
			return withPart(t, good(t), part, []byte("<workbook/>"))
		}
	}
	return []habit{
		{name: "a password", file: func(t *testing.T) []byte {
			t.Helper()
			f := excelize.NewFile()
			return saved(t, f, excelize.Options{Password: "bí mật"})
		}, problems: []string{"WORKBOOK_ENCRYPTED"}},
		{name: "an old workbook", file: func(*testing.T) []byte { return []byte("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1 and more") }, problems: []string{"WORKBOOK_OLD"}},
		{name: "macros", file: added("xl/vbaProject.bin"), problems: []string{"WORKBOOK_MACROS"}},
		{name: "links to another file", file: added("xl/externalLinks/externalLink1.xml"), problems: []string{"WORKBOOK_EXTERNAL_LINKS"}},
		{name: "one part under two spellings", file: added("XL/Workbook.xml"), problems: []string{"WORKBOOK_DAMAGED"}},
		{name: "cut off", file: func(t *testing.T) []byte { t.Helper(); b := good(t); return b[:len(b)/2] }, problems: []string{"WORKBOOK_DAMAGED"}},
		{name: "a part that breaks off", file: rewritten(good, "xl/worksheets/sheet1.xml", `</sheetData>[\s\S]*`, ""), problems: []string{"WORKBOOK_DAMAGED"}},
		{name: "a row out of order", file: rewritten(good, "xl/worksheets/sheet1.xml", `<row r="14"`, `<row r="2"`), problems: []string{"WORKBOOK_DAMAGED"}},
	}
}
