package backup

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"path/filepath"
	"time"

	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/journal"
	"github.com/tonghop/tonghop/server/journal/filejournal"
)

// ManifestName is the file that says what a backup is.
const ManifestName = "manifest.json"

const (
	formatVersion = 1
	// maxManifest bounds the manifest: ten thousand segments take about 1.5 MB.
	maxManifest = 16 << 20
)

// Manifest says what a backup is.
type Manifest struct {
	Format      int       `json:"format"`
	Program     string    `json:"program"`
	Time        time.Time `json:"time"`
	JournalIDs  []string  `json:"journal_ids"`
	Sequence    uint64    `json:"sequence"`
	ChainHash   string    `json:"chain_hash"`
	Files       []File    `json:"files"`
	SignedHead  string    `json:"signed_head"`
	VerifierKey string    `json:"verifier_key"`
	Checksum    string    `json:"checksum"`
}

// File is one segment of a backup.
type File struct {
	Name   string `json:"name"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// Bytes is how much the segments hold together.
func (m Manifest) Bytes() int64 {
	var sum int64
	for _, f := range m.Files {
		sum += f.Bytes
	}
	return sum
}

// JournalID is the id at the last entry.
func (m Manifest) JournalID() string { return m.JournalIDs[len(m.JournalIDs)-1] }

// text gives the file.
func (m Manifest) text() ([]byte, error) {
	m.Checksum = ""
	plain, err := m.marshal()
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(plain)
	m.Checksum = hex.EncodeToString(sum[:])
	return m.marshal()
}

func (m Manifest) marshal() ([]byte, error) {
	var b bytes.Buffer
	out := json.NewEncoder(&b)
	out.SetEscapeHTML(false) // keys and signatures hold + and are copied by hand
	out.SetIndent("", "\t")
	err := out.Encode(m)
	return b.Bytes(), err
}

// parseManifest reads a manifest that is whole, byte for byte.
func parseManifest(dir string, raw []byte) (Manifest, error) {
	var version struct{ Format int }
	if err := json.Unmarshal(raw, &version); err != nil || version.Format < 1 {
		return Manifest{}, damaged(dir, ManifestName, "it is not the JSON of a manifest")
	}
	if version.Format > formatVersion {
		return Manifest{}, fault.Precondition("BACKUP_TOO_NEW",
			"the backup in %s has format %d, this program knows format %d; use the program that took it, or a newer one",
			dir, version.Format, formatVersion).With("dir", dir).With("format", version.Format)
	}
	var m Manifest
	if err := json.Unmarshal(raw, &m); err != nil {
		return Manifest{}, damaged(dir, ManifestName, "a member is not what it should be")
	}
	same, err := m.text()
	if err != nil || !bytes.Equal(same, raw) {
		return Manifest{}, damaged(dir, ManifestName, "it is not as it was written")
	}
	if len(m.JournalIDs) == 0 || len(m.Files) == 0 || m.Sequence == 0 {
		return Manifest{}, damaged(dir, ManifestName, "it names no journal, no file or no entry")
	}
	for _, id := range m.JournalIDs {
		if _, err := journal.ParseID(id); err != nil {
			return Manifest{}, damaged(dir, ManifestName, "a journal id is none")
		}
	}
	for _, f := range m.Files {
		if f.Name != filepath.Base(f.Name) || f.Name == ManifestName {
			return Manifest{}, damaged(dir, ManifestName, "the name of a file is none")
		}
	}
	return m, nil
}

// readManifest reads the manifest of a folder.
func readManifest(files filejournal.FileSystem, dir string) (Manifest, error) {
	file, err := files.Open(filepath.Join(dir, ManifestName), false)
	if err != nil {
		return Manifest{}, notABackup(dir, err)
	}
	raw, err := readAll(file, maxManifest)
	if err = errors.Join(err, file.Close()); err != nil {
		return Manifest{}, unreadable(dir, ManifestName, err)
	}
	return parseManifest(dir, raw)
}

func readAll(file filejournal.File, limit int64) ([]byte, error) {
	size, err := file.Size()
	if err != nil {
		return nil, err
	}
	raw := make([]byte, min(size, limit))
	n, err := file.ReadAt(raw, 0)
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return raw[:n], err
}
