package oracle

import (
	"bytes"
	"encoding/json"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/tonghop/tonghop/server/check"
)

// TestSomeSequences tells a few stories in this process. ORACLE_SEED and ORACLE_SIZE tell others, and more.
func TestSomeSequences(t *testing.T) {
	dir, remove, err := check.InMemory(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = remove() })
	o := order{Seed: 1, Size: 12, Dir: dir, Workers: 2}
	for name, to := range map[string]*uint64{"ORACLE_SEED": &o.Seed, "ORACLE_SIZE": &o.Size} {
		if text := os.Getenv(name); text != "" {
			n, err := strconv.ParseUint(text, 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			*to = n
		}
	}
	give, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := inside(t.Context(), bytes.NewReader(give), &out); err != nil {
		t.Fatalf("seed %d: %v", o.Seed, err)
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	var last news
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &last); err != nil {
		t.Fatal(err)
	}
	if last.Failed != "" || last.Sequences != o.Size || last.Rollups == 0 || last.Recalled == 0 || last.Keys == 0 {
		t.Errorf("seed %d: %d sequences, %d steps, %d roll-ups: %s", o.Seed, last.Sequences, last.Steps, last.Rollups, last.Failed)
	}
}
