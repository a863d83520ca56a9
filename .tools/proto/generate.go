package main

import (
	"archive/tar"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

const outDir = "gen"

// generate makes everything aside and only then changes gen/: a failing plugin leaves what was there, and a file whose proto
// is gone goes too.
func generate() error {
	fresh, err := generateAside()
	if err != nil {
		return err
	}
	old, err := readTree(outDir)
	if err != nil {
		return err
	}
	for name, data := range fresh {
		if err := writeIfChanged(filepath.Join(outDir, name), data); err != nil {
			return err
		}
	}
	for name := range old {
		if _, ok := fresh[name]; !ok {
			if err := os.Remove(filepath.Join(outDir, name)); err != nil {
				return err
			}
		}
	}
	return nil
}

// check compares what generate would write with what is there.
func check() error {
	fresh, err := generateAside()
	if err != nil {
		return err
	}
	old, err := readTree(outDir)
	if err != nil {
		return err
	}
	var wrong []string
	for name, data := range fresh {
		if now, ok := old[name]; !ok {
			wrong = append(wrong, name+" is missing")
		} else if !bytes.Equal(now, data) {
			wrong = append(wrong, name+" differs")
		}
	}
	for name := range old {
		if _, ok := fresh[name]; !ok {
			wrong = append(wrong, name+" is made by nothing in proto/")
		}
	}
	if len(wrong) > 0 {
		slices.Sort(wrong)
		return fmt.Errorf("gen/ is not what proto/ gives, run go run ./.tools/proto generate:\n  %s", strings.Join(wrong, "\n  "))
	}
	return nil
}

// generateAside runs the plugins into a temporary folder and returns what they wrote, by its path below gen/.
func generateAside() (map[string][]byte, error) {
	temp, err := os.MkdirTemp("", "tonghop-gen-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(temp)
	if err := checkImports(); err != nil {
		return nil, err
	}
	if err := buf("generate", "--output", temp); err != nil {
		return nil, err
	}
	fresh, err := readTree(filepath.Join(temp, outDir))
	if err == nil && len(fresh) == 0 {
		err = errors.New("buf generated nothing")
	}
	return fresh, err
}

// readTree returns every file under dir by its slash-separated path; a folder that is not there is empty.
func readTree(dir string) (map[string][]byte, error) {
	files := map[string][]byte{}
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		return files, nil
	}
	tree := os.DirFS(dir)
	err := fs.WalkDir(tree, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		files[path], err = fs.ReadFile(tree, path)
		return err
	})
	return files, err
}

// breaking compares proto/ with what it was at a git reference. The old files are laid out with the imports that they need,
// because buf compares a workspace of two modules only with another one of two.
func breaking(reference string) error {
	old, err := os.MkdirTemp("", "tonghop-old-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(old)
	archive := exec.Command("git", "archive", "--format=tar", reference, "buf.yaml", "proto")
	archive.Stderr = os.Stderr
	data, err := archive.Output()
	if err != nil {
		return fmt.Errorf("reading proto/ at %s: %w", reference, err)
	}
	if err := unpack(bytes.NewReader(data), old); err != nil {
		return err
	}
	if err := writeImports(old); err != nil {
		return err
	}
	return buf("breaking", "--against", old)
}

func unpack(data io.Reader, dir string) error {
	reader := tar.NewReader(data)
	for {
		header, err := reader.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if header.Typeflag != tar.TypeReg || !filepath.IsLocal(header.Name) {
			continue
		}
		content, err := io.ReadAll(reader)
		if err != nil {
			return err
		}
		if err := writeIfChanged(filepath.Join(dir, filepath.FromSlash(header.Name)), content); err != nil {
			return err
		}
	}
}
