//go:build unix

package server_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/tonghop/tonghop/server"
)

// canaries are secrets by what they are. Each is planted where it belongs, and may be nowhere else.
type canaries map[string][]byte

// in finds those that stand in a text, as they are or in hexadecimal digits.
func (c canaries) in(text []byte) (found []string) {
	for what, secret := range c {
		if bytes.Contains(text, secret) || bytes.Contains(text, []byte(hex.EncodeToString(secret))) ||
			bytes.Contains(text, []byte(base64.StdEncoding.EncodeToString(secret))) {
			found = append(found, what)
		}
	}
	return found
}

// TestNoSecretIsToldAnywhere runs a real daemon that has every secret there is through its commands, refusals, failures, a
// backup and a crash with its stack, and then searches all that it said and wrote.
func TestNoSecretIsToldAnywhere(t *testing.T) {
	if testing.Short() {
		t.Skip("starts processes; what they say is the same under the race detector")
	}
	s := newSite(t)
	secrets := canaries{"the administrator's token": []byte(s.token), "the password of the mail server": []byte("canary-of-smtp-5b1f")}
	password := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(password, secrets["the password of the mail server"], 0o600); err != nil {
		t.Fatal(err)
	}
	s.serve("--log-level", "debug", "--notify", "--notify-private", "--notify-every", "50ms", "--smtp", "127.0.0.1:1",
		"--smtp-from", "tonghop@example.org", "--smtp-user", "canary", "--smtp-password-file", password)
	secrets["the secret of the machine's operator"] = []byte(running(t, s))
	for what, file := range map[string]string{"the key that signs heads": "keys/head.key", "the key of the webhooks": "keys/notify.key"} {
		secrets[what] = keyIn(t, filepath.Join(s.dir, file))
	}
	said := canaryOutputs(t, s, secrets)
	// The crash is one of the outputs: what a stack shows are addresses.
	if err := s.daemon.Process.Signal(syscall.SIGQUIT); err != nil {
		t.Fatal(err)
	}
	_ = s.daemon.Wait() // it was killed
	s.daemon = nil
	said["the log of the daemon, and its crash"] = s.errOut.Bytes()
	if !strings.Contains(s.errOut.String(), "goroutine ") || !strings.Contains(s.errOut.String(), "method=") {
		t.Errorf("the daemon has logged no calls or shown no stack:\n%s", tail(s.errOut.String()))
	}
	filesOf(t, s.dir, said)
	if len(said) < 25 {
		t.Errorf("only %d outputs and files were searched", len(said))
	}
	for where, text := range said {
		for _, what := range secrets.in(text) {
			t.Errorf("%s stands in %s", what, where)
		}
	}
	if found := secrets.in([]byte("x " + s.token + " y")); len(found) != 1 { // the search itself
		t.Errorf("%q are found in a text with the administrator's token", found)
	}
}

// keyIn gives what is secret in a file of a key: its last line, or all where there are no lines.
func keyIn(t *testing.T, path string) []byte {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if fields := strings.Split(strings.TrimSpace(string(text)), "+"); len(fields) > 2 { // PRIVATE+KEY+name+id+secret
		return []byte(fields[len(fields)-1])
	}
	return bytes.TrimSpace(text)
}

// canaryOutputs has the secrets used and misused, and gives everything that was answered.
func canaryOutputs(t *testing.T, s *site, secrets canaries) map[string][]byte {
	t.Helper()
	said := map[string][]byte{}
	tonghop := func(args ...string) string {
		out, errOut, err := s.try(args...)
		said["tonghop "+strings.Join(args, " ")] = []byte(out + errOut + fmt.Sprint(err))
		return out
	}
	// Two answers tell a secret, once: these are not searched.
	viewer := strings.Fields(s.tonghop("token", "create", "--role", "viewer"))
	for _, word := range viewer {
		if word = strings.Trim(word, `",`); strings.HasPrefix(word, "th_") {
			secrets["the viewer's token"] = []byte(word)
		}
	}
	made, problem, err := s.try("subscriptions", "create", "--webhook", "http://127.0.0.1:1/hook", "--kind", "at-due", "-o", "json")
	if err != nil {
		t.Fatalf("subscriptions create: %v %s%s", err, made, problem)
	}
	if _, after, found := strings.Cut(made, "whsec_"); found {
		secret, _, _ := strings.Cut(after, `"`)
		secrets["the secret of a webhook"] = []byte(secret)
	}
	if len(secrets) != 7 {
		t.Fatalf("%d secrets are planted, want 7: %s", len(secrets), made)
	}
	mails, _, _ := s.try("subscriptions", "create", "--mail", "a@example.org", "--kind", "at-due", "-o", "json")
	said["a subscription by mail"] = []byte(mails)
	for _, args := range [][]string{
		{"token", "list"}, {"subscriptions"}, {"status"}, {"verify"}, {"units"}, {"whoami"}, {"token", "revoke", "000000000000"}, {"query", "--unit", "82", "--indicator", "X", "--period", "2024"},
	} {
		tonghop(args...)
	}
	for _, name := range namesIn(made + mails) {
		tonghop("subscriptions", "test", name)
		tonghop("subscriptions", "deliveries", name)
	}
	secrets["a token with one wrong letter"] = []byte(s.token[:len(s.token)-1] + "x")
	for what, header := range map[string]string{
		"a wrong token": "Bearer " + string(secrets["a token with one wrong letter"]), "a token as a password": "Basic " + s.token,
		"a token without a scheme": s.token, "two tokens in one": "Bearer " + s.token + "," + s.token, "the operator's secret": "Bearer " + running(t, s),
	} {
		said["HTTP with "+what] = s.raw("/v1/tokens", header)
	}
	said["a token as a parameter"] = s.raw("/v1/tokens?pageToken="+s.token, "")
	backup := filepath.Join(t.TempDir(), "backup")
	for _, args := range [][]string{
		{"backup", "--data", s.dir, backup}, {"audit", "--data", s.dir, "--json"}, {"key", "--data", s.dir}, {"version"},
	} {
		out, errOut, err := s.run("tonghopd", nil, args...)
		said["tonghopd "+strings.Join(args, " ")] = []byte(out + errOut + fmt.Sprint(err))
	}
	filesOf(t, backup, said)
	time.Sleep(200 * time.Millisecond) // a few rounds of the dispatcher, which fail; nothing is judged by it
	return said
}

func running(t *testing.T, s *site) string {
	t.Helper()
	for range 1000 { // it is written when the server serves, after it has said where
		if c, err := server.ReadControl(s.dir); err == nil {
			return c.Secret
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatal("the server does not say how commands on this machine find it")
	return ""
}

// namesIn finds the names of subscriptions.
func namesIn(text string) (names []string) {
	for chunk := range strings.SplitSeq(text, "\n") {
		var m map[string]any
		if json.Unmarshal([]byte(chunk), &m) != nil {
			continue
		}
		if name, ok := m["name"].(string); ok {
			names = append(names, strings.TrimPrefix(name, "subscriptions/"))
		}
	}
	return names
}

// raw asks as JSON with a header as it is.
func (s *site) raw(path, authorization string) []byte {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, "http://"+s.http+path, http.NoBody)
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Authorization", authorization)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return append(body, fmt.Sprint(answer.Header)...)
}

// filesOf adds all files below a folder but those in which the secrets live.
func filesOf(t *testing.T, dir string, said map[string][]byte) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		switch name := e.Name(); name {
		case "control", "head.key", "notify.key":
			return nil
		}
		text, err := os.ReadFile(path)
		said[path] = text
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
