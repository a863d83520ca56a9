package gateway

import (
	"context"
	"net/http"
	"time"

	healthv1 "google.golang.org/grpc/health/grpc_health_v1"

	"github.com/tonghop/tonghop/gen/openapi"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/message"
)

// healthWithin is how long gRPC may take to say how it is.
const healthWithin = 2 * time.Second

// health is what the pages about the server's health say.
type health struct {
	Status string `json:"status"`
	// Plaintext are the addresses that other machines reach without TLS.
	Plaintext []string `json:"plaintext,omitempty"`
}

// openPage finds a page that everybody may see.
func (g *Gateway) openPage(path string) http.HandlerFunc {
	switch path {
	case "/healthz":
		return func(w http.ResponseWriter, r *http.Request) {
			g.write(r.Context(), w, http.StatusOK, health{"OK", g.plaintext})
		}
	case "/readyz":
		return g.ready
	case "/openapi.json":
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", typeJSON)
			_, _ = w.Write(openapi.JSON)
		}
	}
	return nil
}

// serveOpen answers for a page that everybody may see, and look at alone.
func (g *Gateway) serveOpen(w http.ResponseWriter, r *http.Request, page http.HandlerFunc) {
	a := &asked{language: message.ParseAcceptLanguage(r.Header.Get(headerAcceptLanguage))}
	ctx := context.WithValue(r.Context(), askedKey{}, a)
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		page(w, r.WithContext(ctx))
		return
	}
	w.Header().Set("Allow", "GET, HEAD")
	g.refuse(ctx, w, fault.Invalid("METHOD_NOT_ALLOWED", "%s %s is not possible; use %s", shorten(r.Method), r.URL.Path, "GET, HEAD").
		With("method", shorten(r.Method)).With("path", r.URL.Path).With("list", "GET, HEAD"))
}

// ready says whether gRPC answers calls.
func (g *Gateway) ready(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), healthWithin)
	defer cancel()
	answer, err := g.health.Check(ctx, &healthv1.HealthCheckRequest{})
	if err != nil || answer.GetStatus() != healthv1.HealthCheckResponse_SERVING {
		g.refuse(ctx, w, fault.Unavailable("NOT_READY", "the server does not answer calls now; try again in a moment").After(time.Second))
		return
	}
	g.write(ctx, w, http.StatusOK, health{answer.GetStatus().String(), g.plaintext})
}
