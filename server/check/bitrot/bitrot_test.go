//go:build unix

package bitrot

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/tonghop/tonghop/server/check"
)

// TestSomeDamages does a few damages in this process, of every kind to every file.
func TestSomeDamages(t *testing.T) {
	dir, remove, err := check.InMemory(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = remove() })
	secret, err := build(t.Context(), filepath.Join(dir, "models"))
	if err != nil {
		t.Fatal(err)
	}
	work := filepath.Join(dir, "work")
	give, err := json.Marshal(order{Seed: 1, To: 64, Step: 1, Models: filepath.Join(dir, "models"), Dir: work, Secret: secret.Reveal()})
	if err := errors.Join(err, os.Mkdir(work, 0o700)); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := inside(t.Context(), bytes.NewReader(give), &out); err != nil {
		t.Fatal(err)
	}
	var found [outcomes]int
	for lines := json.NewDecoder(&out); ; {
		var n news
		if err := lines.Decode(&n); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		if n.Wrong != "" {
			t.Error(n.Wrong)
		}
		found[n.How]++
	}
	if found[refused] == 0 || found[rebuilt] == 0 || found[harmless] == 0 {
		t.Errorf("outcomes %v, want some of each", found)
	}
}

// The cycle of kinds gives the numbers that the short setting promises.
func TestTheKindsOfTheShortSetting(t *testing.T) {
	var n [kinds]int
	for i := range uint64(Check.Short) {
		n[kindOf(1+i)]++
	}
	if n != [kinds]int{2000, 500, 500, 200} {
		t.Errorf("flipped, zeroed, cut, swapped are %v", n)
	}
}
