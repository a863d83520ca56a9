package rpctest

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"log/slog"
	"net"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/test/bufconn"

	"github.com/tonghop/tonghop/server/aggregator"
	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/committer"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/journal"
	"github.com/tonghop/tonghop/server/journal/filejournal"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/reporting"
	"github.com/tonghop/tonghop/server/rpc"
)

// Stack is a server with everything beneath it.
type Stack struct {
	TB      testing.TB
	Service *reporting.Service
	Server  *rpc.Server
	// Conn is a connection without a token.
	Conn *grpc.ClientConn
	// Admin is the token of an administrator over everything, Local the secret of the machine's own operator.
	Admin, Local string
	// Log has what the gRPC server wrote to its log.
	Log *Log
	// Stage is the folder of uploads.
	Stage string

	mu     sync.Mutex
	now    time.Time
	drawn  uint64
	asked  uint64
	listen *bufconn.Listener
}

// Noon is the time at which every stack begins: June 2024 has begun, May can be reported.
var Noon = time.Date(2024, 6, 1, 12, 0, 0, 0, period.Location())

// New starts a server with an empty store; change may set what the test is about.
func New(tb testing.TB, change ...func(*rpc.Config)) *Stack {
	tb.Helper()
	s := &Stack{TB: tb, now: Noon, Log: &Log{}, Stage: tb.TempDir(), listen: bufconn.Listen(1 << 20)}
	s.store()
	cfg := rpc.Config{Service: s.Service, Logger: slog.New(slog.NewJSONHandler(s.Log, nil)), Now: s.Now, StageDir: s.Stage}
	for _, c := range change {
		c(&cfg)
	}
	var err error
	s.Server, err = rpc.New(cfg)
	s.Must(err)
	s.Server.SetServing(true)
	s.Conn = s.Dial()
	_, secret, _, _, err := s.Service.CreateToken(tb.Context(), reporting.Call{Caller: s.Service.Local(), RequestID: s.RequestID()},
		reporting.TokenDraft{Role: auth.Administrator, DisplayName: "Quản trị"})
	s.Must(err)
	s.Admin = secret.Reveal()
	go func() { _ = s.Server.GRPC().Serve(s.listen) }() // it ends with the test
	return s
}

// store opens journal, state and committer, and closes them with the test, after the server.
func (s *Stack) store() {
	s.TB.Helper()
	ctx, dir := s.TB.Context(), s.TB.TempDir()
	files := filejournal.Config{Dir: dir + "/journal", SegmentBytes: 1 << 20}
	s.Must(filejournal.Create(ctx, files, journal.ID{0x5e}))
	entries, err := filejournal.Open(ctx, files)
	s.Must(err)
	state, _, err := aggregator.Open(ctx, aggregator.Config{Dir: dir})
	s.Must(err)
	s.Must(state.Replay(ctx, entries, nil))
	writer := committer.New(committer.Config{
		Hold:    func() bool { return true },
		Journal: entries, State: state, Now: s.Now, Random: s.random, Logger: slog.New(slog.DiscardHandler),
	})
	_, secret, hash, err := auth.NewSecret(rand.Reader)
	s.Must(err)
	s.Local = secret
	s.Service = reporting.New(reporting.Config{
		Journal: entries, State: state, Committer: writer, Now: s.Now, Random: s.random, Version: "test", LocalSecret: hash,
		Disk: func() (int64, int64, error) { return 1, 2, nil }, Remove: entries.Redact,
	})
	s.TB.Cleanup(func() {
		if s.Server != nil {
			s.Server.GRPC().Stop()
		}
		writer.Close()
		s.Must(errors.Join(state.Close(), entries.Close()))
	})
}

// Dial opens a connection.
func (s *Stack) Dial(options ...grpc.DialOption) *grpc.ClientConn {
	s.TB.Helper()
	conn, err := grpc.NewClient("passthrough:///test", append([]grpc.DialOption{
		grpc.WithContextDialer(s.Line),
		grpc.WithTransportCredentials(insecure.NewCredentials()),
	}, options...)...)
	s.Must(err)
	s.TB.Cleanup(func() { s.Must(conn.Close()) })
	return conn
}

// Line opens a line to the server, whatever the address.
func (s *Stack) Line(ctx context.Context, _ string) (net.Conn, error) {
	return s.listen.DialContext(ctx)
}

// Must ends the test on an error, with all that is known of it.
func (s *Stack) Must(err error) {
	s.TB.Helper()
	if err != nil {
		s.TB.Fatalf("unexpected error: %v (%s)", err, fault.Of(err).Private())
	}
}

// Now is the clock of the server.
func (s *Stack) Now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

// Advance moves the clock.
func (s *Stack) Advance(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now = s.now.Add(d)
}

// random fills with bytes that are new each time; secrets of a test need not be secret.
func (s *Stack) random(b []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range b {
		if i%sha256.Size == 0 {
			s.drawn++
		}
		sum := sha256.Sum256(binary.BigEndian.AppendUint64(nil, s.drawn))
		b[i] = sum[i%sha256.Size]
	}
}

// RequestID gives a new id.
func (s *Stack) RequestID() (id [16]byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked++
	id[0], id[6], id[8] = 1, 0x70, 0x80
	binary.BigEndian.PutUint32(id[12:], uint32(s.asked)) //nolint:gosec // a test asks a few times
	return id
}

// Token issues a token and gives its text.
func (s *Stack) Token(role auth.Role, unit string) string {
	s.TB.Helper()
	_, secret, _, _, err := s.Service.CreateToken(s.TB.Context(), reporting.Call{Caller: s.Service.Local(), RequestID: s.RequestID()},
		reporting.TokenDraft{Role: role, Unit: unit, DisplayName: role.String() + " " + unit})
	s.Must(err)
	return secret.Reveal()
}

// As is a context for calls with the token; more are pairs of metadata.
func (s *Stack) As(token string, more ...string) context.Context {
	return metadata.AppendToOutgoingContext(s.TB.Context(), append([]string{"authorization", "Bearer " + token}, more...)...)
}

// Log keeps what was written to a log.
type Log struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write appends a line.
func (l *Log) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

// String gives everything so far.
func (l *Log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}
