package security

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/tonghop/tonghop/server/fault"
)

// Defaults of the zero values of Config.
const (
	DefaultFileBytes = 16 << 20
	DefaultFiles     = 64
	DefaultKeep      = 2 * 366 * 24 * time.Hour
)

// ReasonFailed is the reason of an error that says that nothing can be recorded.
const ReasonFailed = "SECURITY_LOG_FAILED"

// Config says where the log lies and how much is kept.
type Config struct {
	// Dir is its folder, which is made if it is not there.
	Dir string
	// FileBytes is the size at which a file is put away, Files how many are kept beside the newest, Keep for how long.
	FileBytes int64
	Files     int
	Keep      time.Duration
	// Now is the clock.
	Now func() time.Time
	// Full says of an error that the disk has no room. Nil: no error says so.
	Full func(error) bool
}

// Log is an open log. Its methods may be called by many goroutines at once.
type Log struct {
	cfg Config

	mu   sync.Mutex
	file *os.File
	size int64
	lost int
}

const (
	newest = "security.jsonl"
	// older names a file that was put away, by its number.
	older = "security-%08d.jsonl"
)

// Open opens the log and goes on behind its last line. A line that was cut off by a crash stays as it is. Where the log cannot be
// opened, as on a full disk, it is one that fails until it can: figures can be read all the same.
func Open(cfg Config) *Log {
	if cfg.FileBytes <= 0 {
		cfg.FileBytes = DefaultFileBytes
	}
	if cfg.Files <= 0 {
		cfg.Files = DefaultFiles
	}
	if cfg.Keep <= 0 {
		cfg.Keep = DefaultKeep
	}
	return &Log{cfg: cfg}
}

// failed says that nothing was done, and why: a full disk as it is always told.
func (l *Log) failed(err error) error {
	if l.cfg.Full != nil && l.cfg.Full(err) {
		return fault.Exhausted("STORE_FULL", "the disk of the server is full, and what cannot be recorded is not done; tell whoever looks after the server: %w", err)
	}
	return fault.Precondition(ReasonFailed,
		"the security log cannot be written, so nothing is changed and nobody new is let in; tell whoever looks after the server: %w", err)
}

// open opens the newest file; mu is held.
func (l *Log) open() error {
	if err := os.MkdirAll(l.cfg.Dir, 0o700); err != nil {
		return err
	}
	file, err := os.OpenFile(filepath.Join(l.cfg.Dir, newest), os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	info, err := file.Stat()
	if err == nil && info.Size() > 0 {
		last := make([]byte, 1)
		if _, err = file.ReadAt(last, info.Size()-1); err == nil && last[0] != '\n' {
			_, err = file.WriteString("\n")
		}
	}
	if err == nil {
		info, err = file.Stat()
	}
	if err != nil {
		return errors.Join(err, file.Close())
	}
	l.file, l.size = file, info.Size()
	return nil
}

// Record writes a line, with the time of now. An error says that it is not written; the log tries anew with the next line.
func (l *Log) Record(e Event) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	e.Time = l.cfg.Now().UTC()
	e.Method, e.RequestID, e.Address = short(e.Method), short(e.RequestID), short(e.Address)
	if err := l.record(e); err != nil {
		l.lost++
		return l.failed(err)
	}
	return nil
}

// Ready says whether lines can be written: nil if the last one was, or if one can be written now.
func (l *Log) Ready() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.lost == 0 {
		return nil
	}
	if err := l.fillGap(); err != nil {
		return l.failed(err)
	}
	return nil
}

func (l *Log) record(e Event) error {
	if err := l.fillGap(); err != nil {
		return err
	}
	return l.write(e)
}

// fillGap says how many lines are missing, if any.
func (l *Log) fillGap() error {
	if l.lost == 0 {
		return nil
	}
	if err := l.write(Event{Time: l.cfg.Now().UTC(), Kind: Gap, Lost: l.lost}); err != nil {
		return err
	}
	l.lost = 0
	return nil
}

func (l *Log) write(e Event) error {
	line, err := json.Marshal(e)
	if err != nil {
		return err
	}
	line = append(line, '\n')
	if l.file == nil {
		if err := l.open(); err != nil {
			return err
		}
	}
	if l.size > 0 && l.size+int64(len(line)) > l.cfg.FileBytes {
		if err := l.rotate(); err != nil {
			return err
		}
	}
	n, err := l.file.Write(line)
	l.size += int64(n)
	if err != nil { // the next line begins anew behind what is there
		closed := l.file.Close()
		l.file = nil
		return errors.Join(err, closed)
	}
	return nil
}

// rotate puts the newest file away and removes what is too old or too much.
func (l *Log) rotate() error {
	err := errors.Join(l.file.Sync(), l.file.Close())
	l.file = nil
	if err != nil {
		return err
	}
	away, err := putAway(l.cfg.Dir)
	if err != nil {
		return err
	}
	next := 1
	if len(away) > 0 {
		if _, err := fmt.Sscanf(away[len(away)-1], older, &next); err != nil {
			return err
		}
		next++
	}
	name := fmt.Sprintf(older, next)
	if err := os.Rename(filepath.Join(l.cfg.Dir, newest), filepath.Join(l.cfg.Dir, name)); err != nil {
		return err
	}
	away = append(away, name)
	for i, name := range away {
		path := filepath.Join(l.cfg.Dir, name)
		info, err := os.Stat(path)
		if err != nil {
			return err
		}
		if len(away)-i > l.cfg.Files || l.cfg.Now().Sub(info.ModTime()) > l.cfg.Keep {
			if err := os.Remove(path); err != nil {
				return err
			}
		}
	}
	return l.open()
}

// putAway lists the files that were put away, the oldest first.
func putAway(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		var n int
		if _, err := fmt.Sscanf(e.Name(), older, &n); err == nil && e.Name() == fmt.Sprintf(older, n) {
			names = append(names, e.Name())
		}
	}
	slices.SortFunc(names, func(a, b string) int { return strings.Compare(a, b) })
	return names, nil
}

// Close closes the file. It is not flushed: what a power cut may take of it the store does not wait for.
func (l *Log) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.file == nil {
		return nil
	}
	err := l.file.Close()
	l.file = nil
	return err
}

// longestLine is more than any line has.
const longestLine = 64 << 10

// Read gives all lines in a folder, the oldest first, also beside a server that writes them, and how many could not be read, such
// as the last one before a crash. A folder that is not there has none.
func Read(dir string, tell func(Event) error) (unread int, err error) {
	names, err := putAway(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return 0, fault.Internal(err, "the security log in %s cannot be read", dir)
	}
	for _, name := range append(names, newest) {
		text, err := os.ReadFile(filepath.Join(dir, name)) //nolint:gosec // a file of the log
		if errors.Is(err, fs.ErrNotExist) {
			continue // put away or removed meanwhile
		}
		if err != nil {
			return unread, fault.Internal(err, "the security log in %s cannot be read", dir)
		}
		lines := bufio.NewScanner(bytes.NewReader(text))
		lines.Buffer(nil, longestLine)
		for lines.Scan() {
			if len(lines.Bytes()) == 0 {
				continue
			}
			var e Event
			if json.Unmarshal(lines.Bytes(), &e) != nil || e.Time.IsZero() {
				unread++
				continue
			}
			if err := tell(e); err != nil {
				return unread, err
			}
		}
		if lines.Err() != nil {
			unread++
		}
	}
	return unread, nil
}
