package server

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"io/fs"
	mathrand "math/rand/v2"
	"os"
	"path/filepath"
	"time"

	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/notify"
)

// Notify says how subscribers are told.
type Notify struct {
	// AllowPrivate lets webhooks go to addresses that are not of the public internet, and without https.
	AllowPrivate bool
	// Mail says by which server e-mail goes out; without an address there is none.
	Mail notify.Mail
	// Every is how often it is looked what there is to tell; a minute if zero, which is also the most.
	Every time.Duration
}

// The folder of the log of deliveries, and the file of the key of which the secrets of webhooks are made.
const (
	notifyDir     = "notify"
	notifyKeyFile = "notify.key"
	notifyKeySize = 32
)

// dispatcher opens the log of deliveries; nil where nobody is to be told. A log or a key that cannot be used keeps nobody
// from the figures: then nobody is told either.
func (c Config) dispatcher() *notify.Dispatcher {
	if c.Notify == nil {
		return nil
	}
	d, err := c.openDispatcher()
	if err != nil {
		c.Logger.Error("no notifications are sent", "error", err)
		return nil
	}
	return d
}

func (c Config) openDispatcher() (*notify.Dispatcher, error) {
	key, err := c.notifyKey()
	if err != nil {
		return nil, err
	}
	every := c.Notify.Every
	if every <= 0 {
		every = time.Minute
	}
	return notify.Open(notify.Config{
		Dir: filepath.Join(c.Dir, notifyDir), Key: key, AllowPrivate: c.Notify.AllowPrivate, Mail: c.Notify.Mail, Every: every,
		Now: c.Now, NewID: messageID, Chance: mathrand.Float64, Logger: c.Logger,
	})
}

// messageID makes the id of a message.
func messageID() string {
	var b [16]byte
	random(b[:])
	return "msg_" + hex.EncodeToString(b[:])
}

// notifyKey reads the key of the store for webhooks, and makes it if there is none. It is no private key of the journal: a
// store that is restored has another one, and receivers are given the new secrets.
func (c Config) notifyKey() ([]byte, error) {
	path := filepath.Join(c.Dir, keysDir, notifyKeyFile)
	text, err := os.ReadFile(path) //nolint:gosec // a file of the data folder
	if errors.Is(err, fs.ErrNotExist) {
		key := make([]byte, notifyKeySize)
		_, _ = rand.Read(key) // never fails
		text = []byte(hex.EncodeToString(key) + "\n")
		err = makeFolder(filepath.Dir(path))
		if err == nil {
			err = writeSynced(path, string(text))
		}
	}
	if err != nil {
		return nil, notifyKeyUnusable(path, err)
	}
	key, err := hex.DecodeString(string(text[:max(0, len(text)-1)]))
	if err != nil || len(key) != notifyKeySize {
		return nil, notifyKeyUnusable(path, errors.New("it is no key"))
	}
	return key, nil
}

func notifyKeyUnusable(path string, err error) error {
	return fault.Precondition("NOTIFY_KEY_UNUSABLE",
		"the key for webhooks in %s cannot be used: %w; move it away, and a new one is made with the next start: receivers then need new secrets", path, err).
		With("file", path)
}
