package gateway

import (
	"context"
	"errors"
	"io"
	"strings"

	"github.com/google/uuid"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/emptypb"

	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/rpc"
)

// fillUnary puts into a request what came in headers. It stands before the call and behind the generated code, so that it
// sees every request in its own type and no method can be forgotten.
func fillUnary(
	ctx context.Context, method string, request, reply any, conn *grpc.ClientConn, invoke grpc.UnaryInvoker, options ...grpc.CallOption,
) error {
	a := askedIn(ctx)
	if err := a.fill(request); err != nil {
		return err
	}
	return invoke(withOrigin(a.asserted(ctx)), method, request, reply, conn, options...)
}

// withOrigin tells the gRPC server from where a request came, for its security log.
func withOrigin(ctx context.Context) context.Context {
	if a := askedIn(ctx); a != nil && a.origin != "" {
		return metadata.AppendToOutgoingContext(ctx, rpc.OriginHeader, a.origin)
	}
	return ctx
}

// fillStream does the same for streams, and has them say at once that they were refused.
func fillStream(
	ctx context.Context, desc *grpc.StreamDesc, conn *grpc.ClientConn, method string, open grpc.Streamer, options ...grpc.CallOption,
) (grpc.ClientStream, error) {
	stream, err := open(withOrigin(askedIn(ctx).asserted(ctx)), desc, conn, method, options...)
	if err != nil {
		return nil, err
	}
	return &filled{ClientStream: stream, asked: askedIn(ctx)}, nil
}

type filled struct {
	grpc.ClientStream
	asked *asked
	ended bool
}

// SendMsg sends a request with what came in headers.
func (f *filled) SendMsg(m any) error {
	if err := f.asked.fill(m); err != nil {
		return err
	}
	return f.ClientStream.SendMsg(m)
}

// Header waits for the beginning of the answer. A stream that ends before it has begun is an error like that of any
// call; the library would find it only after it had chosen the headers of a stream.
func (f *filled) Header() (metadata.MD, error) {
	md, err := f.ClientStream.Header()
	if err != nil || md != nil {
		return md, err
	}
	err = f.ClientStream.RecvMsg(&emptypb.Empty{})
	f.ended = true
	if errors.Is(err, io.EOF) {
		return nil, nil
	}
	return nil, err
}

// RecvMsg receives the next part.
func (f *filled) RecvMsg(m any) error {
	if f.ended {
		return io.EOF
	}
	return f.ClientStream.RecvMsg(m)
}

// fill puts request id and etag where the request has a place for them; nothing for a call of the gateway's own.
func (a *asked) fill(request any) error {
	m, ok := request.(proto.Message)
	if a == nil || !ok {
		return nil
	}
	to := m.ProtoReflect()
	if err := a.fillID(to); err != nil {
		return err
	}
	if err := a.fillEtag(to); err != nil {
		return err
	}
	return a.fillMask(to)
}

// fillID makes an id where neither the header nor the request has one (R37). It is ordered by time, which costs the
// store half of what a random one does.
func (a *asked) fillID(to protoreflect.Message) error {
	for _, name := range []protoreflect.Name{"request_id", "stream_id"} {
		field := to.Descriptor().Fields().ByName(name)
		if field == nil {
			continue
		}
		given := to.Get(field).String()
		switch {
		case given != "" && a.requestID != "" && !strings.EqualFold(given, a.requestID):
			return fault.Invalid("REQUEST_ID_TWICE", "the header Idempotency-Key is %q and %s is %q; send one of them",
				shorten(a.requestID), field.JSONName(), shorten(given)).With("header", headerIdempotency).With("value", shorten(a.requestID)).In(string(name))
		case given != "":
		case a.requestID != "":
			to.Set(field, protoreflect.ValueOfString(a.requestID))
		default:
			id, err := uuid.NewV7()
			if err != nil {
				return fault.Internal(err, "no request id can be made")
			}
			to.Set(field, protoreflect.ValueOfString(id.String()))
		}
	}
	return nil
}

// fillEtag puts If-Match into the request or its resource. A resource that is not there is for the use case to miss.
func (a *asked) fillEtag(to protoreflect.Message) error {
	if a.etag == "" || a.route == nil || len(a.route.etag) == 0 || to.Descriptor() != a.route.input.Descriptor() {
		return nil
	}
	path := a.route.etag
	for _, field := range path[:len(path)-1] {
		if !to.Has(field) {
			return nil
		}
		to = to.Mutable(field).Message()
	}
	field := path[len(path)-1]
	if given := to.Get(field).String(); given != "" && given != a.etag {
		return fault.Invalid("ETAG_TWICE", "the header If-Match is %q and etag is %q; send one of them", shorten(a.etag), shorten(given)).
			With("header", headerIfMatch).With("value", shorten(a.etag)).In(string(field.Name()))
	}
	to.Set(field, protoreflect.ValueOfString(a.etag))
	return nil
}

// fillMask takes off the mask that the generated code makes of whatever the body names: without a mask the contract says
// which fields count, the same for gRPC and JSON. A mask that was given may use the names of JSON.
func (a *asked) fillMask(to protoreflect.Message) error {
	if a.route == nil || a.route.mask == nil || to.Descriptor() != a.route.input.Descriptor() {
		return nil
	}
	mask := a.route.mask
	if _, given := a.parameters[mask.JSONName()]; !given {
		if _, given = a.parameters[string(mask.Name())]; !given {
			to.Clear(mask)
			return nil
		}
	}
	if !to.Has(mask) {
		return nil
	}
	inner := to.Mutable(mask).Message()
	paths := inner.Mutable(inner.Descriptor().Fields().ByName("paths")).List()
	for i := range paths.Len() {
		paths.Set(i, protoreflect.ValueOfString(a.route.fieldName(strings.TrimSpace(paths.Get(i).String()))))
	}
	return nil
}

// fieldName gives the name in the contract of a field of the body's resource; what is none stays as it is.
func (r *route) fieldName(name string) string {
	if field := r.bodyOf.Descriptor().Fields().ByJSONName(name); field != nil {
		return string(field.Name())
	}
	return name
}
