package server_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tonghop/tonghop/server"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/head"
	"github.com/tonghop/tonghop/server/journal"
	"github.com/tonghop/tonghop/server/journal/filejournal"
)

// keyed is a store with its keys, which is opened for a question and closed again.
type keyed struct {
	t   *testing.T
	cfg server.Config
}

func newKeyed(t *testing.T) keyed {
	t.Helper()
	k := keyed{t, server.Config{SegmentBytes: 1 << 20, Dir: filepath.Join(t.TempDir(), "store"), Version: "test"}}
	_, err := server.Init(t.Context(), k.cfg)
	k.must(err)
	return k
}

func (k keyed) must(err error) {
	k.t.Helper()
	if err != nil {
		k.t.Fatal(fault.Of(err).Private())
	}
}

// head asks the store for its last head; it gives the reason of the refusal, of the start or of the question.
func (k keyed) head() (note, reason string) {
	k.t.Helper()
	store, err := server.OpenStore(k.t.Context(), k.cfg)
	if err != nil {
		return "", fault.ReasonOf(err)
	}
	signed, err := store.Service.GetSignedHead(k.t.Context(), store.Service.Local(), 0, nil)
	k.must(store.Close())
	return signed.Note, fault.ReasonOf(err)
}

// signs wants a head that the key verifies.
func (k keyed) signs(verifier string) {
	k.t.Helper()
	note, reason := k.head()
	if reason != "" {
		k.t.Fatalf("no head: %s", reason)
	}
	if _, err := head.Open(note, verifier); err != nil {
		k.t.Errorf("the head is not signed with %s: %v\n%s", verifier, err, note)
	}
}

func (k keyed) verifier(fresh bool) string {
	k.t.Helper()
	key, err := server.VerifierKey(k.t.Context(), k.cfg, fresh)
	k.must(err)
	if key.Made != fresh || !key.Here {
		k.t.Errorf("VerifierKey = %+v, want one that is here and, of its making: %t", key, fresh)
	}
	return key.Verifier
}

func (k keyed) path(name string) string { return filepath.Join(k.cfg.Dir, "keys", name) }

func (k keyed) read(path string) string {
	k.t.Helper()
	text, err := os.ReadFile(path)
	k.must(err)
	return string(text)
}

func (k keyed) write(path, text string) {
	k.t.Helper()
	k.must(os.WriteFile(path, []byte(text), 0o600))
}

func TestInitMakesTheKeyOfTheStore(t *testing.T) {
	k := newKeyed(t)
	verifier, err := server.ReadVerifierKey(k.cfg.Dir)
	k.must(err)
	if k.verifier(false) != verifier || !strings.HasPrefix(verifier, "tonghop-") {
		t.Errorf("the public key is %q, the journal names %q", verifier, k.verifier(false))
	}
	k.signs(verifier)
	for path, want := range map[string]os.FileMode{k.path(""): 0o700, k.path("head.key"): 0o600, k.path("head.pub"): 0o600} {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: %v, %v, want mode %o", path, info.Mode(), err, want)
		}
	}
	if entries, err := os.ReadDir(k.path("")); err != nil || len(entries) != 2 {
		t.Errorf("the folder of keys holds %v, %v", entries, err)
	}
}

// TestANewKeyTakesTheOldOnesPlace: the old one signs nothing any more, and says so.
func TestANewKeyTakesTheOldOnesPlace(t *testing.T) {
	k := newKeyed(t)
	old, oldKey := k.verifier(false), k.read(k.path("head.key"))
	fresh := k.verifier(true)
	if fresh == old || k.verifier(false) != fresh {
		t.Fatalf("the key was %s and is %s", old, fresh)
	}
	k.signs(fresh)
	k.write(k.path("head.key"), oldKey)
	if _, reason := k.head(); reason != "SIGNING_KEY_WRONG" {
		t.Errorf("with the old key: %q, want SIGNING_KEY_WRONG", reason)
	}
}

// TestAnExchangeOfKeysSurvivesACrash at both moments: before the journal names the new key, and before the file has its
// name.
func TestAnExchangeOfKeysSurvivesACrash(t *testing.T) {
	k := newKeyed(t)
	stranger := newKeyed(t)
	old, oldKey := k.verifier(false), k.read(k.path("head.key"))
	k.write(k.path("head.key.next"), stranger.read(stranger.path("head.key"))) // made, and never introduced
	k.signs(old)
	if _, err := os.Stat(k.path("head.key.next")); err == nil {
		t.Error("a key that was never introduced is still there")
	}
	fresh := k.verifier(true)
	k.must(os.Rename(k.path("head.key"), k.path("head.key.next")))
	k.write(k.path("head.key"), oldKey)
	k.write(k.path("head.pub"), old+"\n")
	k.signs(fresh)
	if public, err := server.ReadVerifierKey(k.cfg.Dir); err != nil || public != fresh {
		t.Errorf("the public key is %q, %v, want %q", public, err, fresh)
	}
}

// TestAKeyTornByAPowerCutDoesNotStopTheStore: init had made the name of the key and not its text when the power went, and
// no start came by it any more. The public key may be gone likewise; it is written again.
func TestAKeyTornByAPowerCutDoesNotStopTheStore(t *testing.T) {
	k := newKeyed(t)
	verifier, whole := k.verifier(false), k.read(k.path("head.key"))
	for _, torn := range []string{"", whole[:20], "\x00\x00\x00"} {
		k.write(k.path("head.key.next"), torn)
		k.signs(verifier)
		if _, err := os.Stat(k.path("head.key.next")); err == nil {
			t.Errorf("the torn key %q is still there", torn)
		}
	}
	for _, spoil := range []func() error{
		func() error { return os.Remove(k.path("head.pub")) },
		func() error { return os.Truncate(k.path("head.pub"), 0) },
	} {
		k.must(spoil())
		k.signs(verifier)
		if public, err := server.ReadVerifierKey(k.cfg.Dir); err != nil || public != verifier {
			t.Errorf("the public key is %q, %v, want %q", public, err, verifier)
		}
	}
}

// TestAStoreServesWithoutItsKey, but signs nothing; with one that others may read it does not start.
func TestAStoreServesWithoutItsKey(t *testing.T) {
	k := newKeyed(t)
	stranger := newKeyed(t)
	key := k.read(k.path("head.key"))
	for _, c := range []struct {
		name  string
		spoil func()
		want  string
	}{
		{"another store's key", func() { k.write(k.path("head.key"), stranger.read(stranger.path("head.key"))) }, "SIGNING_KEY_WRONG"},
		{"half a key", func() { k.write(k.path("head.key"), key[:40]) }, "SIGNING_KEY_MALFORMED"},
		{"open to others", func() { k.write(k.path("head.key"), key); k.must(os.Chmod(k.path("head.key"), 0o640)) }, "SIGNING_KEY_OPEN"},
		{"none", func() { k.must(os.Remove(k.path("head.key"))) }, "SIGNING_KEY_MISSING"},
		{"none where one was named", func() { k.cfg.KeyFile = filepath.Join(t.TempDir(), "away.key") }, "SIGNING_KEY_UNUSABLE"},
		{"where it was named", func() { k.write(k.cfg.KeyFile, key) }, ""},
	} {
		c.spoil()
		if _, reason := k.head(); reason != c.want {
			t.Errorf("%s: %q, want %q", c.name, reason, c.want)
		}
	}
}

// TestTheKeyMayLieElsewhere, and no key that is there is ever overwritten by that of another store.
func TestTheKeyMayLieElsewhere(t *testing.T) {
	first := keyed{t, server.Config{SegmentBytes: 1 << 20, Dir: filepath.Join(t.TempDir(), "store"), KeyFile: filepath.Join(t.TempDir(), "away", "my.key")}}
	_, err := server.Init(t.Context(), first.cfg)
	first.must(err)
	first.signs(first.verifier(false))
	if _, err := os.Stat(first.path("head.key")); err == nil {
		t.Error("the private key lies with the data too")
	}
	second := keyed{t, server.Config{SegmentBytes: 1 << 20, Dir: filepath.Join(t.TempDir(), "store"), KeyFile: first.cfg.KeyFile}}
	if _, err := server.Init(t.Context(), second.cfg); fault.ReasonOf(err) != "SIGNING_KEY_EXISTS" {
		t.Errorf("init with the key of another store: %v", err)
	}
	if _, err := os.Stat(filepath.Join(second.cfg.Dir, "journal")); err == nil {
		t.Error("a store was made all the same")
	}
	third := newKeyed(t)
	third.cfg.KeyFile = first.cfg.KeyFile
	if _, err := server.VerifierKey(t.Context(), third.cfg, true); fault.ReasonOf(err) != "SIGNING_KEY_EXISTS" {
		t.Errorf("a new key in the place of another store's: %v", err)
	}
	first.signs(first.verifier(false))
}

// TestAStoreFromBeforeKeysGetsOne: it goes on without, says what is missing, and tonghopd key makes it.
func TestAStoreFromBeforeKeysGetsOne(t *testing.T) {
	k := keyed{t, server.Config{SegmentBytes: 1 << 20, Dir: filepath.Join(t.TempDir(), "store")}}
	k.must(os.Mkdir(k.cfg.Dir, 0o700))
	k.must(filejournal.Create(t.Context(), filejournal.Config{Dir: filepath.Join(k.cfg.Dir, "journal"), SegmentBytes: 1 << 20}, journal.NewID()))
	store, err := server.OpenStore(t.Context(), k.cfg)
	k.must(err)
	k.must(store.Close())
	key, err := server.VerifierKey(t.Context(), k.cfg, false)
	k.must(err)
	if !key.Made {
		t.Error("no key was made")
	}
	k.signs(key.Verifier)
	k.must(os.Remove(k.path("head.key"))) // as a restore leaves it: no backup holds a private key
	if key, err = server.VerifierKey(t.Context(), k.cfg, false); err != nil || key.Here || key.Made {
		t.Errorf("without its private half: %+v, %v", key, err)
	}
}
