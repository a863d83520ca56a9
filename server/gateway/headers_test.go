package gateway_test

import (
	"bufio"
	"fmt"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tonghop/tonghop/server/rpc"
)

// carried is the metadata that a call may arrive with; all but the first three and the last are grpc's own.
var carried = []string{"authorization", "accept-language", "traceparent", ":authority", "content-type", "user-agent", "grpc-accept-encoding", rpc.OriginHeader}

func TestOnlyListedHeadersGoOn(t *testing.T) {
	w := open(t, nil)
	for _, header := range []string{
		"Grpc-Metadata-Authorization: Bearer other", "Grpc-Metadata-authorization: Bearer other", "Grpcgateway-Authorization: Bearer other",
		"Grpc-Metadata-X-Forwarded-For: 10.0.0.1", "X-Forwarded-For: 10.0.0.1", "X-Forwarded-Host: evil", "Forwarded: for=10.0.0.1",
		"Cookie: token=other", "Proxy-Authorization: Bearer other", "X-Principal: root", "X-Real-Ip: 10.0.0.1", "Host: evil",
		"Grpc-Metadata-Foo-Bin: AAAA", "Foo-Bin: !!!", "Grpc-Trailer-X: y", "Te: trailers", "Grpc-Encoding: gzip", "Grpc-Status: 0",
		"Idempotency-Key: 018f4f5e-8f7a-7cc2-9a52-6f1f0f0c7b11", "Origin: http://evil", "Referer: http://evil", "User-Agent: evil", "From: evil@evil",
		"Grpc-Metadata-Idempotency-Key: x", "Grpc-Metadata-: x", "Authorization-: x", "X-Http-Method-Override: DELETE", "Upgrade: h2c",
	} {
		a := w.ask("GET", "/v1/units/82", "", header, "Authorization: Bearer mine", "Accept-Language: en", "Traceparent: 00-a-b-01")
		h, ok := w.last()
		if a.code != 200 || !ok || h.method.Name() != "GetUnit" {
			t.Fatalf("%s: HTTP %d, %s, want it to be passed over", header, a.code, a.body)
		}
		for name, values := range h.metadata {
			if !slices.Contains(carried, name) {
				t.Errorf("%s: arrived as metadata %s %q", header, name, values)
			}
			if strings.Contains(strings.Join(values, " "), "evil") || strings.Contains(strings.Join(values, " "), "other") {
				t.Errorf("%s: %s is %q", header, name, values)
			}
		}
		if got := h.metadata.Get("authorization"); !slices.Equal(got, []string{"Bearer mine"}) {
			t.Errorf("%s: authorization is %q", header, got)
		}
		if got := h.metadata.Get("accept-language"); !slices.Equal(got, []string{"en"}) || len(h.metadata.Get("traceparent")) != 1 {
			t.Errorf("%s: accept-language %q, traceparent %q", header, got, h.metadata.Get("traceparent"))
		}
		for name := range maps.Keys(a.header) {
			if strings.HasPrefix(name, "Grpc-") || name == "Trailer" {
				t.Errorf("%s: the answer has the header %s", header, name)
			}
		}
	}
}

func TestTheMethodCannotBeOverridden(t *testing.T) {
	w := open(t, nil)
	for _, c := range []struct{ verb, path, body, kind string }{
		{"POST", "/v1/status", "", "application/x-www-form-urlencoded"},
		{"POST", "/v1/units/82", "_method=PATCH", "application/x-www-form-urlencoded"},
		{"POST", "/v1/units/82?X-HTTP-Method-Override=PATCH", "{}", "application/json"},
		{"GET", "/v1/store:verify", "", ""},
	} {
		a := w.ask(c.verb, c.path, c.body, "X-HTTP-Method-Override: GET", "X-Method-Override: PATCH", "Content-Type: "+c.kind)
		a.refused(t, c.verb+" "+c.path, http.StatusMethodNotAllowed, "METHOD_NOT_ALLOWED")
		w.silent(c.verb + " " + c.path)
	}
}

func TestAHeaderThatComesTwiceIsRefused(t *testing.T) {
	w := open(t, nil)
	for _, c := range []struct {
		headers []string
		code    int
		reason  string
	}{
		{[]string{"Authorization: Bearer a", "Authorization: Bearer b"}, 401, "TOKEN_REPEATED"},
		{[]string{"Authorization: Bearer a", "authorization: Bearer a"}, 401, "TOKEN_REPEATED"},
		{[]string{"Authorization: Bearer a", "Authorization: Bearer \xc3\xa9"}, 401, "TOKEN_REPEATED"},
		{[]string{"Authorization: Bearer \xc3\xa9"}, 400, "HEADER_INVALID"},
		{[]string{"Authorization: Bearer " + strings.Repeat("x", 8<<10)}, 400, "HEADER_INVALID"},
		{[]string{"Idempotency-Key: a", "Idempotency-Key: b"}, 400, "HEADER_REPEATED"},
		{[]string{"Idempotency-Key: \xff"}, 400, "HEADER_INVALID"},
		{[]string{`If-Match: "a"`, `If-Match: "b"`}, 400, "HEADER_REPEATED"},
		{[]string{`If-Match: "a", "b"`}, 400, "IF_MATCH_INVALID"},
		{[]string{"If-Match: a\tb"}, 400, "HEADER_INVALID"},
		{[]string{`If-Match: W/"a"`}, 400, "IF_MATCH_INVALID"},
		{[]string{"If-Match: *"}, 400, "IF_MATCH_INVALID"},
		{[]string{"Grpc-Timeout: 1S", "Grpc-Timeout: 2S"}, 400, "HEADER_REPEATED"},
		{[]string{"Grpc-Timeout: 1"}, 400, "TIMEOUT_INVALID"},
		{[]string{"Grpc-Timeout: S"}, 400, "TIMEOUT_INVALID"},
		{[]string{"Grpc-Timeout: 0S"}, 400, "TIMEOUT_INVALID"},
		{[]string{"Grpc-Timeout: -1S"}, 400, "TIMEOUT_INVALID"},
		{[]string{"Grpc-Timeout: 1d"}, 400, "TIMEOUT_INVALID"},
		{[]string{"Grpc-Timeout: 999999999S"}, 400, "TIMEOUT_INVALID"},
	} {
		a := w.ask("POST", "/v1/units/82/reports/cds~2024-02:submit", "{}", c.headers...)
		a.refused(t, fmt.Sprintf("%.80q", c.headers), c.code, c.reason)
		w.silent(fmt.Sprintf("%q", c.headers))
		if c.code == 401 && a.header.Get("WWW-Authenticate") != "Bearer" {
			t.Errorf("%q: WWW-Authenticate is %q", c.headers, a.header.Get("WWW-Authenticate"))
		}
	}
}

func TestTheCallersDeadlineGoesOnUpToAMinute(t *testing.T) {
	w := open(t, nil)
	for value, most := range map[string]time.Duration{
		"":          0,
		"5S":        5 * time.Second,
		"90S":       time.Minute,
		"99999999H": time.Minute,
		"2M":        time.Minute,
		"1M":        time.Minute,
		"2500m":     2500 * time.Millisecond,
	} {
		a := w.ask("GET", "/v1/status", "", "Grpc-Timeout: "+value)
		h, _ := w.last()
		if a.code != 200 || h.deadline > most || most > 0 && h.deadline < most-2*time.Second {
			t.Errorf("Grpc-Timeout %q: HTTP %d, the call had %v, want %v", value, a.code, h.deadline, most)
		}
	}
	if a := w.ask("GET", "/v1/status", "", "Grpc-Timeout: 1n"); a.code != http.StatusGatewayTimeout || a.failure.reason() != "DEADLINE_EXCEEDED" {
		t.Errorf("a deadline that has passed: HTTP %d %s", a.code, a.body)
	}
}

func TestAHeaderThatIsTooLongIsNotCarried(t *testing.T) {
	w := open(t, nil)
	long := strings.Repeat("x", 8<<10)
	a := w.ask("GET", "/v1/status", "", "Accept-Language: "+long, "Traceparent: "+long)
	if h, ok := w.last(); a.code != 200 || !ok || h.metadata.Get("accept-language") != nil || h.metadata.Get("traceparent") != nil {
		t.Errorf("HTTP %d %s", a.code, a.body)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.url+"/v1/units?search="+strings.Repeat("x", 40<<10), nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("a URL of 40 KiB: HTTP %d", resp.StatusCode)
	}
	w.silent("a URL of 40 KiB")
}

// TestTwoLengthsAreNotTwoRequests sends what a proxy and this server could divide differently.
func TestTwoLengthsAreNotTwoRequests(t *testing.T) {
	w := open(t, nil)
	for name, text := range map[string]string{
		"two lengths":          "POST /v1/tokens HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nContent-Length: 40\r\n\r\n{}",
		"length and chunks":    "POST /v1/tokens HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: xchunked\r\n\r\n{}",
		"space before a colon": "GET /v1/status HTTP/1.1\r\nHost: a\r\nAuthorization : Bearer b\r\n\r\n",
		"no host":              "GET /v1/status HTTP/1.1\r\n\r\n",
		"folded header":        "GET /v1/status HTTP/1.1\r\nHost: a\r\nX: y\r\n Authorization: Bearer b\r\n\r\n",
		"headers without end":  "GET /v1/status HTTP/1.1\r\nHost: a\r\nX: " + strings.Repeat("y", 40<<10) + "\r\n\r\n",
	} {
		conn, err := net.Dial("tcp", strings.TrimPrefix(w.url, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		_, _ = conn.Write([]byte(text))
		resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err == nil {
			if h, called := w.last(); resp.StatusCode < 400 && (!called || h.metadata.Get("authorization") != nil) {
				t.Errorf("%s: HTTP %d, called %v", name, resp.StatusCode, called)
			}
			_ = resp.Body.Close()
		}
		_ = conn.Close()
	}
}
