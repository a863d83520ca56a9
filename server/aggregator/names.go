package aggregator

import (
	"encoding/binary"
	"slices"
	"sync"
)

// Principals and methods stand in every request and in every note of a change, and there are few of them. So each has a
// number, from 1 in the order in which entries first named them, by which it stands elsewhere; the bucket names says what it
// means. A number is never taken back or given to another name, so that a reader knows those of its own state whatever was
// committed since. A principal is an opaque id (R36), so that nothing here is ever to be removed.

// longestName is how many bytes a name with a number may have. What is longer no caller ever had; it is spelled out.
const longestName = 1024

// names are all that are in the file. They stay in memory: a principal is a token, and there are not many more of those than
// there are units.
type names struct {
	mu      sync.RWMutex
	texts   []string // by number less 1
	numbers map[string]uint64
}

func (n *names) text(number uint64) (string, bool) {
	n.mu.RLock()
	defer n.mu.RUnlock()
	if number == 0 || number > uint64(len(n.texts)) {
		return "", false
	}
	return n.texts[number-1], true
}

func (n *names) number(text string) (uint64, bool) {
	n.mu.RLock()
	defer n.mu.RUnlock()
	number, ok := n.numbers[text]
	return number, ok
}

func (n *names) count() int {
	n.mu.RLock()
	defer n.mu.RUnlock()
	return len(n.texts)
}

// add takes up the names of a transaction that is about to be committed. What it gives takes them away again, after a commit
// that failed.
func (n *names) add(texts []string) (withdraw func()) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, text := range texts {
		n.texts = append(n.texts, text)
		n.numbers[text] = uint64(len(n.texts))
	}
	return func() {
		n.mu.Lock()
		defer n.mu.Unlock()
		for _, text := range texts {
			delete(n.numbers, text)
		}
		n.texts = n.texts[:len(n.texts)-len(texts)]
	}
}

// nameKey is the key of a name: its number.
func nameKey(number uint64) []byte { return binary.BigEndian.AppendUint32(nil, uint32(number)) } //nolint:gosec // see name

// readNames takes up the names of a file, whose numbers have no gap.
func (t *Tx) readNames() (*names, error) {
	n := &names{numbers: map[string]uint64{}}
	var list []string
	cursor := t.bucket(nameBucket).Cursor()
	for key, value := cursor.First(); key != nil; key, value = cursor.Next() {
		raw, err := t.unseal(nameBucket, key, value)
		if err != nil {
			return nil, err
		}
		if !slices.Equal(key, nameKey(uint64(len(list)+1))) {
			return nil, nameBucket.damaged(key)
		}
		list = append(list, string(raw))
	}
	n.add(list)
	return n, nil
}

// numberOf gives the number of a name without giving it one; false if it has none.
func (t *Tx) numberOf(text string) (uint64, bool) {
	if number, ok := t.store.names.number(text); ok {
		return number, true
	}
	at := slices.Index(t.named, text)
	return uint64(t.store.names.count() + at + 1), at >= 0 //nolint:gosec // not negative where it counts
}

// name sees to it that a name has a number, if it can have one.
func (t *Tx) name(text string) error {
	if text == "" || len(text) > longestName {
		return nil
	}
	if _, ok := t.numberOf(text); ok {
		return nil
	}
	number := uint64(t.store.names.count() + len(t.named) + 1) //nolint:gosec // not negative
	if number > 1<<32-1 {
		return nil
	}
	t.named = append(t.named, text)
	return t.put(nameBucket, nameKey(number), append(t.memory.value(len(text)), text...))
}

// appendName appends the number of a name, or 0 and the name where it has none.
func (t *Tx) appendName(b []byte, text string) []byte {
	if number, ok := t.numberOf(text); ok {
		return binary.AppendUvarint(b, number)
	}
	return appendText(append(b, 0), text)
}

// readName takes what appendName appended.
func (t *Tx) readName(r *reader) string {
	number := r.uvarint()
	if number == 0 {
		return r.text()
	}
	if text, ok := t.store.names.text(number); ok {
		return text
	}
	if at := number - uint64(t.store.names.count()) - 1; at < uint64(len(t.named)) { //nolint:gosec // not negative
		return t.named[at]
	}
	r.bad = true
	return ""
}
