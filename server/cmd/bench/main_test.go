//go:build unix

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
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
	file, profiles := filepath.Join(dir, "figures.json"), t.TempDir()
	var out, errOut bytes.Buffer
	code := run(t.Context(), []string{
		"-shape", "T", "--months", "3", "--rounds", "2", "--window", "40ms", "--rest", "1ms", "--without", "postgres", "--seed", "7", "--dir", dir, "-o", file,
		"--profile", profiles,
	}, &out, &errOut)
	if code != exitOK {
		t.Fatalf("exit %d: %s", code, &errOut)
	}
	var read struct {
		Seed    uint64
		Figures map[string]map[string][]float64
		Goals   []report.Result
		// Profiles are by process and part.
		Profiles map[string]map[string]float64
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
	for _, m := range report.Made {
		for _, question := range []string{m.Question, report.MadeBeside(m.Question)} {
			if took := read.Figures[report.QueriesMade][report.QuestionP50(question)]; len(took) != 2 || slices.Min(took) <= 0 {
				t.Errorf("%s was measured as %v, want two times", question, took)
			}
		}
	}
	for _, name := range []string{report.Product, report.Product + report.OfClient, report.Nothing, report.Nothing + report.OfClient, report.Alone64} {
		if took := slices.Collect(maps.Values(read.Profiles[name])); len(took) == 0 || slices.Max(took) <= 0 {
			t.Errorf("the profile of %s says %v", name, read.Profiles[name])
		}
	}
	for _, name := range []string{report.Product, report.Alone64, report.BulkProduct, report.BulkProduct + report.OfClient} {
		if _, err := os.Stat(filepath.Join(profiles, name+".pprof")); err != nil {
			t.Error(err)
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
