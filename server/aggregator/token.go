package aggregator

import (
	"bytes"
	"context"
	"encoding/binary"
	"sync"
	"sync/atomic"

	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/entry"
)

// tokenName is the first part of a token's key; the sequence follows, so that the newest version comes first.
func tokenName(id string) []byte { return append([]byte(id), 0) }

// longestToken is how long an id may be to be a key. Ids have twelve characters.
const longestToken = 256

// issueBy stores a new token and ends the one that was good for issuing it alone.
func (t *Tx) issueBy(h *entry.Header, k auth.Token) error {
	if err := t.spend(h); err != nil {
		return err
	}
	return t.issue(k)
}

// issue stores a new token. A second one with the same id replaces it, as the entry says.
func (t *Tx) issue(k auth.Token) error {
	if len(k.ID) > longestToken {
		return nil
	}
	if err := t.keepText(k.DisplayName); err != nil {
		return err
	}
	return t.putToken(t.position.Head.Sequence, k)
}

// revoke ends a token at the time of the entry.
func (t *Tx) revoke(h *entry.Header, id string) error {
	issued, k, ok, err := t.storedToken(id)
	if err != nil || !ok || !k.Revoked.IsZero() {
		return err
	}
	k.Revoked = h.Time
	return t.putToken(issued, k)
}

// putToken stores a version of a token that an entry issued. The display name stands with that entry.
func (t *Tx) putToken(issued uint64, k auth.Token) error {
	k.DisplayName = ""
	b := appendTime(binary.AppendUvarint(nil, issued), k.FormerUntil)
	if !k.FormerUntil.IsZero() {
		b = append(b, k.Former[:]...)
	}
	b, err := entry.AppendToken(b, k)
	if err != nil {
		return err
	}
	t.granted = true
	t.store.desks.seat(&k)
	return t.put(tokenBucket, appendSequence(tokenName(k.ID), t.position.Head.Sequence), b)
}

// Token gives the token with that public id, revoked or not; false if there is none.
func (t *Tx) Token(id string) (auth.Token, bool, error) {
	issued, k, ok, err := t.storedToken(id)
	if err != nil || !ok {
		return auth.Token{}, false, err
	}
	k.DisplayName, err = t.text(issued)
	return k, err == nil, err
}

// Grant is Token without the name of its holder, for every call asks for it.
func (t *Tx) Grant(id string) (auth.Token, bool, error) {
	_, k, ok, err := t.storedToken(id)
	return k, ok, err
}

// Granted is Grant on the last commit, which may lack what was acknowledged in the last moments, as Peek does. Since a token
// changes seldom and every call asks for one, it takes a transaction only for the first call after a change of any.
func (s *Store) Granted(ctx context.Context, id string) (k auth.Token, known bool, err error) {
	if k, known = s.tokens.inForce(id); known {
		return k, true, ctx.Err()
	}
	generation := s.tokens.generation.Load()
	err = s.Peek(ctx, func(t *Tx) error {
		k, known, err = t.Grant(id)
		return err
	})
	if err == nil && known {
		s.tokens.keep(id, k, generation)
	}
	return k, known, err
}

// knownToken is a token as it was read from a value with that checksum, which is of its key too.
type knownToken struct {
	sum    uint64
	issued uint64
	token  auth.Token
}

// keptTokens is how many tokens are kept in memory.
const keptTokens = 1 << 14

// storedToken gives a token without its display name, and the sequence of the entry that issued it.
func (t *Tx) storedToken(id string) (issued uint64, k auth.Token, ok bool, err error) {
	name := tokenName(id)
	key, stored := t.bucket(tokenBucket).Cursor().Seek(name)
	if !bytes.HasPrefix(key, name) || len(key) != len(name)+8 {
		return 0, auth.Token{}, false, nil
	}
	sum := sumOf(stored)
	if known, ok := t.store.tokens.get(id); ok && known.sum == sum {
		return known.issued, known.token, true, nil
	}
	if issued, k, err = t.parseToken(key, stored); err != nil {
		return 0, auth.Token{}, false, err
	}
	t.store.tokens.put(id, knownToken{sum: sum, issued: issued, token: k})
	return issued, k, true, nil
}

// tokenCache keeps tokens that were read, for all transactions: a value says by its checksum whether what is kept is its.
type tokenCache struct {
	mu    sync.RWMutex
	known map[string]knownToken
	// current are those that are in force, as the last commit has them. The generation counts the commits that changed any.
	current    map[string]auth.Token
	generation atomic.Uint64
}

func (c *tokenCache) inForce(id string) (auth.Token, bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	k, ok := c.current[id]
	return k, ok
}

// keep keeps a token that was read since a generation began.
func (c *tokenCache) keep(id string, k auth.Token, generation uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.generation.Load() != generation {
		return // it may have changed since
	}
	if c.current == nil || len(c.current) >= keptTokens {
		c.current = map[string]auth.Token{}
	}
	c.current[id] = k
}

// changed is called when tokens were changed by a commit, before anybody is told.
func (c *tokenCache) changed() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.generation.Add(1)
	c.current = nil
}

func (c *tokenCache) get(id string) (knownToken, bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	k, ok := c.known[id]
	return k, ok
}

func (c *tokenCache) put(id string, k knownToken) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.known == nil || len(c.known) >= keptTokens {
		c.known = map[string]knownToken{}
	}
	c.known[id] = k
}

func (t *Tx) parseToken(key, stored []byte) (issued uint64, k auth.Token, err error) {
	value, err := t.unseal(tokenBucket, key, stored)
	if err != nil {
		return 0, auth.Token{}, err
	}
	r := reader{b: value}
	issued = r.uvarint()
	until := r.time()
	var former [32]byte
	if !until.IsZero() {
		r.b = r.b[copy(former[:], r.b):]
	}
	if k, err = entry.ParseToken(r.b); err != nil || r.bad {
		return 0, auth.Token{}, tokenBucket.damaged(key)
	}
	k.Former, k.FormerUntil = former, until
	return issued, k, nil
}

// Tokens gives tokens in the order of their ids, from the one after an id on, at most limit.
func (t *Tx) Tokens(after string, limit int) ([]auth.Token, error) {
	var list []auth.Token
	cursor := t.bucket(tokenBucket).Cursor()
	start := tokenName(after)
	if after == "" {
		start = nil
	} else {
		start[len(start)-1] = 1 // behind every version of that id
	}
	for key, stored := cursor.Seek(start); key != nil && len(list) < limit; {
		at := bytes.IndexByte(key, 0)
		if at < 0 {
			return nil, tokenBucket.damaged(key)
		}
		issued, k, err := t.parseToken(key, stored)
		if err != nil {
			return nil, err
		}
		if k.DisplayName, err = t.text(issued); err != nil {
			return nil, err
		}
		list = append(list, k)
		next := append(bytes.Clone(key[:at]), 1)
		key, stored = cursor.Seek(next)
	}
	return list, nil
}
