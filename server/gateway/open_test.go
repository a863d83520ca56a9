package gateway_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"

	"github.com/tonghop/tonghop/server/gateway"
)

func TestThePagesForEverybody(t *testing.T) {
	w := open(t, nil)
	if a := w.ask("GET", "/healthz", ""); a.code != 200 || a.body != `{"status":"OK"}` {
		t.Errorf("/healthz: HTTP %d %s", a.code, a.body)
	}
	if a := w.ask("GET", "/readyz", ""); a.code != 200 || a.body != `{"status":"SERVING"}` {
		t.Errorf("/readyz: HTTP %d %s", a.code, a.body)
	}
	w.health.SetServingStatus("", healthv1.HealthCheckResponse_NOT_SERVING)
	w.ask("GET", "/readyz", "").refused(t, "/readyz while it stops", 503, "NOT_READY")
	if a := w.ask("GET", "/healthz", ""); a.code != 200 {
		t.Errorf("/healthz while it stops: HTTP %d", a.code)
	}
	var description struct {
		Swagger string
		Paths   map[string]any
	}
	a := w.ask("GET", "/openapi.json", "")
	if err := json.Unmarshal([]byte(a.body), &description); err != nil || description.Swagger != "2.0" || len(description.Paths) < 20 {
		t.Errorf("/openapi.json: HTTP %d, %v, %d paths", a.code, err, len(description.Paths))
	}
	for _, page := range []string{"/healthz", "/readyz", "/openapi.json"} {
		if a := w.ask("HEAD", page, ""); a.body != "" || a.header.Get("Content-Type") != "application/json" {
			t.Errorf("HEAD %s: %q, %v", page, a.body, a.header)
		}
	}
	w.silent("pages for everybody")
}

// described is one operation of the OpenAPI file.
type described struct {
	Responses map[string]struct {
		Schema map[string]any
	}
	Parameters []struct{ Name, In string }
	Produces   []string
}

func (d described) takes(header string) bool {
	for _, p := range d.Parameters {
		if p.In == "header" && p.Name == header {
			return true
		}
	}
	return false
}

// TestTheDescriptionSaysWhatIsServed holds /openapi.json against the contract and against what the gateway does.
func TestTheDescriptionSaysWhatIsServed(t *testing.T) {
	w := open(t, nil)
	var file struct {
		Paths       map[string]map[string]described
		Definitions map[string]any
	}
	if err := json.Unmarshal([]byte(w.ask("GET", "/openapi.json", "").body), &file); err != nil {
		t.Fatal(err)
	}
	operations := 0
	for path, verbs := range file.Paths {
		for verb, d := range verbs {
			operations++
			if d.Responses["default"].Schema["$ref"] != "#/definitions/Error" {
				t.Errorf("%s %s: the error is described as %v", verb, path, d.Responses["default"].Schema)
			}
		}
	}
	if file.Definitions["Error"] == nil {
		t.Error("the form of errors is not described")
	}
	for _, b := range bindings(t) {
		operations--
		path := strings.ReplaceAll(b.path, sequence, "{sequence}")
		for collection, name := range segments {
			path = strings.ReplaceAll(path, name, "{"+strings.TrimSuffix(collection, "s")+"}")
		}
		d, ok := file.Paths[path][strings.ToLower(b.verb)]
		if !ok {
			t.Errorf("%s %s is not described", b.verb, path)
			continue
		}
		in := b.method.Input().Fields()
		if change := in.ByName("request_id") != nil; d.takes("Idempotency-Key") != change {
			t.Errorf("%s %s: takes an Idempotency-Key: %v, want %v", b.verb, path, !change, change)
		}
		if compares := in.ByName("etag") != nil || b.verb == http.MethodPatch; d.takes("If-Match") != compares {
			t.Errorf("%s %s: takes If-Match: %v, want %v", b.verb, path, !compares, compares)
		}
		if lines := b.method.IsStreamingServer(); lines != (len(d.Produces) == 1 && d.Produces[0] == "application/x-ndjson") || lines && d.Responses["200"].Schema["$ref"] == nil {
			t.Errorf("%s %s: gives %v of %v", b.verb, path, d.Produces, d.Responses["200"].Schema)
		}
	}
	for _, u := range uploads {
		operations--
		if d, ok := file.Paths[u.path]["post"]; !ok || !d.takes("Idempotency-Key") {
			t.Errorf("%s is described as %+v", u.path, d)
		}
	}
	operations--
	if d, ok := file.Paths["/v1/units:importReorganisation"]["post"]; !ok || !d.takes("Idempotency-Key") {
		t.Errorf("the reorganisation is described as %+v", d)
	}
	if operations != 0 {
		t.Errorf("the description has %d operations that are not served", operations)
	}
}

func TestTheServerHasEveryLimit(t *testing.T) {
	server := grpc.NewServer()
	defer server.Stop()
	g, err := gateway.New(gateway.Config{GRPC: server})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = g.Close() }()
	s := g.Server()
	if s.ReadHeaderTimeout != 5*time.Second || s.MaxHeaderBytes != 16<<10 || s.IdleTimeout <= 0 || s.ReadTimeout <= 0 || s.WriteTimeout <= time.Minute {
		t.Errorf("the limits are %+v", s)
	}
	if _, err := gateway.New(gateway.Config{}); err == nil {
		t.Error("New without a server: no error")
	}
}

func TestAServerThatStoppedSaysSo(t *testing.T) {
	w := open(t, nil)
	w.server.Stop()
	a := w.ask("GET", "/v1/status", "")
	if a.code != http.StatusServiceUnavailable || a.failure.Status != "UNAVAILABLE" {
		t.Errorf("HTTP %d %s", a.code, a.body)
	}
}

func TestAnAnswerNamesNoServer(t *testing.T) {
	w := open(t, nil)
	a := w.ask("GET", "/v1/status", "")
	for name := range a.header {
		if !strings.Contains(" Content-Type Content-Length Date Cache-Control X-Content-Type-Options Content-Security-Policy ", " "+name+" ") {
			t.Errorf("the answer has a header %s: %q", name, a.header.Get(name))
		}
	}
}
