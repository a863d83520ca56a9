package aggregator

import (
	"bytes"

	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/entry"
)

// tokenName is the first part of a token's key; the sequence follows, so that the newest version comes first.
func tokenName(id string) []byte { return append([]byte(id), 0) }

// longestToken is how long an id may be to be a key. Ids have twelve characters.
const longestToken = 256

// issue stores a new token. A second one with the same id replaces it, as the entry says.
func (t *Tx) issue(k auth.Token) error { return t.putToken(k) }

// revoke ends a token at the time of the entry.
func (t *Tx) revoke(h *entry.Header, id string) error {
	k, ok, err := t.Token(id)
	if err != nil || !ok || !k.Revoked.IsZero() {
		return err
	}
	k.Revoked = h.Time
	return t.putToken(k)
}

func (t *Tx) putToken(k auth.Token) error {
	if len(k.ID) > longestToken {
		return nil
	}
	b, err := entry.AppendToken(nil, k)
	if err != nil {
		return err
	}
	return t.put(tokenBucket, appendSequence(tokenName(k.ID), t.position.Head.Sequence), b)
}

// Token gives the token with that public id, revoked or not; false if there is none.
func (t *Tx) Token(id string) (auth.Token, bool, error) {
	name := tokenName(id)
	key, stored := t.buckets[tokenBucket.at].Cursor().Seek(name)
	if !bytes.HasPrefix(key, name) || len(key) != len(name)+8 {
		return auth.Token{}, false, nil
	}
	k, err := parseToken(key, stored)
	return k, err == nil, err
}

func parseToken(key, stored []byte) (auth.Token, error) {
	value, err := tokenBucket.unseal(key, stored)
	if err != nil {
		return auth.Token{}, err
	}
	k, err := entry.ParseToken(value)
	if err != nil {
		return auth.Token{}, tokenBucket.damaged(key)
	}
	return k, nil
}

// Tokens gives tokens in the order of their ids, from the one after an id on, at most limit.
func (t *Tx) Tokens(after string, limit int) ([]auth.Token, error) {
	var list []auth.Token
	cursor := t.buckets[tokenBucket.at].Cursor()
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
		k, err := parseToken(key, stored)
		if err != nil {
			return nil, err
		}
		list = append(list, k)
		next := append(bytes.Clone(key[:at]), 1)
		key, stored = cursor.Seek(next)
	}
	return list, nil
}
