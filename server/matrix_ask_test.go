package server_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"

	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/genproto/googleapis/rpc/code"
	"google.golang.org/grpc"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// ask is how a method is asked about a unit.
type ask struct {
	list   bool // its answer tells of a unit only where it names it
	known  bool // the thing asked for is known to every reader, whatever unit it names
	upload string
	parts  []string // JSON messages, and pieces of files behind the names of their fields
	// byPath is what is asked instead over the one binding whose template begins with it.
	byPath  map[string]string
	perUnit bool // the messages name a unit or something of it
}

func readAsks(t *testing.T) map[string]ask {
	t.Helper()
	text, err := os.ReadFile("testdata/matrix/requests.txt")
	if err != nil {
		t.Fatal(err)
	}
	asks, name := map[string]ask{}, ""
	for line := range strings.Lines(string(text)) {
		line = strings.TrimRight(line, "\n")
		switch {
		case line == "" || strings.HasPrefix(line, "#"):
		case strings.HasPrefix(line, "  "):
			a := asks[name]
			if path, instead, is := strings.Cut(strings.TrimSpace(line), " {"); is && strings.HasPrefix(path, "/") {
				a.byPath = map[string]string{path: "{" + instead}
				asks[name] = a
				continue
			}
			a.parts = append(a.parts, strings.TrimSpace(line))
			a.perUnit = a.perUnit || regexp.MustCompile(`\$(unit|plan|token|subscription|sequence)`).MatchString(line)
			asks[name] = a
		default:
			words := strings.Fields(line)
			name = words[0]
			a := ask{}
			for i, word := range words[1:] {
				switch word {
				case "list":
					a.list = true
				case "known":
					a.known = true
				case "upload":
					a.upload = words[i+2]
				}
			}
			asks[name] = a
		}
	}
	return asks
}

// filled puts a unit and what belongs to it into a part.
func (m *matrix) filled(part, unit string) string {
	return strings.NewReplacer(
		"$unit", unit, "$plan", strings.ToLower(unit), "$token", m.tokens[unit], "$subscription", m.subscriptions[unit],
		"$sequence", m.sequences[unit],
		"$id", "01900000-0000-7000-9000-000000000000",
	).Replace(part)
}

// piece gives the field and the content of a part that is a file.
func piece(part string) (field, content string, is bool) {
	if strings.HasPrefix(part, "{") {
		return "", "", false
	}
	field, content, _ = strings.Cut(part, " ")
	return field, strings.ReplaceAll(content, `\n`, "\n"), true
}

// askGRPC gives the answers, one behind the other, or the refusal: ! and its code and details.
func (m *matrix) askGRPC(a ask, method, caller, unit string) string {
	d, in, out := m.messages(method)
	ctx, cancel := context.WithCancel(m.by(caller))
	defer cancel()
	stream, err := m.conn.NewStream(ctx, &grpc.StreamDesc{ServerStreams: true, ClientStreams: true},
		"/"+string(d.Parent().FullName())+"/"+string(d.Name()))
	for _, part := range a.parts {
		part = m.filled(part, unit)
		if field, content, is := piece(part); is {
			part = fmt.Sprintf("{%q:%q}", field, base64.StdEncoding.EncodeToString([]byte(content)))
		}
		request := in.New().Interface()
		if wrong := protojson.Unmarshal([]byte(part), request); wrong != nil {
			m.t.Fatalf("the request of %s: %v\n%s", method, wrong, part)
		}
		if err == nil {
			err = stream.SendMsg(request)
		}
	}
	if err == nil {
		err = stream.CloseSend()
	}
	var text strings.Builder
	for err == nil || errors.Is(err, io.EOF) && text.Len() == 0 {
		answer := out.New().Interface()
		if err = stream.RecvMsg(answer); err != nil {
			break
		}
		text.Write(compact(marshal(m.t, answer, everyField)))
		if method == "ChangeService.WatchChanges" && m.sawAll(text.String()) {
			return text.String()
		}
	}
	if err != nil && !errors.Is(err, io.EOF) {
		s, _ := status.FromError(err)
		return m.refusalText(code.Code(s.Code()).String(), s.Message(), marshal(m.t, s.Proto(), protojson.MarshalOptions{})) //nolint:gosec // seventeen codes
	}
	return text.String()
}

// sawAll says whether a stream that does not end has told of the newest entry.
func (m *matrix) sawAll(text string) bool {
	return strings.Contains(strings.ReplaceAll(text, " ", ""), `"sequence":"`+m.last+`"`)
}

// correlation differs from call to call.
var correlation = regexp.MustCompile(`"correlation_id": ?"[0-9a-f]*"`)

func (m *matrix) refusalText(code, message string, details []byte) string {
	return "!" + code + " " + message + " " + correlation.ReplaceAllString(string(compact(details)), "")
}

// compact writes JSON in one way.
func compact(text []byte) []byte {
	var b bytes.Buffer
	if err := json.Compact(&b, text); err != nil {
		return text
	}
	return b.Bytes()
}

// binding is one way to ask a method over HTTP.
type binding struct {
	verb, template, body string
}

func bindingsOf(method protoreflect.MethodDescriptor, a ask) []*binding {
	if a.upload != "" {
		return []*binding{{verb: http.MethodPost, template: a.upload}}
	}
	rule, _ := proto.GetExtension(method.Options(), annotations.E_Http).(*annotations.HttpRule)
	if rule == nil {
		return nil
	}
	var bindings []*binding
	for _, r := range append([]*annotations.HttpRule{rule}, rule.GetAdditionalBindings()...) {
		b := &binding{body: r.GetBody()}
		switch p := r.GetPattern().(type) {
		case *annotations.HttpRule_Get:
			b.verb, b.template = http.MethodGet, p.Get
		case *annotations.HttpRule_Post:
			b.verb, b.template = http.MethodPost, p.Post
		case *annotations.HttpRule_Patch:
			b.verb, b.template = http.MethodPatch, p.Patch
		}
		bindings = append(bindings, b)
	}
	return bindings
}

// askHTTP asks the same as JSON.
func (m *matrix) askHTTP(a ask, b *binding, caller, unit string) string {
	var tree map[string]any
	part := a.parts[0]
	for path, instead := range a.byPath {
		if strings.HasPrefix(b.template, path) {
			part = instead
		}
	}
	if err := json.Unmarshal([]byte(m.filled(part, unit)), &tree); err != nil {
		m.t.Fatal(err)
	}
	r := m.request(a, b, tree, unit)
	if secret := m.secrets[caller]; secret != "" {
		r.Header.Set("Authorization", "Bearer "+secret)
	}
	r.Header.Set("Idempotency-Key", "01900000-0000-7000-9000-000000000000")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		m.t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	if answer.StatusCode == http.StatusOK {
		return m.readAll(answer.Body, strings.HasSuffix(b.template, ":watch"))
	}
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		m.t.Fatal(err)
	}
	var body struct {
		Error struct {
			Status, Message string
		}
	}
	if err := json.Unmarshal(text, &body); err != nil {
		m.t.Fatalf("%s %s: %v: %s", r.Method, r.URL, err, text)
	}
	return m.refusalText(body.Error.Status, body.Error.Message, text)
}

// readAll reads an answer to its end; of one that has none, to the newest entry.
func (m *matrix) readAll(body io.Reader, endless bool) string {
	var text bytes.Buffer
	b := make([]byte, 4096)
	for {
		n, err := body.Read(b)
		text.Write(b[:n])
		if err != nil || endless && m.sawAll(text.String()) {
			return text.String()
		}
	}
}

var pathVariable = regexp.MustCompile(`\{([a-z_.]+)(=[^}]*)?\}`)

// request makes the request of a binding: what the path names leaves the tree, then the body, and the rest are parameters.
func (m *matrix) request(a ask, b *binding, tree map[string]any, unit string) *http.Request {
	m.t.Helper()
	var body io.Reader = http.NoBody
	contentType := ""
	if a.upload != "" {
		tree, _ = tree["options"].(map[string]any)
		body, contentType = m.uploaded(a, unit)
	}
	path := pathVariable.ReplaceAllStringFunc(b.template, func(v string) string {
		names := strings.Split(pathVariable.FindStringSubmatch(v)[1], ".")
		return (&url.URL{Path: take(tree, names)}).EscapedPath()
	})
	delete(tree, "requestId")
	switch b.body {
	case "":
	case "*":
		raw, _ := json.Marshal(tree)
		body, tree = bytes.NewReader(raw), nil
	default:
		raw, _ := json.Marshal(tree[b.body])
		body = bytes.NewReader(raw)
		delete(tree, b.body)
	}
	query := url.Values{}
	for key, value := range tree {
		if list, ok := value.([]any); ok {
			for _, v := range list {
				query.Add(key, fmt.Sprint(v))
			}
			continue
		}
		query.Add(key, fmt.Sprint(value))
	}
	r, err := http.NewRequestWithContext(m.t.Context(), b.verb, m.http+path+"?"+query.Encode(), body)
	if err != nil {
		m.t.Fatal(err)
	}
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	return r
}

// take gives the text of a field and removes it; a field that is not there is empty.
func take(tree map[string]any, names []string) string {
	for ; len(names) > 1; names = names[1:] {
		tree, _ = tree[names[0]].(map[string]any)
	}
	text, _ := tree[names[0]].(string)
	delete(tree, names[0])
	return text
}

// uploaded makes the body of an upload: one file, or the parts of a form.
func (m *matrix) uploaded(a ask, unit string) (body io.Reader, contentType string) {
	m.t.Helper()
	if len(a.parts) == 2 {
		_, content, _ := piece(m.filled(a.parts[1], unit))
		return strings.NewReader(content), "text/csv"
	}
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for _, part := range a.parts[1:] {
		field, content, _ := piece(m.filled(part, unit))
		f, err := w.CreateFormFile(field, field+".csv")
		if err == nil {
			_, err = io.WriteString(f, content)
		}
		if err != nil {
			m.t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		m.t.Fatal(err)
	}
	return &b, w.FormDataContentType()
}
