package server

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/tonghop/tonghop/server/auth"
)

// usesFile remembers when tokens were used last. It is no part of the store: what is lost with it is told of nobody.
const usesFile = "uses.json"

// uses reads what an earlier process kept.
func (c Config) uses() *auth.Uses {
	var last map[string]time.Time
	text, err := os.ReadFile(filepath.Join(c.Dir, usesFile))
	if err == nil {
		err = json.Unmarshal(text, &last)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		c.Logger.Warn("when tokens were used last is not known any more", "error", err)
	}
	return auth.NewUses(last)
}

// keepUses writes what was noted since the last time; what cannot be written is no reason to stop.
func (s *Store) keepUses() {
	last := s.uses.Snapshot()
	if last == nil {
		return
	}
	text, err := json.Marshal(last)
	if err == nil {
		path := filepath.Join(s.cfg.Dir, usesFile)
		if err = os.WriteFile(path+nextSuffix, text, 0o600); err == nil {
			err = os.Rename(path+nextSuffix, path)
		}
	}
	if err != nil {
		s.cfg.Logger.Warn("when tokens were used last cannot be kept", "error", err)
	}
}
