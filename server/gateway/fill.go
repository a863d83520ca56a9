package gateway

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
	"github.com/tonghop/tonghop/server/fault"
)

// longestCall is how long a call over the connection may take, a little longer than the server lets it.
const longestCall = 65 * time.Second

// methods is what the contract says about the methods, by the names that grpc gives them.
type methods struct {
	// body is the field that the HTTP body fills; "*" is the whole request, and then there is no query.
	body map[string]string
	// reads are the methods that are a GET, patches those whose body is a thing with its etag.
	reads, patches map[string]bool
	// lasts are the paths whose answer has many parts.
	lasts map[string]bool
}

func methodsOf() (methods, error) {
	m := methods{body: map[string]string{}, reads: map[string]bool{}, patches: map[string]bool{}, lasts: map[string]bool{}}
	for _, file := range []protoreflect.FileDescriptor{
		reportingv1.File_reporting_v1_unit_proto, reportingv1.File_reporting_v1_indicator_proto,
		reportingv1.File_reporting_v1_form_proto, reportingv1.File_reporting_v1_report_proto,
		reportingv1.File_reporting_v1_rollup_proto, reportingv1.File_reporting_v1_change_proto,
		reportingv1.File_reporting_v1_access_proto, reportingv1.File_reporting_v1_operation_proto,
	} {
		for i := range file.Services().Len() {
			service := file.Services().Get(i)
			for j := range service.Methods().Len() {
				if err := m.add(service, service.Methods().Get(j)); err != nil {
					return m, err
				}
			}
		}
	}
	return m, nil
}

func (m methods) add(service protoreflect.ServiceDescriptor, method protoreflect.MethodDescriptor) error {
	rule, _ := proto.GetExtension(method.Options(), annotations.E_Http).(*annotations.HttpRule)
	if rule == nil {
		return nil // a stream from the client, which has a path of its own here
	}
	name := fmt.Sprintf("/%s/%s", service.FullName(), method.Name())
	m.body[name] = rule.GetBody()
	m.reads[name], m.patches[name] = rule.GetGet() != "", rule.GetPatch() != ""
	if !method.IsStreamingServer() {
		return nil
	}
	path := rule.GetGet() + rule.GetPost()
	if strings.ContainsAny(path, "{*") {
		return fmt.Errorf("method %s has an answer of many parts and a path with variables, which the gateway cannot tell apart", name)
	}
	m.lasts[path] = true
	return nil
}

// unary fills what the request brought beside its body into the message.
func (g *gate) unary(
	ctx context.Context, method string, request, answer any, conn *grpc.ClientConn, call grpc.UnaryInvoker, options ...grpc.CallOption,
) error {
	if err := g.fill(ctx, method, request); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, longestCall)
	defer cancel()
	return call(ctx, method, request, answer, conn, options...)
}

func (g *gate) stream(
	ctx context.Context, desc *grpc.StreamDesc, conn *grpc.ClientConn, method string, open grpc.Streamer, options ...grpc.CallOption,
) (grpc.ClientStream, error) {
	s, err := open(ctx, desc, conn, method, options...)
	if err != nil {
		return nil, err
	}
	return &filled{ClientStream: s, fill: func(request any) error { return g.fill(ctx, method, request) }}, nil
}

// filled fills the one request of a stream.
type filled struct {
	grpc.ClientStream
	fill func(request any) error
}

// SendMsg sends a message with what belongs into it.
func (f *filled) SendMsg(m any) error {
	if err := f.fill(m); err != nil {
		return err
	}
	return f.ClientStream.SendMsg(m)
}

// fill looks at what a request brought beside its body: unknown query parameters are refused, for a filter with a
// mistyped name would give more than was asked for; the request id and the etag get their places.
func (g *gate) fill(ctx context.Context, method string, request any) error {
	t := tripOf(ctx)
	m, ok := request.(proto.Message)
	if t == nil || !ok {
		return nil
	}
	message := m.ProtoReflect()
	if err := g.checkQuery(method, message.Descriptor(), t); err != nil {
		return err
	}
	if err := fillRequestID(message, t.key); err != nil {
		return err
	}
	return g.fillEtag(method, message, t.match)
}

func (g *gate) checkQuery(method string, message protoreflect.MessageDescriptor, t *trip) error {
	names := make([]string, 0, len(t.query))
	for name := range t.query {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		switch {
		case g.methods.body[method] == "*":
			return fault.Invalid("QUERY_NOT_READ", "the query parameter %q would not be read here; put it into the body", shorten(name)).
				With("parameter", shorten(name))
		case !knows(message, strings.Split(name, ".")):
			return fault.Invalid("QUERY_UNKNOWN", "the query parameter %q is unknown here; see /openapi.json for those that are", shorten(name)).
				With("parameter", shorten(name))
		}
	}
	return nil
}

// knows follows a path of field names, in either spelling.
func knows(message protoreflect.MessageDescriptor, path []string) bool {
	for i, name := range path {
		field := message.Fields().ByTextName(name)
		if field == nil {
			field = message.Fields().ByJSONName(name)
		}
		switch {
		case field == nil:
			return false
		case i == len(path)-1:
			return true
		case field.Message() == nil || field.Cardinality() == protoreflect.Repeated:
			return false
		}
		message = field.Message()
	}
	return false
}

// fillRequestID puts the key into a change, or a new id where there is none: a client that sends no key cannot repeat,
// and gets what it would have without one. A preview needs none.
func fillRequestID(m protoreflect.Message, key string) error {
	field := textField(m, "request_id")
	if field == nil {
		return nil
	}
	given := m.Get(field).String()
	switch preview := m.Descriptor().Fields().ByName("validate_only"); {
	case given != "" && key != "" && given != key:
		return fault.Invalid("IDEMPOTENCY_KEY_DIFFERS", "the header Idempotency-Key and the field request_id differ; send one of the two").
			In("request_id")
	case given != "":
	case key != "":
		m.Set(field, protoreflect.ValueOfString(key))
	case preview == nil || !m.Get(preview).Bool():
		id, err := uuid.NewV7()
		if err != nil {
			return fault.Internal(err, "no request id could be made")
		}
		m.Set(field, protoreflect.ValueOfString(id.String()))
	}
	return nil
}

// fillEtag puts the header If-Match where the request has an etag: in itself, or in the thing that is patched. A change
// that knows no etag refuses the header, because going on would disregard a condition.
func (g *gate) fillEtag(method string, m protoreflect.Message, match string) error {
	if match == "" || g.methods.reads[method] {
		return nil
	}
	if body := m.Descriptor().Fields().ByName(protoreflect.Name(g.methods.body[method])); body != nil && g.methods.patches[method] {
		m = m.Mutable(body).Message()
	}
	field := textField(m, "etag")
	if field == nil {
		return fault.Invalid("IF_MATCH_NOT_HERE", "nothing here has an etag, so the header If-Match cannot be held; leave it out")
	}
	if given := m.Get(field).String(); given != "" && given != match {
		return fault.Invalid("IF_MATCH_DIFFERS", "the header If-Match and the field etag differ; send one of the two").In("etag")
	}
	m.Set(field, protoreflect.ValueOfString(match))
	return nil
}

// textField finds a single field of text.
func textField(m protoreflect.Message, name protoreflect.Name) protoreflect.FieldDescriptor {
	field := m.Descriptor().Fields().ByName(name)
	if field == nil || field.Kind() != protoreflect.StringKind || field.IsList() {
		return nil
	}
	return field
}
