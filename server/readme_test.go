package server_test

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var shellBlock = regexp.MustCompile("(?s)```sh\n(.*?)```")

// TestReadmeCommandsWork runs the README's blocks in one shell, as a newcomer would paste them, and looks for the figures
// that the text promises.
func TestReadmeCommandsWork(t *testing.T) {
	for _, tool := range []string{"bash", "curl"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("the README's commands need %s, which is not on this machine", tool)
		}
	}
	readme, err := os.ReadFile(filepath.Join("..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	bin, err := programs()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.Symlink(bin, filepath.Join(dir, "bin")); err != nil {
		t.Fatal(err)
	}
	script := strings.Builder{}
	script.WriteString("set -euo pipefail\ntrap 'kill $(jobs -p) 2>/dev/null || true' EXIT\n")
	for _, block := range shellBlock.FindAllStringSubmatch(string(readme), -1) {
		if strings.HasPrefix(block[1], "go build") {
			continue // built already
		}
		script.WriteString(block[1] + "\n")
		if strings.Contains(block[1], "serve --data") {
			// A person takes longer to read on than the server takes to start.
			script.WriteString("for i in $(seq 100); do curl --silent -o /dev/null http://127.0.0.1:8080/healthz && break; sleep 0.1; done\n")
		}
	}
	// The test must not depend on the usual ports being free.
	text := strings.NewReplacer("127.0.0.1:9090", freePort(t), "127.0.0.1:8080", freePort(t)).Replace(script.String())
	listen := regexp.MustCompile(`serve --data store`)
	ports := regexp.MustCompile(`127\.0\.0\.1:\d+`).FindAllString(text, -1)
	grpc, http := "", ""
	for _, p := range ports {
		if strings.Contains(text, "TONGHOP_ADDRESS="+p) {
			grpc = p
		} else {
			http = p
		}
	}
	text = listen.ReplaceAllString(text, "serve --data store --grpc-listen "+grpc+" --http-listen "+http)

	shell := exec.CommandContext(t.Context(), "bash", "-c", text)
	shell.Dir = dir
	shell.Env = append(os.Environ(), "XDG_STATE_HOME="+filepath.Join(dir, "state-home"))
	out, err := shell.CombinedOutput()
	if err != nil {
		t.Fatalf("the README's commands: %v\n%s", err, out)
	}
	for _, promise := range []string{"9.09", "109.1", "CREATED", `"value":"120"`, "90", "1/2"} {
		if !strings.Contains(strings.ReplaceAll(string(out), `": "`, `":"`), promise) {
			t.Errorf("nothing printed shows %q\n%s", promise, out)
		}
	}
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}
