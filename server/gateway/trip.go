package gateway

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/textproto"
	"net/url"
	"strings"

	"github.com/tonghop/tonghop/server/fault"
)

// maxBody is the largest body of JSON.
const maxBody = 1 << 20

// forwarded is the list of headers that reach the gRPC server. grpc-gateway passes Authorization on by itself, so it
// must not stand here: it would arrive twice. Everything else stays outside, above all Grpc-Metadata-Authorization and
// Cookie, by which somebody in between could speak for the caller.
func forwarded(key string) (string, bool) {
	switch textproto.CanonicalMIMEHeaderKey(key) {
	case "Accept-Language":
		return "accept-language", true
	case "Traceparent":
		return "traceparent", true
	}
	return "", false
}

// nothing of gRPC's own headers and trailers is the business of a JSON client.
func nothing(string) (string, bool) { return "", false }

// trip is what a request brings beside its body; the interceptors of the connection put it into the message.
type trip struct {
	query url.Values
	// key and match are the headers Idempotency-Key and If-Match without their quotation marks; empty without.
	key, match string
	tooLarge   bool
}

type tripKey struct{}

func tripOf(ctx context.Context) *trip {
	t, _ := ctx.Value(tripKey{}).(*trip)
	return t
}

// begin reads query and headers and puts a limit to the body. It always gives a request.
func (g *gate) begin(w http.ResponseWriter, r *http.Request) (*http.Request, error) {
	t, err := newTrip(r)
	if err != nil {
		return r, err
	}
	if r.ContentLength > maxBody {
		return r, bodyTooLarge(maxBody)
	}
	r = r.WithContext(context.WithValue(r.Context(), tripKey{}, t))
	r.Header.Del("Te") // no trailers: there are none to tell
	r.Body = &limited{ReadCloser: http.MaxBytesReader(w, r.Body, maxBody), trip: t}
	return r, nil
}

func newTrip(r *http.Request) (*trip, error) {
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, malformed("the query: " + err.Error())
	}
	t := &trip{query: query}
	if t.key, err = quoted(r, "Idempotency-Key"); err != nil {
		return nil, err
	}
	if t.match, err = quoted(r, "If-Match"); err != nil {
		return nil, err
	}
	return t, nil
}

// quoted gives a header that may stand once, without the quotation marks and the mark of weakness that HTTP gives it.
func quoted(r *http.Request, name string) (string, error) {
	values := r.Header.Values(name)
	if len(values) > 1 {
		return "", fault.Invalid("HEADER_REPEATED", "the header %s stands in the request %d times; send it once", name, len(values)).
			With("header", name)
	}
	if len(values) == 0 {
		return "", nil
	}
	value := strings.TrimPrefix(strings.TrimSpace(values[0]), "W/")
	if n := len(value); n >= 2 && value[0] == '"' && value[n-1] == '"' {
		value = value[1 : n-1]
	}
	return value, nil
}

// limited notes that the body was too large, because grpc-gateway makes a text of the error.
type limited struct {
	io.ReadCloser
	trip *trip
}

// Read reads a part of the body.
func (l *limited) Read(b []byte) (int, error) {
	n, err := l.ReadCloser.Read(b)
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		l.trip.tooLarge = true
	}
	return n, err
}

func isUnsupported(err error) bool { return errors.Is(err, http.ErrNotSupported) }

// shorten keeps a foreign text from filling an answer.
func shorten(s string) string {
	const limit = 80
	if len(s) > limit {
		s = s[:limit] + "…"
	}
	return strings.ToValidUTF8(s, "\uFFFD")
}
