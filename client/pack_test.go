package client_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"pgregory.net/rapid"

	"github.com/tonghop/tonghop/client"
	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/rpc/rpctest"
)

// sent gives what goes out of a report.
func sent(t *testing.T, q *reportingv1.SubmitReportRequest) *reportingv1.SubmitReportRequest {
	t.Helper()
	f := startFake(t)
	var got *reportingv1.SubmitReportRequest
	f.reports.submit = func(_ context.Context, q *reportingv1.SubmitReportRequest) (*reportingv1.SubmitReportResponse, error) {
		got = q
		return &reportingv1.SubmitReportResponse{}, nil
	}
	if _, err := f.dial(t).SubmitReport(t.Context(), q); err != nil {
		t.Fatal(err)
	}
	return got
}

func TestFiguresGoOutInColumns(t *testing.T) {
	for _, c := range []struct{ name, figures, want string }{
		{
			"values at the scale of the finest", `{indicator:"A" value:"12"} {indicator:"B" value:"-0.25"} {indicator:"C" value:"3.50" state:FIGURE_STATE_VALUE grade:FIGURE_GRADE_FINAL}`,
			`packed:{indicators:"A" indicators:"B" indicators:"C" scale:2 amounts:1200 amounts:-25 amounts:350}`,
		},
		{
			"a ratio and half of one", `{indicator:"R" numerator:"90" denominator:"100"} {indicator:"A" value:"0"} {indicator:"S" numerator:"1.5"}`,
			`packed:{indicators:"R" indicators:"R" indicators:"A" indicators:"S"
				parts:AMOUNT_PART_NUMERATOR parts:AMOUNT_PART_DENOMINATOR parts:AMOUNT_PART_VALUE parts:AMOUNT_PART_NUMERATOR
				scale:1 amounts:900 amounts:1000 amounts:0 amounts:15}`,
		},
		{
			"states", `{indicator:"A" state:FIGURE_STATE_NOT_AVAILABLE} {indicator:"B" value:"1"} {indicator:"R" state:FIGURE_STATE_NOT_APPLICABLE}`,
			`packed:{indicators:"A" indicators:"B" indicators:"R" amounts:0 amounts:1 amounts:0 not_available:0 not_applicable:2}`,
		},
		{"a grade", `{indicator:"A" value:"1" grade:FIGURE_GRADE_ESTIMATE}`, ""},
		{"a note", `{indicator:"A" value:"1" note:"x"}`, ""},
		{
			"explanations", `{indicator:"A" value:"1.5" explanation:"x"} {indicator:"B" value:"2.0"} {indicator:"R" state:FIGURE_STATE_NOT_AVAILABLE explanation:"y"}`,
			`packed:{indicators:"A" indicators:"B" indicators:"R" scale:1 amounts:15 amounts:20 amounts:0 not_available:2
				explanations:{indicator:"A" text:"x"} explanations:{indicator:"R" text:"y"}}`,
		},
		{"an explanation of a number with a zero at its end", `{indicator:"A" value:"1.0" explanation:"x"}`, ""},
		{"an explanation with the state of a value", `{indicator:"A" value:"1" state:FIGURE_STATE_VALUE explanation:"x"}`, ""},
		{"an explanation without words", `{indicator:"A" value:"1" explanation:" "}`, ""},
		{"a denominator alone", `{indicator:"A" denominator:"1"}`, ""},
		{"a value and a part", `{indicator:"A" value:"1" numerator:"1"}`, ""},
		{"a state and a number", `{indicator:"A" value:"1" state:FIGURE_STATE_NOT_AVAILABLE}`, ""},
		{"a state that is not known", `{indicator:"A" value:"1" state:9}`, ""},
		{"no number", `{indicator:"A" state:FIGURE_STATE_VALUE}`, ""},
		{"a comma", `{indicator:"A" value:"1"} {indicator:"B" value:"1,5"}`, ""},
		{"too many digits", `{indicator:"A" value:"1234567890123456789"}`, ""},
		{"too many digits at the scale of the finest", `{indicator:"A" value:"123456789012345678"} {indicator:"B" value:"0.1"}`, ""},
		{"no figure", ``, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			const rest = `name:"units/82/reports/m~2024-01" draft:true merge:true etag:"1-draft" request_id:"01900000-0000-7000-9000-000000000001" validate_only:true `
			given, want := &reportingv1.SubmitReportRequest{}, &reportingv1.SubmitReportRequest{}
			figures := ""
			if c.figures != "" {
				figures = "figures:[" + strings.ReplaceAll(c.figures, "} {", "}, {") + "]"
			}
			if err := errors.Join(prototext.Unmarshal([]byte(rest+figures), given), prototext.Unmarshal([]byte(rest+c.want), want)); err != nil {
				t.Fatal(err)
			}
			before := proto.CloneOf(given)
			if c.want == "" {
				want = before
			}
			if got := sent(t, given); !proto.Equal(got, want) {
				t.Errorf("sent is %v\nwant %v", got, want)
			}
			if !proto.Equal(given, before) {
				t.Errorf("the caller's own message was written to: %v", given)
			}
		})
	}
}

// What the server refuses in a figure must not come to it as a number.
func TestOnlyNumbersGoOutInColumns(t *testing.T) {
	for text, amount := range map[string]string{
		"0": "0", "0.0": "0", "-1": "-1", "1.20": "12/1", "1.0000000": "1", "-0.000001": "-1/6", "123456789012345678": "123456789012345678",
		"007": "", "00": "", "-0": "", "-0.0": "", "1.": "", ".5": "", "-": "", "": "", " 1": "", "1 ": "", "+1": "", "1e3": "", "1,5": "", "1.2.3": "",
		"0.0000001": "", "٣": "", "1234567890123456789": "",
	} {
		want := &reportingv1.SubmitReportRequest{RequestId: "1", Figures: []*reportingv1.Figure{{Indicator: "A", Value: proto.String(text)}}}
		got := sent(t, proto.CloneOf(want))
		if amount != "" {
			want.Figures = nil
			want.Packed = &reportingv1.PackedFigures{Indicators: []string{"A"}, Amounts: []int64{0}}
			_, _ = fmt.Sscanf(amount, "%d/%d", &want.Packed.Amounts[0], &want.Packed.Scale) // the scale may be left out
		}
		if !proto.Equal(got, want) {
			t.Errorf("the number %q goes out as %v, want %v", text, got, want)
		}
	}
}

// A field that a report gets one day must not be lost on the way into columns.
func TestEveryFieldOfAReportGoesOut(t *testing.T) {
	q := &reportingv1.SubmitReportRequest{Figures: []*reportingv1.Figure{{Indicator: "A", Value: proto.String("1")}}}
	fields := q.ProtoReflect().Descriptor().Fields()
	for i := range fields.Len() {
		switch f := fields.Get(i); {
		case f.Kind() == protoreflect.StringKind:
			q.ProtoReflect().Set(f, protoreflect.ValueOfString("01900000-0000-7000-9000-000000000001"))
		case f.Kind() == protoreflect.BoolKind:
			q.ProtoReflect().Set(f, protoreflect.ValueOfBool(true))
		case f.Name() != "figures" && f.Name() != "packed":
			t.Fatalf("the test does not know how to fill %s", f.Name())
		}
	}
	got := sent(t, q)
	for i := range fields.Len() {
		if f := fields.Get(i); got.ProtoReflect().Has(f) != (f.Name() != "figures") {
			t.Errorf("%s went out: %t", f.Name(), got.ProtoReflect().Has(f))
		}
	}
	for _, unknown := range []proto.Message{q, q.GetFigures()[0]} {
		unknown.ProtoReflect().SetUnknown([]byte{0xf8, 0x07, 1})
		if got := sent(t, q); !proto.Equal(got, q) {
			t.Errorf("sent is %v, want what the library does not know as well", got)
		}
		unknown.ProtoReflect().SetUnknown(nil)
	}
}

func TestWhereColumnsAreRefusedFiguresAreSent(t *testing.T) {
	f := startFake(t)
	refuse := func(code codes.Code, reason, field string) error {
		return refusal(code, reason, &errdetails.BadRequest{FieldViolations: []*errdetails.BadRequest_FieldViolation{{Field: field, Reason: reason}}})
	}
	var ways []string
	var inColumns, inFigures error
	f.reports.submit = func(_ context.Context, q *reportingv1.SubmitReportRequest) (*reportingv1.SubmitReportResponse, error) {
		if q.GetPacked() != nil {
			ways = append(ways, "columns "+q.GetRequestId())
			return &reportingv1.SubmitReportResponse{}, inColumns
		}
		ways = append(ways, "figures "+q.GetRequestId())
		return &reportingv1.SubmitReportResponse{}, inFigures
	}
	c := f.dial(t, func(c *client.Config) { c.Attempts = 1 })
	q := &reportingv1.SubmitReportRequest{RequestId: "1", Figures: []*reportingv1.Figure{{Indicator: "A", Value: proto.String("1")}}}
	for _, s := range []struct {
		name                 string
		inColumns, inFigures error
		ways, field          string
	}{
		{"taken", nil, nil, "columns 1", ""},
		{"a wrong amount", refuse(codes.InvalidArgument, "X", "packed.amounts[0]"), refuse(codes.InvalidArgument, "X", "figures[0].value"), "columns 1; figures 1", "figures[0].value"},
		{"an unknown indicator", refuse(codes.NotFound, "X", "packed.amounts[0]"), refuse(codes.NotFound, "X", "figures[0].indicator"), "columns 1; figures 1", "figures[0].indicator"},
		{"another field", refuse(codes.InvalidArgument, "X", "name"), nil, "columns 1", "name"},
		{"another refusal", refuse(codes.Aborted, "ETAG_MISMATCH", "etag"), nil, "columns 1", "etag"},
		{"a server of old", refuse(codes.InvalidArgument, "UNKNOWN_FIELD", ""), nil, "columns 1; figures 1", ""},
		{"the same server", nil, nil, "figures 1", ""},
	} {
		ways, inColumns, inFigures = nil, s.inColumns, s.inFigures
		_, err := c.SubmitReport(t.Context(), q)
		if got := strings.Join(ways, "; "); got != s.ways {
			t.Errorf("%s: sent were %q, want %q", s.name, got, s.ways)
		}
		var e *client.Error
		if failed := errors.As(err, &e); failed != (s.field != "") || failed && e.Fields[0].Name != s.field {
			t.Errorf("%s: error = %v, want one at %q", s.name, err, s.field)
		}
	}
}

// answered tells an answer or a refusal in all its details.
func answered(answer *reportingv1.SubmitReportResponse, err error) string {
	return fmt.Sprint(answer.GetOutcome(), answer.GetReport().GetEtag(), status.Convert(err).Proto())
}

// TestColumnsChangeNoAnswer asks a real server about drawn reports: by this library, and as figures without a way out.
func TestColumnsChangeNoAnswer(t *testing.T) {
	s := rpctest.New(t).Populate()
	token := s.Token(auth.Reporter, "30280")
	c, err := client.Dial(t.Context(), client.Config{Address: "127.0.0.1:1", Token: client.Secret(token), Language: "en", Dialer: s.Line, Attempts: 1})
	s.Must(err)
	t.Cleanup(func() { s.Must(c.Close()) })
	text := rapid.Ptr(rapid.OneOf(rapid.StringMatching(`-?[0-9]{1,3}(\.[0-9]{1,3})?`), rapid.SampledFrom([]string{
		"0", "1", "1.0", "2.50", "-0", "", "1,5", "007", "1.", ".5", " 1", "1e3", "9223372036854775807", "99999999999999999999", "0.0000001", "1.0000000",
	})), true)
	drawn := rapid.Custom(func(t *rapid.T) *reportingv1.Figure {
		f := &reportingv1.Figure{Indicator: rapid.SampledFrom([]string{"HS", "TL", "GD", "hs", "X", ""}).Draw(t, "indicator")}
		if rapid.IntRange(0, 3).Draw(t, "odd") > 0 { // mostly right
			f.Indicator = rapid.SampledFrom([]string{"HS", "TL", "GD"}).Draw(t, "right indicator")
		}
		switch {
		case rapid.IntRange(0, 5).Draw(t, "odd parts") == 0:
			f.Value, f.Numerator, f.Denominator = text.Draw(t, "value"), text.Draw(t, "numerator"), text.Draw(t, "denominator")
		case f.GetIndicator() == "TL":
			f.Numerator, f.Denominator = text.Draw(t, "numerator"), text.Draw(t, "denominator")
		default:
			f.Value = text.Draw(t, "value")
		}
		f.State = rapid.SampledFrom([]reportingv1.FigureState{0, 0, 0, 0, 1, 2, 3, 9}).Draw(t, "state")
		f.Note = rapid.SampledFrom([]string{"", "", "", "", "", "", "ghi chú"}).Draw(t, "note")
		return f
	})
	raw := reportingv1.NewReportServiceClient(s.Conn)
	ask := func(fatal func(string, ...any), figures ...*reportingv1.Figure) codes.Code {
		q := &reportingv1.SubmitReportRequest{Name: "units/30280/reports/cds~2024-05", ValidateOnly: true, Figures: figures}
		got, err := c.SubmitReport(s.TB.Context(), q)
		want, wantErr := raw.SubmitReport(s.As(token, "accept-language", "en"), q)
		if got, want := answered(got, err), answered(want, wantErr); got != want {
			fatal("by the library: %s\nas it is: %s", got, want)
		}
		return status.Code(err)
	}
	rapid.Check(t, func(t *rapid.T) { ask(t.Fatalf, rapid.SliceOfN(drawn, 0, 4).Draw(t, "figures")...) })
	// Whatever was drawn, each sort of answer was compared.
	for want, f := range map[codes.Code]*reportingv1.Figure{
		codes.OK:              {Indicator: "HS", Value: new("5")},
		codes.InvalidArgument: {Indicator: "HS", Value: new("1,5")},
		codes.NotFound:        {Indicator: "X", Value: new("5")},
	} {
		if got := ask(t.Fatalf, f); got != want {
			t.Errorf("%v: %v, want %v", f, got, want)
		}
	}
}
