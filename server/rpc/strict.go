package rpc

import (
	"context"
	"fmt"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/tonghop/tonghop/server/fault"
)

// shapes has for each message that a caller can send the fields that hold messages: only there can unknown fields
// hide, and walking them alone keeps the look cheap for a report of many figures.
type shapes map[protoreflect.FullName][]protoreflect.FieldDescriptor

// shapesOf prepares the shapes of all requests.
func shapesOf(methods map[string]protoreflect.MethodDescriptor) shapes {
	s := shapes{}
	for _, m := range methods {
		s.add(m.Input())
	}
	return s
}

func (s shapes) add(message protoreflect.MessageDescriptor) {
	if _, known := s[message.FullName()]; known {
		return
	}
	s[message.FullName()] = nil
	fields := message.Fields()
	for i := range fields.Len() {
		if f := fields.Get(i); f.Message() != nil {
			s[message.FullName()] = append(s[message.FullName()], f)
			s.add(f.Message())
		}
	}
}

// check refuses a request with fields that this version does not know: a client that is newer, or wrong, means
// something by them, and leaving it out could lose a figure or widen a filter without a word.
func (s shapes) check(request any) error {
	m, ok := request.(proto.Message)
	if !ok || s.known(m.ProtoReflect()) {
		return nil
	}
	return s.look(m.ProtoReflect(), "")
}

// known says whether a message has no unknown field. Where it is, look tells; that costs more.
func (s shapes) known(m protoreflect.Message) bool {
	if len(m.GetUnknown()) > 0 {
		return false
	}
	for _, f := range s[m.Descriptor().FullName()] {
		switch {
		case !m.Has(f):
		case !f.IsList():
			if !s.known(m.Get(f).Message()) {
				return false
			}
		case len(s[f.Message().FullName()]) == 0: // as figures, of which there are many: there is nothing below
			list := m.Get(f).List()
			for i := range list.Len() {
				if len(list.Get(i).Message().GetUnknown()) > 0 {
					return false
				}
			}
		default:
			list := m.Get(f).List()
			for i := range list.Len() {
				if !s.known(list.Get(i).Message()) {
					return false
				}
			}
		}
	}
	return true
}

func (s shapes) look(m protoreflect.Message, path string) error {
	if unknown := m.GetUnknown(); len(unknown) > 0 {
		numbers := numbersIn(unknown)
		return fault.Invalid("UNKNOWN_FIELD",
			"this server does not know field %s of %s; the client is newer than the server, or wrong", numbers, m.Descriptor().Name()).
			With("numbers", numbers).With("message", string(m.Descriptor().Name())).In(path)
	}
	for _, f := range s[m.Descriptor().FullName()] {
		if !m.Has(f) {
			continue
		}
		at := string(f.Name())
		if path != "" {
			at = path + "." + at
		}
		if !f.IsList() {
			if err := s.look(m.Get(f).Message(), at); err != nil {
				return err
			}
			continue
		}
		list := m.Get(f).List()
		for i := range list.Len() {
			if err := s.look(list.Get(i).Message(), fmt.Sprintf("%s[%d]", at, i)); err != nil {
				return err
			}
		}
	}
	return nil
}

// numbersIn lists the numbers of unknown fields, the first few.
func numbersIn(unknown protoreflect.RawFields) string {
	const most = 10
	var numbers []string
	for len(unknown) > 0 && len(numbers) < most {
		number, _, n := protowire.ConsumeField(unknown)
		if n < 0 {
			break
		}
		numbers = append(numbers, fmt.Sprint(number))
		unknown = unknown[n:]
	}
	return strings.Join(numbers, ", ")
}

func (d *door) strictUnary(ctx context.Context, request any, _ *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
	if err := d.shapes.check(request); err != nil {
		return nil, err
	}
	return handler(ctx, request)
}

func (d *door) strictStream(server any, stream grpc.ServerStream, _ *grpc.StreamServerInfo, handler grpc.StreamHandler) error {
	return handler(server, strictly{ServerStream: stream, shapes: d.shapes})
}

// strictly checks every message of a stream as it comes in.
type strictly struct {
	grpc.ServerStream
	shapes shapes
}

// RecvMsg receives a message and refuses it when it has unknown fields.
func (s strictly) RecvMsg(m any) error {
	if err := s.ServerStream.RecvMsg(m); err != nil {
		return err
	}
	return s.shapes.check(m)
}
