package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// profile is what a person does not want to type every time.
type profile struct {
	Address string `json:"address"`
	Token   string `json:"token"`
	TLS     bool   `json:"tls"`
	CA      string `json:"ca"`
	// ClientCert and ClientKey are files that say who calls.
	ClientCert string `json:"clientCert"`
	ClientKey  string `json:"clientKey"`
	Language   string `json:"language"`
}

// profileFile is config.json: one profile without a name, and named ones.
type profileFile struct {
	profile
	Profiles map[string]profile `json:"profiles"`
}

// profile reads the chosen profile. Without a file it is empty, unless one was asked for by name.
func (s *session) profile() (profile, error) {
	path := s.profilePath()
	if path == "" {
		if s.Profile != "" {
			return profile{}, s.usage("profile %q: neither XDG_CONFIG_HOME nor HOME says where config.json is", s.Profile)
		}
		return profile{}, nil
	}
	file, err := s.readProfiles(path)
	if err != nil {
		return profile{}, err
	}
	if s.Profile == "" {
		return file.profile, nil
	}
	p, ok := file.Profiles[s.Profile]
	if !ok {
		known := "it names none"
		if len(file.Profiles) > 0 {
			known = "it names " + strings.Join(slices.Sorted(maps.Keys(file.Profiles)), ", ")
		}
		return profile{}, s.usage("profile %q is not in %s: %s", s.Profile, path, known)
	}
	return p, nil
}

func (s *session) profilePath() string {
	dir := s.env("XDG_CONFIG_HOME")
	if dir == "" {
		home := s.env("HOME")
		if home == "" {
			return ""
		}
		dir = filepath.Join(home, ".config")
	}
	return filepath.Join(dir, "tonghop", "config.json")
}

func (s *session) readProfiles(path string) (profileFile, error) {
	var file profileFile
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) && s.Profile == "" {
		return file, nil
	}
	if err != nil {
		return file, s.usage("the profile cannot be read: %v", err)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		return file, s.usage("the profile cannot be read: %v", err)
	}
	decoder := json.NewDecoder(bytes.NewReader(content))
	// A misspelled field would silently be no field.
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&file); err != nil {
		return file, s.usage("%s is not understood: %v; it looks like {\"address\": \"127.0.0.1:9090\", \"token\": \"th_...\"}", path, err)
	}
	if file.hasToken() && othersMayRead(info) {
		return file, s.usage("%s holds a token, and others on this machine may read it (mode %04o): run chmod 600 %s", path, info.Mode().Perm(), path)
	}
	return file, nil
}

func (f profileFile) hasToken() bool {
	for _, p := range f.Profiles {
		if p.Token != "" {
			return true
		}
	}
	return f.Token != ""
}

// othersMayRead is unknown on Windows, where the mode does not say it.
func othersMayRead(info fs.FileInfo) bool {
	return runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0
}
