package workbook_test

import "github.com/xuri/excelize/v2"

// with is what the standard form says when one of its rows says something else; "" leaves the row out.
func with(row int, said string) []string {
	place := map[int]int{onlineRow: 0, numeratorRow: 1, denominatorRow: 1, shareRow: 2, revenueRow: 3}[row]
	var list []string
	for i, s := range asSent {
		switch {
		case i != place:
			list = append(list, s)
		case said != "":
			list = append(list, said)
		}
	}
	return list
}

// cellHabits are what people do to the cells of the form.
func cellHabits() []habit {
	const unit = "29869-0|CDS|2024-02|"
	return []habit{
		{name: "filled in as it is meant", file: set(), rows: asSent},
		{name: "a number as text", file: set("F13", "120"), rows: asSent},
		{name: "thousands with dots", file: set("F13", "1.234.567"), numbers: "vi", rows: with(onlineRow, unit+"CQ-11|1234567")},
		{name: "thousands and decimals", file: set("F17", "1.234.567,89"), numbers: "vi", rows: with(shareRow, unit+"XH-01|1234567.89")},
		{name: "a decimal comma", file: set("F17", "1,5"), numbers: "vi", rows: with(shareRow, unit+"XH-01|1.5")},
		{name: "a decimal comma of nobody knows where", file: set("F17", "1,5"), problems: []string{"CDS!F17 NUMBER_AMBIGUOUS"}},
		{name: "1.234 of nobody knows where", file: set("F18", "1.234"), problems: []string{"CDS!F18 NUMBER_AMBIGUOUS"}},
		{name: "1.234 in Vietnam", file: set("F18", "1.234"), numbers: "vi", rows: with(revenueRow, unit+"KT-01|1234|||sơ bộ")},
		{name: "1.234 in England", file: set("F18", "1.234"), numbers: "en", rows: with(revenueRow, unit+"KT-01|1.234|||sơ bộ")},
		{name: "an English half in a Vietnamese file", file: set("F18", "0.500"), numbers: "vi", problems: []string{"CDS!F18 NUMBER_GROUPING"}},
		{name: "a number cell whatever the format", file: set("F18", 1.234), numbers: "vi", rows: with(revenueRow, unit+"KT-01|1.234|||sơ bộ")},
		{name: "a dash", file: set("F13", "-"), rows: with(onlineRow, unit+"CQ-11|-")},
		{name: "does not apply", file: set("F13", " x "), rows: with(onlineRow, unit+"CQ-11|x")},
		{name: "a long dash", file: set("F13", "–"), problems: []string{"CDS!F13 STATE_UNKNOWN"}},
		{name: "a capital X", file: set("F13", "X"), problems: []string{"CDS!F13 STATE_UNKNOWN"}},
		{name: "zero is a value", file: set("F13", 0), rows: with(onlineRow, unit+"CQ-11|0")},
		{name: "a negative number", file: set("F17", -2.5), rows: with(shareRow, unit+"XH-01|-2.5")},
		{name: "minus nothing", file: set("F17", "-0"), problems: []string{"CDS!F17 NUMBER_NEGATIVE_ZERO"}},
		{name: "words", file: set("F13", "khoảng 5"), problems: []string{"CDS!F13 NUMBER_MALFORMED"}},
		{name: "thousands with spaces", file: set("F13", "1 234"), numbers: "vi", problems: []string{"CDS!F13 NUMBER_MALFORMED"}},
		{name: "a code among figures", file: set("F13", "00012"), problems: []string{"CDS!F13 NUMBER_LEADING_ZERO"}},
		{
			name: "a number of 90 digits", file: set("F13", "123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890"),
			problems: []string{"CDS!F13 NUMBER_OUT_OF_RANGE"},
		},
		{name: "spaces that nobody sees", file: set("F13", "\u00a0120\u200b "), rows: asSent},
		{name: "empty", file: set("F13", nil), problems: []string{"CDS!F13 CELL_EMPTY"}},
		{name: "empty in a draft", file: set("F13", nil), partial: true, rows: with(onlineRow, "")},
		{name: "an empty ratio", file: set("F15", nil, "F16", nil), problems: []string{"CDS!F15 CELL_EMPTY"}},
		{name: "an empty ratio in a draft", file: set("F15", nil, "F16", nil), partial: true, rows: with(numeratorRow, "")},
		{name: "a ratio that is not available", file: set("F15", "-", "F16", "-"), rows: with(numeratorRow, unit+"CQ-06|-")},
		{name: "a ratio with one dash", file: set("F15", "x", "F16", nil), rows: with(numeratorRow, unit+"CQ-06|x")},
		{name: "a ratio of a number and a dash", file: set("F15", 5, "F16", "-"), problems: []string{"CDS!F15 PARTS_STATES_DIFFER"}},
		{name: "half a ratio is for the server to judge", file: set("F16", nil), rows: with(numeratorRow, unit+"CQ-06||90")},
		{name: "a note of a ratio", file: set("H14", "có tăng"), rows: with(numeratorRow, unit+"CQ-06||90|100|có tăng")},
		{name: "a note on two lines", file: set("H13", "dòng một\ndòng hai"), rows: with(onlineRow, unit+"CQ-11|120|||dòng một\ndòng hai")},
		{name: "true", file: set("F13", true), problems: []string{"CDS!F13 CELL_BOOLEAN"}},
		{name: "two problems of one report", file: set("F13", "X", "F17", "1,5"), problems: []string{"CDS!F13 STATE_UNKNOWN", "CDS!F17 NUMBER_AMBIGUOUS"}},
	}
}

// numberHabits are what a spreadsheet makes of numbers.
func numberHabits() []habit {
	const unit = "29869-0|CDS|2024-02|"
	const sheet, online = "xl/worksheets/sheet1.xml", `<c r="F13"[^>]*><v>120</v></c>`
	cached := rewritten(set(), sheet, online, `<c r="F13"><f>100+20</f><v>120</v></c>`)
	return []habit{
		{name: "0.1 + 0.2", file: set("F17", 0.30000000000000004), rows: with(shareRow, unit+"XH-01|0.3")},
		{name: "dust of a long sum", file: set("F17", 1234567.8900001), rows: with(shareRow, unit+"XH-01|1234567.89")},
		{name: "dust of nothing", file: set("F17", 5.551115123125783e-17), rows: with(shareRow, unit+"XH-01|0")},
		{name: "one decimal too many", file: set("F17", 60.825), problems: []string{"CDS!F17 NUMBER_TOO_PRECISE"}},
		{name: "a decimal of a large number is no dust", file: set("F13", 1000000000.4), problems: []string{"CDS!F13 NUMBER_TOO_PRECISE"}},
		{name: "written with a power of ten", file: rewritten(set(), sheet, online, `<c r="F13"><v>1.2E+3</v></c>`), rows: with(onlineRow, unit+"CQ-11|1200")},
		{
			name: "a power that would fill the memory", file: rewritten(set(), sheet, online, `<c r="F13"><v>1E999999999</v></c>`),
			problems: []string{"CDS!F13 NUMBER_MALFORMED"},
		},
		{
			name: "a power that no binary fraction has", file: rewritten(set(), sheet, online, `<c r="F13"><v>1E401</v></c>`),
			problems: []string{"CDS!F13 NUMBER_MALFORMED"},
		},
		{name: "16 digits", file: set("F13", int64(1234567890123456)), problems: []string{"CDS!F13 NUMBER_DIGITS_LOST"}},
		{name: "16 digits as text", file: set("F13", "1234567890123456"), rows: with(onlineRow, unit+"CQ-11|1234567890123456")},
		{name: "a percentage of what is measured in percent", file: edited(func(f *excelize.File) {
			put(f, "CDS", "F17", 0.6082)
			styled(f, "F17", &excelize.Style{NumFmt: 10})
		}), rows: asSent},
		{name: "a percentage of transactions", file: edited(func(f *excelize.File) {
			put(f, "CDS", "F13", 0.6)
			styled(f, "F13", code("0.0%"))
		}), problems: []string{"CDS!F13 NUMBER_PERCENT"}},
		{name: "a percentage as text", file: set("F17", "60,82%"), numbers: "vi", rows: asSent},
		{name: "a percentage of transactions as text", file: set("F13", "60%"), problems: []string{"CDS!F13 NUMBER_PERCENT"}},
		{name: "a date", file: edited(func(f *excelize.File) {
			put(f, "CDS", "F13", 45323)
			styled(f, "F13", code("dd/mm/yyyy"))
		}), problems: []string{"CDS!F13 NUMBER_IS_DATE"}},
		{name: "a built-in date", file: edited(func(f *excelize.File) {
			put(f, "CDS", "F13", 45323)
			styled(f, "F13", &excelize.Style{NumFmt: 14})
		}), problems: []string{"CDS!F13 NUMBER_IS_DATE"}},
		{name: "zero that looks like a dash", file: edited(func(f *excelize.File) {
			put(f, "CDS", "F13", 0)
			styled(f, "F13", code(`_-* #,##0_-;-* #,##0_-;_-* "-"??_-;_-@_-`))
		}), problems: []string{"CDS!F13 ZERO_SHOWN_AS_DASH"}},
		{name: "a number of an accountant", file: edited(func(f *excelize.File) {
			styled(f, "F13", code(`_-* #,##0_-;-* #,##0_-;_-* "-"??_-;_-@_-`))
		}), rows: asSent},
		{name: "a colour and a currency are no date", file: edited(func(f *excelize.File) {
			styled(f, "F13", code(`[Red]#,##0 "đồng/hộ, may"`))
		}), rows: asSent},
		{name: "a formula with its result", file: cached, rows: asSent, remarks: []string{"CDS!F13 FORMULA_TAKEN"}},
		{
			name: "a formula without a result", file: rewritten(set(), sheet, online, `<c r="F13"><f>100+20</f></c>`),
			problems: []string{"CDS!F13 FORMULA_WITHOUT_RESULT"},
		},
		{name: "a formula computed by hand", file: rewritten(cached, "xl/workbook.xml", `<calcPr`, `<calcPr calcMode="manual"`), problems: []string{"CDS!F13 FORMULA_STALE"}},
		{
			name: "a broken reference", file: rewritten(set(), sheet, online, `<c r="F13" t="e"><f>#REF!+1</f><v>#REF!</v></c>`),
			problems: []string{"CDS!F13 CELL_ERROR"}, remarks: []string{"CDS!F13 FORMULA_TAKEN"},
		},
		{name: "an inline text", file: rewritten(set(), sheet, online, `<c r="F13" t="inlineStr"><is><r><t>1</t></r><r><t>20</t></r></is></c>`), rows: asSent},
	}
}
