package receipt

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"
)

const (
	suffix      = ".jsonl"
	monthLayout = "2006-01"
	// Kept is how long receipts are kept at least: as long as servers remember request ids.
	Kept = 400 * 24 * time.Hour
)

// Folder is a folder of receipts that is open for keeping more. It is for one goroutine; several processes may keep
// receipts in one folder at once, for each batch of lines is one write at the end of a file.
type Folder struct {
	dir  string
	open map[string]*os.File
}

// Open makes the folder if it is missing, and sees whether receipts can be kept in it, before anything is sent.
func Open(dir string) (*Folder, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	info, err := os.Stat(dir)
	if err != nil {
		return nil, err
	}
	if runtime.GOOS != "windows" && info.Mode().Perm()&0o022 != 0 {
		return nil, fmt.Errorf("others may write into %s (mode %04o), and could change receipts: run chmod 700 %s", dir, info.Mode().Perm(), dir)
	}
	probe, err := os.CreateTemp(dir, ".probe-")
	if err != nil {
		return nil, err
	}
	if err := errors.Join(probe.Close(), os.Remove(probe.Name())); err != nil {
		return nil, err
	}
	return &Folder{dir: dir, open: map[string]*os.File{}}, nil
}

// Dir is where the folder lies.
func (f *Folder) Dir() string { return f.dir }

// Close lets go of the files.
func (f *Folder) Close() error {
	var errs []error
	for _, file := range f.open {
		errs = append(errs, file.Close())
	}
	f.open = map[string]*os.File{}
	return errors.Join(errs...)
}

// FileName is the file of a receipt.
func FileName(r Record) string {
	return r.JournalID + "-" + r.AcceptTime.UTC().Format(monthLayout) + suffix
}

// Keep appends receipts. When it returns nil they are durable. It gives the files that they went to.
func (f *Folder) Keep(records ...Record) ([]string, error) {
	text := map[string][]byte{}
	var names []string
	for _, r := range records {
		line, err := r.line()
		if err != nil {
			return nil, fmt.Errorf("the server's receipt for %s is not whole: %w", r.Report, err)
		}
		name := FileName(r)
		if text[name] == nil {
			names = append(names, name)
		}
		text[name] = append(text[name], line...)
	}
	for i, name := range names {
		if err := f.append(name, text[name]); err != nil {
			return nil, err
		}
		names[i] = filepath.Join(f.dir, name)
	}
	return names, nil
}

// append writes whole lines to the end of a file, in one write, and syncs it.
func (f *Folder) append(name string, lines []byte) error {
	file := f.open[name]
	if file == nil {
		var err error
		if file, err = f.openFile(name); err != nil {
			return err
		}
		f.open[name] = file
	}
	// A process that was killed while it wrote, this one too after an error, leaves a line without its end.
	broken, err := cutOff(file)
	if err != nil {
		return err
	}
	if broken {
		lines = append([]byte{'\n'}, lines...)
	}
	if _, err := file.Write(lines); err != nil {
		return err
	}
	return file.Sync()
}

func (f *Folder) openFile(name string) (*os.File, error) {
	path := filepath.Join(f.dir, name)
	_, err := os.Stat(path)
	fresh := errors.Is(err, fs.ErrNotExist)
	file, err := os.OpenFile(path, os.O_RDWR|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if fresh {
		if err := syncDir(f.dir); err != nil {
			return nil, errors.Join(err, file.Close())
		}
	}
	return file, nil
}

// cutOff says whether a file ends in the middle of a line.
func cutOff(file *os.File) (bool, error) {
	info, err := file.Stat()
	if err != nil || info.Size() == 0 {
		return false, err
	}
	var last [1]byte
	if _, err := file.ReadAt(last[:], info.Size()-1); err != nil && !errors.Is(err, io.EOF) {
		return false, err
	}
	return last[0] != '\n', nil
}

// syncDir makes a new name durable; Windows cannot, and need not.
func syncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	folder, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}

// Prune removes the months that ended more than 400 days before now.
func Prune(dir string, now time.Time) error {
	files, err := Files(dir)
	if err != nil {
		return err
	}
	var errs []error
	for _, path := range files {
		month, ok := monthOf(filepath.Base(path))
		if ok && now.Sub(month.AddDate(0, 1, 0)) > Kept {
			errs = append(errs, os.Remove(path))
		}
	}
	return errors.Join(errs...)
}

func monthOf(name string) (time.Time, bool) {
	id, month, ok := strings.Cut(strings.TrimSuffix(name, suffix), "-")
	if !ok || !isHex(id, 16) {
		return time.Time{}, false
	}
	first, err := time.Parse(monthLayout, month)
	return first, err == nil
}

// Files lists the files of receipts in a folder, by journal and month; none if there is no folder.
func Files(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var files []string
	for _, e := range entries {
		if _, ok := monthOf(e.Name()); ok && strings.HasSuffix(e.Name(), suffix) && e.Type().IsRegular() {
			files = append(files, filepath.Join(dir, e.Name()))
		}
	}
	slices.Sort(files)
	return files, nil
}

// Damage is a line that is no receipt.
type Damage struct {
	File string
	Line int
	Err  error
	// CutOff says that the line is the last and has no end, as a crash while it was written leaves it.
	CutOff bool
}

// Error says which line it is and what is wrong.
func (d Damage) Error() string { return fmt.Sprintf("%s:%d: %v", d.File, d.Line, d.Err) }

// Unwrap gives what is wrong.
func (d Damage) Unwrap() error { return d.Err }

// Read reads a file of receipts. Lines that are none are no error of the file: they are given beside the others.
func Read(path string) ([]Record, []Damage, error) {
	text, err := os.ReadFile(path) //nolint:gosec // the caller names the file
	if err != nil {
		return nil, nil, err
	}
	var records []Record
	var damaged []Damage
	number := 0
	for line := range bytes.Lines(text) {
		number++
		body := bytes.TrimSpace(line)
		if len(body) == 0 {
			continue
		}
		r, err := parseLine(body)
		if err != nil {
			damaged = append(damaged, Damage{File: path, Line: number, Err: err, CutOff: !bytes.HasSuffix(line, []byte("\n"))})
			continue
		}
		records = append(records, r)
	}
	return records, damaged, nil
}
