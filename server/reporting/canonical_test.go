package reporting

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"strings"
	"testing"

	"github.com/tonghop/tonghop/server/figure"
)

// TestCanonicalIsLengthAndText spells the hashed bytes out once more: request ids are remembered for 400 days, so the
// format may not change with the way in which it is written.
func TestCanonicalIsLengthAndText(t *testing.T) {
	long := strings.Repeat("ghi chú ", 1000)
	empty := ""
	var want bytes.Buffer
	for _, s := range []string{
		"method", "M", "note", long, "value?", "1", "value", "", "numerator?", "0", "draft", "1", "merge", "0", "figures", "\x00\x00\x00\x00\x00\x00\x00\x2c",
	} {
		want.Write(binary.AppendUvarint(nil, uint64(len(s))))
		want.WriteString(s)
	}
	for n := range 400 {
		s := strings.Repeat("x", n)
		want.Write(binary.AppendUvarint(nil, 1))
		want.WriteString("n")
		want.Write(binary.AppendUvarint(nil, uint64(n)))
		want.WriteString(s)
	}
	c := canon("M").text("note", long).optional("value", &empty).optional("numerator", nil).
		flag("draft", true).flag("merge", false).count("figures", 44)
	for n := range 400 {
		c.text("n", strings.Repeat("x", n))
	}
	if got := c.sum(); got != sha256.Sum256(want.Bytes()) {
		t.Error("the hash of a request is not that of its fields, each as its length and its text")
	}
}

// TestCanonicalFigureIsItsWords spells out what is hashed of a figure that is more than numbers.
func TestCanonicalFigureIsItsWords(t *testing.T) {
	text := func(s string) *string { return &s }
	for i, f := range []FigureDraft{
		{Indicator: "A", Value: text("01"), State: figure.Value},
		{Indicator: "", Numerator: text(""), Denominator: text("-5,5"), Format: figure.Vietnamese, Grade: figure.Estimate},
		{Indicator: "B-2", State: figure.NotAvailable, Note: "máy hỏng", Format: figure.Undeclared},
		{Indicator: "B-2", Value: text("5"), Format: figure.Undeclared},
		{Indicator: "B-2", Value: text("5"), Grade: figure.Preliminary},
		{Indicator: "C", State: figure.NotApplicable, Explanation: strings.Repeat("x", 5000), Format: figure.English},
		{Indicator: strings.Repeat("d", 9000), Value: text(strings.Repeat("9", 9000)), State: 200, Grade: 100, Format: 99},
	} {
		got, want := canon("M"), canon("M")
		got.figure(&f)
		want.word(f.Indicator, "")
		want.b = append(want.b, 0)
		want.optional("value", f.Value).optional("numerator", f.Numerator).
			optional("denominator", f.Denominator).text("state", f.State.String()).text("grade", f.Grade.String()).
			text("note", f.Note).text("explanation", f.Explanation).text("format", f.Format.String())
		if got.sum() != want.sum() {
			t.Errorf("figure %d has another hash than its words", i)
		}
	}
}

// TestCanonicalFigureIsItsNumbers spells out what is hashed of any other figure, however it is written.
func TestCanonicalFigureIsItsNumbers(t *testing.T) {
	text := func(s string) *string { return &s }
	for _, c := range []struct {
		figure FigureDraft
		want   string
	}{
		{FigureDraft{Indicator: "A", Value: text("12.5")}, "\x01A\x01\x01\x02\xfa\x01\x00\x00"},
		{FigureDraft{Indicator: "A", Value: text("12.500"), State: figure.Value}, "\x01A\x01\x01\x02\xfa\x01\x00\x00"},
		{FigureDraft{Indicator: "A", Value: text("125")}, "\x01A\x01\x01\x01\xfa\x01\x00\x00"},
		{FigureDraft{Indicator: "RA", Numerator: text("-1"), Denominator: text("0")}, "\x02RA\x01\x01\x00\x01\x01\x01\x00"},
		{FigureDraft{Indicator: "A", State: figure.NotAvailable}, "\x01A\x01\x02\x00\x00\x00"},
		{FigureDraft{Indicator: "A", State: figure.NotApplicable, Value: text("0")}, "\x01A\x01\x03\x01\x00\x00\x00"},
		{FigureDraft{Indicator: "A"}, "\x01A\x01\x00\x00\x00\x00"},
	} {
		got := canon("M")
		got.figure(&c.figure)
		if want := "\x06method\x01M" + c.want; got.sum() != sha256.Sum256([]byte(want)) {
			t.Errorf("%+v has another hash than %q", c.figure, c.want)
		}
	}
}
