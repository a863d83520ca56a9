package main

import (
	"testing"
	"time"

	"github.com/alecthomas/kong"

	"github.com/tonghop/tonghop/server"
)

// TestGraceLeavesTimeToClose: with a reader that never reads, a server used up its whole grace of 10 s and ended after the
// 10 s in which it promises to end, and after which it would have been killed before its store was closed.
func TestGraceLeavesTimeToClose(t *testing.T) {
	const promised, closing = 10 * time.Second, 2 * time.Second
	var cli commands
	parser, err := kong.New(&cli)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := parser.Parse([]string{"serve", "--data", "d"}); err != nil {
		t.Fatal(err)
	}
	for name, grace := range map[string]time.Duration{"serve": cli.Serve.Grace, "server.Config": server.DefaultGrace} {
		if grace > promised-closing {
			t.Errorf("the grace of %s is %s by default, want at most %s", name, grace, promised-closing)
		}
	}
}

// TestGarbageIsThatOfTheBenchmark: the peers of the benchmark collect garbage by the default of the server, and its commands
// must not have another one.
func TestGarbageIsThatOfTheBenchmark(t *testing.T) {
	for _, args := range [][]string{{"serve", "--data", "d"}, {"demo"}, {"rebuild", "--data", "d"}} {
		var cli commands
		parser, err := kong.New(&cli)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := parser.Parse(args); err != nil {
			t.Fatal(err)
		}
		f := map[string]garbageFlags{"serve": cli.Serve.garbageFlags, "demo": cli.Demo.garbageFlags, "rebuild": cli.Rebuild.garbageFlags}[args[0]]
		if got := f.garbage(); got != server.DefaultGarbage {
			t.Errorf("%s: garbage is %+v, want %+v", args[0], got, server.DefaultGarbage)
		}
	}
}
