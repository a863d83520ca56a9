package head_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/head"
	"github.com/tonghop/tonghop/server/journal"
)

// counting gives the bytes 0, 1, 2, ...
func counting(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i)
	}
	return b
}

func example(t *testing.T) (head.Head, *head.Key) {
	t.Helper()
	id := journal.ID(counting(16))
	key, err := head.NewKey(id, bytes.NewReader(counting(32)))
	if err != nil {
		t.Fatal(err)
	}
	return head.Head{
		JournalID: id, Head: journal.Head{Sequence: 7, Hash: sha256.Sum256([]byte("an example"))},
		Time: time.Date(2026, time.November, 22, 10, 4, 5, 6, time.FixedZone("+07", 7*60*60)),
	}, key
}

func signed(t *testing.T, key *head.Key, h head.Head) string {
	t.Helper()
	note, err := key.Sign(h)
	if err != nil {
		t.Fatal(err)
	}
	return note
}

// byTheBook verifies a note as doc.go describes it, with SHA-256 and Ed25519 alone: the oracle.
func byTheBook(signed, verifier string) (text string, err error) {
	name, rest, _ := strings.Cut(verifier, "+")
	id, data, _ := strings.Cut(rest, "+")
	public, err := base64.StdEncoding.DecodeString(data)
	if err != nil || len(public) != 33 || public[0] != 1 {
		return "", fmt.Errorf("the key %q has no public key", verifier)
	}
	sum := sha256.Sum256(append([]byte(name+"\n"), public...))
	if hex.EncodeToString(sum[:4]) != id {
		return "", fmt.Errorf("the key %q has not its own id", verifier)
	}
	text, signature, found := strings.Cut(signed, "\n\n\u2014 "+name+" ")
	if !found {
		return "", fmt.Errorf("no signature of %s", name)
	}
	text += "\n"
	raw, err := base64.StdEncoding.DecodeString(strings.TrimSuffix(signature, "\n"))
	if err != nil || len(raw) != 68 || !bytes.Equal(raw[:4], sum[:4]) {
		return "", fmt.Errorf("the signature is not of the key")
	}
	if !ed25519.Verify(public[1:], []byte(text), raw[4:]) {
		return "", fmt.Errorf("the signature is wrong")
	}
	return text, nil
}

// TestSignedHeadsVerifyByTheBook (R35, R50): what the page says is what is signed.
func TestSignedHeadsVerifyByTheBook(t *testing.T) {
	h, key := example(t)
	for _, h.Sequence = range []uint64{1, 7, 1 << 40} {
		for _, h.Time = range []time.Time{h.Time, h.Time.Truncate(time.Second)} {
			note := signed(t, key, h)
			text, err := byTheBook(note, key.Verifier())
			if err != nil {
				t.Fatalf("by the book: %v\n%s", err, note)
			}
			if text != h.Text() {
				t.Errorf("signed %q, want %q", text, h.Text())
			}
			got, err := head.Open(note, key.Verifier())
			if err != nil || got.JournalID != h.JournalID || got.Head != h.Head || !got.Time.Equal(h.Time) {
				t.Errorf("Open = %+v, %v, want %+v", got, err, h)
			}
		}
	}
}

// TestThePageShowsAHead takes the example out of doc.go.
func TestThePageShowsAHead(t *testing.T) {
	page, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	plain := ""
	for line := range strings.Lines(string(page)) {
		plain += strings.TrimPrefix(strings.TrimPrefix(strings.TrimPrefix(line, "//"), " "), "\t")
	}
	h, key := example(t)
	for what, want := range map[string]string{
		"note": signed(t, key, h), "verifier key": key.Verifier() + "\n", "private key": key.Reveal() + "\n",
	} {
		if !strings.Contains(plain, want) {
			t.Errorf("the page does not show the %s\n%s", what, want)
		}
	}
	if _, err := byTheBook(signed(t, key, h), key.Verifier()); err != nil {
		t.Error(err)
	}
}

// TestAlteredHeadsAreRefused changes every byte of a note, one after another.
func TestAlteredHeadsAreRefused(t *testing.T) {
	h, key := example(t)
	note := signed(t, key, h)
	for i := range note {
		for _, flip := range []byte{1, 0x20, 0x80} {
			altered := []byte(note)
			altered[i] ^= flip
			if got, err := head.Open(string(altered), key.Verifier()); err == nil {
				t.Errorf("byte %d changed by %#x: Open = %+v", i, flip, got)
			}
		}
	}
}

func TestHeadsOfAnotherKeyAreRefused(t *testing.T) {
	h, key := example(t)
	other, err := head.NewKey(h.JournalID, bytes.NewReader(make([]byte, 32)))
	if err != nil {
		t.Fatal(err)
	}
	_, err = head.Open(signed(t, other, h), key.Verifier())
	if fault.ReasonOf(err) != "HEAD_OF_ANOTHER_KEY" {
		t.Errorf("a head of another key: %v", err)
	}
	_, err = head.Open(strings.Replace(signed(t, key, h), "\n7\n", "\n8\n", 1), key.Verifier())
	if fault.ReasonOf(err) != "HEAD_FORGED" {
		t.Errorf("a head with another sequence: %v", err)
	}
	_, err = head.Open(signed(t, key, h), "tonghop-000102030405")
	if fault.ReasonOf(err) != "VERIFIER_KEY_MALFORMED" {
		t.Errorf("half a key: %v", err)
	}
}

// TestAHeadHasOneText: what could be read otherwise than it is written is no head.
func TestAHeadHasOneText(t *testing.T) {
	h, _ := example(t)
	good := h.Text()
	if _, err := head.Parse(good); err != nil {
		t.Fatal(err)
	}
	for _, swap := range [][2]string{
		{"tonghop/", ""},
		{"tonghop/", "Tonghop/"},
		{"0a0b", "0A0B"},
		{"0a0b", ""},
		{"\n7\n", "\n07\n"},
		{"\n7\n", "\n+7\n"},
		{"\n7\n", "\n0\n"},
		{"\n7\n", "\n-7\n"},
		{"\n7\n", "\n18446744073709551615\n"},
		{"\n7\n", "\n7\n\n"},
		{"0244=", "0245="},
		{"=\n", "\n"},
		{"Z\n", "+00:00\n"},
		{"006Z", "0060Z"},
		{"Z\n", "Z"},
		{"Z\n", "Z\nmore\n"},
		{"2026", "26"},
		{"\n7\n", "\r\n7\n"},
	} {
		bad := strings.Replace(good, swap[0], swap[1], 1)
		if bad == good {
			t.Fatalf("%q is not in %q", swap[0], good)
		}
		if got, err := head.Parse(bad); fault.ReasonOf(err) != "HEAD_MALFORMED" {
			t.Errorf("Parse(%q) = %+v, %v", bad, got, err)
		}
	}
}

// TestKeysNeverShowThemselves: whatever prints a key, or what holds one, prints no key.
func TestKeysNeverShowThemselves(t *testing.T) {
	_, key := example(t)
	secret := key.Reveal()[strings.LastIndexByte(key.Reveal(), '+')+1:]
	holder := struct{ Key *head.Key }{key}
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("key", "key", key, "holder", holder)
	slog.New(slog.NewTextHandler(&log, nil)).Info("key", "key", key, "holder", holder)
	shown := log.String()
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d", "%T %v"} {
		shown += fmt.Sprintf(verb, key) + fmt.Sprintf(verb, holder) + fmt.Sprint(key, holder)
	}
	if strings.Contains(shown, secret) || strings.Contains(shown, hex.EncodeToString([]byte(secret))) || strings.Contains(shown, "PRIVATE") {
		t.Errorf("the key shows itself in %s", shown)
	}
	if again, err := head.ParseKey(key.Reveal() + "\n"); err != nil || again.Verifier() != key.Verifier() {
		t.Errorf("ParseKey of its own text = %v, %v", again, err)
	}
}

// TestWrongKeysAreRefusedWithoutBeingShown: an error about a file that holds a key must not put it into a log.
func TestWrongKeysAreRefusedWithoutBeingShown(t *testing.T) {
	_, key := example(t)
	text := key.Reveal()
	secret := text[strings.LastIndexByte(text, '+')+1:]
	for _, bad := range []string{"", "x", key.Verifier(), strings.Replace(text, "AQABAg", "AQABAw", 1), text[:len(text)-4], strings.Replace(text, "+AQ", "+AA", 1)} {
		_, err := head.ParseKey(bad)
		if fault.ReasonOf(err) != "SIGNING_KEY_MALFORMED" {
			t.Errorf("ParseKey(%q) = %v", bad, err)
		}
		if err != nil && strings.Contains(err.Error(), secret[8:24]) {
			t.Errorf("the error shows the key: %v", err)
		}
	}
}

// FuzzParse: what is read is written as it was.
func FuzzParse(f *testing.F) {
	f.Add("tonghop/000102030405060708090a0b0c0d0e0f\n7\nczAIcfRMFo58lJ3ix1DmDCybuP9TABfFomcjTpy0244=\n2026-11-22T03:04:05.000000006Z\n")
	f.Fuzz(func(t *testing.T, text string) {
		if h, err := head.Parse(text); err == nil && h.Text() != text {
			t.Errorf("Parse(%q).Text() = %q", text, h.Text())
		}
	})
}
