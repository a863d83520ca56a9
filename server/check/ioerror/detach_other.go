//go:build unix && !linux

package ioerror

import "errors"

func detach(string) error { return errors.New("small file systems are mounted on Linux") }
