package auth_test

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"log/slog"
	"os"
	"regexp"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/fault"
)

// drawn is what the source of the example in doc.go gave: letters for the id, then the key.
const drawn = "\x00\x14\x03\x1b\x09\x0f\x02\x15\x1d\x17\x18\x0a0123456789abcdefghijklmnopqrstuv"

func TestNewSecretIsWrittenAsDocumented(t *testing.T) {
	id, secret, hash, err := auth.NewSecret(strings.NewReader(drawn))
	if err != nil {
		t.Fatal(err)
	}
	doc, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	if example := regexp.MustCompile(`th_\S{65}`).FindString(string(doc)); secret != example {
		t.Errorf("NewSecret = %q, and doc.go has %q", secret, example)
	}
	if got, gotHash, err := auth.ParseSecret(secret); err != nil || got != id || gotHash != hash {
		t.Errorf("ParseSecret(NewSecret) = %q, %x, %v, want %q, %x", got, gotHash, err, id, hash)
	}
	if hash != sha256.Sum256([]byte(secret)) {
		t.Errorf("the hash is not the SHA-256 of the token's text")
	}
}

func TestNoTwoSecretsAreAlike(t *testing.T) {
	seen := map[string]bool{}
	for range 200 {
		id, secret, _, err := auth.NewSecret(rand.Reader)
		if err != nil || seen[id] || seen[secret] || !regexp.MustCompile(`^[a-z0-9]{12}$`).MatchString(id) {
			t.Fatalf("NewSecret gives the id %q, again: %t, error %v", id, seen[id], err)
		}
		seen[id], seen[secret] = true, true
	}
}

func TestNewSecretWithoutRandomBytesFails(t *testing.T) {
	_, secret, _, err := auth.NewSecret(iotest.ErrReader(errors.New("no entropy")))
	if fault.KindOf(err) != fault.KindInternal || secret != "" {
		t.Errorf("NewSecret = %q, %v, want Internal", secret, err)
	}
}

func TestAMistypedTokenIsRefusedBeforeAnybodyLooksItUp(t *testing.T) {
	_, secret, _, err := auth.NewSecret(strings.NewReader(drawn))
	if err != nil {
		t.Fatal(err)
	}
	const letters = "0aZ_-%"
	for i := range len(secret) {
		for _, letter := range []byte(letters) {
			if secret[i] == letter {
				continue
			}
			refused(t, secret[:i]+string(letter)+secret[i+1:], secret)
		}
		if i > 0 && secret[i] != secret[i-1] {
			refused(t, secret[:i-1]+string(secret[i])+string(secret[i-1])+secret[i+1:], secret)
		}
		refused(t, secret[:i], secret)
	}
	for _, s := range []string{" " + secret, secret + "\n", `"` + secret + `"`, secret + secret, strings.ToUpper(secret), "Bearer " + secret} {
		refused(t, s, secret)
	}
}

// Whoever makes a text with a right sum still has to make one that this service could have issued.
func TestATokenOfAnotherShapeIsRefusedThoughItsSumIsRight(t *testing.T) {
	const id, key = "0m3v9f2nxqra", "MDEyMzQ1Njc4OWFiY2RlZmdoaWprbG1ub3BxcnN0dXY"
	for what, s := range map[string]string{
		"capitals in the id":           "th_0M3V9F2NXQRA_" + key + "_",
		"a slash in the id":            "th_0m3v9f/nxqra_" + key + "_",
		"no mark behind the id":        "th_" + id + "-" + key + "_",
		"no mark behind the key":       "th_" + id + "_" + key + "-",
		"a letter that no key has":     "th_" + id + "_" + key[:42] + "=_",
		"bits that no key has":         "th_" + id + "_" + key[:42] + "Z_",
		"a line break inside the key":  "th_" + id + "_" + key[:20] + "\n" + key[21:] + "_",
		"two line breaks in the key":   "th_" + id + "_" + key[:20] + "\r\n" + key[22:] + "_",
		"line breaks that leave a key": "th_" + id + "_" + key[:40] + "\n\n\n_",
	} {
		t.Log(what)
		refused(t, s+fmt.Sprintf("%08x", crc32.ChecksumIEEE([]byte(s))), "th_"+id+"_"+key)
	}
	whole := "th_" + id + "_" + key + "_"
	if _, _, err := auth.ParseSecret(whole + fmt.Sprintf("%08x", crc32.ChecksumIEEE([]byte(whole)))); err != nil {
		t.Errorf("the token that all these spoil is refused: %v", err)
	}
}

// refused also holds that the error tells nothing of the text.
func refused(t *testing.T, s, secret string) {
	t.Helper()
	id, hash, err := auth.ParseSecret(s)
	if fault.KindOf(err) != fault.KindUnauthenticated || id != "" || hash != [32]byte{} {
		t.Fatalf("ParseSecret(%q) = %q, %x, %v, want Unauthenticated and nothing", s, id, hash, err)
	}
	reason := fault.ReasonOf(err)
	if reason != "TOKEN_MALFORMED" && reason != "TOKEN_MISTYPED" {
		t.Fatalf("ParseSecret(%q) has the reason %s", s, reason)
	}
	if told := fault.Of(err).Private(); strings.Contains(told, secret[16:40]) || len(s) > 20 && strings.Contains(told, s) {
		t.Fatalf("ParseSecret tells the secret: %s", told)
	}
}

func TestATokenIsProvedByItsHashAlone(t *testing.T) {
	_, _, hash, err := auth.NewSecret(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	other := hash
	other[31] ^= 1
	k := auth.Token{SecretHash: hash}
	if !k.Proves(hash) || k.Proves(other) || k.Proves([32]byte{}) {
		t.Errorf("Proves: own hash %t, other hash %t, no hash %t, want true, false, false", k.Proves(hash), k.Proves(other), k.Proves([32]byte{}))
	}
	if (auth.Token{}).Proves([32]byte{}) {
		t.Error("no token is proved by no secret")
	}
}

func TestASecretIsNeverPrinted(t *testing.T) {
	const canary = "th_canary000000_c2VjcmV0"
	secret := auth.Secret(canary)
	type answer struct {
		Name   string
		Secret auth.Secret
		More   []auth.Secret
		Hidden *auth.Secret
	}
	given := answer{"tokens/x", secret, []auth.Secret{secret}, &secret}
	var out bytes.Buffer
	for _, v := range []any{secret, &secret, given, &given, []auth.Secret{secret}, map[string]auth.Secret{"a": secret}} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%10.3s"} {
			fmt.Fprintf(&out, verb+"\n", v)
		}
		text, err := json.Marshal(v)
		if err != nil {
			t.Fatalf("json.Marshal(%T): %v", v, err)
		}
		out.Write(text)
		for _, handler := range []slog.Handler{slog.NewTextHandler(&out, nil), slog.NewJSONHandler(&out, nil)} {
			slog.New(handler).Info("asked", "secret", v, slog.Group("more", slog.Any("secret", v)))
		}
	}
	out.WriteString(fault.Invalid("X", "wrong token %v", secret).With("token", secret).Private())
	printed := out.String()
	for _, part := range []string{canary, canary[16:], fmt.Sprintf("%x", canary), fmt.Sprintf("%X", canary), "canary"} {
		if strings.Contains(printed, part) {
			t.Errorf("the secret was printed as %q", part)
		}
	}
	if strings.Count(printed, "[redacted]") < 50 {
		t.Errorf("nothing was printed where the secret stood:\n%s", printed)
	}
	if secret.Reveal() != canary {
		t.Error("Reveal does not give the text")
	}
}

func TestR36NoNameOfAPersonInALog(t *testing.T) {
	c := caller(auth.Reporter, district)
	c.Token.DisplayName = "Nguyễn Thị Chim Hoàng Yến"
	var out bytes.Buffer
	for _, handler := range []slog.Handler{slog.NewTextHandler(&out, nil), slog.NewJSONHandler(&out, nil)} {
		slog.New(handler).Info("called", "caller", c, "token", c.Token)
	}
	fmt.Fprintf(&out, "%v %v %+v %+v %v", c, c.Token, c, c.Token, auth.Caller{})
	if strings.Contains(out.String(), "Nguyễn") {
		t.Errorf("the holder's name was printed: %s", out.String())
	}
	if !strings.Contains(out.String(), c.Principal) || !strings.Contains(out.String(), "nobody") {
		t.Errorf("the principal was not printed: %s", out.String())
	}
}

func FuzzParseSecret(f *testing.F) {
	_, secret, _, err := auth.NewSecret(strings.NewReader(drawn))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(secret)
	f.Add("th_")
	f.Fuzz(func(t *testing.T, s string) {
		id, hash, err := auth.ParseSecret(s)
		if err == nil && (len(id) != 12 || hash != sha256.Sum256([]byte(s)) || len(s) != 68) {
			t.Errorf("ParseSecret(%q) = %q, %x", s, id, hash)
		}
		if err != nil && fault.KindOf(err) != fault.KindUnauthenticated {
			t.Errorf("ParseSecret(%q): %v", s, err)
		}
	})
}
