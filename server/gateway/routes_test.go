package gateway_test

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
)

// binding is one HTTP binding of the contract, with a path made up from its template.
type binding struct {
	method protoreflect.MethodDescriptor
	verb   string
	path   string
	body   string
	// names has what each variable of the path must arrive as.
	names map[string]string
}

// segments are the names that stand for the stars of a template, by the collection before them.
var segments = map[string]string{
	"units": "82-20250701", "forms": "tk-quy", "indicators": "cq-06", "rules": "tuso", "tokens": "k3j5h2k3j5h2", "reports": "cds-thang~2024-02", "revisions": "4711",
	"periods": "2024-9M", "closings": "2024-02~87-0", "subscriptions": "4f1c09e2a7b35d8812aa", "proofs": "7k2m9q2x7v1a", "plans": "698-kh-ubnd-2022", "duties": "bcd-cds", "registers": "ocop",
}

// sequence is what a variable without a pattern arrives as.
const sequence = "1207"

// methods walks every service of the contract.
func methods() []protoreflect.MethodDescriptor {
	var list []protoreflect.MethodDescriptor
	protoregistry.GlobalFiles.RangeFilesByPackage("reporting.v1", func(file protoreflect.FileDescriptor) bool {
		for i := range file.Services().Len() {
			for j := range file.Services().Get(i).Methods().Len() {
				list = append(list, file.Services().Get(i).Methods().Get(j))
			}
		}
		return true
	})
	return list
}

func bindings(t *testing.T) []binding {
	t.Helper()
	var list []binding
	for _, method := range methods() {
		rule, _ := proto.GetExtension(method.Options(), annotations.E_Http).(*annotations.HttpRule)
		if rule == nil {
			continue
		}
		for _, r := range append([]*annotations.HttpRule{rule}, rule.GetAdditionalBindings()...) {
			list = append(list, bound(t, method, r))
		}
	}
	if len(list) < 30 {
		t.Fatalf("only %d bindings were found; the walk is broken", len(list))
	}
	return list
}

func bound(t *testing.T, method protoreflect.MethodDescriptor, rule *annotations.HttpRule) binding {
	b := binding{method: method, body: rule.GetBody(), names: map[string]string{}}
	switch {
	case rule.GetGet() != "":
		b.verb, b.path = http.MethodGet, rule.GetGet()
	case rule.GetPost() != "":
		b.verb, b.path = http.MethodPost, rule.GetPost()
	case rule.GetPatch() != "":
		b.verb, b.path = http.MethodPatch, rule.GetPatch()
	default:
		t.Fatalf("%s has a binding of a sort that is new here: %v", method.FullName(), rule)
	}
	star := regexp.MustCompile(`([a-z]+)/\*`)
	b.path = regexp.MustCompile(`\{([a-z_.]+)=([^}]+)\}`).ReplaceAllStringFunc(b.path, func(v string) string {
		field, pattern, _ := strings.Cut(strings.Trim(v, "{}"), "=")
		b.names[field] = star.ReplaceAllStringFunc(pattern, func(s string) string {
			collection := strings.TrimSuffix(s, "/*")
			if segments[collection] == "" {
				t.Fatalf("%s: no name is known in %s", method.FullName(), collection)
			}
			return collection + "/" + segments[collection]
		})
		return b.names[field]
	})
	// A variable without a pattern is one part of the path.
	b.path = regexp.MustCompile(`\{[a-z_.]+\}`).ReplaceAllStringFunc(b.path, func(v string) string {
		b.names[strings.Trim(v, "{}")] = sequence
		return sequence
	})
	return b
}

// empty is a body that the binding takes.
func (b binding) empty() string {
	if b.body == "" {
		return ""
	}
	return "{}"
}

func TestEveryMethodIsReached(t *testing.T) {
	w := open(t, nil)
	for _, b := range bindings(t) {
		for _, path := range []string{b.path, escapedPath(b.path)} {
			a := w.ask(b.verb, path, b.empty(), "Authorization: Bearer mine")
			h, ok := w.last()
			if a.code != http.StatusOK || !ok || h.method.FullName() != b.method.FullName() {
				t.Errorf("%s %s: HTTP %d, %s; want a call of %s", b.verb, path, a.code, a.body, b.method.FullName())
				continue
			}
			for name, want := range b.names {
				if got := field(h.request, name); got != want {
					t.Errorf("%s %s: %s arrived as %q, want %q", b.verb, path, name, got, want)
				}
			}
			if got := h.metadata.Get("authorization"); len(got) != 1 || got[0] != "Bearer mine" {
				t.Errorf("%s %s: the token arrived as %q", b.verb, path, got)
			}
		}
	}
}

// escapedPath escapes what need not be escaped, as libraries do.
func escapedPath(path string) string {
	return strings.NewReplacer("~", "%7E", ":", "%3A", "-", "%2d").Replace(path)
}

func TestEveryMethodIsServedSomehow(t *testing.T) {
	known := map[protoreflect.FullName]bool{}
	for _, b := range bindings(t) {
		known[b.method.FullName()] = true
	}
	for _, u := range uploads {
		known[u.method] = true
	}
	known["reporting.v1.UnitService.ImportReorganisation"] = true // two files, see uploadparts_test.go
	for _, m := range methods() {
		// A stream of submissions has no form in HTTP/1; reports:batchSubmit and reports:import take its place.
		if !known[m.FullName()] && m.Name() != "StreamReports" {
			t.Errorf("%s has neither an HTTP binding nor an upload", m.FullName())
		}
	}
}

const (
	oneID   = "018f4f5e-8f7a-7cc2-9a52-6f1f0f0c7b11"
	otherID = "018f4f5e-8f7a-7cc2-9a52-6f1f0f0c7b12"
)

// withField gives path and body of a request that states a field of its own, in the body or as a parameter.
func (b binding) withField(name, value string) (path, body string) {
	if b.body == "*" {
		return b.path, fmt.Sprintf(`{%q:%q}`, name, value)
	}
	return b.path + "?" + name + "=" + value, b.empty()
}

func TestEveryChangeTakesItsIDFromTheHeader(t *testing.T) {
	w := open(t, nil)
	changes := 0
	for _, b := range bindings(t) {
		if b.method.Input().Fields().ByName("request_id") == nil {
			if b.verb != http.MethodGet && b.method.Name() != "VerifyStore" && b.method.Name() != "SendTestNotification" {
				t.Errorf("%s is no GET and has no request_id; if it changes nothing, name it here", b.method.FullName())
			}
			continue
		}
		changes++
		for _, header := range []string{oneID, `"` + oneID + `"`} {
			a := w.ask(b.verb, b.path, b.empty(), "Idempotency-Key: "+header)
			h, ok := w.last()
			if a.code != 200 || !ok || field(h.request, "request_id") != oneID {
				t.Errorf("%s with Idempotency-Key %s: HTTP %d, request %v", b.method.FullName(), header, a.code, h.request)
			}
		}
		path, body := b.withField("requestId", oneID)
		if a := w.ask(b.verb, path, body, "Idempotency-Key: "+strings.ToUpper(oneID)); a.code != 200 {
			t.Errorf("%s with one id twice: HTTP %d %s", b.method.FullName(), a.code, a.body)
		}
		if h, _ := w.last(); field(h.request, "request_id") != oneID {
			t.Errorf("%s with an id of its own: arrived as %v", b.method.FullName(), h.request)
		}
		w.ask(b.verb, path, body, "Idempotency-Key: "+otherID).refused(t, string(b.method.FullName())+" with two ids", 400, "REQUEST_ID_TWICE")
		w.silent(string(b.method.FullName()) + " with two ids")

		made := map[string]bool{}
		for range 3 {
			w.ask(b.verb, b.path, b.empty())
			h, _ := w.last()
			made[field(h.request, "request_id")] = true
		}
		for id := range made {
			// Version 7: ordered by time.
			if !regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`).MatchString(id) {
				t.Errorf("%s without an id: one was made, %q, which is no UUIDv7", b.method.FullName(), id)
			}
		}
		if len(made) != 3 {
			t.Errorf("%s: three requests without an id got %d", b.method.FullName(), len(made))
		}
	}
	if changes < 10 {
		t.Errorf("only %d methods change something; the walk is broken", changes)
	}
}

func TestItemsOfABatchHaveNoIDsOfTheirOwn(t *testing.T) {
	w := open(t, nil)
	w.ask("POST", "/v1/reports:batchSubmit", `{"requests":[{"name":"units/82/reports/a~2024-02"}]}`, "Idempotency-Key: "+oneID)
	h, _ := w.last()
	r := h.request.(*reportingv1.BatchSubmitReportsRequest)
	if r.GetRequestId() != oneID || r.GetRequests()[0].GetRequestId() != "" {
		t.Errorf("the batch arrived as %v", r)
	}
}

func TestIfMatchIsTheEtagWhereThereIsOne(t *testing.T) {
	w := open(t, nil)
	compared := 0
	for _, b := range bindings(t) {
		where, body, conflict := "", b.empty(), ""
		in := b.method.Input().Fields()
		switch {
		case in.ByName("etag") != nil:
			where, conflict = "etag", `{"etag":"8"}`
		case b.verb == http.MethodPatch:
			where, conflict = b.body+".etag", `{"etag":"8"}`
		}
		if where == "" {
			w.ask(b.verb, b.path, body, `If-Match: "7"`).refused(t, "If-Match of "+string(b.method.FullName()), 400, "IF_MATCH_UNUSED")
			w.silent("If-Match of " + string(b.method.FullName()))
			continue
		}
		compared++
		for _, header := range []string{`"7-a"`, "7-a"} {
			a := w.ask(b.verb, b.path, body, "If-Match: "+header)
			h, ok := w.last()
			if a.code != 200 || !ok || field(h.request, where) != "7-a" {
				t.Errorf("%s with If-Match %s: HTTP %d, request %v", b.method.FullName(), header, a.code, h.request)
			}
		}
		w.ask(b.verb, b.path, conflict, `If-Match: "7"`).refused(t, string(b.method.FullName())+" with two etags", 400, "ETAG_TWICE")
		w.silent(string(b.method.FullName()) + " with two etags")
		if a := w.ask(b.verb, b.path, conflict, `If-Match: "8"`); a.code != 200 {
			t.Errorf("%s with one etag twice: HTTP %d %s", b.method.FullName(), a.code, a.body)
		}
		w.last()
	}
	if compared != 16 {
		t.Errorf("%d methods compare an etag, want submit, approve, return, exclude, lift, close, reopen, restore, the report of a duty and seven updates", compared)
	}
}
