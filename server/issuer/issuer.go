package issuer

import (
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/time/rate"

	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/fault"
)

// Config says whose word is taken, and for what.
type Config struct {
	// Issuer is the URL of the provider, exactly as its tokens name it.
	Issuer string
	// Audience is what tokens must be for: the client id that the provider knows this service by.
	Audience string
	// GroupsClaim is the claim with the groups; "groups" if empty.
	GroupsClaim string
	// Algorithms are those that may sign; RS256 and ES256 if empty. One that needs a shared secret is refused.
	Algorithms []string
	// Client asks the provider; one with short limits if nil.
	Client *http.Client
}

// Limits of what a provider may do to this server.
const (
	askWithin   = 5 * time.Second
	mostAnswer  = 1 << 20
	longestText = 16 << 10
	mostGroups  = 500
	// askEvery and askBurst bound how often the provider is asked.
	askEvery = 2 * time.Second
	askBurst = 5
)

// signed are the algorithms whose keys are public.
var signed = []string{
	oidc.RS256, oidc.RS384, oidc.RS512, oidc.ES256, oidc.ES384, oidc.ES512, oidc.PS256, oidc.PS384, oidc.PS512, oidc.EdDSA,
}

// Issuer verifies tokens. Make one with New.
type Issuer struct {
	cfg Config
	now func() time.Time
	// ctx has the client that asks for keys, for as long as the process lives.
	ctx context.Context //nolint:containedctx // the library's keys take it once, at the start

	mu       sync.Mutex
	verifier *oidc.IDTokenVerifier
}

// New checks the settings. It asks nobody yet.
func New(cfg Config, now func() time.Time) (*Issuer, error) {
	if !strings.HasPrefix(cfg.Issuer, "https://") && !strings.HasPrefix(cfg.Issuer, "http://127.0.0.1:") && !strings.HasPrefix(cfg.Issuer, "http://localhost:") {
		return nil, fault.Invalid("ISSUER_INVALID", "the issuer %q must be an https URL: whoever stood between could sign for anybody", cfg.Issuer).
			With("value", cfg.Issuer)
	}
	if cfg.Audience == "" {
		return nil, fault.Invalid("AUDIENCE_MISSING", "name the audience of the issuer's tokens: one that was made for another service must not be good here")
	}
	if cfg.GroupsClaim == "" {
		cfg.GroupsClaim = "groups"
	}
	if len(cfg.Algorithms) == 0 {
		cfg.Algorithms = []string{oidc.RS256, oidc.ES256}
	}
	for _, name := range cfg.Algorithms {
		if !slices.Contains(signed, name) {
			return nil, fault.Invalid("ALGORITHM_UNKNOWN", "%q signs nothing that can be verified here; use some of %s", name, strings.Join(signed, ", ")).
				With("value", name)
		}
	}
	client := http.Client{}
	if cfg.Client != nil {
		client = *cfg.Client
	}
	client.Timeout = askWithin
	client.Transport = sparing{next: client.Transport, limit: rate.NewLimiter(rate.Every(askEvery), askBurst)}
	return &Issuer{cfg: cfg, now: now, ctx: oidc.ClientContext(context.Background(), &client)}, nil
}

// sparing asks the provider seldom and reads little of what it answers.
type sparing struct {
	next  http.RoundTripper
	limit *rate.Limiter
}

var errTooOften = errors.New("the provider was asked a moment ago")

// RoundTrip asks.
func (s sparing) RoundTrip(r *http.Request) (*http.Response, error) {
	if !s.limit.Allow() {
		return nil, errTooOften
	}
	next := s.next
	if next == nil {
		next = http.DefaultTransport
	}
	answer, err := next.RoundTrip(r)
	if err == nil {
		answer.Body = struct {
			io.Reader
			io.Closer
		}{io.LimitReader(answer.Body, mostAnswer), answer.Body}
	}
	return answer, err
}

// find gives the verifier, and looks for the provider where it was not found yet.
func (i *Issuer) find() (*oidc.IDTokenVerifier, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.verifier != nil {
		return i.verifier, nil
	}
	provider, err := oidc.NewProvider(i.ctx, i.cfg.Issuer)
	if err != nil {
		return nil, away(err)
	}
	var where struct {
		Keys string `json:"jwks_uri"`
	}
	if err := provider.Claims(&where); err != nil {
		return nil, away(err)
	}
	i.verifier = oidc.NewVerifier(i.cfg.Issuer, keys{oidc.NewRemoteKeySet(i.ctx, where.Keys)}, &oidc.Config{
		ClientID: i.cfg.Audience, SupportedSigningAlgs: i.cfg.Algorithms, Now: i.now,
	})
	return i.verifier, nil
}

func away(err error) error {
	return fault.Unavailable("ISSUER_AWAY",
		"the service that signs people in does not answer; try again in a moment, or use a token of this service: %w", err).After(askEvery)
}

// keys are the provider's. The library tells their failures as text alone, so they are noted on the way.
type keys struct{ oidc.KeySet }

type failureKey struct{}

// VerifySignature verifies a signature.
func (k keys) VerifySignature(ctx context.Context, text string) ([]byte, error) {
	payload, err := k.KeySet.VerifySignature(ctx, text)
	if failure, ok := ctx.Value(failureKey{}).(*error); ok {
		*failure = err
	}
	return payload, err
}

// Verify gives whom a signed token is about. Why one is not good is for the log alone.
func (i *Issuer) Verify(ctx context.Context, text string) (auth.Person, error) {
	if len(text) > longestText || strings.Count(text, ".") != 2 {
		return auth.Person{}, refused(errors.New("it is not built as signed tokens are"))
	}
	verifier, err := i.find()
	if err != nil {
		return auth.Person{}, err
	}
	var failure error
	token, err := verifier.Verify(context.WithValue(ctx, failureKey{}, &failure), text)
	if errors.Is(failure, errTooOften) {
		return auth.Person{}, away(failure) // it may be signed by a key that is not known yet
	}
	if err != nil {
		return auth.Person{}, refused(err)
	}
	claims := map[string]any{}
	if err := token.Claims(&claims); err != nil {
		return auth.Person{}, refused(err)
	}
	if token.Subject == "" {
		return auth.Person{}, refused(errors.New("it names no subject"))
	}
	person := auth.Person{Issuer: token.Issuer, Subject: token.Subject, Until: token.Expiry}
	if until, ok := claims["nbf"].(float64); ok && i.now().Add(time.Minute).Before(time.Unix(int64(until), 0)) {
		return auth.Person{}, refused(errors.New("it is not good yet"))
	}
	list, _ := claims[i.cfg.GroupsClaim].([]any)
	for _, group := range list[:min(len(list), mostGroups)] {
		if name, ok := group.(string); ok {
			person.Groups = append(person.Groups, name)
		}
	}
	return person, nil
}

func refused(why error) error {
	return fault.Unauthenticated("SIGNED_TOKEN_INVALID",
		"the signed token is not good: it has ended, or is not of the issuer and for the audience of this service; sign in again: %w", why)
}
