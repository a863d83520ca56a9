package gateway

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/test/bufconn"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
	"github.com/tonghop/tonghop/server/rpc"
)

// Limits of HTTP. An ordinary request has readWithin for its body and writeWithin for all; what takes longer by its
// nature (see patience) is measured by its steps instead.
const (
	headersWithin = 5 * time.Second
	readWithin    = 30 * time.Second
	writeWithin   = 2 * time.Minute // a body, a call of a minute, and its answer
	idleWithin    = 2 * time.Minute
	maxHeaders    = 16 << 10

	maxBody      = 1 << 20
	maxCatalogue = 8 << 20
	maxFigures   = 64 << 20

	// memoryBuffer is what the connection in memory holds each way: a chunk of an upload.
	memoryBuffer = 256 << 10
	// callWindow is how much of an answer waits here for a reader over HTTP; more of it waits with gRPC, which cuts it off.
	// Left to itself, grpc-go lets it grow to 16 MiB for each call. connectionWindow is for all calls together.
	callWindow       = 64 << 10
	connectionWindow = 4 << 20
	// maxFollowers keeps half of the connection's streams for calls that end.
	maxFollowers = rpc.MaxStreams / 2
	// retryStopped is after how long a stream that was refused or let go may be asked for again.
	retryStopped = 5 * time.Second
)

// Config is what the gateway needs.
type Config struct {
	// GRPC is the server whose API is given as JSON, with all its services registered.
	GRPC *grpc.Server
	// Logger is told of what the gateway itself cannot do; nothing if nil. Calls are logged by the gRPC server.
	Logger *slog.Logger
	// Public says that what is published is open to everybody, and so to pages of others and to caches.
	Public bool
	// Assertions tell the gRPC server which machine asks; nil tells it of none.
	Assertions *rpc.Assertions
	// Plaintext are the addresses that other machines reach without TLS; the pages about health name them.
	Plaintext []string
}

// Gateway gives a gRPC server's API as JSON. Make one with New.
type Gateway struct {
	log        *slog.Logger
	public     bool
	plaintext  []string
	assertions *rpc.Assertions
	listener   *bufconn.Listener
	conn       *grpc.ClientConn
	health     healthv1.HealthClient
	mux        *runtime.ServeMux
	routes     map[string]*route
	followers  chan struct{}
	closing    atomic.Bool
	served     chan struct{}
	// stopping is closed when followers are to be let go.
	stopping chan struct{}
	stopOnce sync.Once
}

// New makes a gateway and serves the gRPC server on a connection in memory until Close.
func New(cfg Config) (*Gateway, error) {
	if cfg.GRPC == nil {
		return nil, errors.New("gateway.New needs a gRPC server")
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	g := &Gateway{
		log: cfg.Logger, public: cfg.Public, plaintext: cfg.Plaintext, assertions: cfg.Assertions, listener: bufconn.Listen(memoryBuffer),
		followers: make(chan struct{}, maxFollowers), served: make(chan struct{}), stopping: make(chan struct{}),
	}
	var err error
	if g.routes, err = routesOf(reportingv1.File_reporting_v1_common_proto.Package()); err != nil {
		return nil, err
	}
	g.conn, err = grpc.NewClient("passthrough:///in-memory",
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return g.listener.DialContext(ctx) }),
		grpc.WithTransportCredentials(insecure.NewCredentials()), // it never leaves the process
		grpc.WithDisableServiceConfig(), grpc.WithNoProxy(),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(rpc.MaxAnswer)),
		grpc.WithStaticStreamWindowSize(callWindow), grpc.WithStaticConnWindowSize(connectionWindow),
		grpc.WithUnaryInterceptor(fillUnary), grpc.WithStreamInterceptor(fillStream),
	)
	if err != nil {
		return nil, err
	}
	g.health = healthv1.NewHealthClient(g.conn)
	if g.mux, err = g.newMux(); err != nil {
		return nil, errors.Join(err, g.conn.Close())
	}
	go g.serveGRPC(cfg.GRPC)
	return g, nil
}

func (g *Gateway) serveGRPC(server *grpc.Server) {
	defer close(g.served)
	err := server.Serve(g.listener)
	if err != nil && !g.closing.Load() && !errors.Is(err, grpc.ErrServerStopped) {
		g.log.Error("the connection in memory ended; JSON is not served any more", "error", err)
	}
}

// newMux makes the router. Every method of the contract that has an HTTP binding is here; a test walks them.
func (g *Gateway) newMux() (*runtime.ServeMux, error) {
	mux := runtime.NewServeMux(
		runtime.WithMarshalerOption(runtime.MIMEWildcard, marshaler{}),
		runtime.WithIncomingHeaderMatcher(goesOn),
		runtime.WithOutgoingHeaderMatcher(nothing),
		runtime.WithOutgoingTrailerMatcher(nothing),
		runtime.WithDisableHTTPMethodOverride(),
		runtime.WithDisablePathLengthFallback(),
		runtime.WithErrorHandler(g.onError),
		runtime.WithStreamErrorHandler(statusOf),
		runtime.WithRoutingErrorHandler(g.onRoutingError),
		runtime.WithForwardResponseOption(tagPublished),
		runtime.WithMiddlewares(g.enter),
	)
	for _, register := range []func(context.Context, *runtime.ServeMux, *grpc.ClientConn) error{
		reportingv1.RegisterUnitServiceHandler,
		reportingv1.RegisterIndicatorServiceHandler,
		reportingv1.RegisterFormServiceHandler,
		reportingv1.RegisterCalendarServiceHandler,
		reportingv1.RegisterRuleServiceHandler,
		reportingv1.RegisterPlanServiceHandler,
		reportingv1.RegisterDutyServiceHandler,
		reportingv1.RegisterRegisterServiceHandler,
		reportingv1.RegisterRankingServiceHandler,
		reportingv1.RegisterReportServiceHandler,
		reportingv1.RegisterExclusionServiceHandler,
		reportingv1.RegisterClosingServiceHandler,
		reportingv1.RegisterHistoryServiceHandler,
		reportingv1.RegisterNotificationServiceHandler,
		reportingv1.RegisterRollupServiceHandler,
		reportingv1.RegisterChangeServiceHandler,
		reportingv1.RegisterAccessServiceHandler,
		reportingv1.RegisterOperationServiceHandler,
		reportingv1.RegisterPublicationServiceHandler,
	} {
		if err := register(context.Background(), mux, g.conn); err != nil {
			return nil, err
		}
	}
	for _, u := range g.uploads() {
		g.routes[u.route.key()] = u.route
		if err := mux.HandlePath(u.route.verb, u.route.template, u.handle); err != nil {
			return nil, err
		}
	}
	return mux, nil
}

// Handler answers HTTP requests.
func (g *Gateway) Handler() http.Handler { return http.HandlerFunc(g.serve) }

// Server makes an HTTP server with every limit set, for a listener of the caller's. Its Shutdown lets go those who follow
// a stream, for whom it would wait for ever.
func (g *Gateway) Server() *http.Server {
	s := &http.Server{
		Handler:                      g.Handler(),
		ReadHeaderTimeout:            headersWithin,
		ReadTimeout:                  readWithin,
		WriteTimeout:                 writeWithin,
		IdleTimeout:                  idleWithin,
		MaxHeaderBytes:               maxHeaders,
		DisableGeneralOptionsHandler: true,
		ErrorLog:                     slog.NewLogLogger(g.log.Handler(), slog.LevelWarn),
	}
	s.RegisterOnShutdown(g.letGo)
	return s
}

func (g *Gateway) letGo() { g.stopOnce.Do(func() { close(g.stopping) }) }

// Close ends the connection in memory, and with it the calls under way. The gRPC server itself is the caller's.
func (g *Gateway) Close() error {
	if g.closing.Swap(true) {
		<-g.served
		return nil
	}
	g.letGo()
	err := errors.Join(g.conn.Close(), g.listener.Close())
	<-g.served
	return err
}
