package server_test

import (
	"bufio"
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

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
	if len(commands) != 19 {
		t.Fatalf("the demo printed %d commands, want 19\n%s%s", len(commands), said.String(), errOut.String())
	}
	for _, command := range commands {
		command = strings.ReplaceAll(command, "go run ./client/cmd/tonghop", filepath.Join(bin, "tonghop"))
		answer, err := exec.CommandContext(t.Context(), "bash", "-c", command).CombinedOutput()
		if err != nil || len(answer) < 100 || bytes.Contains(answer, []byte(`"error"`)) || bytes.Contains(answer, []byte("NO_DATA")) {
			t.Errorf("%s\n%v\n%s", command, err, tail(string(answer)))
		}
	}
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
