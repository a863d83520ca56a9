package aggregator

import (
	"github.com/tonghop/tonghop/server/entry"
)

// keyVerifier is the key of the bucket meta under which the verifier key in force lies.
const keyVerifier = "verifier"

// longestVerifier is how many bytes a verifier key may have to be one: those that are made here have less than 100.
const longestVerifier = 1 << 10

// introduce keeps the key with which heads are signed from this entry on.
func (t *Tx) introduce(sequence uint64, k entry.KeyIntroduced) error {
	if len(k.VerifierKey) > longestVerifier {
		return nil
	}
	value := append(appendUvarints(t.memory.value(noteGuess), sequence), k.VerifierKey...)
	return t.put(metaBucket, []byte(keyVerifier), value)
}

// VerifierKey gives the key with which heads are to be signed, and the entry that introduced it; empty if none did.
func (t *Tx) VerifierKey() (key string, since uint64, err error) {
	value, ok, err := t.get(metaBucket, []byte(keyVerifier))
	if err != nil || !ok {
		return "", 0, err
	}
	r := reader{b: value}
	since = r.uvarint()
	if r.bad {
		return "", 0, metaBucket.damaged([]byte(keyVerifier))
	}
	return string(r.b), since, nil
}
