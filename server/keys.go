package server

import (
	"context"
	"crypto/rand"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/tonghop/tonghop/server/aggregator"
	"github.com/tonghop/tonghop/server/committer"
	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/head"
	"github.com/tonghop/tonghop/server/reporting"
)

// The folder of the key that signs heads, and its files. A key lies beside its place, under the second name, until the
// journal has its entry: whichever of the two the journal names after a crash is the one to keep.
const (
	keysDir    = "keys"
	keyFile    = "head.key"
	publicFile = "head.pub"
	nextSuffix = ".next"
)

// keyPath is where the private key lies.
func (c Config) keyPath() string {
	if c.KeyFile != "" {
		return c.KeyFile
	}
	return filepath.Join(c.Dir, keysDir, keyFile)
}

// readKey reads a private key; nil if there is no file.
func readKey(path string) (*head.Key, error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, keyUnusable(path, err)
	}
	if info.Mode().Perm()&0o077 != 0 && modesCount {
		return nil, fault.Precondition("SIGNING_KEY_OPEN",
			"the key %s may be read by others (mode %#o), who could then sign heads; make it yours alone: chmod 600 %s",
			path, info.Mode().Perm(), path).With("file", path)
	}
	text, err := os.ReadFile(path) //nolint:gosec // the operator names the file
	if err != nil {
		return nil, keyUnusable(path, err)
	}
	key, err := head.ParseKey(string(text))
	if err != nil {
		return nil, fault.Of(err).With("file", path)
	}
	return key, nil
}

func keyUnusable(path string, err error) error {
	return fault.Precondition("SIGNING_KEY_UNUSABLE", "the file %s of the key that signs heads cannot be used: %s", path, pathError(err)).
		With("file", path)
}

// keyInForce gives the verifier key that the journal names last; empty if it names none.
func keyInForce(ctx context.Context, state *aggregator.Store) (string, error) {
	verifier := ""
	err := state.View(ctx, func(tx *aggregator.Tx) (err error) {
		verifier, _, err = tx.VerifierKey()
		return err
	})
	return verifier, err
}

// readNextKey reads the key that lies beside its place, nil if there is none. A torn one was cut off before it was durable,
// so that the journal does not name it.
func readNextKey(path string) (key *head.Key, torn bool, err error) {
	key, err = readKey(path)
	if fault.ReasonOf(err) == head.ReasonKeyMalformed {
		return nil, true, nil
	}
	return key, false, err
}

// settleNextKey gives the key that lies beside its place that place if the journal names it, and removes it if not.
func (c Config) settleNextKey(inForce string) error {
	path := c.keyPath()
	next, torn, err := readNextKey(path + nextSuffix)
	switch {
	case err != nil:
		return err
	case next == nil && !torn:
		return nil
	case next != nil && next.Verifier() == inForce:
		return c.placeKey(next)
	}
	// It was never introduced, so nothing was signed with it.
	if err := os.Remove(path + nextSuffix); err != nil {
		c.Logger.Warn("a key that was never introduced cannot be removed", "file", path+nextSuffix, "error", err)
	}
	return nil
}

// settleKey finds the private key of the store, nil if there is none, and ends the exchange of a key that a crash
// interrupted. A key that the journal does not name last is given all the same: nothing is signed with it, and who asks
// for a head is told why. A file that was named must be there, unless it is yet to be made.
func (c Config) settleKey(ctx context.Context, state *aggregator.Store, mayMiss bool) (*head.Key, error) {
	inForce, err := keyInForce(ctx, state)
	if err != nil {
		return nil, err
	}
	if err := c.settleNextKey(inForce); err != nil {
		return nil, err
	}
	path := c.keyPath()
	key, err := readKey(path)
	switch {
	case err != nil:
		return nil, err
	case key == nil && c.KeyFile != "" && !mayMiss:
		return nil, keyUnusable(path, fs.ErrNotExist)
	case key == nil && inForce != "":
		c.Logger.Warn("the key that signs heads is missing; heads are refused", "file", path, "verifier", inForce)
	case key != nil && key.Verifier() != inForce:
		c.Logger.Warn("the key here is not the one that the journal names last; heads are refused", "file", path, "verifier", inForce)
	case key != nil:
		c.mendPublic(key)
	}
	return key, nil
}

// mendPublic writes the public key again if a crash or a power cut came between the private one and it.
func (c Config) mendPublic(key *head.Key) {
	if verifier, err := ReadVerifierKey(c.Dir); err == nil && verifier == key.Verifier() {
		return
	}
	if err := c.writePublic(key); err != nil {
		c.Logger.Warn("the public key cannot be written; tonghopd key shows it", "error", err)
	}
}

// placeKey gives the key that the journal names its place.
func (c Config) placeKey(key *head.Key) error {
	path := c.keyPath()
	if err := os.Rename(path+nextSuffix, path); err != nil {
		return keyUnusable(path, err)
	}
	if err := syncFolder(filepath.Dir(path)); err != nil {
		return keyUnusable(path, err)
	}
	return c.writePublic(key)
}

// writePublic writes the public key, for people.
func (c Config) writePublic(key *head.Key) error {
	public := filepath.Join(c.Dir, keysDir, publicFile)
	err := makeFolder(filepath.Dir(public))
	if err == nil {
		err = writeSynced(public, key.Verifier()+"\n")
	}
	if err != nil {
		return keyUnusable(public, err)
	}
	return nil
}

// IntroduceKey makes a key for the journal as it is named now, and has the journal name it: heads are signed with it from
// the next start on. The private key is durable before the journal names it. It refuses to replace a file that holds
// another key than the one in force.
func (s *Store) IntroduceKey(ctx context.Context) (verifier string, err error) {
	path := s.cfg.keyPath()
	inForce, err := keyInForce(ctx, s.state)
	if err != nil {
		return "", err
	}
	if err := s.cfg.keyPlaceFree(inForce); err != nil {
		return "", err
	}
	key, err := head.NewKey(s.journal.ID(), rand.Reader)
	if err != nil {
		return "", err
	}
	err = makeFolder(filepath.Dir(path))
	if err == nil {
		err = writeSynced(path+nextSuffix, key.Reveal()+"\n")
	}
	if err != nil {
		return "", keyUnusable(path, err)
	}
	_, err = s.committer.Do(ctx, 256, func(*aggregator.Tx, committer.Slot) (*entry.Entry, error) {
		return &entry.Entry{
			Header: entry.Header{Principal: reporting.LocalPrincipal},
			Body:   entry.KeyIntroduced{VerifierKey: key.Verifier()},
		}, nil
	})
	if err != nil {
		return "", err // the next start finds out whether the journal has the entry
	}
	return key.Verifier(), s.cfg.placeKey(key)
}

// keyPlaceFree refuses where another store's key would be overwritten.
func (c Config) keyPlaceFree(inForce string) error {
	there, err := readKey(c.keyPath())
	if err != nil {
		return err
	}
	if there == nil || there.Verifier() == inForce && inForce != "" {
		return nil
	}
	return fault.Exists("SIGNING_KEY_EXISTS",
		"the file %s holds a key that this store does not use, perhaps another store's; move it away, or name another file with --key",
		c.keyPath()).With("file", c.keyPath())
}

// KeyState is how it stands with the key that signs the heads of a store.
type KeyState struct {
	// Verifier is the key that the journal names last.
	Verifier string
	// Made says that it was made just now.
	Made bool
	// Here says that its private half lies where this store looks for it: else it signs nothing.
	Here bool
}

// VerifierKey gives the key that verifies the heads of a store that no server serves. With fresh, or where the journal
// names none, it makes one.
func VerifierKey(ctx context.Context, cfg Config, fresh bool) (KeyState, error) {
	cfg = cfg.withDefaults()
	store, err := openStore(ctx, cfg, true)
	if err != nil {
		return KeyState{}, err
	}
	var key KeyState
	key.Verifier, err = keyInForce(ctx, store.state)
	if err == nil && (fresh || key.Verifier == "") {
		key.Made = true
		key.Verifier, err = store.IntroduceKey(ctx)
	}
	if err == nil {
		var private *head.Key
		private, err = readKey(cfg.keyPath())
		key.Here = private != nil && private.Verifier() == key.Verifier
	}
	return key, errors.Join(err, store.Close())
}

// ReadVerifierKey reads the public key that Init left in the data folder.
func ReadVerifierKey(dir string) (string, error) {
	path := filepath.Join(dir, keysDir, publicFile)
	text, err := os.ReadFile(path) //nolint:gosec // the operator names the folder
	if err != nil {
		return "", keyUnusable(path, err)
	}
	return strings.TrimSpace(string(text)), nil
}

// writeSynced replaces a file with one that only the owner may read, durably.
func writeSynced(path, text string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	// A new file: one that was there may be open to others, or open in another process.
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) //nolint:gosec // the operator names the folder
	if err != nil {
		return err
	}
	_, err = file.WriteString(text)
	if err == nil {
		err = file.Sync()
	}
	if err := errors.Join(err, file.Close()); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(path))
}
