package server_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/code"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
	"github.com/tonghop/tonghop/server"
	"github.com/tonghop/tonghop/server/period"
)

// province is a real server on free ports, whose clock stands where the story put it.
type province struct {
	t        *testing.T
	clock    atomic.Int64
	conn     *grpc.ClientConn
	http     string
	secrets  map[string]string // of the callers, by the names that the story gives them
	requests int
	// show puts ids that are drawn at random where a case names them, hide puts the names back into answers.
	show, hide []string
}

// newProvince starts a server on an empty store. Its first administrator is the caller "founder".
func newProvince(t *testing.T) *province {
	t.Helper()
	return newProvinceWith(t, func(*server.Config) {})
}

// newProvinceWith is newProvince with other settings.
func newProvinceWith(t *testing.T, set func(*server.Config)) *province {
	t.Helper()
	p := &province{t: t, secrets: map[string]string{"nobody": "", "forger": "th_0m3v9f2nxqra_not-a-token"}}
	p.at("2024-01-05 09:00")
	cfg := server.Config{
		Dir: filepath.Join(t.TempDir(), "store"), GRPCListen: "127.0.0.1:0", HTTPListen: "127.0.0.1:0",
		SegmentBytes: 1 << 20, Version: "test", Now: func() time.Time { return time.Unix(0, p.clock.Load()) },
	}
	set(&cfg)
	founder, err := server.Init(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	s, err := server.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	p.conn, err = grpc.NewClient(s.GRPCAddress(), grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(8<<20)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Errorf("the server ended with %v", err)
		}
		if err := p.conn.Close(); err != nil {
			t.Error(err)
		}
	})
	p.http = "http://" + s.HTTPAddress()
	p.know("founder", founder.Reveal())
	status, err := reportingv1.NewOperationServiceClient(p.conn).GetStatus(p.by("founder"), &reportingv1.GetStatusRequest{})
	if err != nil {
		t.Fatal(err)
	}
	p.name("journal", status.GetStamp().GetJournalId())
	return p
}

// at puts the clock.
func (p *province) at(when string) {
	p.t.Helper()
	instant, err := time.ParseInLocation("2006-01-02 15:04", when, period.Location())
	if err != nil {
		p.t.Fatal(err)
	}
	p.clock.Store(instant.UnixNano())
}

// now is what the clock says.
func (p *province) now() time.Time { return time.Unix(0, p.clock.Load()) }

// know remembers a caller's token and gives its id his name.
func (p *province) know(name, secret string) {
	p.secrets[name] = secret
	p.name(name, strings.Split(secret, "_")[1])
}

func (p *province) name(name, id string) {
	p.show = append(p.show, "<"+name+">", id)
	p.hide = append(p.hide, id, "<"+name+">")
}

func (p *province) shown(text string) string { return strings.NewReplacer(p.show...).Replace(text) }

func (p *province) hidden(text []byte) []byte {
	return []byte(strings.NewReplacer(p.hide...).Replace(string(text)))
}

// by gives the context of a call by somebody.
func (p *province) by(caller string) context.Context {
	p.t.Helper()
	secret, known := p.secrets[caller]
	if !known {
		p.t.Fatalf("nobody is called %q in the story", caller)
	}
	if secret == "" {
		return p.t.Context()
	}
	return metadata.AppendToOutgoingContext(p.t.Context(), "authorization", "Bearer "+secret)
}

// given is what one door gave: an answer (several of a stream), or a refusal.
type given struct {
	answers []proto.Message
	trees   []any // of the answers, every plain field shown
	status  int   // HTTP
	refused *refusal
}

// messages finds the messages of a method.
func (p *province) messages(method string) (protoreflect.MethodDescriptor, protoreflect.MessageType, protoreflect.MessageType) {
	p.t.Helper()
	service, name, _ := strings.Cut(method, ".")
	found, err := protoregistry.GlobalFiles.FindDescriptorByName(protoreflect.FullName("reporting.v1." + service + "." + name))
	if err != nil {
		p.t.Fatalf("no method %s: %v", method, err)
	}
	d, ok := found.(protoreflect.MethodDescriptor)
	if !ok {
		p.t.Fatalf("%s is no method", method)
	}
	in, err := protoregistry.GlobalTypes.FindMessageByName(d.Input().FullName())
	if err != nil {
		p.t.Fatal(err)
	}
	out, err := protoregistry.GlobalTypes.FindMessageByName(d.Output().FullName())
	if err != nil {
		p.t.Fatal(err)
	}
	return d, in, out
}

// everyField shows plain fields that are zero, as the gateway does, and leaves out optional ones that are not there.
var everyField = protojson.MarshalOptions{EmitDefaultValues: true}

// overGRPC makes the call of a case.
func (p *province) overGRPC(e *exchange, pageToken string) given {
	p.t.Helper()
	d, in, out := p.messages(e.method)
	request := in.New().Interface()
	if err := protojson.Unmarshal([]byte(p.shown(e.request)), request); err != nil {
		p.t.Fatalf("the request of %q: %v", e.name, err)
	}
	if pageToken != "" {
		m := request.ProtoReflect()
		m.Set(m.Descriptor().Fields().ByName("page_token"), protoreflect.ValueOfString(pageToken))
	}
	ctx := p.by(e.caller)
	if e.language != "" {
		ctx = metadata.AppendToOutgoingContext(ctx, "accept-language", e.language)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	path := "/" + string(d.Parent().FullName()) + "/" + string(d.Name())
	stream, err := p.conn.NewStream(ctx, &grpc.StreamDesc{ServerStreams: true}, path)
	if err == nil {
		err = stream.SendMsg(request)
	}
	if err == nil {
		err = stream.CloseSend()
	}
	var g given
	for err == nil && (e.take == 0 || len(g.answers) < e.take) {
		answer := out.New().Interface()
		if err = stream.RecvMsg(answer); err == nil {
			g.answers = append(g.answers, answer)
			g.trees = append(g.trees, treeOf(p.t, p.hidden(marshal(p.t, answer, everyField))))
		}
	}
	if err != nil && err != io.EOF { //nolint:errorlint // RecvMsg gives io.EOF as it is
		s, _ := status.FromError(err)
		object, _ := treeOf(p.t, p.hidden(marshal(p.t, s.Proto(), protojson.MarshalOptions{}))).(map[string]any)
		return given{refused: refusalOf(code.Code(s.Code()).String(), object["details"])} //nolint:gosec // there are seventeen codes
	}
	return g
}

// overHTTP makes the same call as JSON. The request id of the case travels in the header.
func (p *province) overHTTP(e *exchange, pageToken string) given {
	p.t.Helper()
	path := p.shown(e.path)
	if pageToken != "" {
		path += "&pageToken=" + pageToken
	}
	body := io.Reader(http.NoBody)
	if e.body != "" {
		body = strings.NewReader(p.shown(e.body))
	}
	ctx, cancel := context.WithCancel(p.t.Context())
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, e.verb, p.http+path, body)
	if err != nil {
		p.t.Fatal(err)
	}
	if secret := p.secrets[e.caller]; secret != "" {
		r.Header.Set("Authorization", "Bearer "+secret)
	}
	if e.language != "" {
		r.Header.Set("Accept-Language", e.language)
	}
	if id := look(treeOf(p.t, []byte(e.request)), "requestId"); id != absent {
		r.Header.Set("Idempotency-Key", id)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		p.t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	return p.readHTTP(e, answer)
}

func (p *province) readHTTP(e *exchange, answer *http.Response) given {
	p.t.Helper()
	d, _, _ := p.messages(e.method)
	g := given{status: answer.StatusCode}
	if d.IsStreamingServer() && answer.StatusCode == http.StatusOK {
		g.trees = p.readLines(answer.Body, e.take)
		return g
	}
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	tree := treeOf(p.t, p.hidden(text))
	if answer.StatusCode == http.StatusOK {
		g.trees = []any{tree}
		return g
	}
	whole, _ := tree.(map[string]any)
	body, _ := whole["error"].(map[string]any)
	if got := look(body, "code"); !strings.HasPrefix(answer.Status, got+" ") {
		p.t.Errorf("the body says code %s, the status line %s", got, answer.Status)
	}
	g.refused = refusalOf(look(body, "status"), body["details"])
	if got := look(body, "message"); got != g.refused.text {
		p.t.Errorf("the body says %q, its localized text %q", got, g.refused.text)
	}
	return g
}

// readLines reads the answers of a stream, one object a line.
func (p *province) readLines(body io.Reader, take int) []any {
	p.t.Helper()
	var trees []any
	var line bytes.Buffer
	b := make([]byte, 1)
	for take == 0 || len(trees) < take {
		if _, err := body.Read(b); err != nil {
			break
		}
		if line.Write(b); b[0] == '\n' {
			trees = append(trees, treeOf(p.t, p.hidden(line.Bytes())))
			line.Reset()
		}
	}
	return trees
}
