package notify

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/reminder"
)

// logName is the file, and newName what takes its place when it is made shorter.
const (
	logName = "deliveries.log"
	newName = "deliveries.new"
)

// kept is how long a settled delivery is remembered: much longer than a cause is told (reminder.Missed).
const kept = 60 * 24 * time.Hour

// record is one line of the log: a delivery that is made, an attempt that begins, or one that ended.
type record struct {
	Do           string    `json:"do"` // make, try, end
	ID           string    `json:"id"`
	At           time.Time `json:"at"`
	Subscription string    `json:"sub,omitempty"`
	Channel      string    `json:"channel,omitempty"`
	Causes       []string  `json:"causes,omitempty"`
	Test         bool      `json:"test,omitempty"`
	Subject      string    `json:"subject,omitempty"`
	Body         string    `json:"body,omitempty"`
	State        State     `json:"state,omitempty"`
	Note         string    `json:"note,omitempty"`
	Next         time.Time `json:"next,omitzero"`
}

// ledger is the log and what it says.
type ledger struct {
	dir string

	mu         sync.Mutex
	file       *os.File
	deliveries map[string]*Delivery
	order      []string
	told       map[string]bool // subscription and key of a cause
	// failed is why nothing can be written any more.
	failed error
}

// openLedger reads the log of a folder, which is made if it is not there. The end of a line that was cut off by a crash is
// cut; damage anywhere else is refused, for what cannot be read may have been told.
func openLedger(dir string, now time.Time) (*ledger, error) {
	l := &ledger{dir: dir, deliveries: map[string]*Delivery{}, told: map[string]bool{}}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, unusable(err)
	}
	path := filepath.Join(dir, logName)
	text, err := os.ReadFile(path) //nolint:gosec // a file of the data folder
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, unusable(err)
	}
	whole, err := l.read(text)
	if err != nil {
		return nil, err
	}
	if l.forget(now) || whole < len(text) || text == nil {
		if err := l.rewrite(); err != nil {
			return nil, unusable(err)
		}
	}
	if l.file, err = os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0o600); err != nil { //nolint:gosec // as above
		return nil, unusable(err)
	}
	return l, nil
}

func unusable(err error) error {
	return fault.Internal(err, "the log of deliveries cannot be used: %w; nothing is sent until it can", err)
}

// read takes the lines in, and gives how many bytes of them are whole.
func (l *ledger) read(text []byte) (whole int, err error) {
	for whole < len(text) {
		end := bytes.IndexByte(text[whole:], '\n')
		if end < 0 {
			return whole, nil
		}
		line := text[whole : whole+end]
		r, ok := parseLine(line)
		switch {
		case ok:
			l.apply(r)
		case whole+end+1 == len(text):
			return whole, nil // the last one: it was never synced
		default:
			return 0, fault.DataLoss("DELIVERIES_DAMAGED",
				"the log of deliveries is damaged at byte %d; nothing is sent, for it cannot be known what was: move the file away to begin anew", whole).
				With("offset", whole)
		}
		whole += end + 1
	}
	return whole, nil
}

func parseLine(line []byte) (r record, ok bool) {
	sum, rest, found := bytes.Cut(line, []byte{' '})
	want, err := strconv.ParseUint(string(sum), 16, 32)
	if !found || err != nil || uint32(want) != crc32.ChecksumIEEE(rest) {
		return r, false
	}
	return r, json.Unmarshal(rest, &r) == nil
}

func line(r *record) ([]byte, error) {
	text, err := json.Marshal(r)
	if err != nil {
		return nil, err
	}
	return fmt.Appendf(nil, "%08x %s\n", crc32.ChecksumIEEE(text), text), nil
}

// apply takes one record in.
func (l *ledger) apply(r record) {
	d := l.deliveries[r.ID]
	switch {
	case r.Do == "make" && d == nil:
		channel, _ := reminder.ParseChannel(r.Channel)
		l.deliveries[r.ID] = &Delivery{
			ID: r.ID, Subscription: r.Subscription, Channel: channel, Causes: r.Causes, Test: r.Test, Subject: r.Subject, Body: r.Body,
			Created: r.At, State: Pending, Next: r.At,
		}
		l.order = append(l.order, r.ID)
		for _, key := range r.Causes {
			l.told[r.Subscription+" "+key] = true
		}
	case r.Do == "try" && d != nil:
		d.Attempts++
		d.Last, d.open = r.At, true
	case r.Do == "end" && d != nil:
		d.State, d.Note, d.Next, d.open = r.State, r.Note, r.Next, false
	}
}

// add writes a record, and takes it in once it is durable.
func (l *ledger) add(r record) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.failed != nil {
		return l.failed
	}
	b, err := line(&r)
	if err == nil {
		_, err = l.file.Write(b)
	}
	if err == nil {
		err = l.file.Sync()
	}
	if err != nil {
		l.failed = unusable(err)
		return l.failed
	}
	l.apply(r)
	return nil
}

// forget leaves out what was settled long ago; it says whether there was any.
func (l *ledger) forget(now time.Time) bool {
	before := len(l.order)
	l.order = slices.DeleteFunc(l.order, func(id string) bool {
		d := l.deliveries[id]
		if d.State == Pending || now.Sub(d.Created) < kept {
			return false
		}
		delete(l.deliveries, id)
		for _, key := range d.Causes {
			delete(l.told, d.Subscription+" "+key)
		}
		return true
	})
	return len(l.order) < before
}

// rewrite writes the log anew, from what is remembered, in the place of the old one.
func (l *ledger) rewrite() error {
	fresh := filepath.Join(l.dir, newName)
	f, err := os.OpenFile(fresh, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600) //nolint:gosec // a file of the data folder
	if err != nil {
		return err
	}
	w := bufio.NewWriter(f)
	for _, id := range l.order {
		if err := writeDelivery(w, l.deliveries[id]); err != nil {
			return errors.Join(err, f.Close())
		}
	}
	if err := errors.Join(w.Flush(), f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(fresh, filepath.Join(l.dir, logName)); err != nil {
		return err
	}
	folder, err := os.Open(l.dir)
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}

func writeDelivery(w io.Writer, d *Delivery) error {
	records := []record{{
		Do: "make", ID: d.ID, At: d.Created, Subscription: d.Subscription, Channel: d.Channel.String(), Causes: d.Causes, Test: d.Test,
		Subject: d.Subject, Body: d.Body,
	}}
	for range d.Attempts {
		records = append(records, record{Do: "try", ID: d.ID, At: d.Last})
	}
	if !d.open && d.Attempts > 0 || d.State != Pending {
		records = append(records, record{Do: "end", ID: d.ID, At: d.Last, State: d.State, Note: d.Note, Next: d.Next})
	}
	for i := range records {
		b, err := line(&records[i])
		if err != nil {
			return err
		}
		if _, err := w.Write(b); err != nil {
			return err
		}
	}
	return nil
}

// knows says whether a subscriber was told of a cause, or is about to be.
func (l *ledger) knows(subscription, key string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.told[subscription+" "+key]
}

// list gives the deliveries that wanted keeps, the oldest first.
func (l *ledger) list(wanted func(*Delivery) bool) []Delivery {
	l.mu.Lock()
	defer l.mu.Unlock()
	var list []Delivery
	for _, id := range l.order {
		if d := l.deliveries[id]; wanted(d) {
			list = append(list, *d)
		}
	}
	return list
}

func (l *ledger) close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.failed == nil {
		l.failed = fault.Unavailable("DELIVERIES_CLOSED", "the log of deliveries is closed")
	}
	return l.file.Close()
}
