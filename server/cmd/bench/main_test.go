//go:build unix

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tonghop/tonghop/server/bench"
	"github.com/tonghop/tonghop/server/bench/report"
	"github.com/tonghop/tonghop/server/bench/turn"
)

// TestMain lets the test be the processes of the contestants, as the program is.
func TestMain(m *testing.M) {
	if asked, err := turn.Become(context.Background(), os.Args, os.Stdin, os.Stdout, bench.Open); asked {
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(exitFailed)
		}
		os.Exit(exitOK)
	}
	os.Exit(m.Run())
}

// TestEverythingTakesItsTurn runs the whole, with a country of a street: everybody measures, everybody adds up. No time is
// judged. PostgreSQL has a test of its own.
func TestEverythingTakesItsTurn(t *testing.T) {
	if testing.Short() {
		t.Skip("it compiles the daemon")
	}
	dir := t.TempDir()
	file := filepath.Join(dir, "figures.json")
	var out, errOut bytes.Buffer
	code := run(t.Context(), []string{
		"-shape", "T", "--months", "3", "--rounds", "2", "--window", "40ms", "--rest", "1ms", "--without", "postgres", "--seed", "7", "--dir", dir, "-o", file,
	}, &out, &errOut)
	if code != exitOK {
		t.Fatalf("exit %d: %s", code, &errOut)
	}
	var read struct {
		Seed    uint64
		Figures map[string]map[string][]float64
		Goals   []report.Result
	}
	raw, err := os.ReadFile(file)
	if err == nil {
		err = json.Unmarshal(raw, &read)
	}
	if err != nil || read.Seed != 7 {
		t.Fatalf("the file of figures: seed %d, %v", read.Seed, err)
	}
	for _, name := range []string{
		report.Product, report.ProductOne, report.Alone64, report.Alone256, report.Raw1, report.Raw64, report.Raw256, report.Nothing,
	} {
		if rates := read.Figures[name][report.Rate]; len(rates) != 2 || slices.Min(rates) <= 0 {
			t.Errorf("%s was measured as %v, want two rates", name, rates)
		}
		if !strings.Contains(out.String(), name) {
			t.Errorf("%s is not in the table", name)
		}
	}
	measured := map[int]bool{}
	for _, g := range read.Goals {
		measured[g.Number] = measured[g.Number] || g.Verdict != report.NotMeasured
	}
	for _, n := range []int{4, 5, 6, 10, 11, 14, 15} {
		if !measured[n] {
			t.Errorf("goal %d was not measured", n)
		}
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
		t.Errorf("the run left %v, %v; want the file alone", left, err)
	}
}

func TestWhatMeansNothingIsRefused(t *testing.T) {
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"--shape", "X"}, "--shape must be one of"},
		{[]string{"--only", "product,nobody"}, `no contestant "nobody"`},
		{[]string{"--without", "the-product"}, `"the-product" cannot be left out`},
		{[]string{"--small", "Z"}, `no shape "Z"`},
		{[]string{"--months", "0"}, "to be positive"},
		{[]string{"-rounds=-1"}, "to be positive"},
	} {
		var out bytes.Buffer
		if code := run(t.Context(), c.args, &out, &out); code != exitUsage || !strings.Contains(out.String(), c.want) {
			t.Errorf("bench %q: exit %d, %s; want %d with %q", c.args, code, &out, exitUsage, c.want)
		}
	}
	var out bytes.Buffer
	if code := run(t.Context(), []string{"--help"}, &out, &out); code != exitOK || !strings.Contains(out.String(), "--shape") {
		t.Errorf("bench --help: exit %d: %s", code, &out)
	}
}
