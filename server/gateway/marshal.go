package gateway

import (
	"bytes"
	"encoding/json"
	"io"
	"reflect"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	spb "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
)

// marshaler is how messages are written and read.
type marshaler struct{}

// marshalJSON writes a message: what is zero stands there, what is absent does not. protojson puts spaces where it likes
// so that nobody relies on them; here they go, and one answer is always the same bytes.
func marshalJSON(m proto.Message) ([]byte, error) {
	if columns, ok := m.(*reportingv1.QueryRollupColumnsResponse); ok {
		if b, ok := appendColumns(make([]byte, 0, 3*proto.Size(m)), columns); ok {
			return b, nil
		}
	}
	return marshalAny(m)
}

// marshalAny writes any message.
func marshalAny(m proto.Message) ([]byte, error) {
	loose, err := protojson.MarshalOptions{EmitDefaultValues: true}.Marshal(m)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	b.Grow(len(loose))
	if err := json.Compact(&b, loose); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// Marshal writes an answer, or a part of a stream: the library wraps those in {"result": ...}, and we give the object
// itself. An error that ends a stream comes as {"error": ...}.
func (marshaler) Marshal(v any) ([]byte, error) {
	switch v := v.(type) {
	case proto.Message:
		return marshalJSON(v)
	case map[string]any:
		if m, ok := v["result"].(proto.Message); ok {
			return marshalJSON(m)
		}
	case map[string]proto.Message:
		if s, ok := v["error"].(*spb.Status); ok {
			return json.Marshal(formOf(status.FromProto(s)))
		}
	}
	return nil, errNotAMessage
}

// Unmarshal reads a message, or what a pointer to one points to.
func (marshaler) Unmarshal(data []byte, v any) error {
	if m, ok := v.(proto.Message); ok {
		return readJSON(data, m)
	}
	kind := reflect.TypeOf(v)
	if kind == nil || kind.Kind() != reflect.Pointer || kind.Elem().Kind() != reflect.Pointer {
		return errNotAMessage
	}
	m, ok := reflect.New(kind.Elem().Elem()).Interface().(proto.Message)
	if !ok {
		return errNotAMessage
	}
	if err := readJSON(data, m); err != nil {
		return err
	}
	return giveMessage(v, m)
}

// NewDecoder reads from a body: from one that enter has understood already, its message.
func (m marshaler) NewDecoder(r io.Reader) runtime.Decoder {
	return runtime.DecoderFunc(func(v any) error {
		if d, ok := r.(*decoded); ok {
			return d.give(v)
		}
		data, err := io.ReadAll(r)
		if err != nil {
			return err
		}
		if len(bytes.TrimSpace(data)) == 0 {
			return io.EOF
		}
		return m.Unmarshal(data, v)
	})
}

// NewEncoder writes to an answer.
func (m marshaler) NewEncoder(w io.Writer) runtime.Encoder {
	return runtime.EncoderFunc(func(v any) error {
		b, err := m.Marshal(v)
		if err != nil {
			return err
		}
		_, err = w.Write(b)
		return err
	})
}

// ContentType is that of an answer.
func (marshaler) ContentType(any) string { return typeJSON }

// StreamContentType is that of a stream.
func (marshaler) StreamContentType(any) string { return typeLines }

// Delimiter stands behind each part of a stream.
func (marshaler) Delimiter() []byte { return []byte("\n") }
