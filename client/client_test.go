package client_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/big"
	"net"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"

	"github.com/tonghop/tonghop/client"
	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
)

func TestDialRefusesWhatWouldShowTheToken(t *testing.T) {
	for _, c := range []struct {
		address string
		token   client.Secret
		tls     bool
		want    string
	}{
		{address: "127.0.0.1:9090"},
		{address: "127.8.9.10:9090"},
		{address: "localhost:9090"},
		{address: "LocalHost:9090"},
		{address: "[::1]:9090"},
		{address: "[::ffff:127.0.0.1]:9090"},
		{address: "unix:/run/tonghop.sock"},
		{address: "tonghop.example.vn:9090", tls: true},
		{address: "10.0.0.7:9090", tls: true},
		{address: "tonghop.example.vn:9090", want: "TLS"},
		{address: "localhost.example.vn:9090", want: "TLS"},
		{address: "10.0.0.7:9090", want: "TLS"},
		{address: "0.0.0.0:9090", want: "TLS"},
		{address: "[2001:db8::1]:9090", want: "TLS"},
		{address: "127.0.0.1", want: "host:port"},
		{address: "", want: "host:port"},
		{address: ":9090", want: "host:port"},
		{address: "127.0.0.1:", want: "host:port"},
		{address: "127.0.0.1:grpc", want: "host:port"},
		{address: "127.0.0.1:90900", want: "host:port"},
		{address: "unix:", want: "host:port"},
		{address: "dns:///127.0.0.1:9090", want: "host:port"},
		{address: "127.0.0.1:9090", token: "th_one\nth_two", want: "line break"},
		{address: "127.0.0.1:9090", token: "th_mã", want: "token"},
	} {
		config := client.Config{Address: c.address, Token: c.token}
		if c.tls {
			config.TLS = &tls.Config{MinVersion: tls.VersionTLS12}
		}
		got, err := client.Dial(t.Context(), config)
		if err == nil {
			_ = got.Close()
		}
		if c.want == "" && err != nil {
			t.Errorf("Dial(%q, TLS %t) error = %v", c.address, c.tls, err)
		}
		if c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("Dial(%q, TLS %t) error = %v, want one that speaks of %q", c.address, c.tls, err, c.want)
		}
		if err != nil && c.token != "" && strings.Contains(err.Error(), c.token.Reveal()) {
			t.Errorf("the error shows the token: %v", err)
		}
	}
}

func TestSecretShowsItselfToNobody(t *testing.T) {
	config := client.Config{Address: "a", Token: "th_hidden"}
	var log strings.Builder
	slog.New(slog.NewJSONHandler(&log, nil)).Info("dial", "config", config, "token", config.Token)
	encoded, err := json.Marshal(config.Token)
	if err != nil {
		t.Fatal(err)
	}
	for _, shown := range []string{fmt.Sprint(config), fmt.Sprintf("%+v", config), fmt.Sprintf("%#v", config), config.Token.String(), log.String(), string(encoded)} {
		if strings.Contains(shown, "hidden") {
			t.Errorf("the token stands in %q", shown)
		}
	}
	if config.Token.Reveal() != "th_hidden" {
		t.Error("Reveal does not give the token")
	}
}

func TestCallsCarryTokenLanguageAndProgram(t *testing.T) {
	f := startFake(t)
	var got metadata.MD
	f.access.caller = func(ctx context.Context) (*reportingv1.Token, error) {
		got, _ = metadata.FromIncomingContext(ctx)
		return &reportingv1.Token{}, nil
	}
	c := f.dial(t, func(c *client.Config) { c.Language, c.UserAgent = "vi", "commune-software/3.1" })
	if _, err := c.GetCaller(t.Context()); err != nil {
		t.Fatal(err)
	}
	for header, want := range map[string]string{"authorization": "Bearer th_test", "accept-language": "vi", "user-agent": "commune-software/3.1"} {
		if values := got.Get(header); len(values) != 1 || !strings.HasPrefix(values[0], want) {
			t.Errorf("header %s = %q, want %q", header, values, want)
		}
	}
}

// TestTLS speaks to a server with a certificate of its own, which is believed only where its issuer was named.
func TestTLS(t *testing.T) {
	certificate, pool := selfSigned(t)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer(grpc.Creds(credentials.NewServerTLSFromCert(&certificate)))
	a := &access{caller: func(context.Context) (*reportingv1.Token, error) { return &reportingv1.Token{Name: "tokens/a"}, nil }}
	reportingv1.RegisterAccessServiceServer(server, a)
	served := make(chan struct{})
	go func() {
		defer close(served)
		_ = server.Serve(listener)
	}()
	defer func() { server.Stop(); <-served }()

	for _, c := range []struct {
		name   string
		config *tls.Config
		want   codes.Code
	}{
		{"the issuer is known", &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}, codes.OK},
		{"the issuer is unknown", &tls.Config{RootCAs: x509.NewCertPool(), MinVersion: tls.VersionTLS12}, codes.Unavailable},
		{"no TLS at all", nil, codes.Unavailable},
	} {
		t.Run(c.name, func(t *testing.T) {
			dialed, err := client.Dial(t.Context(), client.Config{
				Address: listener.Addr().String(), Token: "th_test", TLS: c.config, Attempts: 2, FirstDelay: time.Millisecond,
			})
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = dialed.Close() }()
			_, err = dialed.GetCaller(t.Context())
			e, _ := errors.AsType[*client.Error](err)
			if c.want == codes.OK && err != nil || c.want != codes.OK && (e == nil || e.Code != c.want) {
				t.Errorf("GetCaller error = %v, want %s", err, c.want)
			}
		})
	}
}

func selfSigned(t *testing.T) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber:          big.NewInt(1),
		NotBefore:             time.Now().Add(-time.Hour),
		NotAfter:              time.Now().Add(time.Hour),
		IsCA:                  true,
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		IPAddresses:           []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(parsed)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pool
}
