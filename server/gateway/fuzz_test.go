package gateway

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
	"github.com/tonghop/tonghop/server/fault"
)

// FuzzHeaders holds that whatever a header says, what goes on is in the list, printable and short, the deadline among it at
// most a minute, and that a refusal is one of ours.
func FuzzHeaders(f *testing.F) {
	names := []string{"Grpc-Timeout", "If-Match", "Idempotency-Key", "Authorization", "Accept", "Accept-Language", "Traceparent", "Grpc-Metadata-X", "Cookie"}
	for i, value := range []string{"10S", `"7-a"`, "018f", "Bearer x", "application/x-ndjson;q=0", "vi", "00-a-b-01", "x", "y", "99999999H", "0n", "-1S", `W/"a"`} {
		f.Add(uint8(i), value, "")
		f.Add(uint8(i), value, value)
	}
	f.Fuzz(func(t *testing.T, which uint8, value, second string) {
		name := names[int(which)%len(names)]
		from := http.Header{name: {value}}
		if second != "" {
			from.Add(name, second)
		}
		a := &asked{}
		on, err := a.admit(from)
		if err != nil {
			if kind := fault.KindOf(err); kind != fault.KindInvalid && kind != fault.KindUnauthenticated {
				t.Fatalf("%s %q is refused with %v", name, value, err)
			}
			return
		}
		for went, values := range on {
			if len(values) != 1 || !carriable(values[0]) || went == "Cookie" || strings.HasPrefix(went, "Grpc-Metadata") {
				t.Fatalf("%s %q goes on as %s %q", name, value, went, values)
			}
		}
		if timeout := on.Get(headerTimeout); timeout != "" {
			d, err := timeoutOf(timeout)
			if err != nil || d <= 0 || d > time.Minute {
				t.Fatalf("Grpc-Timeout %q goes on as %q: %v, %v", value, timeout, d, err)
			}
		}
		if strings.ContainsAny(a.etag, `",*`) {
			t.Fatalf("If-Match %q becomes %q", value, a.etag)
		}
	})
}

// timeoutOf reads a deadline with the standard library, of whose units only some have other letters.
func timeoutOf(value string) (time.Duration, error) {
	units := map[byte]string{'H': "h", 'M': "m", 'S': "s", 'm': "ms", 'u': "us", 'n': "ns"}
	return time.ParseDuration(value[:len(value)-1] + units[value[len(value)-1]])
}

// FuzzParameters holds that the query of a URL is refused by one of our reasons, or names known fields alone, once each.
func FuzzParameters(f *testing.F) {
	routes, err := routesOf(reportingv1.File_reporting_v1_common_proto.Package())
	if err != nil {
		f.Fatal(err)
	}
	r := routes["GET /v1/rollups:query"]
	for _, query := range []string{
		"", "units=82&units=83&basis=official", "pageSize=1&page_size=2", "units=%c0%ae", "a;b", "atTime=2024-03-03T10:00:00Z", "minSequence=-1", "byKind=maybe",
		"closedVersion=99999999999999999999", "atSequence=", "%", "basis=BASIS_OFFICIAL&basis=1", "measure=\x00",
	} {
		f.Add(query)
	}
	f.Fuzz(func(t *testing.T, query string) {
		values, err := r.parameters(query)
		if err != nil {
			if fault.KindOf(err) != fault.KindInvalid {
				t.Fatalf("%q is refused with %v", query, err)
			}
			return
		}
		seen := map[string]bool{}
		for name := range values {
			field := r.parameter(name)
			if field == nil || seen[string(field.Name())] {
				t.Fatalf("%q is taken with %q", query, name)
			}
			seen[string(field.Name())] = true
		}
	})
}

// FuzzBody holds that a body is refused by one of our reasons, or comes back from its own JSON.
func FuzzBody(f *testing.F) {
	for _, body := range []string{
		`{}`, `{"figures":[{"indicator":"A","value":"1.5"}],"merge":true}`, `{"figures":[{"valeu":"1"}]}`, `{"a":{"b":1}}`, `[`, `{"figures":null}`,
		`{"requestId":"\ud800"}`, `{"packed":{}}`, "\ufeff{}", `{"etag":"1","etag":"2"}`, `{"validate_only":1}`,
	} {
		f.Add([]byte(body))
	}
	routes, err := routesOf(reportingv1.File_reporting_v1_common_proto.Package())
	if err != nil {
		f.Fatal(err)
	}
	r := routes["POST /v1/{name=units/*/reports/*}:submit"]
	f.Fuzz(func(t *testing.T, body []byte) {
		request := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(string(body)))
		d, err := r.decode(httptest.NewRecorder(), request)
		if err != nil {
			if kind := fault.KindOf(err); kind != fault.KindInvalid && kind != fault.KindExhausted {
				t.Fatalf("%q is refused with %v", body, err)
			}
			return
		}
		if d.message == nil {
			return
		}
		text, err := marshalAny(d.message)
		if err != nil {
			t.Fatal(err)
		}
		again := &reportingv1.SubmitReportRequest{}
		if err := readJSON(text, again); err != nil || !proto.Equal(again, d.message) {
			t.Fatalf("%q is %v, and from its own JSON %v, %v", body, d.message, again, err)
		}
	})
}
