package server_test

import (
	"context"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
	"github.com/tonghop/tonghop/server"
	"github.com/tonghop/tonghop/server/rpc"
	"github.com/tonghop/tonghop/server/security"
)

// watched is a server whose security log is looked at.
type watched struct {
	t     *testing.T
	cfg   server.Config
	s     *server.Server
	conn  *grpc.ClientConn
	admin string
}

func openWatched(t *testing.T, s security.Config) *watched {
	t.Helper()
	w := &watched{t: t, cfg: server.Config{
		Dir: filepath.Join(t.TempDir(), "data"), GRPCListen: "127.0.0.1:0", HTTPListen: "127.0.0.1:0", FreeGuard: 1, SegmentBytes: 64 << 10, Security: s,
	}}
	secret, err := server.Init(t.Context(), w.cfg)
	if err != nil {
		t.Fatal(err)
	}
	w.admin = secret.Reveal()
	if w.s, err = server.Open(t.Context(), w.cfg); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- w.s.Run(ctx) }()
	if w.conn, err = grpc.NewClient(w.s.GRPCAddress(), grpc.WithTransportCredentials(insecure.NewCredentials())); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = w.conn.Close()
		stop()
		if err := <-ended; err != nil {
			t.Errorf("Run = %v", err)
		}
	})
	return w
}

func (w *watched) by(secret string, more ...string) context.Context {
	md := metadata.Pairs(more...)
	if secret != "" {
		md.Set("authorization", "Bearer "+secret)
	}
	return metadata.NewOutgoingContext(w.t.Context(), md)
}

// lines gives the audit as it is asked for.
func (w *watched) lines(q server.AuditQuery) []server.AuditLine {
	w.t.Helper()
	var all []server.AuditLine
	if _, err := server.Audit(w.t.Context(), w.cfg, q, func(l server.AuditLine) error {
		all = append(all, l)
		return nil
	}); err != nil {
		w.t.Fatal(err)
	}
	return all
}

func TestEveryRefusalAndFirstUseIsRecorded(t *testing.T) {
	w := openWatched(t, security.Config{})
	access := reportingv1.NewAccessServiceClient(w.conn)
	made, err := access.CreateToken(w.by(w.admin), &reportingv1.CreateTokenRequest{
		Role: reportingv1.Role_ROLE_VIEWER, DisplayName: "Nguyễn Thị Sáu", RequestId: "018f4f5e-8f7a-7cc2-9a52-6f1f0f0c7b11",
	})
	if err != nil {
		t.Fatal(err)
	}
	viewer := made.GetToken().GetName()[len("tokens/"):]
	for range 3 { // and no first use but one
		_, err = access.CreateToken(w.by(made.GetSecret(), rpc.OriginHeader, "10.9.8.7:1", "x-forwarded-for", "10.9.8.7"),
			&reportingv1.CreateTokenRequest{RequestId: "018f4f5e-8f7a-7cc2-9a52-6f1f0f0c7b12"})
	}
	if status.Code(err) != codes.PermissionDenied {
		t.Fatalf("a viewer who issues a token: %v", err)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+w.s.HTTPAddress()+"/v1/tokens", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	r.Header = http.Header{"Authorization": {"Bearer th_" + strings.Repeat("x", 20)}, "X-Forwarded-For": {"10.9.8.7"}, "Tonghop-Origin": {"10.9.8.7:1"}}
	answer, err := http.DefaultClient.Do(r)
	if err != nil || answer.StatusCode != http.StatusUnauthorized {
		t.Fatalf("HTTP %v, %v", answer, err)
	}
	_ = answer.Body.Close()

	refused := w.lines(server.AuditQuery{Security: true, Events: []string{"refused"}})
	if len(refused) != 4 {
		t.Fatalf("%d refusals are recorded, want 4: %+v", len(refused), refused)
	}
	want := security.Event{
		Time: refused[0].Time, Kind: security.Refused, Principal: viewer, Credential: viewer, Address: "127.0.0.1", Door: "grpc",
		Method: reportingv1.AccessService_CreateToken_FullMethodName, RequestID: "018f4f5e-8f7a-7cc2-9a52-6f1f0f0c7b12", Code: "PermissionDenied", Reason: "RIGHT_MISSING",
	}
	if refused[0].Event != want {
		t.Errorf("the refusal is %+v, want %+v", refused[0].Event, want)
	}
	if last := refused[3]; last.Address != "127.0.0.1" || last.Door != "json" || last.Principal != "" || last.Reason != "TOKEN_INVALID" {
		t.Errorf("the refusal over JSON is %+v", last)
	}
	if first := w.lines(server.AuditQuery{Events: []string{"first_use"}, Credential: viewer}); len(first) != 1 || first[0].Address != "127.0.0.1" {
		t.Errorf("the first uses of the viewer's token are %+v, want one", first)
	}
	if issued := w.lines(server.AuditQuery{Events: []string{"token_issued"}, Since: refused[0].Time.Add(-1e12)}); len(issued) != 2 || issued[1].Source != "journal" {
		t.Errorf("the journal has issued %+v, want two", issued)
	}
	all := w.lines(server.AuditQuery{})
	if !slices.IsSortedFunc(all, func(a, b server.AuditLine) int { return a.Time.Compare(b.Time) }) || len(all) < 8 {
		t.Errorf("the %d lines of both are not in the order of time", len(all))
	}
	text, err := json.Marshal(all)
	if err != nil || strings.Contains(string(text), "Sáu") || strings.Contains(string(text), made.GetSecret()) || strings.Contains(string(text), "10.9.8.7") {
		t.Errorf("the audit names a person, a secret or a forged address: %s, %v", text, err)
	}
}

// TestWhatCannotBeRecordedIsNotDone takes the folder of the log away: changes are refused, reading goes on, for newcomers
// too, and when the folder is back the log says how much it lacks.
func TestWhatCannotBeRecordedIsNotDone(t *testing.T) {
	w := openWatched(t, security.Config{FileBytes: 1}) // every line is a file
	access, units := reportingv1.NewAccessServiceClient(w.conn), reportingv1.NewUnitServiceClient(w.conn)
	create := func(id string) (*reportingv1.CreateTokenResponse, error) {
		return access.CreateToken(w.by(w.admin), &reportingv1.CreateTokenRequest{Role: reportingv1.Role_ROLE_VIEWER, RequestId: "018f4f5e-8f7a-7cc2-9a52-6f1f0f0c7b" + id})
	}
	newcomer, err := create("21")
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(w.cfg.Dir, "security")
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(dir, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := units.ListUnits(w.by(newcomer.GetSecret()), &reportingv1.ListUnitsRequest{}); err != nil {
		t.Errorf("a newcomer reads: %v", err)
	}
	if _, err := create("22"); status.Code(err) != codes.FailedPrecondition {
		t.Errorf("a change: %v, want FAILED_PRECONDITION", err)
	}
	if _, err := units.ListUnits(w.by(w.admin), &reportingv1.ListUnitsRequest{}); err != nil {
		t.Errorf("who was let in before reads: %v", err)
	}
	if err := os.Remove(dir); err != nil {
		t.Fatal(err)
	}
	if _, err := create("22"); err != nil {
		t.Errorf("a change when the folder is back: %v", err)
	}
	if _, err := units.ListUnits(w.by(newcomer.GetSecret()), &reportingv1.ListUnitsRequest{}); err != nil {
		t.Errorf("the newcomer: %v", err)
	}
	gaps := w.lines(server.AuditQuery{Events: []string{"gap"}})
	if len(gaps) != 1 || gaps[0].Lost < 1 {
		t.Errorf("the gaps are %+v, want one", gaps)
	}
}
