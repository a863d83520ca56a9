package server

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"math"
	"net"
	"net/http"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"google.golang.org/grpc"

	"github.com/tonghop/tonghop/server/aggregator"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/gateway"
	"github.com/tonghop/tonghop/server/journal/filejournal"
	"github.com/tonghop/tonghop/server/rpc"
	"github.com/tonghop/tonghop/server/security"
)

// ErrStoreFailed says that the store failed and the outcome of changes under way is unknown: the process is to exit with
// code 70 and to start again.
var ErrStoreFailed = errors.New("the store failed")

// Server is an open store that listens. Make one with Open, serve with Run.
type Server struct {
	cfg     Config
	store   *Store
	rpc     *rpc.Server
	gateway *gateway.Gateway
	web     *http.Server
	grpcAt  net.Listener
	httpAt  net.Listener
	failed  chan error
	// transport is how the doors are protected.
	transport *transport
	// security is the log of refusals and first uses.
	security *security.Log
}

// Open opens the store in cfg.Dir and both ports. It serves nothing until Run.
func Open(ctx context.Context, cfg Config) (*Server, error) {
	cfg = cfg.withDefaults()
	if err := cfg.folderMine(); err != nil { // before anything in it is believed
		return nil, err
	}
	transport, err := cfg.transportOf()
	if err != nil {
		return nil, err
	}
	cfg.plaintext = transport.plaintext
	store, err := OpenStore(ctx, cfg)
	if err != nil {
		return nil, err
	}
	s := &Server{cfg: cfg, store: store, transport: transport, failed: make(chan error, mostFailures)}
	if err := s.listen(); err != nil { //nolint:contextcheck // what listens outlives the start
		return nil, storeFailed(errors.Join(err, s.closeListeners(), store.Close()))
	}
	return s, nil
}

// storeFailed marks the errors after which only another start can help, or somebody who looks after the disk: the journal
// is sound as far as is known, and what it is kept on failed or has no room, or what was made of it is damaged.
func storeFailed(err error) error {
	if err == nil || errors.Is(err, ErrStoreFailed) {
		return err
	}
	reason := fault.ReasonOf(err)
	if reason == filejournal.ReasonRewriteFailed || reason == reasonRemovalFailed || reason == aggregator.ReasonDamaged || filejournal.IsFull(err) ||
		errors.Is(err, syscall.EIO) || errors.Is(err, syscall.EROFS) {
		return fmt.Errorf("%w: %w", ErrStoreFailed, err)
	}
	return err
}

// listen makes the servers and opens their ports.
func (s *Server) listen() error {
	stage := filepath.Join(s.cfg.Dir, stageDir)
	var key [32]byte
	_, _ = rand.Read(key[:]) // never fails
	assertions := rpc.NewAssertions(key)
	person, err := s.cfg.person()
	if err != nil {
		return err
	}
	s.security = security.Open(s.cfg.securityConfig())
	if err := s.security.Record(security.Event{Kind: security.Started}); err != nil {
		s.cfg.Logger.Error("the security log cannot be written; nothing is changed and nobody is let in until it can", "error", fault.Of(err).Private())
	}
	if s.rpc, err = rpc.New(rpc.Config{
		Service: s.store.Service, Logger: s.cfg.Logger, Now: s.cfg.Now, Reflection: s.cfg.Reflection,
		Verify: s.store.verifyForCall, StageDir: stage, Full: filejournal.IsFull, Security: s.security, TLS: s.transport.grpc,
		Assertions: assertions, Person: person, Rates: s.cfg.Rates,
	}); err != nil {
		return err
	}
	if s.gateway, err = gateway.New(gateway.Config{GRPC: s.rpc.GRPC(), Logger: s.cfg.Logger, Public: s.cfg.Public, Plaintext: s.transport.plaintext, Assertions: assertions}); err != nil {
		return err
	}
	if s.grpcAt, err = s.cfg.listenOn("grpc-listen", s.cfg.GRPCListen, rpc.AnswersWithin); err != nil {
		return err
	}
	s.httpAt, err = s.cfg.listenOn("http-listen", s.cfg.HTTPListen, 0)
	if err == nil && s.transport.http != nil {
		s.httpAt = tls.NewListener(s.httpAt, s.transport.http)
	}
	return err
}

func (c Config) listenOn(field, address string, within time.Duration) (net.Listener, error) {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fault.Precondition("ADDRESS_IN_USE", "cannot listen on %s; is another server running? Choose another with --%s, or port 0", address, field).
			With("value", address).In(field)
	}
	return admit(narrow{l, within}, c), nil
}

func (s *Server) closeListeners() error {
	var errs []error
	for _, l := range []net.Listener{s.grpcAt, s.httpAt} {
		if l != nil {
			errs = append(errs, l.Close())
		}
	}
	if s.gateway != nil {
		errs = append(errs, s.gateway.Close())
	}
	if s.security != nil {
		errs = append(errs, s.security.Close())
	}
	return errors.Join(errs...)
}

// GRPCAddress is where gRPC is served.
func (s *Server) GRPCAddress() string { return s.grpcAt.Addr().String() }

// HTTPAddress is where JSON is served.
func (s *Server) HTTPAddress() string { return s.httpAt.Addr().String() }

// Store gives the store behind the server.
func (s *Server) Store() *Store { return s.store }

// Run serves until the context ends or the store fails, then stops in order: health says so, calls under way end, the
// committer, the state and the journal close. It returns ErrStoreFailed if the process must start again.
func (s *Server) Run(ctx context.Context) error {
	if err := s.store.control.write(s.cfg.Dir, s.GRPCAddress(), s.HTTPAddress(), s.transport); filejournal.IsFull(err) {
		// A full disk must not keep the figures from being read (R39).
		s.cfg.Logger.Warn("there is no room to write where commands on this machine find the server", "error", err)
	} else if err != nil {
		return storeFailed(errors.Join(err, s.closeListeners(), s.store.Close()))
	}
	s.web = s.gateway.Server()
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var serving sync.WaitGroup
	serving.Go(func() { s.note(ignoreClosed(s.rpc.GRPC().Serve(s.grpcAt))) })
	serving.Go(func() { s.note(ignoreClosed(s.web.Serve(s.httpAt))) })
	serving.Go(func() { s.flush(ctx) })
	serving.Go(func() { s.watch(ctx) })
	if s.store.dispatcher != nil {
		serving.Go(func() { s.store.dispatcher.Run(ctx, s.store.Service) })
	}
	s.rpc.SetServing(true)
	s.cfg.Logger.Info("serving", "grpc", s.GRPCAddress(), "http", s.HTTPAddress(), "sequence", s.store.journal.Head().Sequence)

	var failure error
	select {
	case <-ctx.Done():
	case <-s.store.committer.Poisoned():
	case <-s.store.state.Damaged():
		// Whoever asked was told so. The next start makes the state anew.
		failure = storeFailed(s.store.state.Damage())
	case failure = <-s.failed:
	}
	stop()
	s.shutdown(failure != nil || s.store.committer.Err() != nil) //nolint:contextcheck // the context has ended; calls under way have a grace of their own
	serving.Wait()
	closed := errors.Join(s.closeSecurity(), removeControl(s.cfg.Dir), s.gateway.Close(), s.store.Close())
	// The store may have failed while the server was stopping in order.
	if err := s.store.committer.Err(); err != nil && failure == nil {
		failure = fmt.Errorf("%w: %w", ErrStoreFailed, err)
	}
	select {
	case late := <-s.failed:
		failure = errors.Join(failure, late)
	default:
	}
	return storeFailed(errors.Join(failure, closed))
}

// closeSecurity closes the security log. What is wrong with it is told and ends nothing.
func (s *Server) closeSecurity() error {
	if err := s.security.Close(); err != nil {
		s.cfg.Logger.Warn("the security log could not be closed", "error", err)
	}
	return nil
}

// mostFailures is how many may be noted: one of each that serves.
const mostFailures = 4

func (s *Server) note(err error) {
	if err != nil {
		s.failed <- err
	}
}

// ignoreClosed forgives a server that was stopped, perhaps before it had begun to serve.
func ignoreClosed(err error) error {
	if errors.Is(err, http.ErrServerClosed) || errors.Is(err, grpc.ErrServerStopped) {
		return nil
	}
	return err
}

// flush syncs the derived state now and then, so that little is rebuilt after a crash of the machine. What a failed
// flush left on the disk is unknown, so the process starts again and rebuilds.
func (s *Server) flush(ctx context.Context) {
	tick := time.NewTicker(s.cfg.SyncEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			s.store.keepUses()
			if err := s.store.state.Sync(); err != nil {
				s.note(fmt.Errorf("%w: flush of the derived state: %w", ErrStoreFailed, err))
				return
			}
		}
	}
}

// watch notes that the journal has failed in the background, where no change is under way that would find it out.
func (s *Server) watch(ctx context.Context) {
	if _, err := s.store.journal.Wait(ctx, math.MaxUint64); err != nil && ctx.Err() == nil {
		s.note(fmt.Errorf("%w: %w", ErrStoreFailed, err))
	}
}

// shutdown lets calls under way end within the grace; after a failure there is nothing to wait for.
func (s *Server) shutdown(failed bool) {
	grace := s.cfg.Grace
	if failed {
		grace = time.Second
	}
	ctx, stop := context.WithTimeout(context.Background(), grace)
	defer stop()
	s.rpc.SetServing(false)
	down := make(chan struct{})
	go func() {
		if err := s.web.Shutdown(ctx); err != nil {
			_ = s.web.Close()
		}
		close(down)
	}()
	// Calls of JSON go on through gRPC, so they end first. But a body that does not come must not use up the grace of the
	// others: they would be let in until its end, and then broken off.
	first := time.NewTimer(grace / 4)
	defer first.Stop()
	select {
	case <-down:
	case <-first.C:
	}
	s.rpc.Stop(ctx)
	<-down
}
