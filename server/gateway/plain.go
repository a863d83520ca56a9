package gateway

import (
	"context"
	"net/http"
	"time"

	healthv1 "google.golang.org/grpc/health/grpc_health_v1"

	"github.com/tonghop/tonghop/gen/openapi"
)

// plainPaths are the paths that are no method of the contract.
func plainPaths() map[string]plain {
	return map[string]plain{
		"/healthz":              {method: http.MethodGet, serve: alive},
		"/readyz":               {method: http.MethodGet, serve: ready},
		"/openapi.json":         {method: http.MethodGet, serve: contract},
		"/v1/units:import":      {method: http.MethodPost, serve: importUnits, lasts: true},
		"/v1/indicators:import": {method: http.MethodPost, serve: importIndicators, lasts: true},
		"/v1/forms:import":      {method: http.MethodPost, serve: importForms, lasts: true},
		"/v1/reports:import":    {method: http.MethodPost, serve: importReports, lasts: true},
	}
}

// readyWithin is how long the server may take to say that it serves.
const readyWithin = 2 * time.Second

func alive(_ *gate, w http.ResponseWriter, _ *http.Request) {
	say(w, http.StatusOK, `{"status":"ALIVE"}`)
}

// ready asks the gRPC server for its health, through the connection that everything else takes too.
func ready(g *gate, w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), readyWithin)
	defer cancel()
	health, err := healthv1.NewHealthClient(g.conn).Check(ctx, &healthv1.HealthCheckRequest{})
	if err != nil || health.GetStatus() != healthv1.HealthCheckResponse_SERVING {
		say(w, http.StatusServiceUnavailable, `{"status":"NOT_SERVING"}`)
		return
	}
	say(w, http.StatusOK, `{"status":"SERVING"}`)
}

func contract(_ *gate, w http.ResponseWriter, _ *http.Request) {
	say(w, http.StatusOK, string(openapi.JSON))
}

func say(w http.ResponseWriter, code int, body string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_, _ = w.Write([]byte(body + "\n")) //nolint:errcheck // nobody is left to tell
}
