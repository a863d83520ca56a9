//go:build !windows

package aggregator

import (
	"errors"
	"os"
)

// syncFolder makes what was renamed or removed in a folder durable.
func syncFolder(dir string) error {
	folder, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}
