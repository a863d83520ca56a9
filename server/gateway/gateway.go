package gateway

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/test/bufconn"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/rpc"
)

// Config is what the gateway needs.
type Config struct {
	// GRPC is the server that answers. It must not speak TLS by itself.
	GRPC *grpc.Server
	// Logger is told of what goes wrong in here; the calls themselves are logged by the gRPC server. Nothing if nil.
	Logger *slog.Logger
	// Now is the clock, for how long a slow upload or listener is waited for.
	Now func() time.Time
}

const (
	// pipeBytes is the buffer of the connection in memory.
	pipeBytes = 1 << 20
	// maxFollowers is how many uploads and answers of many parts run at once: each holds one of the connection's streams
	// for as long as it likes, and the rest must stay for short calls.
	maxFollowers = rpc.MaxStreams / 4
)

// gate is the handler.
type gate struct {
	mux     *runtime.ServeMux
	conn    *grpc.ClientConn
	log     *slog.Logger
	now     func() time.Time
	methods methods
	// plain are the paths that the mux does not know.
	plain map[string]plain
	// followers has a place for each request that may last.
	followers chan struct{}
}

// plain is a path that is served here.
type plain struct {
	method string
	serve  func(g *gate, w http.ResponseWriter, r *http.Request)
	lasts  bool
}

// New connects to the server and gives the handler, and a function that ends the connection. The server begins to
// serve the connection in memory at once; whether it answers is for its health to say.
func New(cfg Config) (http.Handler, func() error, error) {
	if cfg.GRPC == nil || cfg.Now == nil {
		return nil, nil, errors.New("gateway.New needs a server and a clock")
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	methods, err := methodsOf()
	if err != nil {
		return nil, nil, err
	}
	listener := bufconn.Listen(pipeBytes)
	g := &gate{
		mux: newMux(), log: cfg.Logger, now: cfg.Now, methods: methods, plain: plainPaths(),
		followers: make(chan struct{}, maxFollowers),
	}
	g.conn, err = grpc.NewClient("passthrough:///memory",
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return listener.DialContext(ctx) }),
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(rpc.MaxAnswer)),
		grpc.WithUnaryInterceptor(g.unary), grpc.WithStreamInterceptor(g.stream))
	if err != nil {
		return nil, nil, err
	}
	if err := register(g.mux, g.conn); err != nil {
		return nil, nil, errors.Join(err, g.conn.Close())
	}
	go func() {
		if err := cfg.GRPC.Serve(listener); err != nil && !errors.Is(err, grpc.ErrServerStopped) {
			cfg.Logger.Error("the connection in memory ended", "error", err)
		}
	}()
	return g, func() error { return errors.Join(g.conn.Close(), listener.Close()) }, nil
}

func newMux() *runtime.ServeMux {
	return runtime.NewServeMux(
		runtime.WithMarshalerOption(runtime.MIMEWildcard, newCodec()),
		runtime.WithIncomingHeaderMatcher(forwarded),
		runtime.WithOutgoingHeaderMatcher(nothing), runtime.WithOutgoingTrailerMatcher(nothing),
		runtime.WithErrorHandler(callFailed), runtime.WithRoutingErrorHandler(routingFailed),
		runtime.WithDisableHTTPMethodOverride(), runtime.WithDisablePathLengthFallback(),
		runtime.WithWriteContentLength(),
	)
}

// register adds every service as a client of the connection, never as the implementation: that would pass the
// interceptors by.
func register(mux *runtime.ServeMux, conn *grpc.ClientConn) error {
	ctx := context.Background() // grpc-gateway only passes it on
	for _, service := range []func(context.Context, *runtime.ServeMux, *grpc.ClientConn) error{
		reportingv1.RegisterUnitServiceHandler, reportingv1.RegisterIndicatorServiceHandler,
		reportingv1.RegisterFormServiceHandler, reportingv1.RegisterReportServiceHandler,
		reportingv1.RegisterRollupServiceHandler, reportingv1.RegisterChangeServiceHandler,
		reportingv1.RegisterAccessServiceHandler, reportingv1.RegisterOperationServiceHandler,
	} {
		if err := service(ctx, mux, conn); err != nil {
			return err
		}
	}
	return nil
}

// ServeHTTP answers one request.
func (g *gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	answer := &answer{ResponseWriter: w}
	defer g.recovered(answer, r)
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Cache-Control", "no-store")
	own, isOwn := g.plain[r.URL.Path]
	if isOwn && own.method != r.Method && (own.method != http.MethodGet || r.Method != http.MethodHead) {
		answer.Header().Set("Allow", own.method)
		fail(answer, r, methodNotAllowed(r))
		return
	}
	if own.lasts || g.methods.lasts[r.URL.Path] {
		select {
		case g.followers <- struct{}{}:
			defer func() { <-g.followers }()
		default:
			fail(answer, r, fault.Exhausted("FOLLOWERS_BUSY",
				"%d uploads and followers are connected already; try again in a moment, or use gRPC", maxFollowers).
				With("limit", maxFollowers).After(retryBusy))
			return
		}
		answer.patient(g.now)
	}
	if isOwn {
		own.serve(g, answer, r)
		return
	}
	r, err := g.begin(answer, r)
	if err != nil {
		fail(answer, r, err)
		return
	}
	g.mux.ServeHTTP(answer, r)
}

// retryBusy is after how long a place may be free.
const retryBusy = 5 * time.Second

// recovered makes an error of a panic, unless the answer has begun: then the connection is broken off.
func (g *gate) recovered(w *answer, r *http.Request) {
	p := recover()
	if p == nil {
		return
	}
	if err, ok := p.(error); !ok || !errors.Is(err, http.ErrAbortHandler) {
		g.log.Error("panic in the gateway", "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
	}
	if w.begun {
		panic(http.ErrAbortHandler) //nolint:forbidigo // the way to tell net/http; it logs nothing
	}
	fail(w, r, fault.Internal(nil, "the server failed; its log has the cause"))
}
