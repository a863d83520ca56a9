package server_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tonghop/tonghop/client"
	"github.com/tonghop/tonghop/server"
	"github.com/tonghop/tonghop/server/certificate"
	"github.com/tonghop/tonghop/server/fault"
)

// guarded is a served store with an authority of its own.
type guarded struct {
	dir    string
	admin  string
	server *server.Server
}

// guard makes a store with TLS and serves it.
func guard(t *testing.T, set func(*server.Config)) guarded {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "store")
	secret, err := server.Init(t.Context(), server.Config{Dir: dir, SegmentBytes: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	if err := server.InitTLS(dir, []string{"127.0.0.1", "tonghop.test"}); err != nil {
		t.Fatal(err)
	}
	g := guarded{dir: dir, admin: secret.Reveal()}
	g.serve(t, set)
	return g
}

func (g *guarded) serve(t *testing.T, set func(*server.Config)) {
	t.Helper()
	cfg := server.Config{Dir: g.dir, GRPCListen: "127.0.0.1:0", HTTPListen: "127.0.0.1:0", FreeGuard: 1, SegmentBytes: 1 << 20}
	if set != nil {
		set(&cfg)
	}
	var err error
	if g.server, err = server.Open(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- g.server.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Errorf("the server ended with %v", err)
		}
	})
}

// believing is the setting of a client that believes the store's authority.
func (g guarded) believing(t *testing.T) *tls.Config {
	t.Helper()
	pem, err := os.ReadFile(filepath.Join(g.dir, "tls", "ca.pem"))
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		t.Fatal("ca.pem holds no certificate")
	}
	return &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
}

// client issues a certificate for a client.
func (g guarded) client(t *testing.T, name string) (tls.Certificate, server.Issued) {
	t.Helper()
	issued, err := server.IssueCertificate(g.dir, certificate.Client, []string{name}, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	pair, err := tls.LoadX509KeyPair(issued.CertificateFile, issued.KeyFile)
	if err != nil {
		t.Fatal(err)
	}
	return pair, issued
}

func (g guarded) dial(t *testing.T, protect *tls.Config, token string) *client.Client {
	t.Helper()
	c, err := client.Dial(t.Context(), client.Config{
		Address: g.server.GRPCAddress(), Token: client.Secret(token), TLS: protect, Language: "en", Attempts: 1, Timeout: 10 * time.Second,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// get asks over JSON and gives status and body.
func (g guarded) get(t *testing.T, protect *tls.Config, path, token string) (int, string, error) {
	t.Helper()
	transport := &http.Transport{TLSClientConfig: protect}
	defer transport.CloseIdleConnections()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://"+g.server.HTTPAddress()+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	answer, err := (&http.Client{Transport: transport}).Do(request)
	if err != nil {
		return 0, "", err
	}
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(answer.Body)
	return answer.StatusCode, string(body), err
}

func TestBothDoorsSpeakTLS13Alone(t *testing.T) {
	g := guard(t, nil)
	if _, err := g.dial(t, g.believing(t), g.admin).GetStatus(t.Context()); err != nil {
		t.Errorf("gRPC over TLS: %v", err)
	}
	if code, body, err := g.get(t, g.believing(t), "/v1/status", g.admin); code != http.StatusOK || err != nil {
		t.Errorf("JSON over TLS: %d %s %v", code, body, err)
	}
	for _, address := range []string{g.server.GRPCAddress(), g.server.HTTPAddress()} {
		old := g.believing(t)
		old.MaxVersion = tls.VersionTLS12
		if conn, err := tls.Dial("tcp", address, old); err == nil {
			_ = conn.Close()
			t.Errorf("%s speaks TLS 1.2", address)
		}
		conn, err := tls.Dial("tcp", address, &tls.Config{MinVersion: tls.VersionTLS13}) //nolint:gosec // without our authority on purpose
		if err == nil {
			_ = conn.Close()
			t.Errorf("%s: a client that does not know the authority believed it", address)
		}
	}
	// In the clear nobody is answered, and no token gets through.
	plain := g.dial(t, nil, g.admin)
	if _, err := plain.GetStatus(t.Context()); err == nil {
		t.Error("a call in the clear was answered")
	}
}

// TestANewCertificateIsUsedFromTheNextConnectionOn replaces the certificate while a client is connected, then leaves half of
// a further one, which must change nothing.
func TestANewCertificateIsUsedFromTheNextConnectionOn(t *testing.T) {
	g := guard(t, nil)
	serial := func(address string) string {
		conn, err := tls.Dial("tcp", address, g.believing(t))
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = conn.Close() }()
		return conn.ConnectionState().PeerCertificates[0].SerialNumber.String()
	}
	staying := g.dial(t, g.believing(t), g.admin)
	if _, err := staying.GetStatus(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, address := range []string{g.server.GRPCAddress(), g.server.HTTPAddress()} {
		before := serial(address)
		if _, err := server.IssueCertificate(g.dir, certificate.Server, []string{"127.0.0.1"}, ""); err != nil {
			t.Fatal(err)
		}
		after := serial(address)
		if after == before {
			t.Errorf("%s still shows the old certificate", address)
		}
		key := filepath.Join(g.dir, "tls", "server.key")
		good, err := os.ReadFile(key)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(key, []byte("half"), 0o600); err != nil {
			t.Fatal(err)
		}
		if serial(address) != after {
			t.Errorf("%s: a key that cannot be read changed something", address)
		}
		if err := os.WriteFile(key, good, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := staying.GetStatus(t.Context()); err != nil {
		t.Errorf("the connection that was there before: %v", err)
	}
}

func TestCertificatesOfClientsAreDemandedDoorByDoor(t *testing.T) {
	g := guard(t, func(c *server.Config) {
		c.TLS.GRPCClients, c.TLS.HTTPClients = certificate.Required, certificate.Optional
	})
	bare := g.believing(t)
	if _, err := g.dial(t, bare, g.admin).GetStatus(t.Context()); err == nil {
		t.Error("gRPC let a client in without a certificate")
	}
	if code, _, err := g.get(t, bare, "/v1/status", g.admin); code != http.StatusOK || err != nil {
		t.Errorf("JSON asks for a certificate that is optional: %d %v", code, err)
	}
	shown := g.believing(t)
	pair, _ := g.client(t, "so-y-te")
	shown.Certificates = []tls.Certificate{pair}
	if _, err := g.dial(t, shown, g.admin).GetStatus(t.Context()); err != nil {
		t.Errorf("gRPC with a certificate: %v", err)
	}
	// A certificate of another authority is no certificate.
	other := guard(t, nil)
	foreign, _ := other.client(t, "so-y-te")
	shown.Certificates = []tls.Certificate{foreign}
	if _, err := g.dial(t, shown, g.admin).GetStatus(t.Context()); err == nil {
		t.Error("gRPC took the certificate of another authority")
	}
	// Commands on this machine come in with a certificate of the process.
	control, err := server.ReadControl(g.dir)
	if err != nil {
		t.Fatal(err)
	}
	local, err := control.Dial(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = local.Close() }()
	if _, err := local.GetStatus(t.Context()); err != nil {
		t.Errorf("the operator of this machine: %v", err)
	}
}

func TestWithoutTLSOnlyLoopbackIsServedUnlessItIsAccepted(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "store")
	secret, err := server.Init(t.Context(), server.Config{Dir: dir, SegmentBytes: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	open := server.Config{Dir: dir, GRPCListen: "127.0.0.1:0", HTTPListen: "0.0.0.0:0", FreeGuard: 1, SegmentBytes: 1 << 20}
	if s, err := server.Open(t.Context(), open); fault.ReasonOf(err) != "ADDRESS_NOT_LOOPBACK" {
		t.Fatalf("Open on every address = %v, %v, want ADDRESS_NOT_LOOPBACK", s, err)
	}
	g := guarded{dir: dir}
	g.serve(t, func(c *server.Config) { c.HTTPListen, c.TLS.AcceptPlaintext = "0.0.0.0:0", true })
	_, port, _ := strings.Cut(g.server.HTTPAddress(), "]:")
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://127.0.0.1:"+port+"/healthz", nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	var health struct{ Plaintext []string }
	if err := json.NewDecoder(answer.Body).Decode(&health); err != nil || len(health.Plaintext) != 1 {
		t.Errorf("health says of plaintext %v, %v; want the one address", health.Plaintext, err)
	}
	status, err := g.dial(t, nil, secret.Reveal()).GetStatus(t.Context())
	if err != nil || len(status.GetPlaintextAddresses()) != 1 {
		t.Errorf("status says of plaintext %v, %v; want the one address", status.GetPlaintextAddresses(), err)
	}
}

func TestAKeyThatOthersReadIsNotServed(t *testing.T) {
	g := guard(t, nil)
	key := filepath.Join(g.dir, "tls", "server.key")
	if err := os.Chmod(key, 0o640); err != nil { //nolint:gosec // too open on purpose
		t.Fatal(err)
	}
	_, err := server.Open(t.Context(), server.Config{Dir: g.dir, GRPCListen: "127.0.0.1:0", HTTPListen: "127.0.0.1:0"})
	if fault.ReasonOf(err) != "TLS_KEY_OPEN" || !strings.Contains(err.Error(), "chmod 600 "+key) {
		t.Errorf("Open with a key that others read = %v, want TLS_KEY_OPEN with what to do", err)
	}
}
