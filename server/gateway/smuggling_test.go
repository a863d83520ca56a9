package gateway_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/protojson"
)

// smuggled is one request that a proxy, or a reader of a log, could understand otherwise than this server, byte for byte.
type smuggled struct {
	name, raw string
	// code and reason are those of the refusal. An empty reason: it is not in the body, as where net/http refuses before us.
	code   int
	reason string
	// calls and request are what arrives of one that is not refused: the method, and the request as JSON.
	calls, request string
}

const (
	unitPath   = "/v1/units/82"
	submitPath = "/v1/units/82/reports/cds~2024-02:submit"
	keptID     = "018f4f5e-8f7a-7cc2-9a52-6f1f0f0c7b11"
	gotUnit    = `{"name":"units/82"}`
	submitted  = `{"name":"units/82/reports/cds~2024-02","requestId":"` + keptID + `"}`
)

// getting writes a request for a unit with more headers; posting one that submits a report, with its length.
func getting(headers ...string) string { return rawly("GET", unitPath, "", headers...) }

func posting(body string, headers ...string) string {
	return rawly("POST", submitPath, body, append([]string{"Idempotency-Key: " + keptID, fmt.Sprintf("Content-Length: %d", len(body))}, headers...)...)
}

func rawly(verb, target, body string, headers ...string) string {
	all := append([]string{verb + " " + target + " HTTP/1.1", "Host: a", "Authorization: Bearer mine", "Connection: close"}, headers...)
	return strings.Join(all, "\r\n") + "\r\n\r\n" + body
}

// raw sends the bytes and reads one answer.
func (w *world) raw(text string) answer {
	w.t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(w.url, "http://"))
	if err != nil {
		w.t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
	_, _ = io.WriteString(conn, text) // the server may have refused it before it was all written
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		w.t.Fatalf("no answer to %.200q: %v", text, err)
	}
	body, _ := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	return answer{code: resp.StatusCode, header: resp.Header, body: string(body), failure: failureIn(string(body))}
}

func TestNothingIsSmuggledPastTheDoor(t *testing.T) {
	w := open(t, nil)
	cases := slices.Concat(smuggledCallers(), smuggledMethods(), smuggledNames(), smuggledBodies(), smuggledFrames())
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got := w.raw(c.raw)
			h, called := w.last()
			if c.code != 0 {
				if called || got.code != c.code || got.failure.reason() != c.reason {
					t.Errorf("HTTP %d %q, called %v, want it refused with %d %q\n%s", got.code, got.failure.reason(), called, c.code, c.reason, got.body)
				}
				return
			}
			if got.code != http.StatusOK || !called || string(h.method.Name()) != c.calls {
				t.Fatalf("HTTP %d, called %v, want %s\n%s", got.code, called, c.calls, got.body)
			}
			request, err := protojson.Marshal(h.request)
			if err != nil || strings.ReplaceAll(string(request), " ", "") != c.request {
				t.Errorf("the request is %s, %v, want %s", request, err, c.request)
			}
			if got := h.metadata.Get("authorization"); !slices.Equal(got, []string{"Bearer mine"}) {
				t.Errorf("authorization is %q", got)
			}
			for name := range h.metadata {
				if !slices.Contains(carried, name) {
					t.Errorf("arrived as metadata: %s", name)
				}
			}
		})
	}
	if len(cases) < 60 {
		t.Errorf("there are %d cases, want 60", len(cases))
	}
}

// passed is one of which the strange part is not read.
func passed(name, raw string) smuggled {
	if strings.HasPrefix(raw, "POST") {
		return smuggled{name: name, raw: raw, calls: "SubmitReport", request: submitted}
	}
	return smuggled{name: name, raw: raw, calls: "GetUnit", request: gotUnit}
}

func refusedBy(code int, reason, name, raw string) smuggled {
	return smuggled{name: name, raw: raw, code: code, reason: reason}
}

// smuggledCallers want to be somebody else.
func smuggledCallers() []smuggled {
	var cases []smuggled
	for _, header := range []string{
		"Grpc-Metadata-Authorization: Bearer other", "Grpcgateway-Authorization: Bearer other", "Grpc-Metadata-Principal: root",
		"Grpc-Metadata-X-Bin: AAAA", "X-Forwarded-For: 10.0.0.1", "X-Real-Ip: 10.0.0.1", "Forwarded: for=10.0.0.1", "X-Forwarded-Host: other",
		"X-Forwarded-User: root", "X-Client-Cert: root", "Cookie: token=other", "Proxy-Authorization: Bearer other",
		"Connection: Authorization", "Authorization-: Bearer other", "Grpc-Encoding: gzip", "Upgrade: h2c",
	} {
		cases = append(cases, passed("not read: "+header, getting(header)))
	}
	return append(cases,
		refusedBy(401, "TOKEN_REPEATED", "two tokens", getting("Authorization: Bearer other")),
		refusedBy(401, "TOKEN_REPEATED", "two tokens, one in small letters", getting("authorization: Bearer other")),
		refusedBy(400, "", "a token with a space before its colon", getting("Authorization : Bearer other")),
		refusedBy(400, "", "a token behind a null", getting("X: \x00Authorization: Bearer other")),
		passed("a token on a folded line", getting("X: y", " Authorization: Bearer other")),
		refusedBy(400, "PARAMETER_UNKNOWN", "a token as a parameter", rawly("GET", unitPath+"?access_token=other", "")),
		passed("a user in an absolute URL", rawly("GET", "http://root:other@a"+unitPath, "")),
		passed("a token in a trailer", rawly("POST", submitPath, "2\r\n{}\r\n0\r\nAuthorization: Bearer other\r\n\r\n",
			"Idempotency-Key: "+keptID, "Transfer-Encoding: chunked", "Trailer: Authorization")),
	)
}

// smuggledMethods want another method than a proxy has let through.
func smuggledMethods() []smuggled {
	return []smuggled{
		passed("X-HTTP-Method-Override", getting("X-HTTP-Method-Override: PATCH")),
		passed("X-Method-Override", getting("X-Method-Override: DELETE")),
		refusedBy(400, "PARAMETER_UNKNOWN", "_method", rawly("GET", unitPath+"?_method=PATCH", "")),
		refusedBy(405, "METHOD_NOT_ALLOWED", "a form for a GET", rawly("POST", unitPath, "a=b", "Content-Type: application/x-www-form-urlencoded", "Content-Length: 3")),
		refusedBy(405, "", "HEAD", rawly("HEAD", unitPath, "")),
		refusedBy(405, "METHOD_NOT_ALLOWED", "small letters", rawly("get", unitPath, "")),
		refusedBy(405, "METHOD_NOT_ALLOWED", "TRACE", rawly("TRACE", unitPath, "")),
		refusedBy(404, "PATH_UNKNOWN", "CONNECT", "CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\n\r\n"),
		refusedBy(404, "PATH_UNKNOWN", "OPTIONS for everything", rawly("OPTIONS", "*", "")),
		refusedBy(404, "PATH_UNKNOWN", "HTTP/2 without asking", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
	}
}

// smuggledNames want something else than their path says.
func smuggledNames() []smuggled {
	return []smuggled{
		refusedBy(400, "FIELD_TWICE", "another name in the body of a resource", rawly("PATCH", "/v1/units/82", `{"name":"units/83"}`, "Content-Length: 19")),
		refusedBy(400, "FIELD_TWICE", "another name in the body", posting(`{"name":"units/83/reports/cds~2024-02"}`)),
		passed("the same name in the body", posting(`{"name":"units/82/reports/cds~2024-02"}`)),
		refusedBy(400, "PARAMETER_UNKNOWN", "the name as a parameter", rawly("GET", unitPath+"?name=units/83", "")),
		refusedBy(400, "PARAMETER_UNKNOWN", "a parameter beside a whole body", rawly("POST", submitPath+"?merge=true", "{}", "Content-Length: 2")),
		refusedBy(400, "PARAMETER_REPEATED", "one parameter under both names", rawly("GET", "/v1/units?pageSize=1&page_size=2", "")),
		refusedBy(400, "PARAMETER_INVALID", "one parameter twice", rawly("GET", "/v1/units?pageSize=1&pageSize=2", "")),
		refusedBy(400, "PARAMETER_INVALID", "parameters with a semicolon", rawly("GET", "/v1/units?pageSize=1;pageToken=x", "")),
		refusedBy(404, "PATH_UNKNOWN", "an escaped slash", rawly("GET", "/v1/units/82%2F..%2F83", "")),
		refusedBy(404, "PATH_UNKNOWN", "dots", rawly("GET", "/v1/units/../tokens", "")),
		refusedBy(404, "PATH_UNKNOWN", "two slashes", rawly("GET", "/v1//units/82", "")),
		refusedBy(404, "PATH_UNKNOWN", "a slash at the end", rawly("GET", "/v1/units/82/", "")),
		refusedBy(400, "PATH_INVALID", "overlong UTF-8", rawly("GET", "/v1/units/%c0%ae", "")),
		{ // no report has such a name, so it is not found
			name: "two verbs", raw: rawly("POST", submitPath+":submit", "{}", "Content-Length: 2", "Idempotency-Key: "+keptID), calls: "SubmitReport",
			request: strings.Replace(submitted, "2024-02", "2024-02:submit", 1),
		},
		refusedBy(404, "PATH_UNKNOWN", "a path of another version", rawly("GET", "/v2/units/82", "")),
		refusedBy(400, "REQUEST_ID_TWICE", "two request ids", posting(`{"requestId":"018f4f5e-8f7a-7cc2-9a52-6f1f0f0c7b12"}`)),
		refusedBy(400, "ETAG_TWICE", "two etags", posting(`{"etag":"1-a"}`, `If-Match: "2-a"`)),
		refusedBy(400, "HEADER_REPEATED", "two keys", posting("{}", "Idempotency-Key: "+keptID)),
		refusedBy(400, "TIMEOUT_INVALID", "a deadline of nine digits", getting("Grpc-Timeout: 999999999H")),
		passed("a deadline of eleven thousand years", getting("Grpc-Timeout: 99999999H")),
	}
}

// smuggledBodies mean two things.
func smuggledBodies() []smuggled {
	deep := strings.Repeat(`{"a":`, 20_000) + "1" + strings.Repeat("}", 20_000)
	return []smuggled{
		refusedBy(400, "JSON_INVALID", "a key twice", posting(`{"merge":false,"merge":true}`)),
		refusedBy(400, "JSON_INVALID", "a key under both names", posting(`{"validateOnly":false,"validate_only":true}`)),
		refusedBy(400, "UNKNOWN_FIELD", "an unknown field", posting(`{"principal":"root"}`)),
		refusedBy(400, "UNKNOWN_FIELD", "a field in other letters", posting(`{"Merge":true}`)),
		refusedBy(400, "UNKNOWN_FIELD", "a field by its number", posting(`{"1":"units/83"}`)),
		refusedBy(400, "UNKNOWN_FIELD", "an unknown field of a figure", posting(`{"figures":[{"indicator":"A","valeu":"1"}]}`)),
		refusedBy(400, "JSON_INVALID", "two bodies in one", posting(`{}{"merge":true}`)),
		refusedBy(400, "JSON_INVALID", "a number for a figure", posting(`{"figures":[{"indicator":"A","value":1.5}]}`)),
		refusedBy(400, "JSON_INVALID", "a mark of the byte order", posting("\ufeff{}")),
		refusedBy(400, "JSON_INVALID", "a comment", posting(`{/**/}`)),
		refusedBy(400, "JSON_INVALID", "a text that is not UTF-8", posting("{\"note\":\"\xff\"}")),
		refusedBy(400, "JSON_INVALID", "twenty thousand levels", posting(deep)),
		refusedBy(415, "CONTENT_TYPE_UNSUPPORTED", "a form", posting("a=b", "Content-Type: application/x-www-form-urlencoded")),
		refusedBy(415, "CONTENT_TYPE_UNSUPPORTED", "plain text", posting("{}", "Content-Type: text/plain")),
		refusedBy(415, "CONTENT_TYPE_UNSUPPORTED", "two types", posting("{}", "Content-Type: application/json", "Content-Type: text/plain")),
		refusedBy(415, "CONTENT_TYPE_UNSUPPORTED", "another alphabet", posting("{}", "Content-Type: application/json; charset=utf-16")),
		refusedBy(415, "CONTENT_TYPE_UNSUPPORTED", "a packed body", posting("{}", "Content-Encoding: gzip")),
		refusedBy(415, "CONTENT_TYPE_UNSUPPORTED", "gRPC", posting("\x00\x00\x00\x00\x00", "Content-Type: application/grpc")),
	}
}

// smuggledFrames want to end elsewhere than a proxy thinks.
func smuggledFrames() []smuggled {
	key := "Idempotency-Key: " + keptID
	chunks := func(body string, headers ...string) string {
		return rawly("POST", submitPath, body, append([]string{key}, headers...)...)
	}
	return []smuggled{
		refusedBy(400, "", "two lengths", posting("{}", "Content-Length: 40")),
		refusedBy(400, "", "a signed length", chunks("{}", "Content-Length: +2")),
		refusedBy(400, "", "a negative length", chunks("{}", "Content-Length: -1")),
		refusedBy(400, "", "a list of lengths", chunks("{}", "Content-Length: 2, 40")),
		refusedBy(501, "", "chunks by another name", chunks("2\r\n{}\r\n0\r\n\r\n", "Transfer-Encoding: xchunked")),
		refusedBy(400, "", "chunks behind a tab", chunks("2\r\n{}\r\n0\r\n\r\n", "Transfer-Encoding: \x0bchunked")),
		refusedBy(501, "", "chunks and something else", chunks("2\r\n{}\r\n0\r\n\r\n", "Transfer-Encoding: chunked, identity")),
		refusedBy(501, "", "chunks twice", chunks("2\r\n{}\r\n0\r\n\r\n", "Transfer-Encoding: chunked", "Transfer-Encoding: chunked")),
		passed("chunks beside a length", chunks("2\r\n{}\r\n0\r\n\r\n", "Content-Length: 40", "Transfer-Encoding: chunked")),
		refusedBy(400, "BODY_BROKEN", "a chunk with a sign", chunks("+2\r\n{}\r\n0\r\n\r\n", "Transfer-Encoding: chunked")),
		refusedBy(400, "BODY_BROKEN", "a chunk beyond 64 bits", chunks("10000000000000002\r\n{}\r\n0\r\n\r\n", "Transfer-Encoding: chunked")),
		refusedBy(400, "BODY_BROKEN", "a chunk longer than it says", chunks("1\r\n{}\r\n0\r\n\r\n", "Transfer-Encoding: chunked")),
		refusedBy(400, "", "no host", "GET "+unitPath+" HTTP/1.1\r\nAuthorization: Bearer mine\r\n\r\n"),
		refusedBy(400, "", "two hosts", getting("Host: b")),
		refusedBy(505, "", "another HTTP", "GET "+unitPath+" HTTP/3.0\r\nHost: a\r\n\r\n"),
		refusedBy(417, "", "an unknown expectation", posting("{}", "Expect: 200-fine")),
		refusedBy(431, "", "40 KiB of headers", getting("X: "+strings.Repeat("y", 40<<10))),
	}
}
