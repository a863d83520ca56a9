package gateway

import (
	"bytes"
	"errors"
	"io"
	"maps"
	"mime"
	"net/http"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/tonghop/tonghop/server/fault"
)

const (
	typeJSON  = "application/json"
	typeLines = "application/x-ndjson"
)

// decoded is a body that was read and understood. The generated code asks the marshaler's decoder for its message, or,
// where it needs the body twice, for its bytes.
type decoded struct {
	*bytes.Reader
	message proto.Message // nil: the body is empty
}

// Close does nothing: the bytes are in memory.
func (decoded) Close() error { return nil }

// decode reads the body of a request and turns it into its message, so that what is wrong with it is told by a reason
// and not by the text of a library.
func (r *route) decode(w http.ResponseWriter, request *http.Request) (*decoded, error) {
	if err := jsonType(request.Header); err != nil {
		return nil, err
	}
	data, err := io.ReadAll(http.MaxBytesReader(w, request.Body, maxBody))
	if err != nil {
		return nil, bodyError(err)
	}
	d := &decoded{Reader: bytes.NewReader(data)}
	if len(bytes.TrimSpace(data)) == 0 {
		return d, nil
	}
	d.message = r.bodyOf.New().Interface()
	return d, readJSON(data, d.message)
}

// agree refuses a body that names something else than the path does. The generated code would take the path's, and whoever
// checks bodies, or reads them in a log, would have seen another unit.
func (r *route) agree(path map[string]string, body proto.Message) error {
	if body == nil {
		return nil
	}
	for _, bound := range slices.Sorted(maps.Keys(path)) {
		names := strings.Split(bound, ".")
		if !r.whole { // the body is a field of the request
			if names = names[1:]; len(names) == 0 {
				continue
			}
		}
		if given := textAt(body.ProtoReflect(), names); given != "" && given != path[bound] {
			return fault.Invalid("FIELD_TWICE", "%s is %q in the path and %q in the body; say it once, or the same", bound, shorten(path[bound]), shorten(given)).
				With("name", bound).With("path", shorten(path[bound])).With("value", shorten(given)).In(bound)
		}
	}
	return nil
}

// textAt gives the text of a field, by the names of the fields above it; empty where there is none.
func textAt(m protoreflect.Message, names []string) string {
	for i, name := range names {
		field := m.Descriptor().Fields().ByName(protoreflect.Name(name))
		if field == nil || !m.Has(field) {
			return ""
		}
		if i == len(names)-1 {
			return m.Get(field).String()
		}
		m = m.Get(field).Message()
	}
	return ""
}

// unknownName finds the name in protojson's words, which are shown and never decide.
var unknownName = regexp.MustCompile(`unknown field "([^"]{1,80})"`)

// readJSON reads one JSON value, all of it. A field that the message does not have is refused, for it may be a figure
// under a misspelled name; so is a name that an enumeration does not have.
func readJSON(data []byte, m proto.Message) error {
	err := protojson.Unmarshal(data, m)
	if err == nil {
		return nil
	}
	what := string(m.ProtoReflect().Descriptor().Name())
	_, detail, _ := strings.Cut(err.Error(), ":") // before it stands the name of the library
	detail = strings.TrimSpace(detail)
	if (protojson.UnmarshalOptions{DiscardUnknown: true}).Unmarshal(data, m) == nil {
		refusal := fault.Invalid("UNKNOWN_FIELD", "the body has a field or a value that %s does not know: %s", what, detail).
			With("message", what).With("detail", detail)
		if name := unknownName.FindStringSubmatch(detail); name != nil {
			refusal = refusal.With("name", name[1])
		}
		return refusal
	}
	return fault.Invalid("JSON_INVALID", "the body is no JSON of %s: %s", what, detail).With("message", what).With("detail", detail)
}

// bodyError says why a body did not come.
func bodyError(err error) error {
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return tooLarge(large.Limit)
	case errors.Is(err, os.ErrDeadlineExceeded):
		return fault.Invalid("BODY_STALLED", "the body did not come in time; send it again, with the same Idempotency-Key")
	default:
		return fault.Invalid("BODY_BROKEN", "the body broke off; send it again, with the same Idempotency-Key")
	}
}

func tooLarge(limit int64) error {
	return fault.Exhausted("BODY_TOO_LARGE", "the body has more than %d MiB; divide it", limit>>20).With("limit", limit>>20)
}

// jsonType refuses what is not JSON. A form of a browser is not either, so no foreign page can send one for its reader.
func jsonType(h http.Header) error {
	given := h.Get("Content-Type")
	kind, params, err := mime.ParseMediaType(given)
	charset := strings.ToLower(params["charset"])
	if given != "" && (err != nil || kind != typeJSON || charset != "" && charset != "utf-8") {
		return wrongType("Content-Type", given, "application/json")
	}
	return notEncoded(h)
}

// fileType takes a file under any name but those of an envelope around it.
func fileType(h http.Header) error {
	given := h.Get("Content-Type")
	if kind, _, _ := mime.ParseMediaType(given); strings.HasPrefix(kind, "multipart/") || kind == typeJSON {
		return wrongType("Content-Type", given, "text/csv, and the file itself as the body")
	}
	return notEncoded(h)
}

func notEncoded(h http.Header) error {
	if e := h.Get("Content-Encoding"); e != "" && !strings.EqualFold(e, "identity") {
		return wrongType("Content-Encoding", e, "the body as it is")
	}
	return nil
}

func wrongType(header, given, want string) error {
	return fault.Invalid("CONTENT_TYPE_UNSUPPORTED", "the header %s %q is not taken here; send %s", header, shorten(given), want).
		With("header", header).With("value", shorten(given))
}

// give fills v, a message or a pointer to one, as the generated code asks for it.
func (d *decoded) give(v any) error {
	if d.message == nil {
		return io.EOF
	}
	return giveMessage(v, d.message)
}

func giveMessage(v any, from proto.Message) error {
	if m, ok := v.(proto.Message); ok {
		proto.Merge(m, from)
		return nil
	}
	to := reflect.ValueOf(v)
	if to.Kind() != reflect.Pointer || to.IsNil() || to.Elem().Type() != reflect.TypeOf(from) {
		return errNotAMessage
	}
	to.Elem().Set(reflect.ValueOf(from))
	return nil
}

var errNotAMessage = errors.New("the gateway reads and writes messages alone")
