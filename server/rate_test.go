package server_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/tonghop/tonghop/server"
	"github.com/tonghop/tonghop/server/rpc"
)

// TestWhoCallsTooFastIsToldWhenToCallAgain goes through the whole server: JSON tells it in Retry-After and in the details.
func TestWhoCallsTooFastIsToldWhenToCallAgain(t *testing.T) {
	g := guard(t, func(c *server.Config) { c.Rates = rpc.Rates{Token: rpc.Rate{PerSecond: 0.001, Burst: 2}} })
	protect := g.believing(t)
	for range 2 {
		if _, err := g.dial(t, protect, g.admin).GetStatus(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://"+g.server.HTTPAddress()+"/v1/status", nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+g.admin)
	answer, err := (&http.Client{Transport: &http.Transport{TLSClientConfig: protect, DisableKeepAlives: true}}).Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	var body json.RawMessage
	if err := json.NewDecoder(answer.Body).Decode(&body); err != nil {
		t.Fatal(err)
	}
	if answer.StatusCode != http.StatusTooManyRequests || answer.Header.Get("Retry-After") == "" ||
		!strings.Contains(string(body), "TOKEN_TOO_FAST") || !strings.Contains(string(body), "retryDelay") {
		t.Errorf("the third call = %d, Retry-After %q, %s", answer.StatusCode, answer.Header.Get("Retry-After"), body)
	}
	// The operator of the machine is never kept out.
	control, err := server.ReadControl(g.dir)
	if err != nil {
		t.Fatal(err)
	}
	local, err := control.Dial(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = local.Close() }()
	for range 5 {
		if _, err := local.GetStatus(t.Context()); err != nil {
			t.Errorf("the operator: %v", err)
		}
	}
}
