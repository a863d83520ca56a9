package gateway

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"reflect"
	"strings"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	spb "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
)

// codec is protobuf's JSON, strict in what it reads.
type codec struct {
	runtime.JSONPb
}

func newCodec() *codec {
	return &codec{runtime.JSONPb{
		// Plain fields are always shown, so that a reader need not know the contract to know that revision is 0; optional
		// ones are shown only where they are.
		MarshalOptions:   protojson.MarshalOptions{EmitDefaultValues: true},
		UnmarshalOptions: protojson.UnmarshalOptions{DiscardUnknown: false},
	}}
}

// NewDecoder reads one value and nothing behind it: what stands there would be dropped without a word.
func (c *codec) NewDecoder(r io.Reader) runtime.Decoder {
	return runtime.DecoderFunc(func(v any) error {
		b, err := io.ReadAll(r)
		if err != nil {
			return err
		}
		if len(bytes.TrimSpace(b)) == 0 {
			return io.EOF // no body is an empty request; what is missing in it the use case says
		}
		m, ok := target(v)
		if !ok {
			return errors.New("this body cannot be read")
		}
		if err := c.UnmarshalOptions.Unmarshal(b, m); err != nil {
			return errors.New(plainText(err))
		}
		return nil
	})
}

// target is the message behind v, which is a message or a pointer to one that is still nil.
func target(v any) (proto.Message, bool) {
	if m, ok := v.(proto.Message); ok {
		return m, true
	}
	at := reflect.ValueOf(v)
	if at.Kind() != reflect.Pointer || at.Elem().Kind() != reflect.Pointer {
		return nil, false
	}
	if at.Elem().IsNil() {
		at.Elem().Set(reflect.New(at.Elem().Type().Elem()))
	}
	m, ok := at.Elem().Interface().(proto.Message)
	return m, ok
}

// plainText drops what protobuf puts before its errors, a word and one of two sorts of space, so that nobody compares it.
func plainText(err error) string {
	return strings.TrimLeft(strings.TrimPrefix(err.Error(), "proto:"), " \u00a0")
}

// Marshal writes a message. The error that ends an answer of many parts gets the form of all errors.
func (c *codec) Marshal(v any) ([]byte, error) {
	if chunk, ok := v.(map[string]proto.Message); ok {
		if s, ok := chunk["error"].(*spb.Status); ok {
			return errorJSON(status.FromProto(s)), nil
		}
	}
	b, err := c.JSONPb.Marshal(v)
	if err != nil {
		return nil, err
	}
	// protojson puts spaces in at random, so that nobody compares bytes; we promise the same bytes for the same answer.
	var compact bytes.Buffer
	if err := json.Compact(&compact, b); err != nil {
		return nil, err
	}
	return compact.Bytes(), nil
}

// StreamContentType says that an answer of many parts is one object a line.
func (*codec) StreamContentType(any) string { return "application/x-ndjson" }
