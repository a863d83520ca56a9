package gateway_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
)

const submit = "/v1/units/82/reports/cds~2024-02:submit"

func text(s string) *string { return &s }

// TestZeroAbsentAndNothingAreThreeThings sends a figure in every way and reads it back in the same.
func TestZeroAbsentAndNothingAreThreeThings(t *testing.T) {
	var got *reportingv1.SubmitReportRequest
	w := open(t, func(h heard, _ grpc.ServerStream) (proto.Message, error) {
		got = h.request.(*reportingv1.SubmitReportRequest)
		return &reportingv1.SubmitReportResponse{
			Outcome: &reportingv1.SubmitOutcome{Receipt: &reportingv1.Receipt{Sequence: 1 << 60}},
			Report:  &reportingv1.Report{Figures: got.GetFigures()},
		}, nil
	})
	for in, want := range map[string]struct {
		value *string
		out   string
	}{
		`{"indicator":"A","value":"0"}`:                                {text("0"), `{"indicator":"A","value":"0",`},
		`{"indicator":"A","value":""}`:                                 {text(""), `{"indicator":"A","value":"",`},
		`{"indicator":"A","value":null}`:                               {nil, `{"indicator":"A","state":`},
		`{"indicator":"A"}`:                                            {nil, `{"indicator":"A","state":`},
		`{"indicator":"A","value":"0.000","denominator":"0"}`:          {text("0.000"), `{"indicator":"A","value":"0.000","denominator":"0",`},
		`{"indicator":"A","value":"12345678901234567890.000000"}`:      {text("12345678901234567890.000000"), `"value":"12345678901234567890.000000"`},
		`{"indicator":"A","state":"FIGURE_STATE_NOT_AVAILABLE"}`:       {nil, `"state":"FIGURE_STATE_NOT_AVAILABLE"`},
		"{\"indicator\":\"A\",\"note\":\"Số liệu <tạm> & \\\"x\\\"\"}": {nil, `"note":"Số liệu <tạm> & \"x\""`},
	} {
		a := w.ask("POST", submit, `{"figures":[`+in+`]}`, "Content-Type: application/json")
		if a.code != 200 || len(got.GetFigures()) != 1 {
			t.Fatalf("%s: HTTP %d %s", in, a.code, a.body)
		}
		f := got.GetFigures()[0]
		if (f.Value == nil) != (want.value == nil) || f.GetValue() != (&reportingv1.Figure{Value: want.value}).GetValue() {
			t.Errorf("%s: arrived as value %v, want %v", in, f.Value, want.value)
		}
		if !strings.Contains(a.body, want.out) {
			t.Errorf("%s: came back as %s, want %s in it", in, a.body, want.out)
		}
		for _, there := range []string{`"late":false`, `"problems":[]`, `"sequence":"1152921504606846976"`, `"validateOnly"`} {
			if strings.Contains(a.body, there) == (there == `"validateOnly"`) {
				t.Errorf("%s: the answer has %s: %v\n%s", in, there, strings.Contains(a.body, there), a.body)
			}
		}
		if strings.Contains(a.body, "null") || strings.Contains(a.body, `"deadline"`) {
			t.Errorf("%s: what is absent stands in the answer: %s", in, a.body)
		}
	}
}

func TestAnswersAreTheSameBytesEveryTime(t *testing.T) {
	w := open(t, func(heard, grpc.ServerStream) (proto.Message, error) {
		return &reportingv1.QueryRollupsResponse{Rollups: []*reportingv1.Rollup{{Value: text("120")}}}, nil
	})
	a := w.ask("GET", "/v1/rollups:query?units=87&indicators=CQ-11&periods=2024-02", "")
	if !strings.Contains(a.body, `"value":"120"`) || strings.Contains(a.body, `": `) || a.header.Get("Content-Type") != "application/json" {
		t.Errorf("%s is not compact JSON", a.body)
	}
}

func TestAWrongBodyIsRefused(t *testing.T) {
	w := open(t, nil)
	for body, reason := range map[string]string{
		`{"figuers":[]}`: "UNKNOWN_FIELD",
		`{"figures":[{"indicator":"A","valeu":"1"}]}`: "UNKNOWN_FIELD",
		`{"validateonly":true}`:                       "UNKNOWN_FIELD",
		`{"figures":[`:                                "JSON_INVALID",
		`{} {}`:                                       "JSON_INVALID",
		`{}]`:                                         "JSON_INVALID",
		`[]`:                                          "JSON_INVALID",
		`null`:                                        "JSON_INVALID",
		`"x"`:                                         "JSON_INVALID",
		`not json`:                                    "JSON_INVALID",
		`{"draft":true,"draft":false}`:                "JSON_INVALID",
		`{"request_id":"a","requestId":"b"}`:          "JSON_INVALID",
		`{"draft":"yes"}`:                             "JSON_INVALID",
		`{"figures":[{"value":120}]}`:                 "JSON_INVALID",
		`{"figures":[{"value":1e3}]}`:                 "JSON_INVALID",
		`{"figures":[{"state":"STATE_X"}]}`:           "UNKNOWN_FIELD",
		"{\"name\":\"\xff\"}":                         "JSON_INVALID",
		`{"figures":` + strings.Repeat("[", 20_000): "JSON_INVALID",
		"\xef\xbb\xbf{}": "JSON_INVALID",
	} {
		a := w.ask("POST", submit, body, "Content-Type: application/json", "Accept-Language: en")
		a.refused(t, shortened(body), http.StatusBadRequest, reason)
		w.silent(shortened(body))
		if strings.Contains(a.failure.Message, "proto") {
			t.Errorf("%s: the message speaks of the library: %s", shortened(body), a.failure.Message)
		}
	}
	a := w.ask("POST", submit, `{"figures":[{"valeu":"1"}]}`, "Accept-Language: vi")
	if !strings.Contains(a.failure.Message, "valeu") || a.failure.detail("ErrorInfo")["metadata"].(map[string]any)["name"] != "valeu" {
		t.Errorf("the unknown field is not named: %s", a.body)
	}
	for _, body := range []string{"", " ", "{}", "\n{ }\n"} {
		if a := w.ask("POST", submit, body); a.code != http.StatusOK {
			t.Errorf("%q: HTTP %d %s", body, a.code, a.body)
		}
	}
}

func shortened(s string) string { return s[:min(len(s), 60)] }

func TestABodyThatIsNotJSONByItsHeaderIsRefused(t *testing.T) {
	w := open(t, nil)
	for kind, code := range map[string]int{
		"application/json":                  200,
		"application/json; charset=utf-8":   200,
		"Application/JSON;charset=UTF-8":    200,
		"":                                  200,
		"application/json; charset=utf-16":  415,
		"text/plain":                        415,
		"application/x-www-form-urlencoded": 415,
		"multipart/form-data; boundary=x":   415,
		"application/json, text/plain":      415,
		"application/xml":                   415,
		";":                                 415,
	} {
		a := w.ask("POST", submit, "{}", "Content-Type: "+kind)
		if a.code != code || code == 415 && a.failure.reason() != "CONTENT_TYPE_UNSUPPORTED" {
			t.Errorf("Content-Type %q: HTTP %d %s, want %d", kind, a.code, a.body, code)
		}
	}
	w.last()
	w.ask("POST", submit, "\x1f\x8b", "Content-Encoding: gzip").refused(t, "gzip", 415, "CONTENT_TYPE_UNSUPPORTED")
	w.silent("gzip")
}

func TestABodyHasAMebibyte(t *testing.T) {
	w := open(t, nil)
	const limit = 1 << 20
	body := func(size int) string {
		return `{"figures":[{"note":"` + strings.Repeat("x", size-len(`{"figures":[{"note":""}]}`)) + `"}]}`
	}
	if a := w.ask("POST", submit, body(limit)); a.code != http.StatusOK {
		t.Errorf("a body of the limit: HTTP %d %s", a.code, shortened(a.body))
	}
	w.last()
	w.ask("POST", submit, body(limit+1)).refused(t, "one byte more", http.StatusRequestEntityTooLarge, "BODY_TOO_LARGE")
	w.silent("one byte more")
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.url+submit, io.LimitReader(endless{}, limit+1))
	if err != nil {
		t.Fatal(err)
	}
	w.do(r).refused(t, "one byte more in chunks", http.StatusRequestEntityTooLarge, "BODY_TOO_LARGE")
	w.silent("one byte more in chunks")
	// What comes with a request that has no body is not read at all.
	if a := w.ask("GET", "/v1/status", strings.Repeat("x", 64<<10)); a.code != http.StatusOK {
		t.Errorf("a body with GET: HTTP %d", a.code)
	}
}

// endless is a body of spaces.
type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	return len(p), nil
}

func TestParametersAreRefusedByName(t *testing.T) {
	w := open(t, nil)
	for path, reason := range map[string]string{
		"/v1/units?asof=2024-01-01":                      "PARAMETER_UNKNOWN",
		"/v1/units?page_siz=5":                           "PARAMETER_UNKNOWN",
		"/v1/units?access_token=x":                       "PARAMETER_UNKNOWN",
		"/v1/units/82?name=units/83":                     "PARAMETER_UNKNOWN",
		"/v1/units?pageSize=five":                        "PARAMETER_INVALID",
		"/v1/units?pageSize=1&pageSize=2":                "PARAMETER_INVALID",
		"/v1/units?pageSize=1&page_size=2":               "PARAMETER_REPEATED",
		"/v1/units?pageSize=99999999999":                 "PARAMETER_INVALID",
		"/v1/units?search=%ff":                           "PARAMETER_INVALID",
		"/v1/units?search=%zz":                           "PARAMETER_INVALID",
		"/v1/units?a;b":                                  "PARAMETER_INVALID",
		"/v1/units?kinds[a]=b":                           "PARAMETER_UNKNOWN",
		"/v1/rollups:query?basis=BASIS_X":                "PARAMETER_INVALID",
		"/v1/rollups:query?children=yes":                 "PARAMETER_INVALID",
		"/v1/units?atTime=2024-03-03":                    "PARAMETER_INVALID",
		"/v1/units?at_time=2024-03-03T17:00:00+07:00":    "PARAMETER_INVALID", // the + is a space
		"/v1/units?atSequence=last":                      "PARAMETER_INVALID",
		"/v1/rollups:query?indicator=CQ-11":              "PARAMETER_UNKNOWN",
		"/v1/changes:watch?after=1":                      "PARAMETER_UNKNOWN",
		"/v1/changes?afterSequence=9223372036854775808":  "PARAMETER_INVALID",
		"/v1/rollups:query?units=1&minSequence=1&asof=x": "PARAMETER_UNKNOWN",
	} {
		a := w.ask("GET", path, "", "Accept-Language: en")
		a.refused(t, path, http.StatusBadRequest, reason)
		w.silent(path)
	}
	// A body that is the whole request has no parameters: validateOnly there would be passed over, and the report sent.
	w.ask("POST", submit+"?validateOnly=true", "{}").refused(t, "validateOnly beside a whole body", http.StatusBadRequest, "PARAMETER_UNKNOWN")
	w.ask("POST", "/v1/units?unit.code=82", "{}").refused(t, "a field of the body", http.StatusBadRequest, "PARAMETER_UNKNOWN")
	w.silent("neither")

	for _, basis := range []string{"BASIS_PROVISIONAL", "PROVISIONAL", "provisional", "2"} {
		a := w.ask("GET", "/v1/rollups:query?units=1&units=2&basis="+basis+"&by_kind=true&minSequence=7", "")
		h, ok := w.last()
		if a.code != 200 || !ok {
			t.Fatalf("basis=%s: %s", basis, a.body)
		}
		q := h.request.(*reportingv1.QueryRollupsRequest)
		if q.GetBasis() != reportingv1.Basis_BASIS_PROVISIONAL || fmt.Sprint(q.GetUnits()) != "[1 2]" || !q.GetByKind() || q.GetMinSequence() != 7 {
			t.Errorf("basis=%s: arrived as %v", basis, q)
		}
	}
}

func TestAMaskCountsOnlyIfItWasGiven(t *testing.T) {
	w := open(t, nil)
	for query, want := range map[string]string{
		"":                                "[]",
		"?updateMask=nameVi,validTo":      "[name_vi valid_to]",
		"?update_mask=name_en,%20validTo": "[name_en valid_to]",
		"?updateMask=nonsense":            "[nonsense]",
		"?updateMask=*":                   "[*]",
		"?validateOnly=true":              "[]",
	} {
		a := w.ask("PATCH", "/v1/units/82"+query, `{"name":"units/82","nameVi":"Đồng Tháp","validTo":"","etag":"7"}`)
		h, ok := w.last()
		if a.code != 200 || !ok {
			t.Fatalf("%s: HTTP %d %s", query, a.code, a.body)
		}
		r := h.request.(*reportingv1.UpdateUnitRequest)
		if got := fmt.Sprint(r.GetUpdateMask().GetPaths()); got != want {
			t.Errorf("%s: the mask is %s, want %s", query, got, want)
		}
		if r.GetUnit().GetName() != "units/82" || r.GetUnit().GetEtag() != "7" || r.GetUnit().GetNameVi() != "Đồng Tháp" {
			t.Errorf("%s: the unit is %v, want the name of the path", query, r.GetUnit())
		}
	}
	if a := w.ask("PATCH", "/v1/units/82", ""); a.code != 200 {
		t.Errorf("PATCH without a body: HTTP %d %s, want the use case to miss the unit", a.code, a.body)
	}
}
