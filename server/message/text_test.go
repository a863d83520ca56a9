package message_test

import (
	"strings"
	"testing"

	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/message"
)

func TestTextInBothLanguages(t *testing.T) {
	unknown := fault.NotFound("UNIT_NOT_FOUND", "there is no unit %q", "4")
	for _, c := range []struct {
		err    *fault.Error
		vi, en string
	}{
		{
			unknown.With("unit", "4").With("guess", "00004"),
			"Không tìm thấy đơn vị “4”; đề nghị ghi mã đơn vị, không ghi tên. Nếu là “00004”: bảng tính đã bỏ chữ số 0 ở đầu mã, hãy để cột mã ở dạng văn bản.",
			`there is no unit "4"`,
		},
		{unknown.With("unit", "4"), "Không tìm thấy đơn vị “4”; đề nghị ghi mã đơn vị, không ghi tên.", `there is no unit "4"`},
		{unknown, "Không tìm thấy đơn vị; đề nghị ghi mã đơn vị, không ghi tên.", `there is no unit "4"`},
		{
			fault.Invalid("FIGURE_PART_MISSING", "the numerator is missing").With("indicator", "CQ-06").With("part", "numerator"),
			"Chỉ tiêu CQ-06 còn thiếu tử số; đề nghị ghi đủ, hoặc ghi dấu - nếu không có số liệu.", "the numerator is missing",
		},
		{
			fault.Invalid("NUMBER_MALFORMED", "no number").With("value", "{unit}[x]"),
			"“{unit}[x]” không phải là số hợp lệ; chỉ ghi chữ số và dấu thập phân theo định dạng số của tệp.", "no number",
		},
		{
			fault.Invalid("NUMBER_MALFORMED", "no number"),
			"Không phải là số hợp lệ; chỉ ghi chữ số và dấu thập phân theo định dạng số của tệp.", "no number",
		},
		{fault.Invalid("OF_NO_CATALOGUE", "a text without translation"), "a text without translation", "a text without translation"},
		{nil, "", ""},
	} {
		if got := message.Text(c.err, message.Vietnamese); got != c.vi {
			t.Errorf("%v in Vietnamese:\n%s\nwant\n%s", c.err, got, c.vi)
		}
		if got := message.Text(c.err, message.English); got != c.en {
			t.Errorf("%v in English:\n%s\nwant\n%s", c.err, got, c.en)
		}
	}
}

func TestSeveralProblemsAreCountedAndTheFirstIsTold(t *testing.T) {
	joined := fault.Of(fault.Join(
		fault.Invalid("CODE_EMPTY", "the code is empty"), fault.Invalid("UNIT_EMPTY", "no unit"), fault.Invalid("CODE_EMPTY", "the code is empty")))
	if got, want := message.Text(joined, message.Vietnamese), "Có 3 lỗi; lỗi đầu tiên: Chưa có mã; đề nghị ghi mã, ví dụ CQ-06."; got != want {
		t.Errorf("Text = %s, want %s", got, want)
	}
	if got := message.Text(joined, message.English); !strings.HasPrefix(got, "3 problems, the first: the code") {
		t.Errorf("Text = %s", got)
	}
}

func TestInternalErrorsTellNothingOfTheirCause(t *testing.T) {
	for _, language := range []message.Language{message.Vietnamese, message.English} {
		if got := message.Text(fault.Internal(errSecret, "the journal cannot be read"), language); strings.Contains(got, "secret") || got == "" {
			t.Errorf("in %s: %q", language, got)
		}
	}
}

type secretError struct{}

func (secretError) Error() string { return "secret" }

var errSecret secretError

func TestParseAcceptLanguage(t *testing.T) {
	for header, want := range map[string]message.Language{
		"":                               message.Vietnamese,
		"vi":                             message.Vietnamese,
		"vi-VN,vi;q=0.9,en;q=0.8":        message.Vietnamese,
		"en-US,en;q=0.9,vi;q=0.8":        message.English,
		"EN":                             message.English,
		"fr":                             message.Vietnamese,
		"fr, en;q=0.3":                   message.English,
		"*":                              message.Vietnamese,
		"en;q=0":                         message.Vietnamese,
		"en; q=0.2 , vi ; q = 0.1":       message.English,
		"vi;q=0.5,en;q=0.5":              message.Vietnamese,
		"en;q=0.5,vi;q=0.5":              message.English,
		"en;q=2,vi;q=x":                  message.Vietnamese,
		"en;q=NaN":                       message.Vietnamese,
		"english":                        message.Vietnamese,
		";;;,,,en":                       message.English,
		strings.Repeat("x,", 600) + "en": message.Vietnamese,
	} {
		if got := message.ParseAcceptLanguage(header); got != want {
			t.Errorf("ParseAcceptLanguage(%.60q) = %s, want %s", header, got, want)
		}
	}
}

func FuzzText(f *testing.F) {
	f.Add("UNIT_NOT_FOUND", "unit", "[{unit}", "vi;q=0.1")
	f.Add("ROW_CELLS", "separator", "]", "en")
	f.Fuzz(func(t *testing.T, reason, key, value, header string) {
		e := fault.Invalid(reason, "%s", "an English text").With(key, value)
		text := message.Text(e, message.Vietnamese)
		if !strings.ContainsAny(value, "{}[]") && strings.ContainsAny(text, "{}[]") || text == "" {
			t.Errorf("Text of %v is %q", e, text)
		}
		if l := message.ParseAcceptLanguage(header); l != message.Vietnamese && l != message.English {
			t.Errorf("ParseAcceptLanguage(%q) = %q", header, l)
		}
	})
}
