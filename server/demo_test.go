package server_test

import (
	"bufio"
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// systemRow is a row of the table of systems in the README, shownBy a command in it.
var (
	systemRow = regexp.MustCompile(`(?m)^\| S(\d+) \| .*$`)
	shownBy   = regexp.MustCompile("`(tonghop [^`]+)`")
)

// showSystems runs every command with which the README shows what this store does of the thirty systems, so that no row claims what
// does not work. A row without one says what is left. The settings are those of a command that the demo printed.
func showSystems(t *testing.T, bin, printed string) {
	t.Helper()
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	settings, _, _ := strings.Cut(printed, "go run")
	rows := systemRow.FindAllStringSubmatch(string(readme), -1)
	for n, row := range rows {
		if row[1] != strconv.Itoa(n+1) {
			t.Fatalf("row %d of the systems is S%s", n+1, row[1])
		}
		commands := shownBy.FindAllStringSubmatch(row[0], -1)
		lower := strings.ToLower(row[0])
		if len(commands) == 0 && !strings.Contains(lower, "**left**") && !strings.Contains(lower, "nothing is here") {
			t.Errorf("no command shows it, and it does not say what is left: %s", row[0])
		}
		for _, c := range commands {
			command := strings.ReplaceAll(c[1], `\|`, "|")
			answer, err := exec.CommandContext(t.Context(), "bash", "-c", settings+filepath.Join(bin, command)).CombinedOutput()
			if err != nil || bytes.Count(answer, []byte("\n")) < 2 {
				t.Errorf("S%s: %s\n%v\n%s", row[1], command, err, tail(string(answer)))
			}
		}
	}
	if len(rows) != 30 {
		t.Errorf("the README tells of %d systems, want 30", len(rows))
	}
}

// TestDemoShowsTheMainJob starts the demo as a newcomer would, and runs every command that it prints.
func TestDemoShowsTheMainJob(t *testing.T) {
	if testing.Short() {
		t.Skip("programs of their own: go test without -short runs them")
	}
	for _, tool := range []string{"bash", "curl"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("the demo's commands need %s, which is not on this machine", tool)
		}
	}
	bin, err := programs()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(filepath.Join(bin, "tonghopd"), "demo", "--grpc-listen", "127.0.0.1:0", "--http-listen", "127.0.0.1:0")
	cmd.Env = append(os.Environ(), "TMPDIR="+t.TempDir())
	var errOut bytes.Buffer
	cmd.Stderr = &errOut
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	stopped := false
	t.Cleanup(func() {
		if !stopped {
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
		}
	})
	var said strings.Builder
	var commands []string
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		line := lines.Text()
		said.WriteString(line + "\n")
		if strings.HasPrefix(line, "curl ") || strings.HasPrefix(line, "TONGHOP_ADDRESS=") {
			commands = append(commands, line)
		}
		if strings.HasPrefix(line, "Interrupt") {
			break
		}
	}
	if len(commands) != 20 {
		t.Fatalf("the demo printed %d commands, want 20\n%s%s", len(commands), said.String(), errOut.String())
	}
	for _, command := range commands {
		command = strings.ReplaceAll(command, "go run ./client/cmd/tonghop", filepath.Join(bin, "tonghop"))
		answer, err := exec.CommandContext(t.Context(), "bash", "-c", command).CombinedOutput()
		if err != nil || len(answer) < 100 || bytes.Contains(answer, []byte(`"error"`)) || bytes.Contains(answer, []byte("NO_DATA")) {
			t.Errorf("%s\n%v\n%s", command, err, tail(string(answer)))
		}
	}
	showSystems(t, bin, commands[len(commands)-2])
	stopped = true
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	select {
	case err := <-ended:
		if err != nil {
			t.Errorf("the demo ended with %v\n%s", err, errOut.String())
		}
	case <-time.After(30 * time.Second):
		_ = cmd.Process.Kill()
		t.Error("the demo did not end within 30 s of the interrupt")
	}
}
