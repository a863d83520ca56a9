package server_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/zitadel/oidc/v3/example/server/storage"
	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
	"github.com/tonghop/tonghop/server"
	"github.com/tonghop/tonghop/server/issuer"
)

const audience = "tonghop"

// provider is a whole OpenID Connect provider, the one of github.com/zitadel/oidc, with a storage in memory: the people of
// this test stand in it as service users, who ask for signed tokens with a password.
type provider struct {
	*storage.Storage
	url  string
	away atomic.Bool

	mu       sync.Mutex
	key      *rsa.PrivateKey
	keyID    string
	alg      jose.SignatureAlgorithm
	audience string
	groups   []any
	asked    int
}

func newProvider(t *testing.T) *provider {
	t.Helper()
	p := &provider{audience: audience, alg: jose.RS256, groups: []any{"khac", "cds-xem"}}
	p.rotate(t, "key-1")
	var handler http.Handler
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if p.away.Load() {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		if strings.HasSuffix(r.URL.Path, "/keys") {
			p.mu.Lock()
			p.asked++
			p.mu.Unlock()
		}
		handler.ServeHTTP(w, r)
	}))
	t.Cleanup(web.Close)
	p.url = web.URL
	p.Storage = storage.NewStorage(storage.NewUserStore(p.url))
	made, err := op.NewProvider(&op.Config{CryptoKey: [32]byte{1}}, p, op.StaticIssuer(p.url), op.WithAllowInsecure())
	if err != nil {
		t.Fatal(err)
	}
	handler = made
	return p
}

// rotate signs with another key from now on; the one before is published no more.
func (p *provider) rotate(t *testing.T, id string) {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.key, p.keyID = key, id
}

type signingKey struct {
	id  string
	alg jose.SignatureAlgorithm
	key any
}

func (k signingKey) ID() string                                  { return k.id }
func (k signingKey) SignatureAlgorithm() jose.SignatureAlgorithm { return k.alg }
func (k signingKey) Algorithm() jose.SignatureAlgorithm          { return k.alg }
func (k signingKey) Use() string                                 { return "sig" }
func (k signingKey) Key() any                                    { return k.key }

func (p *provider) SigningKey(context.Context) (op.SigningKey, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return signingKey{p.keyID, p.alg, p.key}, nil
}

func (p *provider) KeySet(context.Context) ([]op.Key, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return []op.Key{signingKey{p.keyID, p.alg, &p.key.PublicKey}}, nil
}

func (p *provider) SignatureAlgorithms(context.Context) ([]jose.SignatureAlgorithm, error) {
	return []jose.SignatureAlgorithm{jose.RS256, jose.RS512}, nil
}

func (p *provider) GetPrivateClaimsFromScopes(context.Context, string, string, []string) (map[string]any, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return map[string]any{"groups": p.groups}, nil
}

func (p *provider) ClientCredentialsTokenRequest(_ context.Context, client string, scopes []string) (op.TokenRequest, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return &oidc.JWTTokenRequest{Subject: client, Audience: []string{p.audience}, Scopes: scopes}, nil
}

// signs is a client whose tokens are signed texts.
type signs struct{ op.Client }

func (signs) AccessTokenType() op.AccessTokenType { return op.AccessTokenTypeJWT }

func (p *provider) ClientCredentials(ctx context.Context, id, secret string) (op.Client, error) {
	client, err := p.Storage.ClientCredentials(ctx, id, secret)
	if err != nil {
		return nil, err
	}
	return signs{client}, nil
}

// token signs the one service user in.
func (p *provider) token(t *testing.T) string {
	t.Helper()
	form := url.Values{"grant_type": {"client_credentials"}, "scope": {"openid"}}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, p.url+"/oauth/token", strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.SetBasicAuth("sid1", "verysecret")
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	var got struct {
		Token string `json:"access_token"`
	}
	if err := json.NewDecoder(answer.Body).Decode(&got); err != nil || strings.Count(got.Token, ".") != 2 {
		t.Fatalf("the provider answered %d with no signed token: %v", answer.StatusCode, err)
	}
	return got.Token
}

// resigned takes a token apart and signs what it says in another way.
func resigned(t *testing.T, token string, alg jose.SignatureAlgorithm, key any) string {
	t.Helper()
	claims, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[1])
	if err != nil {
		t.Fatal(err)
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: alg, Key: key}, (&jose.SignerOptions{}).WithHeader("kid", "key-1"))
	if err != nil {
		t.Fatal(err)
	}
	signed, err := signer.Sign(claims)
	if err != nil {
		t.Fatal(err)
	}
	text, err := signed.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// other is a token that the provider signs after a change.
func (p *provider) other(t *testing.T, change func()) string {
	t.Helper()
	p.mu.Lock()
	change()
	p.mu.Unlock()
	return p.token(t)
}

// forgeries are tokens that must not be good, some of them of the provider itself.
func (p *provider) forgeries(t *testing.T, good string) map[string]string {
	t.Helper()
	p.mu.Lock()
	first, public := p.key, p.key.Public().(*rsa.PublicKey)
	p.mu.Unlock()
	foreign, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(crypto.PublicKey(public))
	if err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(good, ".")
	none := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none","kid":"key-1"}`)) + "." + parts[1] + "."
	forged := map[string]string{
		"another key":              resigned(t, good, jose.RS256, foreign),
		"another algorithm":        resigned(t, good, jose.RS512, first),
		"the public key as secret": resigned(t, good, jose.HS256, der),
		"no signature":             none,
		"another audience":         p.other(t, func() { p.audience = "another-service" }),
		"cut off":                  good[:len(good)-8],
		"another group":            p.other(t, func() { p.audience, p.groups = audience, []any{"khac", 7, nil} }),
		"no list of groups":        p.other(t, func() { p.groups = nil }),
	}
	claims, _ := base64.RawURLEncoding.DecodeString(parts[1])
	signer, _ := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: first}, nil)
	signed, _ := signer.Sign(bytes.Replace(claims, []byte(p.url), []byte(p.url+"/x"), 1))
	forged["another issuer"], _ = signed.CompactSerialize()
	return forged
}

func TestPeopleSignInAtARealProvider(t *testing.T) {
	p := newProvider(t)
	var late atomic.Int64
	g := guard(t, func(c *server.Config) {
		c.OIDC = &issuer.Config{Issuer: p.url, Audience: audience, Algorithms: []string{"RS256"}}
		c.Now = func() time.Time { return time.Now().Add(time.Duration(late.Load())) }
	})
	admin := g.dial(t, g.believing(t), g.admin)
	viewer, err := admin.CreateToken(t.Context(), &reportingv1.CreateTokenRequest{Role: reportingv1.Role_ROLE_VIEWER})
	if err != nil {
		t.Fatal(err)
	}
	// comes says as which token a text is taken over gRPC and over JSON, or the code of the refusal.
	comes := func(text string) (string, int) {
		t.Helper()
		who, err := g.dial(t, g.believing(t), text).GetCaller(t.Context())
		code, _, httpErr := g.get(t, g.believing(t), "/v1/caller", text)
		if throttled := status.Code(err) == codes.Unavailable || code == http.StatusServiceUnavailable; httpErr != nil || !throttled && (err == nil) != (code == http.StatusOK) {
			t.Errorf("gRPC says %v, and JSON %d %v", err, code, httpErr)
		}
		return who.GetName(), code
	}
	good := p.token(t)
	if _, code := comes(good); code != http.StatusUnauthorized {
		t.Errorf("before any of his groups is registered: %d, want 401", code)
	}
	if _, err := admin.CreateProof(t.Context(), &reportingv1.CreateProofRequest{
		Token: viewer.GetToken().GetName(), Kind: reportingv1.ProofKind_PROOF_KIND_GROUP, Issuer: p.url, Value: "cds-xem",
	}); err != nil {
		t.Fatal(err)
	}
	if name, code := comes(good); name != viewer.GetToken().GetName() || code != http.StatusOK {
		t.Fatalf("a person of the group comes as %q, %d; want %s", name, code, viewer.GetToken().GetName())
	}

	for what, text := range p.forgeries(t, good) {
		// A key that nobody knows may be a new one, so the provider is asked, now and then.
		if name, code := comes(text); code != http.StatusUnauthorized && code != http.StatusServiceUnavailable {
			t.Errorf("%s comes as %q, %d; want 401", what, name, code)
		}
	}

	// While the provider is away, keys that are known go on to be good, and so do tokens of the API.
	p.other(t, func() { p.groups = []any{"cds-xem"} })
	p.away.Store(true)
	if _, code := comes(good); code != http.StatusOK {
		t.Errorf("while the provider is away: %d, want 200", code)
	}
	if _, err := admin.GetStatus(t.Context()); err != nil {
		t.Errorf("a token of the API while the provider is away: %v", err)
	}
	p.away.Store(false)
	// A new key is found when a token is signed with it.
	p.rotate(t, "key-2")
	renewed := p.token(t)
	code := http.StatusServiceUnavailable
	for range 100 { // the forgeries have used up how often the provider may be asked for a moment
		if _, code = comes(renewed); code != http.StatusServiceUnavailable {
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	if code != http.StatusOK {
		t.Errorf("signed with the new key: %d, want 200", code)
	}
	// The token ends when it says so.
	late.Store(int64(6 * time.Minute))
	if _, code := comes(renewed); code != http.StatusUnauthorized {
		t.Errorf("after its end: %d, want 401", code)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.asked > 12 {
		t.Errorf("the provider was asked for its keys %d times: forged tokens become requests", p.asked)
	}
}
