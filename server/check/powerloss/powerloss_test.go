//go:build unix

package powerloss

import (
	"testing"

	"github.com/tonghop/tonghop/server/check/plant"
)

// TestTheFaultsFit finds out without a run that a planted fault's lines have changed.
func TestTheFaultsFit(t *testing.T) {
	root, err := plant.Root(t.Context())
	if err != nil {
		t.Skip("it needs the sources and Go:", err)
	}
	for _, control := range Check.Controls {
		if len(control.Edits) == 0 {
			continue
		}
		if _, err := plant.Overlay(root, t.TempDir(), control.Edits...); err != nil {
			t.Errorf("%s: %v", control.Name, err)
		}
	}
}
