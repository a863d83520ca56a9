//go:build unix

package doors

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/known/fieldmaskpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/tonghop/tonghop/server/check"
)

// verdict is what one door says.
type verdict struct {
	code    codes.Code
	reason  string
	words   string
	message proto.Message
}

func (v verdict) String() string {
	if v.code == codes.OK {
		return fmt.Sprintf("OK %v", v.message)
	}
	return fmt.Sprintf("%s %s %q", v.code, v.reason, v.words)
}

// both asks through both doors and compares.
func (h *house) both(ctx context.Context, q *request) error {
	ctx, stop := context.WithTimeout(ctx, callWithin)
	defer stop()
	type result struct {
		verdict
		err error
	}
	other := make(chan result, 1)
	r, there, err := h.asJSON(ctx, q)
	if err != nil {
		return err
	}
	if there {
		go func() {
			v, err := h.overJSON(r, q)
			other <- result{v, err}
		}()
	}
	left := h.overGRPC(ctx, q)
	if !there { // no path says such a name
		h.count["nowhere"]++
		if left.code == codes.OK {
			return check.Broken("gRPC answers %s for %v, which no path can name", left, q.message)
		}
		return nil
	}
	right := <-other
	if right.err != nil {
		return fmt.Errorf("JSON: %w", right.err)
	}
	if left.code == codes.OK {
		h.count["answered"]++
		h.pool.remember(left.message.ProtoReflect())
	} else {
		h.count["refused"]++
	}
	// JSON that is none of the message is refused before anybody asks who sends it; the contract is no secret.
	if q.strange && left.code != codes.OK && right.reason == "UNKNOWN_FIELD" {
		return nil
	}
	if left.code != right.code || left.reason != right.reason || left.words != right.words {
		return check.Broken("over gRPC %s, as JSON %s, for %v, sent as %s %s", left, right.verdict, q.message, r.Method, r.URL)
	}
	if left.code == codes.OK {
		settle(left.message.ProtoReflect())
		settle(right.message.ProtoReflect())
		if !proto.Equal(left.message, right.message) {
			return check.Broken("over gRPC %v, as JSON %v, for %v, sent as %s %s", left.message, right.message, q.message, r.Method, r.URL)
		}
	}
	return nil
}

func (h *house) overGRPC(ctx context.Context, q *request) verdict {
	headers := metadata.Pairs("accept-language", q.language())
	if q.caller.secret != "" {
		headers.Set("authorization", "Bearer "+q.caller.secret)
	}
	asked := proto.Clone(q.message)
	if q.strange {
		unknown := protowire.AppendVarint(protowire.AppendTag(nil, 15_000, protowire.VarintType), 1)
		asked.ProtoReflect().SetUnknown(unknown)
	}
	answer := newMessage(q.method.Output())
	name := fmt.Sprintf("/%s/%s", q.method.Parent().FullName(), q.method.Name())
	err := h.conn.Invoke(metadata.NewOutgoingContext(ctx, headers), name, asked, answer)
	if err == nil {
		return verdict{message: answer}
	}
	s := status.Convert(err)
	v := verdict{code: s.Code(), words: s.Message()}
	for _, detail := range s.Details() {
		switch d := detail.(type) {
		case *errdetails.ErrorInfo:
			v.reason = d.GetReason()
		case *errdetails.LocalizedMessage:
			v.words = d.GetMessage()
		}
	}
	return v.settled()
}

// settled takes out what is another word each time.
func (v verdict) settled() verdict {
	v.words = correlation.ReplaceAllString(v.words, "")
	return v
}

// correlation is the word by which one answer is found in the log, and an instant as fine as only a clock tells it.
var correlation = regexp.MustCompile(`[0-9a-f]{16}|\d{4}-\d\d-\d\dT[0-9:]{8}\.\d+Z`)

func (q *request) language() string {
	if q.english {
		return "en"
	}
	return "vi"
}

func newMessage(d protoreflect.MessageDescriptor) proto.Message {
	kind, err := protoregistry.GlobalTypes.FindMessageByName(d.FullName())
	if err != nil {
		panic(err) //nolint:forbidigo // the contract is compiled in
	}
	return kind.New().Interface()
}

// asJSON writes the request as JSON; false if its names fit no path.
func (h *house) asJSON(ctx context.Context, q *request) (*http.Request, bool, error) {
	m := proto.Clone(q.message).ProtoReflect()
	verb, template := pathOf(q.binding)
	path, ok := pathFrom(m, template)
	if !ok {
		return nil, false, nil
	}
	headers := http.Header{"Accept-Language": {q.language()}}
	secret := q.caller.secret
	if h.Control == anotherName && q.caller.word == "administrator" {
		secret = h.callers[3].secret
	}
	if secret != "" {
		headers.Set("Authorization", "Bearer "+secret)
	}
	moveToHeaders(m, q, headers)
	var body []byte
	target := "http://" + h.right.HTTP + path
	query := url.Values{}
	switch name := q.binding.GetBody(); name {
	case "":
		query = parametersOf(m)
	case "*":
		body = q.json(m.Interface())
	default:
		field := m.Descriptor().Fields().ByName(protoreflect.Name(name))
		if m.Has(field) || q.strange {
			body = q.json(m.Get(field).Message().Interface())
		}
		m.Clear(field)
		query = parametersOf(m)
	}
	if len(query) > 0 {
		target += "?" + query.Encode()
	}
	r, err := http.NewRequestWithContext(ctx, verb, target, bytes.NewReader(body))
	if err != nil {
		return nil, false, err
	}
	r.Header = headers
	return r, true, nil
}

// json writes a body.
func (q *request) json(m proto.Message) []byte {
	b, err := protojson.Marshal(m)
	if err != nil {
		panic(err) //nolint:forbidigo // every text that is drawn is UTF-8
	}
	if q.strange {
		comma := ","
		if bytes.Equal(b, []byte("{}")) {
			comma = ""
		}
		b = append([]byte(`{"nobodyKnows":1`+comma), b[1:]...)
	}
	return b
}

// pathFrom puts the fields of the path into it and takes them off the message.
func pathFrom(m protoreflect.Message, template string) (string, bool) {
	fits := true
	path := bound.ReplaceAllStringFunc(template, func(found string) string {
		parts := bound.FindStringSubmatch(found)
		at, field := fieldAt(m, parts[1])
		pattern := strings.ReplaceAll(regexp.QuoteMeta(cmp.Or(parts[2], "*")), `\*`, "([^/]+)")
		value := at.Get(field).String()
		if !regexp.MustCompile("^" + pattern + "$").MatchString(value) {
			fits = false
		}
		at.Clear(field)
		segments := strings.Split(value, "/")
		for i := range segments {
			segments[i] = url.PathEscape(segments[i])
		}
		return strings.Join(segments, "/")
	})
	return path, fits
}

// moveToHeaders sends the request id, and the etag where JSON takes it, as headers.
func moveToHeaders(m protoreflect.Message, q *request, headers http.Header) {
	if !q.inHeader || q.binding.GetBody() != "*" {
		return
	}
	for name, header := range map[protoreflect.Name]string{"request_id": "Idempotency-Key", "etag": "If-Match"} {
		field := m.Descriptor().Fields().ByName(name)
		if field == nil || m.Get(field).String() == "" || strings.ContainsFunc(m.Get(field).String(), notPlain) {
			continue
		}
		headers.Set(header, `"`+m.Get(field).String()+`"`)
		m.Clear(field)
	}
}

// notPlain are letters that the header does not take.
func notPlain(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune(`",*`, r) }

// parametersOf writes what is set as parameters of a URL.
func parametersOf(m protoreflect.Message) url.Values {
	values := url.Values{}
	m.Range(func(f protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		if f.IsList() {
			for i := range v.List().Len() {
				values.Add(f.JSONName(), parameter(f, v.List().Get(i)))
			}
			return true
		}
		values.Set(f.JSONName(), parameter(f, v))
		return true
	})
	return values
}

func parameter(f protoreflect.FieldDescriptor, v protoreflect.Value) string {
	switch f.Kind() { //nolint:exhaustive // the rest says itself
	case protoreflect.EnumKind:
		return string(f.Enum().Values().ByNumber(v.Enum()).Name())
	case protoreflect.MessageKind:
		if t, ok := v.Message().Interface().(*timestamppb.Timestamp); ok {
			return t.AsTime().Format("2006-01-02T15:04:05Z07:00")
		}
		if mask, ok := v.Message().Interface().(*fieldmaskpb.FieldMask); ok {
			return strings.Join(mask.GetPaths(), ",")
		}
	}
	return v.String()
}

func (h *house) overJSON(r *http.Request, q *request) (verdict, error) {
	answer, err := h.web.Do(r)
	if err != nil {
		return verdict{}, err
	}
	body, err := io.ReadAll(answer.Body)
	_ = answer.Body.Close()
	if err != nil {
		return verdict{}, err
	}
	if answer.StatusCode == http.StatusOK {
		m := newMessage(q.method.Output())
		if err := protojson.Unmarshal(body, m); err != nil {
			return verdict{}, check.Broken("the answer %s is no %s: %w", body, q.method.Output().Name(), err)
		}
		return verdict{message: m}, nil
	}
	var form struct {
		Error struct {
			Status, Message string
			Details         []struct {
				Reason string `json:"reason"`
			}
		}
	}
	if err := json.Unmarshal(body, &form); err != nil || form.Error.Status == "" {
		return verdict{}, check.Broken("HTTP %d with %.300s, which is no error of ours", answer.StatusCode, body)
	}
	v := verdict{words: form.Error.Message}
	if err := json.Unmarshal([]byte(`"`+form.Error.Status+`"`), &v.code); err != nil {
		return verdict{}, err
	}
	for _, d := range form.Error.Details {
		if d.Reason != "" && v.reason == "" {
			v.reason = d.Reason
		}
	}
	return v.settled(), nil
}
