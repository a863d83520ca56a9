//go:build !unix

package server

import (
	"errors"
	"io/fs"
)

// modesCount says that file modes protect a folder on this system.
const modesCount = false

func freeBytes(string) (int64, error) { return 0, errors.ErrUnsupported }

func allocated(info fs.FileInfo) int64 { return info.Size() }

// foreign cannot be told on this system.
func foreign(fs.FileInfo) bool { return false }
