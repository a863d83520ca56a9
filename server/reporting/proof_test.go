package reporting_test

import (
	"strings"
	"testing"
	"time"

	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/reporting"
)

// issue issues a token as the operator of the machine and gives its text.
func (w *world) issue(d reporting.TokenDraft) (auth.Token, auth.Secret) {
	w.t.Helper()
	token, secret, _, _, err := w.svc.CreateToken(w.t.Context(), w.call(w.svc.Local()), d)
	if err != nil {
		w.t.Fatal(err)
	}
	return token, secret
}

// come authenticates with a text and asks who one is, as every call does.
func (w *world) come(secret auth.Secret) (auth.Caller, error) {
	caller, err := w.svc.Authenticate(w.t.Context(), secret)
	if err != nil {
		return caller, err
	}
	_, _, err = w.svc.GetCaller(w.t.Context(), caller)
	return caller, err
}

func TestARotatedTokenOverlapsAsLongAsWasSaid(t *testing.T) {
	w := newWorld(t)
	token, first := w.issue(reporting.TokenDraft{Role: auth.Viewer, Lifetime: 40 * 24 * time.Hour})
	holder, err := w.come(first)
	if err != nil {
		t.Fatal(err)
	}
	overlap := 2 * time.Hour
	rotated, second, _, _, err := w.svc.RotateToken(t.Context(), w.call(holder), token.ID, reporting.Rotation{Overlap: &overlap})
	if err != nil || second == "" || second == first {
		t.Fatalf("RotateToken of one's own = %v, %v", rotated, err)
	}
	if !rotated.Expires.Equal(token.Expires) {
		t.Errorf("one's own token ends on %s after a rotation, want %s as before", rotated.Expires, token.Expires)
	}
	for _, secret := range []auth.Secret{first, second} {
		if _, err := w.come(secret); err != nil {
			t.Errorf("during the overlap: %v", err)
		}
	}
	w.now = w.now.Add(overlap)
	if _, err := w.come(first); fault.ReasonOf(err) != "TOKEN_INVALID" {
		t.Errorf("the first text after the overlap: %v, want TOKEN_INVALID", err)
	}
	// Whoever came with it before is sent away too, as one who follows a stream would be.
	if _, _, err := w.svc.GetCaller(t.Context(), holder); fault.ReasonOf(err) != "TOKEN_INVALID" {
		t.Errorf("who came with the first text: %v, want TOKEN_INVALID", err)
	}
	if _, err := w.come(second); err != nil {
		t.Errorf("the second text: %v", err)
	}
	none := time.Duration(0)
	_, third, _, _, err := w.svc.RotateToken(t.Context(), w.call(w.admin), token.ID, reporting.Rotation{Overlap: &none, Lifetime: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.come(second); fault.ReasonOf(err) != "TOKEN_INVALID" {
		t.Errorf("the second text without an overlap: %v, want TOKEN_INVALID", err)
	}
	if _, err := w.come(third); err != nil {
		t.Errorf("the third text: %v", err)
	}
	w.now = w.now.Add(time.Hour)
	if _, err := w.come(third); fault.ReasonOf(err) != "TOKEN_INVALID" {
		t.Errorf("after the lifetime that the administrator gave: %v", err)
	}
}

func TestRotationsThatAreRefused(t *testing.T) {
	w := newWorld(t)
	viewer, secret := w.issue(reporting.TokenDraft{Role: auth.Viewer})
	other, _ := w.issue(reporting.TokenDraft{Role: auth.Administrator})
	holder, err := w.come(secret)
	if err != nil {
		t.Fatal(err)
	}
	long, back := 31*24*time.Hour, -time.Second
	for _, c := range []struct {
		name, id string
		by       auth.Caller
		ask      reporting.Rotation
		want     string
	}{
		{"another's", other.ID, holder, reporting.Rotation{}, "RIGHT_MISSING"},
		{"a longer life of one's own", viewer.ID, holder, reporting.Rotation{Lifetime: time.Hour}, "LIFETIME_NOT_YOURS"},
		{"too long an overlap", viewer.ID, holder, reporting.Rotation{Overlap: &long}, "OVERLAP_INVALID"},
		{"a negative overlap", viewer.ID, holder, reporting.Rotation{Overlap: &back}, "OVERLAP_INVALID"},
		{"one that is not there", "0m3v9f2nxqra", w.admin, reporting.Rotation{}, "TOKEN_NOT_FOUND"},
	} {
		if _, _, _, _, err := w.svc.RotateToken(t.Context(), w.call(c.by), c.id, c.ask); fault.ReasonOf(err) != c.want {
			t.Errorf("%s: %v, want %s", c.name, err, c.want)
		}
	}
	if _, _, _, err := w.svc.RevokeToken(t.Context(), w.call(w.admin), viewer.ID); err != nil {
		t.Fatal(err)
	}
	if _, _, _, _, err := w.svc.RotateToken(t.Context(), w.call(w.admin), viewer.ID, reporting.Rotation{}); fault.ReasonOf(err) != "TOKEN_REVOKED" {
		t.Errorf("a revoked token: %v, want TOKEN_REVOKED", err)
	}
}

// TestABootstrapTokenIssuesOneNamedAdministratorWithinAnHour asks it for everything else first.
func TestABootstrapTokenIssuesOneNamedAdministratorWithinAnHour(t *testing.T) {
	w := newWorld(t)
	_, secret := w.issue(reporting.TokenDraft{Role: auth.Bootstrap, Lifetime: 1000 * time.Hour})
	caller, err := w.come(secret)
	if err != nil {
		t.Fatal(err)
	}
	named := reporting.TokenDraft{Role: auth.Administrator, DisplayName: "Phòng Công nghệ"}
	issue := func(by auth.Caller, d reporting.TokenDraft) error {
		_, _, _, _, err := w.svc.CreateToken(t.Context(), w.call(by), d)
		return err
	}
	for want, d := range map[string]reporting.TokenDraft{
		"BOOTSTRAP_ONCE":  {Role: auth.Viewer, DisplayName: "X"},
		"BOOTSTRAP_NAME":  {Role: auth.Administrator},
		"BOOTSTRAP_LOCAL": {Role: auth.Bootstrap, DisplayName: "X"},
	} {
		if err := issue(caller, d); fault.ReasonOf(err) != want {
			t.Errorf("to issue %s: %v, want %s", d.Role, err, want)
		}
	}
	for name, err := range map[string]error{
		"list tokens":  second(w.svc.ListTokens(t.Context(), caller, reporting.Page{})),
		"list proofs":  second(w.svc.ListProofs(t.Context(), caller, reporting.Page{})),
		"list units":   second(w.svc.ListUnits(t.Context(), caller, reporting.UnitFilter{})),
		"revoke":       fourth(w.svc.RevokeToken(t.Context(), w.call(caller), caller.Token.ID)),
		"keep holding": fifth(w.svc.RotateToken(t.Context(), w.call(caller), caller.Token.ID, reporting.Rotation{})),
	} {
		if fault.KindOf(err) != fault.KindDenied {
			t.Errorf("%s: %v, want it denied", name, err)
		}
	}
	if err := issue(caller, named); err != nil {
		t.Fatalf("the one thing it is for: %v", err)
	}
	if err := issue(caller, named); fault.ReasonOf(err) != "TOKEN_INVALID" {
		t.Errorf("a second time: %v, want TOKEN_INVALID", err)
	}
	if _, err := w.come(secret); fault.ReasonOf(err) != "TOKEN_INVALID" {
		t.Errorf("to come again: %v, want TOKEN_INVALID", err)
	}
	_, late := w.issue(reporting.TokenDraft{Role: auth.Bootstrap, Lifetime: 1000 * time.Hour})
	w.now = w.now.Add(time.Hour)
	if _, err := w.come(late); fault.ReasonOf(err) != "TOKEN_INVALID" {
		t.Errorf("after an hour: %v, want TOKEN_INVALID", err)
	}
}

func second[A any](_ A, err error) error                        { return err }
func fourth[A, B, C any](_ A, _ B, _ C, err error) error        { return err }
func fifth[A, B, C, D any](_ A, _ B, _ C, _ D, err error) error { return err }

func TestACertificateProvesTheTokenThatItIsRegisteredFor(t *testing.T) {
	w := newWorld(t)
	token, _ := w.issue(reporting.TokenDraft{Role: auth.Viewer})
	other, _ := w.issue(reporting.TokenDraft{Role: auth.Approver})
	thumb := strings.Repeat("0a", 32)
	bind := func(id string, p auth.Proof) {
		t.Helper()
		if _, _, _, err := w.svc.CreateProof(t.Context(), w.call(w.admin), reporting.ProofDraft{Token: id, Proof: p}); err != nil {
			t.Fatal(err)
		}
	}
	peer := auth.Peer{Fingerprint: thumb, Names: []string{"lgsp.test", "other.test"}}
	if _, err := w.svc.AuthenticatePeer(t.Context(), peer); fault.ReasonOf(err) != "CERTIFICATE_UNKNOWN" {
		t.Errorf("before: %v, want CERTIFICATE_UNKNOWN", err)
	}
	bind(token.ID, auth.Proof{Kind: auth.ByName, Value: "lgsp.test"})
	caller, err := w.svc.AuthenticatePeer(t.Context(), peer)
	if err != nil || caller.Principal != token.ID {
		t.Fatalf("by name: %v, %v", caller, err)
	}
	bind(other.ID, auth.Proof{Kind: auth.ByName, Value: "other.test"})
	if _, err := w.svc.AuthenticatePeer(t.Context(), peer); fault.ReasonOf(err) != "CERTIFICATE_AMBIGUOUS" {
		t.Errorf("names of two tokens: %v, want CERTIFICATE_AMBIGUOUS", err)
	}
	bind(other.ID, auth.Proof{Kind: auth.ByCertificate, Value: thumb})
	if by, err := w.svc.AuthenticatePeer(t.Context(), peer); err != nil || by.Principal != other.ID {
		t.Errorf("the certificate itself decides: %v, %v", by, err)
	}
	// Taking it off ends what goes on, and the token stays.
	if _, _, _, err := w.svc.DeleteProof(t.Context(), w.call(w.admin), auth.Proof{Kind: auth.ByName, Value: "lgsp.test"}.ID()); err != nil {
		t.Fatal(err)
	}
	if _, _, err := w.svc.GetCaller(t.Context(), caller); fault.ReasonOf(err) != "TOKEN_INVALID" {
		t.Errorf("after it was taken off: %v, want TOKEN_INVALID", err)
	}
	page, err := w.svc.ListProofs(t.Context(), w.admin, reporting.Page{})
	if err != nil || len(page.Proofs) != 2 {
		t.Errorf("ListProofs = %v, %v; want the two that are left", page.Proofs, err)
	}
}

func TestAPersonHasTheTokenOfTheGroupWithTheSmallestRank(t *testing.T) {
	const issuer = "https://login.test"
	w := newWorld(t)
	viewer, _ := w.issue(reporting.TokenDraft{Role: auth.Viewer})
	admin, _ := w.issue(reporting.TokenDraft{Role: auth.Administrator})
	for group, to := range map[string]struct {
		id   string
		rank int
	}{"xem": {viewer.ID, 20}, "quan-tri": {admin.ID, 10}} {
		draft := reporting.ProofDraft{Token: to.id, Proof: auth.Proof{Kind: auth.ByGroup, Issuer: issuer, Value: group}, Rank: to.rank}
		if _, _, _, err := w.svc.CreateProof(t.Context(), w.call(w.admin), draft); err != nil {
			t.Fatal(err)
		}
	}
	person := auth.Person{Issuer: issuer, Subject: "u1", Groups: []string{"khac", "xem", "quan-tri"}, Until: w.now.Add(time.Hour)}
	caller, err := w.svc.AuthenticatePerson(t.Context(), person)
	if err != nil || caller.Token.ID != admin.ID || caller.Principal != person.Principal() {
		t.Fatalf("AuthenticatePerson = %v of %s, %v", caller, caller.Token, err)
	}
	if _, _, err := w.svc.GetCaller(t.Context(), caller); err != nil {
		t.Errorf("before the end of the issuer's word: %v", err)
	}
	w.now = person.Until
	if _, _, err := w.svc.GetCaller(t.Context(), caller); fault.ReasonOf(err) != "TOKEN_INVALID" {
		t.Errorf("after it: %v, want TOKEN_INVALID", err)
	}
	person.Issuer = "https://another.test"
	if _, err := w.svc.AuthenticatePerson(t.Context(), person); fault.ReasonOf(err) != "GROUP_UNKNOWN" {
		t.Errorf("the same groups of another issuer: %v, want GROUP_UNKNOWN", err)
	}
}

func TestProofsThatAreRefused(t *testing.T) {
	w := newWorld(t)
	viewer, _ := w.issue(reporting.TokenDraft{Role: auth.Viewer})
	other, _ := w.issue(reporting.TokenDraft{Role: auth.Viewer})
	deputy := w.token(auth.Administrator, "D")
	below, _ := w.issue(reporting.TokenDraft{Role: auth.Viewer, Unit: "D"})
	name := auth.Proof{Kind: auth.ByName, Value: "a.test"}
	ask := func(by auth.Caller, id string, p auth.Proof, rank int) error {
		return fourth(w.svc.CreateProof(t.Context(), w.call(by), reporting.ProofDraft{Token: id, Proof: p, Rank: rank}))
	}
	if err := ask(w.admin, viewer.ID, name, 0); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		what string
		err  error
		want string
	}{
		{"one of another token", ask(w.admin, other.ID, name, 0), "PROOF_EXISTS"},
		{"a token out of sight", ask(deputy, viewer.ID, auth.Proof{Kind: auth.ByCertificate, Value: strings.Repeat("1", 64)}, 0), "TOKEN_NOT_FOUND"},
		{"a name, by one who is not over everything", ask(deputy, below.ID, auth.Proof{Kind: auth.ByName, Value: "b.test"}, 0), "RIGHT_MISSING"},
		{"no fingerprint", ask(w.admin, viewer.ID, auth.Proof{Kind: auth.ByCertificate, Value: "AB"}, 0), "PROOF_FINGERPRINT"},
		{"a group of nobody", ask(w.admin, viewer.ID, auth.Proof{Kind: auth.ByGroup, Value: "x"}, 0), "PROOF_ISSUER"},
		{"nothing", ask(w.admin, viewer.ID, auth.Proof{Kind: auth.ByName}, 0), "PROOF_VALUE"},
		{"a rank", ask(w.admin, viewer.ID, auth.Proof{Kind: auth.ByName, Value: "c.test"}, 1001), "RANK_INVALID"},
	} {
		if fault.ReasonOf(c.err) != c.want {
			t.Errorf("%s: %v, want %s", c.what, c.err, c.want)
		}
	}
	if err := ask(deputy, below.ID, auth.Proof{Kind: auth.ByCertificate, Value: strings.Repeat("1", 64)}, 0); err != nil {
		t.Errorf("a certificate for a token of his own subtree: %v", err)
	}
}
