package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

// serve starts a fake server with these answers and gives the environment of a command.
func serve(t *testing.T, answers map[string]string) (dir string, env func(string) string) {
	t.Helper()
	dir = t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "server"), 0o700); err != nil {
		t.Fatal(err)
	}
	for method, answer := range answers {
		if err := os.WriteFile(filepath.Join(dir, "server", method+".json"), []byte(answer), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	address, stop, err := startFake(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	settings := map[string]string{"TONGHOP_ADDRESS": address, "TONGHOP_TOKEN": "th_test"}
	return dir, func(name string) string { return settings[name] }
}

// TestEveryCommandShowsAnExample walks the whole command line.
func TestEveryCommandShowsAnExample(t *testing.T) {
	parser, err := kong.New(&commands{})
	if err != nil {
		t.Fatal(err)
	}
	for _, leaf := range parser.Model.Leaves(true) {
		var out, stderr bytes.Buffer
		args := append(strings.Fields(strings.TrimPrefix(leaf.FullPath(), "tonghop.test ")), "--help")
		if code := Run(t.Context(), args, func(string) string { return "" }, nil, &out, &stderr); code != exitOK {
			t.Errorf("%q ended with code %d: %s", args, code, stderr.String())
		}
		text := out.String()
		if !strings.Contains(text, "Examples:") || !strings.Contains(text, "tonghop "+strings.Join(args[:len(args)-1], " ")) {
			t.Errorf("%q shows no example of itself:\n%s", args, text)
		}
		for line := range strings.Lines(text) {
			if len([]rune(line)) > 200 {
				t.Errorf("%q has a line of %d letters", args, len([]rune(line)))
			}
		}
	}
}

// TestInterruptedUploadSaysHowFarItCame stops an upload after its first outcome.
func TestInterruptedUploadSaysHowFarItCame(t *testing.T) {
	dir, env := serve(t, map[string]string{"ImportReports": `{"answer": {"outcome": {"index": 0, "kind": "OUTCOME_KIND_CREATED", "name": "units/82-0/reports/cds~2024-02", "revision": 1}}}
{"hang": true}`})
	file := filepath.Join(dir, "figures.csv")
	if err := os.WriteFile(file, []byte("unit,form,period,indicator,value\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var stderr bytes.Buffer
	out := &interrupting{cancel: cancel}
	if code := Run(ctx, []string{"submit", file, "-q"}, env, nil, out, &stderr); code != exitInterrupted {
		t.Errorf("the command ended with code %d, want %d", code, exitInterrupted)
	}
	for _, want := range []string{"stopped after 1 created; what was accepted stays", "interrupted"} {
		if !strings.Contains(stderr.String(), want) {
			t.Errorf("the person reads %q, want %q in it", stderr.String(), want)
		}
	}
	if !strings.HasPrefix(out.String(), "CREATED    units/82-0") {
		t.Errorf("the answer is %q, want what was done", out.String())
	}
}

// interrupting is a person who has seen enough.
type interrupting struct {
	bytes.Buffer
	cancel func()
}

func (w *interrupting) Write(b []byte) (int, error) {
	w.cancel()
	return w.Buffer.Write(b)
}

// full is a disk without room.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space left on device") }

// TestAnswerThatCannotBeWrittenIsNoSuccess holds for every form of an answer: half a file must not look like a whole one.
func TestAnswerThatCannotBeWrittenIsNoSuccess(t *testing.T) {
	_, env := serve(t, map[string]string{
		"ListUnits":     `{"answer": {"units": [{"code": "82"}]}}`,
		"GetStatus":     `{"answer": {"version": "v1"}}`,
		"ImportReports": `{"answer": {"summary": {"lines": 1}}}`,
		"QueryRollups":  `{"answer": {"rollups": [{"unit": "82-0"}]}}`,
	})
	for _, form := range []string{"table", "csv", "json"} {
		for _, command := range [][]string{
			{"units", "list"},
			{"status"},
			{"submit", "-", "-q"},
			{"query", "--unit", "82", "--indicator", "A", "--period", "2024"},
		} {
			var stderr bytes.Buffer
			args := append(command, "-o", form)
			code := Run(t.Context(), args, env, strings.NewReader("unit\n"), full{}, &stderr)
			if code != exitRefused || !strings.Contains(stderr.String(), "no space left on device") {
				t.Errorf("%q ended with code %d and %q, want %d and the reason", args, code, stderr.String(), exitRefused)
			}
		}
	}
}

func TestPersonWhoDoesNotAnswerCanStillInterrupt(t *testing.T) {
	_, env := serve(t, map[string]string{"GetReport": `{"answer": {"name": "units/82-0/reports/cds~2024-02", "etag": "1-s"}}`})
	ctx, cancel := context.WithCancel(t.Context())
	input, answers := io.Pipe()
	defer func() { _ = answers.Close() }()
	var out, stderr bytes.Buffer
	code := Run(ctx, []string{"approve", "units/82/reports/cds~2024-02"}, env, &keyboard{input, cancel}, &out, &stderr)
	if code != exitInterrupted || out.Len() > 0 {
		t.Errorf("the command ended with code %d and %q, want %d and nothing approved", code, out.String(), exitInterrupted)
	}
}

// keyboard is a terminal at which nobody types, and somebody interrupts as soon as he is asked.
type keyboard struct {
	*io.PipeReader
	interrupt func()
}

func (keyboard) Terminal() (int, bool) { return 80, true }

// Read waits for keys.
func (k *keyboard) Read(b []byte) (int, error) {
	k.interrupt()
	return k.PipeReader.Read(b)
}

// TestListThatBreaksOff shows what came in the forms that are read as they come, and no table that looks whole.
func TestListThatBreaksOff(t *testing.T) {
	answers := map[string]string{"ListUnits": `{"answer": {"units": [{"code": "82"}], "nextPageToken": "two"}}

{"error": {"code": "PERMISSION_DENIED", "reason": "RIGHT_MISSING", "message": "no longer"}}`}
	for form, want := range map[string]string{
		"table": "",
		"csv":   "code,kind,name_vi,name_en,parent,valid_from,valid_to,id,etag\n82,,,,,,,,\n",
		"json":  `{"name":"","id":"","code":"82","kind":"","nameVi":"","nameEn":"","parent":"","validFrom":"","validTo":"","etag":"","ancestors":[],"earlierNames":[],"lastNameVi":""}` + "\n",
	} {
		_, env := serve(t, answers)
		var out, stderr bytes.Buffer
		code := Run(t.Context(), []string{"units", "list", "-o", form}, env, nil, &out, &stderr)
		if code != exitNotAllowed || out.String() != want {
			t.Errorf("-o %s ended with code %d and\n%swant %d and\n%s", form, code, out.String(), exitNotAllowed, want)
		}
	}
}

func TestFileThatTheServerWouldRefuseIsNotSent(t *testing.T) {
	dir, env := serve(t, map[string]string{"ImportUnits": `{"answer": {"rows": 1}}`})
	var out, stderr bytes.Buffer
	input := io.LimitReader(zeros{}, maxCatalogue+1)
	if code := Run(t.Context(), []string{"import", "units", "-"}, env, input, &out, &stderr); code != exitUsage {
		t.Errorf("the command ended with code %d, want %d", code, exitUsage)
	}
	if !strings.Contains(stderr.String(), "more than 8 MiB") {
		t.Errorf("the person reads %q, want the limit", stderr.String())
	}
	if _, err := os.Stat(filepath.Join(dir, "requests")); err == nil {
		t.Error("something was sent")
	}
}

// zeros is a file without end.
type zeros struct{}

func (zeros) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = '0'
	}
	return len(b), nil
}
