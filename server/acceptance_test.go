package server_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

// programs are the two binaries, built once for all tests of this package that run them.
var programs = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "tonghop-programs-")
	if err != nil {
		return "", err
	}
	built = dir
	build := exec.Command("go", "build", "-o", dir+string(filepath.Separator), "./cmd/tonghopd", "../client/cmd/tonghop")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	return dir, nil
})

// built is the folder of the programs; empty where no test has asked for them.
var built string

func TestMain(m *testing.M) {
	code := m.Run()
	if built != "" {
		_ = os.RemoveAll(built)
	}
	os.Exit(code)
}

// site is a data folder and the daemon that serves it.
type site struct {
	t      *testing.T
	dir    string
	bin    string
	grpc   string
	http   string
	token  string
	daemon *exec.Cmd
	errOut *bytes.Buffer
}

// newSite makes a store with tonghopd init; the token is the first administrator's.
func newSite(t *testing.T) *site {
	t.Helper()
	bin, err := programs()
	if err != nil {
		t.Fatalf("build the programs: %v", err)
	}
	s := &site{t: t, dir: filepath.Join(t.TempDir(), "store"), bin: bin}
	lines := strings.Split(strings.TrimSpace(s.tonghopd("init", "--data", s.dir)), "\n")
	s.token = lines[len(lines)-1]
	t.Cleanup(s.kill)
	return s
}

// tonghopd runs a command of the daemon that ends by itself.
func (s *site) tonghopd(args ...string) string {
	s.t.Helper()
	out, errOut, err := s.run("tonghopd", nil, args...)
	if err != nil {
		s.t.Fatalf("tonghopd %s: %v\n%s", strings.Join(args, " "), err, errOut)
	}
	return out
}

// tonghop runs the command line against the daemon and gives what it printed, and its error.
func (s *site) try(args ...string) (out, errOut string, err error) {
	s.t.Helper()
	env := []string{"TONGHOP_ADDRESS=" + s.grpc, "TONGHOP_TOKEN=" + s.token}
	return s.run("tonghop", env, args...)
}

func (s *site) tonghop(args ...string) string {
	s.t.Helper()
	out, errOut, err := s.try(args...)
	if err != nil {
		s.t.Fatalf("tonghop %s: %v\n%s%s", strings.Join(args, " "), err, tail(out), tail(errOut))
	}
	return out
}

func tail(s string) string { return s[max(0, len(s)-2000):] }

func (s *site) run(program string, env []string, args ...string) (string, string, error) {
	ctx, stop := context.WithTimeout(s.t.Context(), 5*time.Minute)
	defer stop()
	cmd := exec.CommandContext(ctx, filepath.Join(s.bin, program), args...)
	cmd.Env = append(append(os.Environ(), "XDG_STATE_HOME="+s.dir+"-receipts"), env...)
	var out, errOut bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errOut
	err := cmd.Run()
	return out.String(), errOut.String(), err
}

var addresses = regexp.MustCompile(`^grpc=(\S+) http=(\S+)$`)

// serve starts the daemon on free ports, with more flags, and waits until it has said where.
func (s *site) serve(more ...string) {
	s.t.Helper()
	cmd := exec.Command(filepath.Join(s.bin, "tonghopd"), append([]string{
		"serve", "--data", s.dir, "--grpc-listen", "127.0.0.1:0", "--http-listen", "127.0.0.1:0",
	}, more...)...)
	s.errOut = &bytes.Buffer{}
	cmd.Stderr = s.errOut
	out, err := cmd.StdoutPipe()
	if err != nil {
		s.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.daemon = cmd
	line, err := bufio.NewReader(out).ReadString('\n')
	m := addresses.FindStringSubmatch(strings.TrimSpace(line))
	if m == nil {
		s.kill()
		s.t.Fatalf("serve said %q (%v), want grpc=… http=…\n%s", line, err, s.errOut)
	}
	go func() { _, _ = io.Copy(io.Discard, out) }()
	s.grpc, s.http = m[1], m[2]
}

// kill ends the daemon as a power switch would.
func (s *site) kill() {
	if s.daemon == nil {
		return
	}
	_ = s.daemon.Process.Kill()
	_ = s.daemon.Wait()
	s.daemon = nil
}

// stop ends the daemon in order.
func (s *site) stop() {
	s.t.Helper()
	if err := s.daemon.Process.Signal(os.Interrupt); err != nil {
		s.t.Fatal(err)
	}
	if err := s.daemon.Wait(); err != nil {
		s.t.Fatalf("the daemon ended with %v\n%s", err, s.errOut)
	}
	s.daemon = nil
}

// get reads JSON with the site's token.
func (s *site) get(path string) []byte {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, "http://"+s.http+path, http.NoBody)
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+s.token)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		s.t.Fatalf("GET %s: %s %v\n%s", path, answer.Status, err, body)
	}
	return body
}

// shared gives a folder of data that is not part of the repository, or skips the test.
func shared(t *testing.T, name string) string {
	t.Helper()
	dir := filepath.Join("..", "..", "shared", "data", name)
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("the data set %s is not beside the repository (%s); it belongs to others and is not copied into it", name, dir)
	}
	return dir
}

// records reads a CSV file as maps from column to cell.
func records(t *testing.T, path string) []map[string]string {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return table(rows)
}

func table(rows [][]string) []map[string]string {
	var out []map[string]string
	for _, row := range rows[1:] {
		record := make(map[string]string, len(row))
		for i, cell := range row {
			record[rows[0][i]] = cell
		}
		out = append(out, record)
	}
	return out
}

// csvFile writes a CSV file of a test and gives its path.
func csvFile(t *testing.T, name string, rows [][]string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	w := csv.NewWriter(f)
	if err := w.WriteAll(rows); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}
