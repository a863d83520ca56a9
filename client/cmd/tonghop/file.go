package main

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
)

const (
	// maxFigures and maxCatalogue are the limits of the server: what it would refuse is not sent over a slow line.
	maxFigures   = 64 << 20
	maxCatalogue = 8 << 20
)

// upload is a file as it was when the command began: it is sent again after a break, and may be looked at before.
type upload struct {
	name    string
	content []byte
}

// read takes the whole file, or the standard input for "-".
func (s *session) read(path string, limit int64) (upload, error) {
	u := upload{name: filepath.Base(path)}
	in := s.stdin
	if path == "-" {
		u.name = "stdin.csv"
	} else {
		f, err := os.Open(path)
		if err != nil {
			return u, s.usage("the file cannot be read: %v", err)
		}
		defer func() { _ = f.Close() }()
		in = f
	}
	var err error
	u.content, err = io.ReadAll(io.LimitReader(in, limit+1))
	switch {
	case err != nil:
		return u, s.usage("the file cannot be read: %v", err)
	case int64(len(u.content)) > limit:
		return u, s.usage("%s has more than %d MiB, which the server does not take in one upload: divide it", path, limit>>20)
	case len(u.content) == 0:
		return u, s.usage("%s is empty", path)
	}
	return u, nil
}

// reader reads the file for one upload and tells how far it came.
func (u upload) reader(p *progress) io.ReadSeeker {
	return &counted{Reader: bytes.NewReader(u.content), p: p}
}

type counted struct {
	*bytes.Reader
	p *progress
}

// Read reads and tells.
func (c *counted) Read(b []byte) (int, error) {
	n, err := c.Reader.Read(b)
	if err == nil || errors.Is(err, io.EOF) {
		c.p.at("sending", "bytes", c.Size()-int64(c.Len()), c.Size())
	}
	return n, err
}
