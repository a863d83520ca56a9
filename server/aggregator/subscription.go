package aggregator

import (
	"bytes"
	"encoding/binary"
	"time"

	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/reminder"
)

// Subscription is one that was made, and when it was deleted.
type Subscription struct {
	reminder.Subscription
	// Deleted is when it was; zero if it was not.
	Deleted time.Time
}

// subscribe stores a new subscription. A second one with the same id replaces it, as the entry says.
func (t *Tx) subscribe(s *reminder.Subscription) error {
	if len(s.ID) > longestToken {
		return nil
	}
	if err := t.keepText(s.Target); err != nil {
		return err
	}
	return t.putSubscription(t.position.Head.Sequence, &Subscription{Subscription: *s})
}

// unsubscribe ends one at the time of the entry.
func (t *Tx) unsubscribe(h *entry.Header, id string) error {
	made, s, ok, err := t.storedSubscription(id)
	if err != nil || !ok || !s.Deleted.IsZero() {
		return err
	}
	s.Deleted = h.Time
	return t.putSubscription(made, &s)
}

// putSubscription stores a version of a subscription that an entry made. The target stands with that entry.
func (t *Tx) putSubscription(made uint64, s *Subscription) error {
	b := appendTime(appendTime(binary.AppendUvarint(nil, made), s.Created), s.Deleted)
	b, err := entry.AppendSubscription(b, &s.Subscription)
	if err != nil {
		return err
	}
	return t.put(subscriptionBucket, appendSequence(tokenName(s.ID), t.position.Head.Sequence), b)
}

// storedSubscription gives a subscription without its target, and the sequence of the entry that made it.
func (t *Tx) storedSubscription(id string) (made uint64, s Subscription, ok bool, err error) {
	name := tokenName(id)
	key, stored := t.bucket(subscriptionBucket).Cursor().Seek(name)
	if !bytes.HasPrefix(key, name) || len(key) != len(name)+8 {
		return 0, Subscription{}, false, nil
	}
	made, s, err = t.parseSubscription(key, stored)
	return made, s, err == nil, err
}

func (t *Tx) parseSubscription(key, stored []byte) (made uint64, s Subscription, err error) {
	value, err := t.unseal(subscriptionBucket, key, stored)
	if err != nil {
		return 0, s, err
	}
	r := reader{b: value}
	made = r.uvarint()
	created, deleted := r.time(), r.time()
	if s.Subscription, err = entry.ParseSubscription(r.b); err != nil || r.bad {
		return 0, s, subscriptionBucket.damaged(key)
	}
	s.Created, s.Deleted = created, deleted
	return made, s, nil
}

// Subscription gives the one with that id, deleted or not; false if there is none.
func (t *Tx) Subscription(id string) (Subscription, bool, error) {
	made, s, ok, err := t.storedSubscription(id)
	if err != nil || !ok {
		return Subscription{}, false, err
	}
	s.Target, err = t.text(made)
	return s, err == nil, err
}

// Subscriptions gives subscriptions in the order of their ids, from the one after an id on, at most limit.
func (t *Tx) Subscriptions(after string, limit int) ([]Subscription, error) {
	var list []Subscription
	start := append([]byte(after), 1) // behind every version of that id
	if after == "" {
		start = nil
	}
	cursor := t.bucket(subscriptionBucket).Cursor()
	for key, stored := cursor.Seek(start); key != nil && len(list) < limit; {
		at := bytes.IndexByte(key, 0)
		if at < 0 {
			return nil, subscriptionBucket.damaged(key)
		}
		made, s, err := t.parseSubscription(key, stored)
		if err != nil {
			return nil, err
		}
		if s.Target, err = t.text(made); err != nil {
			return nil, err
		}
		list = append(list, s)
		key, stored = cursor.Seek(append(bytes.Clone(key[:at]), 1))
	}
	return list, nil
}
