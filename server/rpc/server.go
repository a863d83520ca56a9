package rpc

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/grpc-ecosystem/go-grpc-middleware/v2/interceptors/recovery"
	"google.golang.org/grpc"
	"google.golang.org/grpc/health"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/reflection"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/reporting"
	"github.com/tonghop/tonghop/server/security"
)

// Config is what the door needs.
type Config struct {
	// Service is the use cases.
	Service *reporting.Service
	// Logger is told of every call; nothing if nil.
	Logger *slog.Logger
	// Now is the clock, for durations in the log and for the progress of uploads.
	Now func() time.Time
	// Reflection lets anybody who connects list the services; no figures.
	Reflection bool
	// Verify runs a verification of the store. Nil: VerifyStore answers that there is none.
	Verify VerifyFunc
	// StageDir is the folder where uploads wait until they are whole. It is made if it is not there, and what an earlier
	// process left in it is removed. Empty: the system's temporary folder.
	StageDir string
	// Full says of an error that the disk has no room. Nil: no error says so.
	Full func(error) bool
	// SendWithin is how long one message of a stream may wait for its reader before the stream is cut. 0: 30 s.
	SendWithin time.Duration
	// Security is where refusals and first uses are recorded. Nil: nowhere.
	Security *security.Log
	// TLS protects the connections that come over the network; nil leaves them in the clear.
	TLS *tls.Config
	// Assertions are the gateway's; nil believes it nothing.
	Assertions *Assertions
	// Person verifies a signed token of an issuer; nil if there is none.
	Person func(ctx context.Context, text string) (auth.Person, error)
	// Rates bound how fast callers may call; the zero value does not.
	Rates Rates
	// Options are added to the server's own: credentials, a stats handler.
	Options []grpc.ServerOption
}

// Server is the gRPC server with its services, not yet listening and not yet healthy.
type Server struct {
	grpc     *grpc.Server
	health   *health.Server
	stopping chan struct{}
	stopOnce sync.Once
}

// core is what every service works with.
type core struct {
	service  *reporting.Service
	now      func() time.Time
	stage    *stage
	verify   VerifyFunc
	running  chan struct{} // holds one value while a verification runs
	stopping chan struct{}
	columns  *columnSets
}

// door is the way in: what the interceptors share.
type door struct {
	service *reporting.Service
	log     *slog.Logger
	now     func() time.Time
	rights  map[string]auth.Right
	shapes  shapes
	// sendWithin is how long one message of a stream may wait for its reader.
	sendWithin time.Duration
	// security records who tried; nil records nothing. seen are those who were let in.
	security   *security.Log
	seen       visitors
	assertions *Assertions
	person     func(ctx context.Context, text string) (auth.Person, error)
	gate       *gate
}

// New makes the server. It fails when a method that it would serve states no right.
func New(cfg Config) (*Server, error) {
	if cfg.Service == nil || cfg.Now == nil {
		return nil, errors.New("rpc.New needs the use cases and a clock")
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	stage, err := newStage(cfg.StageDir)
	if err != nil {
		return nil, err
	}
	if cfg.Full != nil {
		stage.full = cfg.Full
	}
	d := &door{
		service: cfg.Service, log: cfg.Logger, now: cfg.Now, sendWithin: cmp.Or(cfg.SendWithin, sendWithin),
		assertions: cfg.Assertions, person: cfg.Person, gate: newGate(cfg.Rates), security: cfg.Security,
	}
	if cfg.TLS != nil {
		cfg.Options = append([]grpc.ServerOption{grpc.Creds(protected(cfg.TLS))}, cfg.Options...)
	}
	s := &Server{
		grpc: grpc.NewServer(append(append(limits(),
			grpc.ChainUnaryInterceptor(d.edgeUnary, recovery.UnaryServerInterceptor(panicked), d.admitUnary, d.strictUnary),
			grpc.ChainStreamInterceptor(d.edgeStream, recovery.StreamServerInterceptor(panicked), d.admitStream, d.strictStream),
		), cfg.Options...)...),
		health:   health.NewServer(),
		stopping: make(chan struct{}),
	}
	s.SetServing(false)
	c := &core{
		service: cfg.Service, now: cfg.Now, stage: stage, verify: cfg.Verify,
		running: make(chan struct{}, 1), stopping: s.stopping, columns: newColumnSets(),
	}
	reportingv1.RegisterUnitServiceServer(s.grpc, units{core: c})
	reportingv1.RegisterIndicatorServiceServer(s.grpc, indicators{core: c})
	reportingv1.RegisterFormServiceServer(s.grpc, forms{core: c})
	reportingv1.RegisterCalendarServiceServer(s.grpc, calendar{core: c})
	reportingv1.RegisterRuleServiceServer(s.grpc, rules{core: c})
	reportingv1.RegisterReportServiceServer(s.grpc, reports{core: c})
	reportingv1.RegisterExclusionServiceServer(s.grpc, exclusions{core: c})
	reportingv1.RegisterClosingServiceServer(s.grpc, closings{core: c})
	reportingv1.RegisterHistoryServiceServer(s.grpc, history{core: c})
	reportingv1.RegisterNotificationServiceServer(s.grpc, notifications{core: c})
	reportingv1.RegisterRollupServiceServer(s.grpc, rollups{core: c})
	reportingv1.RegisterPlanServiceServer(s.grpc, plans{core: c})
	reportingv1.RegisterRankingServiceServer(s.grpc, rankings{core: c})
	reportingv1.RegisterDutyServiceServer(s.grpc, duties{core: c})
	reportingv1.RegisterRegisterServiceServer(s.grpc, registers{core: c})
	reportingv1.RegisterChangeServiceServer(s.grpc, changes{core: c})
	reportingv1.RegisterAccessServiceServer(s.grpc, access{core: c})
	reportingv1.RegisterOperationServiceServer(s.grpc, operations{core: c})
	reportingv1.RegisterPublicationServiceServer(s.grpc, publications{core: c})
	healthv1.RegisterHealthServer(s.grpc, s.health)
	if cfg.Reflection {
		reflection.Register(s.grpc)
	}
	methods, err := served(s.grpc.GetServiceInfo())
	if err != nil {
		return nil, err
	}
	if d.rights, err = rightsOf(methods); err != nil {
		return nil, err
	}
	d.shapes = shapesOf(methods)
	return s, nil
}

// GRPC is the server itself, for listening and for the gateway.
func (s *Server) GRPC() *grpc.Server { return s.grpc }

// SetServing says to whoever asks for health whether calls are answered. A new server says no.
func (s *Server) SetServing(serving bool) {
	state := healthv1.HealthCheckResponse_NOT_SERVING
	if serving {
		state = healthv1.HealthCheckResponse_SERVING
	}
	s.health.SetServingStatus("", state)
}

// Drain says that the server is stopping: it is no longer healthy, and whoever follows the change feed is sent away, for
// he would never end by himself. Other calls are answered still. It comes before the stop of a server that stands before
// this one, which would wait for its followers.
func (s *Server) Drain() {
	s.health.Shutdown()
	s.stopOnce.Do(func() { close(s.stopping) })
}

// Stop drains, takes no more calls, waits for those under way until the context ends, and then breaks them off.
func (s *Server) Stop(ctx context.Context) {
	s.Drain()
	done := make(chan struct{})
	go func() {
		s.grpc.GracefulStop()
		close(done)
	}()
	select {
	case <-done:
	case <-ctx.Done():
		s.grpc.Stop()
		<-done
	}
}

// untilStopped ends the context, with STOPPING as its cause, when the server stops.
func (c *core) untilStopped(ctx context.Context) (context.Context, context.CancelCauseFunc) {
	ctx, end := context.WithCancelCause(ctx)
	go func() {
		select {
		case <-c.stopping:
			end(fault.Unavailable("STOPPING", "the server is stopping; connect again").After(retryStopped))
		case <-ctx.Done():
		}
	}()
	return ctx, end
}
