package server

import (
	"log/slog"
	"time"

	"github.com/tonghop/tonghop/server/issuer"
	"github.com/tonghop/tonghop/server/rpc"
	"github.com/tonghop/tonghop/server/security"
)

// Config is everything that can be set. The zero value of a field means its default.
type Config struct {
	// Dir is the data folder.
	Dir string
	// KeyFile is where the private key lies that signs the heads of the chain; keys/head.key in Dir if empty.
	KeyFile string
	// GRPCListen is where gRPC is served; 127.0.0.1:9090 if empty. Without TLS it must be a loopback address, or TLS.AcceptPlaintext set.
	GRPCListen string
	// HTTPListen is where JSON is served; 127.0.0.1:8080 if empty.
	HTTPListen string
	// TLS protects both doors. The zero value serves with the certificate that Init made, and in the clear, on loopback
	// addresses alone, where it made none.
	TLS TLS
	// OIDC lets people in whom an issuer vouches for; nil lets in nobody by that.
	OIDC *issuer.Config
	// Rates bound how fast callers may call; the zero value does not.
	Rates rpc.Rates
	// Connections bound how many there may be; the zero value does not.
	Connections Connections
	// Reflection lets anybody who connects list the services; no figures.
	Reflection bool
	// Public lets whoever sends no token read what is published: closed, official figures of public indicators.
	Public bool
	// FreeGuard is how many bytes must stay free on the disk; below it changes are refused. 512 MiB if zero.
	FreeGuard int64
	// SegmentBytes is the size of the journal's segments; 64 MiB if zero.
	SegmentBytes int64
	// SyncEvery is how often the derived state is flushed; 60 s if zero, which is also the most.
	SyncEvery time.Duration
	// Grace is how long calls under way may take when the server stops; 8 s if zero, so that with the closing of the store
	// it ends within the 10 s after which many service managers kill.
	Grace time.Duration
	// Security says how much of the log of refusals and first uses is kept; its zero values are defaults. It lies in Dir.
	Security security.Config
	// Notify has subscribers told; nil tells nobody.
	Notify *Notify
	// Version of the program.
	Version string
	// Logger is where the server writes what happens; nothing if nil.
	Logger *slog.Logger
	// Now is the clock; time.Now if nil.
	Now func() time.Time
	// Progress is told of long work at the start: what, how far, of how much. May be nil.
	Progress func(what string, done, total uint64)

	// plaintext are the addresses that other machines reach without TLS.
	plaintext []string
}

// Defaults.
const (
	DefaultGRPCListen = "127.0.0.1:9090"
	DefaultHTTPListen = "127.0.0.1:8080"
	DefaultFreeGuard  = 512 << 20
	longestSync       = 60 * time.Second
	DefaultGrace      = 8 * time.Second
)

func (c Config) withDefaults() Config {
	if c.GRPCListen == "" {
		c.GRPCListen = DefaultGRPCListen
	}
	if c.HTTPListen == "" {
		c.HTTPListen = DefaultHTTPListen
	}
	if c.FreeGuard == 0 {
		c.FreeGuard = DefaultFreeGuard
	}
	if c.SyncEvery <= 0 || c.SyncEvery > longestSync {
		c.SyncEvery = longestSync
	}
	if c.Grace == 0 {
		c.Grace = DefaultGrace
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Progress == nil {
		c.Progress = func(string, uint64, uint64) {}
	}
	return c
}
