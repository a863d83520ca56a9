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
