package receipt

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// keysName is the file of the verifier keys that were believed at their first use.
const keysName = "verifier-keys"

// Key gives the verifier key with a name that was believed before; empty if there is none.
func Key(dir, name string) (string, error) {
	keys, err := readKeys(dir)
	if err != nil {
		return "", err
	}
	for _, key := range keys {
		if KeyName(key) == name {
			return key, nil
		}
	}
	return "", nil
}

// KeyName is the name of a verifier key, which stands before the first plus.
func KeyName(key string) string {
	name, _, _ := strings.Cut(key, "+")
	return name
}

// Believe keeps a verifier key, in the place of another one with its name.
func Believe(dir, key string) error {
	if KeyName(key) == "" || strings.ContainsAny(key, "\r\n") {
		return fmt.Errorf("%q is no verifier key", key)
	}
	keys, err := readKeys(dir)
	if err != nil {
		return err
	}
	keys = slices.DeleteFunc(keys, func(k string) bool { return KeyName(k) == KeyName(key) })
	return replaceFile(filepath.Join(dir, keysName), strings.Join(append(keys, key), "\n")+"\n")
}

func readKeys(dir string) ([]string, error) {
	text, err := os.ReadFile(filepath.Join(dir, keysName)) //nolint:gosec // the caller names the folder
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return strings.Fields(string(text)), nil
}

// replaceFile writes a file whole or not at all.
func replaceFile(path, text string) error {
	file, err := os.CreateTemp(filepath.Dir(path), ".keys-") // for the owner alone
	if err != nil {
		return err
	}
	_, err = file.WriteString(text)
	if err == nil {
		err = file.Sync()
	}
	if err = errors.Join(err, file.Close()); err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(file.Name()))
	}
	return syncDir(filepath.Dir(path))
}
