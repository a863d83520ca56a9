package entry_test

import (
	"bytes"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	journalv1 "github.com/tonghop/tonghop/gen/journal/v1"
	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/figure"
)

// figures puts these bytes in the place of the first report's figures, and takes away their texts.
func figures(b ...byte) func(*journalv1.Entry, *journalv1.Private) {
	return func(m *journalv1.Entry, p *journalv1.Private) { report(m).Figures, p.FigureTexts = b, nil }
}

func TestRunsAndMethodsOfANewerVersionAreRefused(t *testing.T) {
	for _, s := range []spoilt{
		{"a number of a method", "reports-submitted-in-runs", func(m *journalv1.Entry, _ *journalv1.Private) { m.Header.KnownMethod = 900 }},
		{"a number of a method below 0", "reports-submitted-in-runs", func(m *journalv1.Entry, _ *journalv1.Private) { m.Header.KnownMethod = -1 }},
		{"a grade of a run", "reports-submitted-in-runs", figures(0, 0b11_001_01, 1, 1)},
		{"a bit of a run", "reports-submitted-in-runs", figures(0, 0b1000_0101, 1, 1)},
		{"a way to write amounts", "reports-submitted-in-runs", figures(0, 0b101, 57, 1)},
	} {
		if err := spoil(t, s); fault.KindOf(err) != fault.KindPrecondition || fault.ReasonOf(err) != entry.ReasonTooNew {
			t.Errorf("%s: Decode error = %v, want %s", s.what, err, entry.ReasonTooNew)
		}
	}
}

func TestRunsAndMethodsThatNoVersionWroteAreDataLoss(t *testing.T) {
	for _, s := range []spoilt{
		{"figures in both forms", "reports-submitted", figures(0, 0b10)},
		{"a method in both forms", "reports-submitted-in-runs", func(m *journalv1.Entry, _ *journalv1.Private) { m.Header.Method = "A.B" }},
		{"a run without flags", "reports-submitted-in-runs", figures(0)},
		{"a run without a scale", "reports-submitted-in-runs", figures(0, 0b101)},
		{"a run with a state alone", "reports-submitted-in-runs", figures(0, 0b01)},
		{"a run of no state", "reports-submitted-in-runs", figures(0, 0)},
		{"a run with amounts too few", "reports-submitted-in-runs", figures(2, 0b101, 3, 1)},
		{"a run with varints too few", "reports-submitted-in-runs", figures(1, 0b101, 63, 2)},
		{"a run with bits too many", "reports-submitted-in-runs", figures(0, 0b101, 3, 8)},
		{"a run beyond the last number", "reports-submitted-in-runs", figures(append(protowire.AppendVarint(nil, (1<<32-1)<<5|1), 0b10)...)},
		{"a run that ends within its number", "reports-submitted-in-runs", figures(0x80)},
		{"an amount beyond 64 bits", "reports-submitted-in-runs", figures(protowire.AppendVarint([]byte{0, 0b101, 3<<6 | 63}, 1<<63)...)},
	} {
		if err := spoil(t, s); fault.KindOf(err) != fault.KindDataLoss || fault.ReasonOf(err) != entry.ReasonDamaged {
			t.Errorf("%s: Decode error = %v, want %s", s.what, err, entry.ReasonDamaged)
		}
	}
}

// The runs of a submission as proto/journal/v1 words them, byte by byte.
func TestFiguresAreWrittenInRunsByTheBook(t *testing.T) {
	value := func(n int64) figure.Figure {
		return figure.Figure{State: figure.Value, HasValue: true, Value: figure.Number(n)}
	}
	ratio := func(n, d int64) figure.Figure {
		return figure.Figure{State: figure.Value, HasNumerator: true, HasDenominator: true, Numerator: figure.Number(n), Denominator: figure.Number(d)}
	}
	for _, c := range []struct {
		what    string
		figures []entry.Figure
		want    []byte
	}{
		{"three bits each, from the lowest on", []entry.Figure{{Number: 0, Figure: value(5)}, {Number: 1, Figure: value(1)}, {Number: 2, Figure: value(7)}}, []byte{
			0<<5 | 2, 0b101, 3, 0b11_001_101, 0b1,
		}},
		{"one is large: varints", []entry.Figure{{Number: 3, Figure: value(1)}, {Number: 4, Figure: value(2)}, {Number: 5, Figure: value(3)}, {Number: 6, Figure: value(1 << 20)}}, []byte{
			3<<5 | 3, 0b101, 63, 2, 4, 6, 0x80, 0x80, 0x80, 0x01,
		}},
		{"one is below 0: varints", []entry.Figure{{Number: 0, Figure: value(-3)}}, []byte{0, 0b101, 63, 5}},
		{"hundreds lose their zeros", []entry.Figure{{Number: 0, Figure: ratio(300, 500)}}, []byte{0, 0b11001, 2<<6 | 3, 0b101_011}},
		{"nothing but zero", []entry.Figure{{Number: 0, Figure: value(0)}, {Number: 1, Figure: value(0)}}, []byte{1, 0b101, 0}},
		{"a gap and other flags", []entry.Figure{
			{Number: 0, Figure: figure.Figure{State: figure.NotAvailable}},
			{Number: 4, Figure: figure.Figure{State: figure.NotAvailable}},
			{Number: 5, Figure: figure.Figure{State: figure.NotApplicable}},
		}, []byte{0, 0b10, 3 << 5, 0b10, 0, 0b11}},
	} {
		if got := entry.AppendRuns(nil, c.figures); !bytes.Equal(got, c.want) {
			t.Errorf("%s: %x, want %x", c.what, got, c.want)
		}
	}
}

// The numbers of methods as proto/journal/v1 gives them; any other method stands by its name.
func TestMethodsAreWrittenByTheirNumbers(t *testing.T) {
	for method, want := range map[string]journalv1.KnownMethod{
		"": 0, "FormService.CreateForm": 0, "ReportService.SubmitReport": 1, "ReportService.BatchSubmitReports": 2,
		"ReportService.StreamReports": 3, "ReportService.ApproveReport": 4, "ReportService.ReturnReport": 5,
	} {
		e := goldens(t)["token-revoked"]
		e.Header.Method = method
		public, private := encode(t, e)
		var m journalv1.Entry
		if err := proto.Unmarshal(public, &m); err != nil {
			t.Fatal(err)
		}
		if h := m.GetHeader(); h.GetKnownMethod() != want || want != 0 && h.GetMethod() != "" {
			t.Errorf("%q is written as %q, %d, want the number %d", method, h.GetMethod(), h.GetKnownMethod(), want)
		}
		if got, err := entry.Decode(public, private); err != nil || got.Header.Method != method {
			t.Errorf("%q comes back as %q, %v", method, got.Header.Method, err)
		}
	}
}
