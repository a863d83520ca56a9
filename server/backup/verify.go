package backup

import (
	"context"
	"path/filepath"
	"slices"
	"strings"

	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/head"
	"github.com/tonghop/tonghop/server/journal"
	"github.com/tonghop/tonghop/server/journal/filejournal"
)

// Verify checks a whole backup and gives its manifest: the manifest itself, size and SHA-256 of every file, the chain up to
// the last entry, that this program can read every entry, and the signed head if there is one. What does not hold is
// DataLoss, BACKUP_DAMAGED, and names the file.
func Verify(ctx context.Context, dir string, progress func(what string, done, total uint64)) (Manifest, error) {
	if progress == nil {
		progress = func(string, uint64, uint64) {}
	}
	dir = filepath.Clean(dir)
	m, err := verified(ctx, filejournal.Disk(), dir, progress)
	if err != nil {
		return Manifest{}, err
	}
	_, err = readEntries(ctx, dir, m, progress)
	return m, err
}

// verified checks what a backup is, and not what its entries mean.
func verified(ctx context.Context, files filejournal.FileSystem, dir string, progress func(string, uint64, uint64)) (Manifest, error) {
	m, err := readManifest(files, dir)
	if err != nil {
		return Manifest{}, err
	}
	if err := checkFiles(ctx, files, dir, m, progress); err != nil {
		return Manifest{}, err
	}
	j, err := filejournal.OpenCopy(ctx, filejournal.Config{Dir: dir, Files: files})
	if err != nil {
		return Manifest{}, asDamage(dir, err)
	}
	at := j.Head()
	ids := texts(j.IDs())
	if err := j.Close(); err != nil {
		return Manifest{}, err
	}
	if at.Sequence != m.Sequence || at.Hash.String() != m.ChainHash || !slices.Equal(ids, m.JournalIDs) {
		return Manifest{}, damaged(dir, ManifestName, "it names another last entry, hash or journal than the segments have")
	}
	return m, checkSigned(dir, m, j.ID(), at)
}

func texts(ids []journal.ID) []string {
	list := make([]string, len(ids))
	for i, id := range ids {
		list[i] = id.String()
	}
	return list
}

// checkFiles compares every file with the manifest; a segment that it does not name is refused, other files are not ours.
func checkFiles(ctx context.Context, files filejournal.FileSystem, dir string, m Manifest, progress func(string, uint64, uint64)) error {
	named := map[string]bool{}
	var done, total uint64
	for _, f := range m.Files {
		named[f.Name] = true
		total += uint64(max(f.Bytes, 0)) //nolint:gosec // not negative
	}
	for _, want := range m.Files {
		if err := ctx.Err(); err != nil {
			return err
		}
		got, err := digest(files, dir, want.Name)
		switch {
		case err != nil:
			return err
		case got.Bytes != want.Bytes:
			return damaged(dir, want.Name, "the file has another size than the manifest says")
		case got != want:
			return damaged(dir, want.Name, "the file has another SHA-256 than the manifest says")
		}
		done += uint64(got.Bytes) //nolint:gosec // not negative
		progress("bytes verified", done, total)
	}
	names, err := files.List(dir)
	if err != nil {
		return unreadable(dir, "the folder", err)
	}
	for _, name := range names {
		if strings.HasSuffix(name, filepath.Ext(m.Files[0].Name)) && !named[name] {
			return damaged(dir, name, "the manifest does not name this segment")
		}
	}
	return nil
}

// checkSigned checks that a signed head, where there is one, is that of the last entry.
func checkSigned(dir string, m Manifest, id journal.ID, at journal.Head) error {
	if m.SignedHead == "" && m.VerifierKey == "" {
		return nil
	}
	signed, err := head.Open(m.SignedHead, m.VerifierKey)
	if err != nil {
		return damaged(dir, ManifestName, "its signed head: "+fault.Of(err).Text)
	}
	if signed.JournalID != id || signed.Head != at {
		return damaged(dir, ManifestName, "its signed head is that of another entry")
	}
	return nil
}

// contents is what the entries of a backup say.
type contents struct {
	last entry.Header
	// verifier is the key that the journal names last; empty for none.
	verifier string
	// hashes are those of the entries that were asked for.
	hashes map[uint64]journal.Hash
}

// readEntries decodes every entry of a verified backup, and notes the hashes of some. An entry of a newer program is
// refused as such.
func readEntries(ctx context.Context, dir string, m Manifest, progress func(string, uint64, uint64), hashesOf ...uint64) (contents, error) {
	j, err := filejournal.OpenCopy(ctx, filejournal.Config{Dir: dir})
	if err != nil {
		return contents{}, asDamage(dir, err)
	}
	c := contents{hashes: map[uint64]journal.Hash{}}
	for _, sequence := range hashesOf {
		c.hashes[sequence] = journal.Hash{}
	}
	err = j.Read(ctx, 1, func(e journal.Entry) error {
		decoded, err := entry.Decode(e.Public, e.Private)
		if err != nil {
			return err
		}
		if decoded.Header.Sequence != e.Sequence {
			return damaged(dir, "its segments", "an entry says that it is another one")
		}
		c.last = decoded.Header
		if introduced, ok := decoded.Body.(entry.KeyIntroduced); ok {
			c.verifier = introduced.VerifierKey
		}
		if _, asked := c.hashes[e.Sequence]; asked {
			c.hashes[e.Sequence] = e.Hash
		}
		if e.Sequence%1024 == 0 || e.Sequence == m.Sequence {
			progress("entries read", e.Sequence, m.Sequence)
		}
		return nil
	})
	if closeErr := j.Close(); err == nil {
		err = closeErr
	}
	if err != nil && fault.ReasonOf(err) == journal.ReasonDamaged {
		err = asDamage(dir, err)
	}
	return c, err
}
