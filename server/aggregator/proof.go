package aggregator

import (
	"bytes"

	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/entry"
)

// rotate gives a token another secret; one that is not there, or was revoked, stays as it is.
func (t *Tx) rotate(body entry.TokenRotated) error {
	issued, k, ok, err := t.storedToken(body.ID)
	if err != nil || !ok || !k.Revoked.IsZero() {
		return err
	}
	k.Former, k.FormerUntil = k.SecretHash, body.FormerUntil
	if body.FormerUntil.IsZero() {
		k.Former = [32]byte{}
	}
	k.SecretHash, k.Expires = body.SecretHash, body.Expires
	return t.putToken(issued, k)
}

// spend ends a token that was good for one use, when its holder has used it.
func (t *Tx) spend(h *entry.Header) error {
	_, k, ok, err := t.storedToken(h.Principal)
	if err != nil || !ok || k.Role != auth.Bootstrap {
		return err
	}
	return t.revoke(h, k.ID)
}

// bindProof lets something prove a token. What could prove nothing is passed over, and so are names that are no key.
func (t *Tx) bindProof(h *entry.Header, b auth.Binding) error {
	if sound := b.Check() == nil; !sound || len(b.Token) > longestToken {
		return nil
	}
	b.Created = h.Time
	return t.putBinding(&b)
}

// unbindProof ends that; what proves nothing stays as it is.
func (t *Tx) unbindProof(h *entry.Header, p auth.Proof) error {
	b, ok, err := t.Binding(p.ID())
	if err != nil || !ok || !b.Removed.IsZero() {
		return err
	}
	b.Removed = h.Time
	return t.putBinding(&b)
}

func (t *Tx) putBinding(b *auth.Binding) error {
	value, err := entry.AppendBinding(appendTime(appendTime(nil, b.Created), b.Removed), b)
	if err != nil {
		return err
	}
	return t.put(proofBucket, appendSequence(tokenName(b.ID()), t.position.Head.Sequence), value)
}

func (t *Tx) parseBinding(key, stored []byte) (b auth.Binding, err error) {
	value, err := t.unseal(proofBucket, key, stored)
	if err != nil {
		return b, err
	}
	r := reader{b: value}
	created, removed := r.time(), r.time()
	if b, err = entry.ParseBinding(r.b); err != nil || r.bad {
		return b, proofBucket.damaged(key)
	}
	b.Created, b.Removed = created, removed
	return b, nil
}

// Binding gives what the proof with that id proves, or proved; false if it never did.
func (t *Tx) Binding(id string) (b auth.Binding, ok bool, err error) {
	name := tokenName(id)
	key, stored := t.bucket(proofBucket).Cursor().Seek(name)
	if !bytes.HasPrefix(key, name) || len(key) != len(name)+8 {
		return b, false, nil
	}
	b, err = t.parseBinding(key, stored)
	return b, err == nil, err
}

// Bindings gives bindings in the order of their ids, from the one after an id on, at most limit.
func (t *Tx) Bindings(after string, limit int) ([]auth.Binding, error) {
	var list []auth.Binding
	start := append([]byte(after), 1) // behind every version of that id
	if after == "" {
		start = nil
	}
	cursor := t.bucket(proofBucket).Cursor()
	for key, stored := cursor.Seek(start); key != nil && len(list) < limit; {
		at := bytes.IndexByte(key, 0)
		if at < 0 {
			return nil, proofBucket.damaged(key)
		}
		b, err := t.parseBinding(key, stored)
		if err != nil {
			return nil, err
		}
		list = append(list, b)
		key, stored = cursor.Seek(append(bytes.Clone(key[:at]), 1))
	}
	return list, nil
}
