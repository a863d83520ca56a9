package server_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/tls"
	"encoding/base64"
	"net/http"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
	"github.com/tonghop/tonghop/server"
	"github.com/tonghop/tonghop/server/certificate"
)

// optionally serves with certificates that clients may show at both doors.
func optionally(c *server.Config) {
	c.TLS.GRPCClients, c.TLS.HTTPClients = certificate.Optional, certificate.Optional
}

func TestACertificateComesAsItsTokenAtBothDoors(t *testing.T) {
	g := guard(t, optionally)
	admin := g.dial(t, g.believing(t), g.admin)
	viewer, err := admin.CreateToken(t.Context(), &reportingv1.CreateTokenRequest{Role: reportingv1.Role_ROLE_VIEWER})
	if err != nil {
		t.Fatal(err)
	}
	pair, issued := g.client(t, "lgsp.test")
	shown := g.believing(t)
	shown.Certificates = []tls.Certificate{pair}
	// as says as whom the certificate comes, and that both doors agree.
	as := func(token string) string {
		t.Helper()
		who, err := g.dial(t, shown, token).GetCaller(t.Context())
		code, body, httpErr := g.get(t, shown, "/v1/caller", token)
		if httpErr != nil || (err == nil) != (code == http.StatusOK) || err == nil && !strings.Contains(body, who.GetName()) {
			t.Errorf("gRPC says %v, %v, and JSON %d %s, %v", who, err, code, body, httpErr)
		}
		return who.GetName()
	}
	if name := as(""); name != "" {
		t.Errorf("a certificate that nobody registered comes as %q", name)
	}
	for _, by := range []*reportingv1.CreateProofRequest{
		{Kind: reportingv1.ProofKind_PROOF_KIND_NAME, Value: "lgsp.test"},
		{Kind: reportingv1.ProofKind_PROOF_KIND_CERTIFICATE, Value: issued.Fingerprint},
	} {
		by.Token = viewer.GetToken().GetName()
		proof, err := admin.CreateProof(t.Context(), by)
		if err != nil {
			t.Fatal(err)
		}
		if name := as(""); name != viewer.GetToken().GetName() {
			t.Errorf("registered by %s it comes as %q, want %s", by.GetKind(), name, viewer.GetToken().GetName())
		}
		if name := as(g.admin); !strings.Contains(g.admin, strings.TrimPrefix(name, "tokens/")) {
			t.Errorf("with a token beside it it comes as %q, want the token's", name)
		}
		if _, err := admin.DeleteProof(t.Context(), &reportingv1.DeleteProofRequest{Name: proof.GetName()}); err != nil {
			t.Fatal(err)
		}
		if name := as(""); name != "" {
			t.Errorf("taken off it still comes as %q", name)
		}
	}
}

// TestNobodyFromOutsideSaysWhichMachineHeIs sends what the gateway says of its callers in every way in which somebody else
// could: it must make nobody of him, and must not take his token away from him either.
func TestNobodyFromOutsideSaysWhichMachineHeIs(t *testing.T) {
	g := guard(t, optionally)
	admin := g.dial(t, g.believing(t), g.admin)
	_, issued := g.client(t, "lgsp.test")
	if _, err := admin.CreateProof(t.Context(), &reportingv1.CreateProofRequest{
		Token: "tokens/" + strings.Split(g.admin, "_")[1], Kind: reportingv1.ProofKind_PROOF_KIND_CERTIFICATE, Value: issued.Fingerprint,
	}); err != nil {
		t.Fatal(err)
	}
	text := `{"Address":"127.0.0.1","Fingerprint":"` + issued.Fingerprint + `","Names":["lgsp.test"]}`
	sealed := func(key []byte) string {
		sum := hmac.New(sha256.New, key)
		sum.Write([]byte(text))
		return string(sum.Sum(nil)) + text
	}
	conn, err := grpc.NewClient(g.server.GRPCAddress(), grpc.WithTransportCredentials(credentials.NewTLS(g.believing(t))))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	for _, forged := range []string{text, sealed(nil), sealed(make([]byte, 32)), strings.Repeat("0", 32) + text, ""} {
		ctx := metadata.AppendToOutgoingContext(t.Context(), "tonghop-peer-bin", forged)
		_, err := reportingv1.NewAccessServiceClient(conn).GetCaller(ctx, &reportingv1.GetCallerRequest{})
		if status.Code(err) != codes.Unauthenticated {
			t.Errorf("gRPC with %.20q: %v, want UNAUTHENTICATED", forged, err)
		}
		for _, header := range []string{"Tonghop-Peer-Bin", "Grpc-Metadata-Tonghop-Peer-Bin"} {
			request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://"+g.server.HTTPAddress()+"/v1/caller", nil)
			if err != nil {
				t.Fatal(err)
			}
			request.Header.Set(header, base64.StdEncoding.EncodeToString([]byte(forged)))
			for _, token := range []string{"", g.admin} {
				want := http.StatusUnauthorized
				if token != "" {
					request.Header.Set("Authorization", "Bearer "+token)
					want = http.StatusOK
				}
				answer, err := (&http.Client{Transport: &http.Transport{TLSClientConfig: g.believing(t), DisableKeepAlives: true}}).Do(request)
				if err != nil {
					t.Fatal(err)
				}
				_ = answer.Body.Close()
				if answer.StatusCode != want {
					t.Errorf("JSON with %s %.20q: %d, want %d", header, forged, answer.StatusCode, want)
				}
			}
		}
	}
}
