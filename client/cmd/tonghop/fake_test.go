package main

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/protoadapt"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/known/durationpb"
)

// fakeServer is a real grpc server whose answers stand in the files of a folder, and which writes down what it was asked.
//
// server/QueryRollups.json holds what that method does: a block for each call, parted by an empty line, the last one for
// all further calls. A line of a block is {"answer": MESSAGE}, {"error": {...}}, or {"hang": true}. What was asked stands
// in the file requests, one line each, with ids that are new each time left out.
type fakeServer struct {
	dir    string
	server *grpc.Server
	served chan struct{}

	mu    sync.Mutex
	calls map[string]int
}

// move is one line of a block.
type move struct {
	Answer json.RawMessage `json:"answer"`
	Error  *struct {
		Code    codes.Code
		Reason  string
		Message string
		Fields  []struct{ Field, Reason, Message string }
		Retry   string
	} `json:"error"`
	Hang bool `json:"hang"`
}

// startFake serves the folder on a free port of this machine.
func startFake(dir string) (address string, stop func(), err error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	f := &fakeServer{dir: dir, calls: map[string]int{}, served: make(chan struct{})}
	f.server = grpc.NewServer(grpc.UnknownServiceHandler(f.handle))
	go func() {
		defer close(f.served)
		_ = f.server.Serve(listener)
	}()
	return listener.Addr().String(), func() { f.server.Stop(); <-f.served }, nil
}

func (f *fakeServer) handle(_ any, stream grpc.ServerStream) error {
	full, _ := grpc.MethodFromServerStream(stream)
	service, method, _ := strings.Cut(strings.TrimPrefix(full, "/"), "/")
	found, err := protoregistry.GlobalFiles.FindDescriptorByName(protoreflect.FullName(service))
	if err != nil {
		return status.Error(codes.Unimplemented, err.Error())
	}
	descriptor := found.(protoreflect.ServiceDescriptor).Methods().ByName(protoreflect.Name(method))
	if err := f.receive(stream, method, descriptor); err != nil {
		return err
	}
	moves, err := f.next(method)
	if err != nil {
		return err
	}
	for _, m := range moves {
		if err := f.play(stream, descriptor, m); err != nil {
			return err
		}
	}
	return nil
}

func (f *fakeServer) receive(stream grpc.ServerStream, method string, descriptor protoreflect.MethodDescriptor) error {
	headers, _ := metadata.FromIncomingContext(stream.Context())
	for _, header := range []string{"authorization", "accept-language"} {
		if err := f.note("headers", method, strings.Join(headers.Get(header), " ")); err != nil {
			return err
		}
	}
	for {
		request, err := newMessage(descriptor.Input())
		if err != nil {
			return err
		}
		if err := stream.RecvMsg(request); err != nil {
			if errors.Is(err, io.EOF) {
				return nil
			}
			return err
		}
		text, err := shown(request)
		if err != nil {
			return err
		}
		if err := f.note("requests", method, text); err != nil {
			return err
		}
		if !descriptor.IsStreamingClient() {
			return nil
		}
	}
}

func newMessage(descriptor protoreflect.MessageDescriptor) (proto.Message, error) {
	t, err := protoregistry.GlobalTypes.FindMessageByName(descriptor.FullName())
	if err != nil {
		return nil, err
	}
	return t.New().Interface(), nil
}

// shown writes a request so that a test can compare it.
func shown(request proto.Message) (string, error) {
	loose, err := protojson.Marshal(request)
	if err != nil {
		return "", err
	}
	var fields map[string]any
	if err := json.Unmarshal(loose, &fields); err != nil {
		return "", err
	}
	if chunk, ok := fields["chunk"].(string); ok {
		content, err := base64.StdEncoding.DecodeString(chunk)
		if err != nil {
			return "", err
		}
		fields["chunk"] = string(content)
	}
	hide := func(fields map[string]any) {
		for _, id := range []string{"requestId", "streamId"} {
			if _, ok := fields[id]; ok {
				fields[id] = "ID"
			}
		}
	}
	hide(fields)
	if options, ok := fields["options"].(map[string]any); ok {
		hide(options)
	}
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	err = encoder.Encode(fields)
	return strings.TrimSpace(b.String()), err
}

func (f *fakeServer) note(file, method, text string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	out, err := os.OpenFile(filepath.Join(f.dir, file), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(out, method, text)
	return errors.Join(err, out.Close())
}

// next gives what the method does at this call.
func (f *fakeServer) next(method string) ([]move, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	content, err := os.ReadFile(filepath.Join(f.dir, "server", method+".json"))
	if err != nil {
		return nil, status.Error(codes.Unimplemented, err.Error())
	}
	blocks := strings.Split(strings.TrimSpace(string(content)), "\n\n")
	call := min(f.calls[method], len(blocks)-1)
	f.calls[method]++
	var moves []move
	for line := range strings.Lines(blocks[call]) {
		var m move
		if err := json.Unmarshal([]byte(line), &m); err != nil {
			return nil, status.Errorf(codes.Internal, "%s.json: %v in %s", method, err, line)
		}
		moves = append(moves, m)
	}
	return moves, nil
}

func (f *fakeServer) play(stream grpc.ServerStream, descriptor protoreflect.MethodDescriptor, m move) error {
	switch {
	case m.Hang:
		<-stream.Context().Done()
		return stream.Context().Err()
	case m.Error != nil:
		return m.refusal()
	}
	answer, err := newMessage(descriptor.Output())
	if err != nil {
		return err
	}
	if err := protojson.Unmarshal(m.Answer, answer); err != nil {
		return status.Errorf(codes.Internal, "%s: %v in %s", descriptor.Name(), err, m.Answer)
	}
	return stream.SendMsg(answer)
}

func (m move) refusal() error {
	var details []protoadapt.MessageV1
	if m.Error.Reason != "" {
		details = append(details, &errdetails.ErrorInfo{Reason: m.Error.Reason, Domain: "tonghop"})
	}
	if len(m.Error.Fields) > 0 {
		bad := &errdetails.BadRequest{}
		for _, f := range m.Error.Fields {
			bad.FieldViolations = append(bad.FieldViolations, &errdetails.BadRequest_FieldViolation{Field: f.Field, Reason: f.Reason, Description: f.Message})
		}
		details = append(details, bad)
	}
	if m.Error.Retry != "" {
		delay, err := time.ParseDuration(m.Error.Retry)
		if err != nil {
			return err
		}
		details = append(details, &errdetails.RetryInfo{RetryDelay: durationpb.New(delay)})
	}
	s, err := status.New(m.Error.Code, m.Error.Message).WithDetails(details...)
	if err != nil {
		return err
	}
	return s.Err()
}
