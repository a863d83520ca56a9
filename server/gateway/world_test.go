package gateway_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
	"google.golang.org/grpc"
	"google.golang.org/grpc/health"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	"github.com/tonghop/tonghop/server/gateway"
)

// heard is one call that arrived at the gRPC server.
type heard struct {
	method   protoreflect.MethodDescriptor
	request  proto.Message // the first one
	metadata metadata.MD
	deadline time.Duration // 0: none
}

// script is what the gRPC server says to a call. A nil answer is the empty message of the method's type.
type script func(h heard, stream grpc.ServerStream) (proto.Message, error)

// world is a gateway before a real gRPC server whose methods, all of the contract, follow a script.
type world struct {
	t      *testing.T
	url    string
	server *grpc.Server
	web    *http.Server
	health *health.Server
	script script

	mu    sync.Mutex
	calls []heard
}

// open starts a world that listens. Every test ends by proving that nothing of it runs any more.
func open(t *testing.T, s script) *world {
	t.Helper()
	w := &world{t: t, script: s, health: health.NewServer()}
	before := goleak.IgnoreCurrent()
	server := grpc.NewServer(grpc.UnknownServiceHandler(w.handle))
	w.server = server
	healthv1.RegisterHealthServer(server, w.health)
	g, err := gateway.New(gateway.Config{GRPC: server})
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w.web = g.Server()
	ended := make(chan error, 1)
	go func() { ended <- w.web.Serve(listener) }()
	w.url = "http://" + listener.Addr().String()
	t.Cleanup(func() {
		http.DefaultClient.CloseIdleConnections()
		if err := w.web.Close(); err != nil {
			t.Error(err)
		}
		if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
			t.Errorf("the HTTP server ended with %v", err)
		}
		for range 2 { // a second Close has nothing to do
			if err := g.Close(); err != nil {
				t.Errorf("Close: %v", err)
			}
		}
		server.Stop()
		// net/http waits half a second before it closes a connection on which it has refused something.
		goleak.VerifyNone(t, before, goleak.IgnoreAnyFunction("net/http.(*conn).closeWriteAndWait"))
	})
	return w
}

// handle is every method of every service.
func (w *world) handle(_ any, stream grpc.ServerStream) error {
	name, _ := grpc.MethodFromServerStream(stream)
	h := heard{method: methodOf(w.t, name)}
	h.metadata, _ = metadata.FromIncomingContext(stream.Context())
	if deadline, ok := stream.Context().Deadline(); ok {
		h.deadline = time.Until(deadline)
	}
	h.request = message(w.t, h.method.Input())
	if err := stream.RecvMsg(h.request); err != nil {
		return err
	}
	w.mu.Lock()
	w.calls = append(w.calls, h)
	w.mu.Unlock()
	var answer proto.Message
	if w.script != nil {
		var err error
		if answer, err = w.script(h, stream); err != nil {
			return err
		}
	}
	if answer == nil {
		if h.method.IsStreamingServer() {
			return nil
		}
		answer = message(w.t, h.method.Output())
	}
	return stream.SendMsg(answer)
}

// last gives the last call, and forgets all.
func (w *world) last() (heard, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.calls) == 0 {
		return heard{}, false
	}
	h := w.calls[len(w.calls)-1]
	w.calls = nil
	return h, true
}

// silent fails the test if a call arrived.
func (w *world) silent(what string) {
	w.t.Helper()
	if h, ok := w.last(); ok {
		w.t.Errorf("%s: %s was called with %v, want no call", what, h.method.FullName(), h.request)
	}
}

// answer is what came back over HTTP.
type answer struct {
	code   int
	header http.Header
	body   string
	// failure is the error form, if the body is one.
	failure failure
}

type failure struct {
	Code    int              `json:"code"`
	Status  string           `json:"status"`
	Message string           `json:"message"`
	Details []map[string]any `json:"details"`
}

// detail finds a detail of a type.
func (f failure) detail(name string) map[string]any {
	for _, d := range f.Details {
		if d["@type"] == "type.googleapis.com/google.rpc."+name {
			return d
		}
	}
	return nil
}

func (f failure) reason() string {
	reason, _ := f.detail("ErrorInfo")["reason"].(string)
	return reason
}

// ask sends a request; headers are written "Name: value".
func (w *world) ask(verb, path, body string, headers ...string) answer {
	w.t.Helper()
	var reader io.Reader
	if body != "" {
		reader = strings.NewReader(body)
	}
	r, err := http.NewRequestWithContext(w.t.Context(), verb, w.url+path, reader)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Add(name, value)
	}
	return w.do(r)
}

func (w *world) do(r *http.Request) answer {
	w.t.Helper()
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		w.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	a := answer{code: resp.StatusCode, header: resp.Header, body: string(b)}
	a.failure = failureIn(a.body)
	for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"} {
		if got := resp.Header.Get(name); got != want {
			w.t.Errorf("%s %s answers with %s %q, want %q", r.Method, r.URL.Path, name, got, want)
		}
	}
	if resp.Header.Get("Access-Control-Allow-Origin") != "" {
		w.t.Errorf("%s %s lets other pages read it", r.Method, r.URL.Path)
	}
	return a
}

func failureIn(body string) failure {
	var form struct {
		Error failure `json:"error"`
	}
	_ = json.Unmarshal([]byte(body), &form)
	return form.Error
}

// refused fails the test unless the answer is an error in our form with that status and reason.
func (a answer) refused(t *testing.T, what string, code int, reason string) {
	t.Helper()
	if a.code != code || a.failure.Code != code || a.failure.reason() != reason {
		t.Errorf("%s: HTTP %d, code %d, reason %q, want %d %s\n%s", what, a.code, a.failure.Code, a.failure.reason(), code, reason, a.body)
	}
	if got := a.header.Get("Content-Type"); got != "application/json" {
		t.Errorf("%s: Content-Type of the error is %q", what, got)
	}
	if a.failure.Message == "" {
		t.Errorf("%s: the error says nothing\n%s", what, a.body)
	}
}

// message makes an empty message of a type.
func message(t *testing.T, d protoreflect.MessageDescriptor) proto.Message {
	kind, err := protoregistry.GlobalTypes.FindMessageByName(d.FullName())
	if err != nil {
		t.Errorf("message %s: %v", d.FullName(), err)
		return nil
	}
	return kind.New().Interface()
}

func methodOf(t *testing.T, name string) protoreflect.MethodDescriptor {
	full := strings.ReplaceAll(strings.TrimPrefix(name, "/"), "/", ".")
	d, err := protoregistry.GlobalFiles.FindDescriptorByName(protoreflect.FullName(full))
	method, ok := d.(protoreflect.MethodDescriptor)
	if err != nil || !ok {
		t.Errorf("%s was called, which is no method: %v", name, err)
	}
	return method
}

// field gives the text of a field of a request, by its path.
func field(m proto.Message, path string) string {
	at := m.ProtoReflect()
	names := strings.Split(path, ".")
	for _, name := range names[:len(names)-1] {
		at = at.Get(at.Descriptor().Fields().ByName(protoreflect.Name(name))).Message()
	}
	return at.Get(at.Descriptor().Fields().ByName(protoreflect.Name(names[len(names)-1]))).String()
}

// within waits for something that another goroutine does.
func within(t *testing.T, what string, done <-chan struct{}) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	select {
	case <-done:
	case <-ctx.Done():
		t.Fatalf("%s did not happen", what)
	}
}
