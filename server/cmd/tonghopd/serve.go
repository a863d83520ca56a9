package main

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/tonghop/tonghop/server"
)

// listenFlags are shared by serve and demo.
type listenFlags struct {
	GRPCListen string `help:"Address of gRPC; port 0 takes a free one." default:"127.0.0.1:9090" name:"grpc-listen" env:"TONGHOP_GRPC_LISTEN"`
	HTTPListen string `help:"Address of JSON; port 0 takes a free one." default:"127.0.0.1:8080" name:"http-listen" env:"TONGHOP_HTTP_LISTEN"`
	Public     bool   `help:"Let anybody read what is published without a token."`
	Reflection bool   `help:"Let gRPC clients list the services." default:"true" negatable:""`
	LogLevel   string `help:"debug, info, warn or error." default:"warn" enum:"debug,info,warn,error"`
}

// garbageFlags say how memory is spent to spare the processor.
type garbageFlags struct {
	GCPercent  int   `help:"How much garbage may come up before it is collected, in percent of what is in use; 0: as much as the memory goal leaves room for. GOGC in the environment takes its place." default:"0" name:"gc-percent" placeholder:"N" env:"TONGHOP_GC_PERCENT"`
	MemoryGoal int64 `help:"MiB that the server stays below by collecting sooner, as long as half of them are enough. GOMEMLIMIT in the environment takes its place." default:"144" name:"memory-goal" placeholder:"MIB" env:"TONGHOP_MEMORY_GOAL"`
}

func (f garbageFlags) garbage() server.Garbage {
	return server.Garbage{Percent: f.GCPercent, Goal: f.MemoryGoal << 20}
}

type serveCommand struct {
	Data         string        `help:"Data folder that init made." required:"" placeholder:"DIR" env:"TONGHOP_DATA"`
	FreeGuard    int64         `help:"MiB that must stay free on the disk; below it changes are refused." default:"512" name:"free-guard"`
	SegmentBytes int64         `help:"Bytes of each file of the journal made from now on, a multiple of 4096." default:"67108864" name:"segment-bytes"`
	SyncEvery    time.Duration `help:"How often the derived state is flushed, 60s at most." default:"60s" name:"sync-every"`
	Grace        time.Duration `help:"How long calls under way may take when the server is asked to end; closing the store comes after it." default:"8s"`
	keyFlag
	transportFlags
	issuerFlags
	limitFlags
	notifyFlags
	securityFlags
	listenFlags
	garbageFlags
}

// Run serves until it is interrupted.
func (c serveCommand) Run(w world) error {
	cfg, err := c.listenFlags.config(w)
	if err != nil {
		return err
	}
	cfg.Dir, cfg.KeyFile, cfg.FreeGuard = c.Data, c.Key, c.FreeGuard<<20
	cfg.Security = c.security()
	cfg.SegmentBytes, cfg.SyncEvery, cfg.Grace = c.SegmentBytes, c.SyncEvery, c.Grace
	cfg.TLS, cfg.OIDC = c.transport(), c.issuerFlags.config()
	c.set(&cfg)
	if cfg.Notify, err = c.notify(); err != nil {
		return err
	}
	c.garbage().Tune(w.ctx)
	server.SpareProcessor()
	s, err := server.Open(w.ctx, cfg)
	if err != nil {
		return err
	}
	return serve(w.ctx, w, s)
}

// serve prints the addresses, for programs, on one line, and serves.
func serve(ctx context.Context, w world, s *server.Server) error {
	if _, err := fmt.Fprintf(w.out, "grpc=%s http=%s\n", s.GRPCAddress(), s.HTTPAddress()); err != nil {
		return err
	}
	return s.Run(ctx)
}

func (c listenFlags) config(w world) (server.Config, error) {
	var level slog.Level
	if err := level.UnmarshalText([]byte(c.LogLevel)); err != nil {
		return server.Config{}, err
	}
	return server.Config{
		GRPCListen: c.GRPCListen, HTTPListen: c.HTTPListen, Reflection: c.Reflection, Public: c.Public, Version: programVersion(),
		Logger:   slog.New(slog.NewTextHandler(w.err, &slog.HandlerOptions{Level: level})),
		Progress: newProgress(w.err),
	}, nil
}
