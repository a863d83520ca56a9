package gateway

import (
	"context"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"

	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/certificate"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/message"
	"github.com/tonghop/tonghop/server/rpc"
)

// asked is what the headers of a request ask for and the call does not carry as metadata. Between the door and the call
// lies generated code, so it travels in the context.
type asked struct {
	language message.Language
	// requestID is Idempotency-Key, etag is If-Match; empty if not given.
	requestID, etag string
	// lines asks for one JSON object a line.
	lines bool
	// route is what the contract says of the path, as soon as it is known.
	route *route
	// peer is the machine that asks, and assertions tell the gRPC server of it.
	peer       auth.Peer
	assertions *rpc.Assertions
	// parameters are those of the URL, with enumerations written out.
	parameters url.Values
	// origin is the address that the request came from, as the connection says; never a header.
	origin string
}

type askedKey struct{}

// askedIn gives what was asked for; nil for a call of the gateway's own.
func askedIn(ctx context.Context) *asked {
	a, _ := ctx.Value(askedKey{}).(*asked)
	return a
}

// languageIn is the language to answer in.
func languageIn(ctx context.Context) message.Language {
	if a := askedIn(ctx); a != nil {
		return a.language
	}
	return message.Vietnamese
}

// serve answers one request.
func (g *Gateway) serve(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	if open := g.openPage(r.URL.Path); open != nil {
		g.serveOpen(w, r, open)
		return
	}
	a := &asked{language: message.ParseAcceptLanguage(strings.Join(r.Header.Values("Accept-Language"), ",")), origin: r.RemoteAddr}
	a.peer, a.assertions = peerOf(r), g.assertions
	ctx := context.WithValue(r.Context(), askedKey{}, a)
	header, err := a.admit(r.Header)
	if err != nil {
		g.refuse(ctx, w, err)
		return
	}
	inner := r.WithContext(ctx)
	// The gateway's library would make x-forwarded-host and x-forwarded-for of these, which the caller writes.
	inner.Header, inner.Host, inner.RemoteAddr = header, "", ""
	if g.public {
		w = published(w, r)
	}
	g.mux.ServeHTTP(w, inner)
}

// asserted tells the gRPC server which machine a call is for; nothing of a call of the gateway's own.
func (a *asked) asserted(ctx context.Context) context.Context {
	if a == nil {
		return ctx
	}
	return a.assertions.Outgoing(ctx, a.peer)
}

// peerOf says which machine asks: what its headers say of it counts for nothing.
func peerOf(r *http.Request) auth.Peer {
	var p auth.Peer
	if host, _, err := net.SplitHostPort(r.RemoteAddr); err == nil {
		p.Address = host
	}
	if r.TLS != nil && len(r.TLS.VerifiedChains) > 0 {
		p.Fingerprint, p.Names = certificate.Describe(r.TLS.PeerCertificates[0])
	}
	return p
}

// Headers that have a meaning here.
const (
	headerAuthorization  = "Authorization"
	headerAcceptLanguage = "Accept-Language"
	headerTraceparent    = "Traceparent"
	headerIdempotency    = "Idempotency-Key"
	headerIfMatch        = "If-Match"
	headerTimeout        = "Grpc-Timeout"
)

// goesOn lists the headers that become metadata of the call. Authorization is not among them because the library sends
// it on by itself; here it would arrive twice.
func goesOn(header string) (string, bool) {
	return strings.ToLower(header), header == headerAcceptLanguage || header == headerTraceparent
}

// nothing lets no metadata of an answer out.
func nothing(string) (string, bool) { return "", false }

// admit reads the headers that become fields and gives those that go on. What is not listed is gone, whatever the
// library would have made of it.
func (a *asked) admit(from http.Header) (http.Header, error) {
	on := http.Header{}
	for _, name := range []string{"Accept", "Content-Type", "Content-Encoding", headerAcceptLanguage, headerTraceparent} {
		if value := strings.Join(from.Values(name), ","); value != "" && carriable(value) {
			on.Set(name, value)
		}
	}
	a.lines = strings.Contains(on.Get("Accept"), typeLines)
	if len(from.Values(headerAuthorization)) > 1 {
		return nil, fault.Unauthenticated("TOKEN_REPEATED", "the token was sent %d times; send it once", len(from.Values(headerAuthorization)))
	}
	single := map[string]*string{headerIdempotency: &a.requestID, headerIfMatch: &a.etag}
	var timeout, token string
	single[headerTimeout], single[headerAuthorization] = &timeout, &token
	for name, to := range single {
		values := from.Values(name)
		switch {
		case len(values) > 1:
			return nil, fault.Invalid("HEADER_REPEATED", "the header %s was sent %d times; send it once", name, len(values)).With("header", name)
		case len(values) == 1 && !carriable(values[0]):
			return nil, fault.Invalid("HEADER_INVALID", "the header %s is too long, or has characters that are not printable ASCII", name).With("header", name)
		case len(values) == 1:
			*to = strings.TrimSpace(values[0])
		}
	}
	if token != "" {
		on.Set(headerAuthorization, token)
	}
	if err := setTimeout(on, timeout); err != nil {
		return nil, err
	}
	a.requestID = unquoted(a.requestID)
	return on, a.readEtag()
}

// readEtag takes the quotes off If-Match. A list, a weak tag and * ask for comparisons that nobody makes here.
func (a *asked) readEtag() error {
	etag := unquoted(a.etag)
	if strings.HasPrefix(a.etag, "W/") || strings.ContainsAny(etag, `",*`) {
		return fault.Invalid("IF_MATCH_INVALID", `the header If-Match %q cannot be compared; send the one etag that you saw, such as "7-a"`, shorten(a.etag)).
			With("value", shorten(a.etag)).With("header", headerIfMatch)
	}
	a.etag = etag
	return nil
}

// unquoted takes one pair of quotes off, which the standards of both headers ask for and many callers leave out.
func unquoted(s string) string {
	if len(s) >= 2 && s[0] == '"' && s[len(s)-1] == '"' {
		return s[1 : len(s)-1]
	}
	return s
}

// timeouts are the units of Grpc-Timeout.
var timeouts = map[byte]time.Duration{
	'H': time.Hour, 'M': time.Minute, 'S': time.Second, 'm': time.Millisecond, 'u': time.Microsecond, 'n': time.Nanosecond,
}

// setTimeout sends the caller's deadline on, or the longest one if his is longer.
func setTimeout(on http.Header, value string) error {
	if value == "" {
		return nil
	}
	const longest, digits = time.Minute, 8
	wrong := fault.Invalid("TIMEOUT_INVALID", "the header Grpc-Timeout %q is no duration; send up to 8 digits and H, M, S, m, u or n, such as 10S", shorten(value)).
		With("value", shorten(value)).With("header", headerTimeout)
	if len(value) < 2 || len(value) > digits+1 {
		return wrong
	}
	unit, known := timeouts[value[len(value)-1]]
	if !known {
		return wrong
	}
	count := time.Duration(0)
	for _, c := range []byte(value[:len(value)-1]) {
		if c < '0' || c > '9' {
			return wrong
		}
		count = count*10 + time.Duration(c-'0')
	}
	if count == 0 {
		return wrong
	}
	if count > longest/unit {
		value = "60S"
	}
	on.Set(headerTimeout, value)
	return nil
}

// enter prepares a request whose route is known: what the generated code would drop is refused, and what takes its time
// gets it.
func (g *Gateway) enter(next runtime.HandlerFunc) runtime.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request, path map[string]string) {
		ctx := r.Context()
		a := askedIn(ctx)
		pattern, _ := runtime.HTTPPattern(ctx)
		a.route = g.routes[r.Method+" "+pattern.String()]
		if a.route == nil {
			g.refuse(ctx, w, fault.Internal(nil, "the path %s is served and not in the contract", pattern))
			return
		}
		if err := a.prepare(w, r, path); err != nil {
			g.refuse(ctx, w, err)
			return
		}
		if !a.route.long {
			next(w, r, path)
			return
		}
		if !a.route.upload { // the gRPC server counts those, and waits for them
			following, leave, err := g.follow(ctx)
			if err != nil {
				g.refuse(ctx, w, err)
				return
			}
			defer leave()
			r = r.WithContext(following)
		}
		p := patiently(w, stepWithin)
		defer p.end()
		next(p, r, path)
	}
}

// follow takes one of the places for streams, so that those who only listen leave room for those who ask. The context
// ends when the gateway lets its followers go.
func (g *Gateway) follow(ctx context.Context) (following context.Context, leave func(), err error) {
	select {
	case g.followers <- struct{}{}:
		following, end := context.WithCancelCause(ctx)
		go func() {
			select {
			case <-g.stopping:
				end(fault.Unavailable("STOPPING", "the server is stopping; connect again").After(retryStopped))
			case <-following.Done():
			}
		}()
		return following, func() { end(nil); <-g.followers }, nil
	default:
		return nil, nil, fault.Exhausted("STREAMS_BUSY", "%d streams are open already; try again in a moment", maxFollowers).
			With("limit", maxFollowers).After(retryStopped)
	}
}

// prepare reads parameters and body. What the path has bound, the body may repeat and not change.
func (a *asked) prepare(w http.ResponseWriter, r *http.Request, path map[string]string) error {
	if !utf8.ValidString(r.URL.Path) {
		return fault.Invalid("PATH_INVALID", "the path is not UTF-8")
	}
	if !a.route.path.MatchString(r.URL.Path) { // an empty name matched
		return pathUnknown(r.URL.Path)
	}
	if a.etag != "" && len(a.route.etag) == 0 {
		return fault.Invalid("IF_MATCH_UNUSED", "%s %s compares no etag; leave the header If-Match out", a.route.verb, a.route.template).
			With("header", headerIfMatch)
	}
	var err error
	if a.parameters, err = a.route.parameters(r.URL.RawQuery); err != nil {
		return err
	}
	// Set, so that the generated code takes them as they are and reads no form.
	r.Form, r.PostForm = a.parameters, url.Values{}
	switch {
	case a.route.parts:
		return partsType(r.Header)
	case a.route.upload:
		return fileType(r.Header)
	case a.route.bodyOf == nil:
		r.Body = http.NoBody
		return nil
	}
	body, err := a.route.decode(w, r)
	if err != nil {
		return err
	}
	if err := a.route.agree(path, body.message); err != nil {
		return err
	}
	r.Body = body
	return nil
}

// carriable says whether a header can be carried on: the gRPC server limits all of them together to 16 KiB.
func carriable(s string) bool {
	const longest = 4 << 10
	if len(s) > longest {
		return false
	}
	for _, c := range []byte(s) {
		if c < ' ' || c > '~' {
			return false
		}
	}
	return true
}

// shorten keeps a foreign text from filling an answer.
func shorten(s string) string {
	const limit = 80
	if len(s) <= limit {
		return s
	}
	return strings.ToValidUTF8(s[:limit], "") + "…"
}
