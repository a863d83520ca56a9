package outbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
)

// Config says how a box is used. The zero value is usable.
type Config struct {
	// To is the address of the server that new items are for, and of those that are sent. Empty: any.
	To string
	// FirstPause is the pause after the first failure of the line, doubled after each one up to MaxPause. 0: 2 s and 5 min.
	FirstPause, MaxPause time.Duration
	// Now tells the time. Nil: the clock of this machine.
	Now func() time.Time
}

// Box is an outbox. It may be used from several goroutines, and its file by several programs.
type Box struct {
	path   string
	config Config
	mu     sync.Mutex
	// came is told of every item that comes in.
	came chan struct{}
}

const (
	firstPause = 2 * time.Second
	maxPause   = 5 * time.Minute
)

// Open opens the outbox in a file, and makes it where there is none.
func Open(path string, config Config) (*Box, error) {
	if config.FirstPause <= 0 {
		config.FirstPause = firstPause
	}
	if config.MaxPause < config.FirstPause {
		config.MaxPause = max(maxPause, config.FirstPause)
	}
	if config.Now == nil {
		config.Now = time.Now
	}
	if err := create(path); err != nil {
		return nil, err
	}
	b := &Box{path: path, config: config, came: make(chan struct{}, 1)}
	// A file that is none is better known now than when the line is there.
	return b, b.view(func(box) error { return nil })
}

// Path is where the file lies.
func (b *Box) Path() string { return b.path }

// Put puts a report in. When it returns, the report survives a power cut. The request id of the message is used if it has
// one, which makes the same Put harmless twice.
func (b *Box) Put(q *reportingv1.SubmitReportRequest) (*Item, error) { return b.put(q, Waiting) }

// Hold puts a report in that is not sent before it is released.
func (b *Box) Hold(q *reportingv1.SubmitReportRequest) (*Item, error) { return b.put(q, Held) }

func (b *Box) put(q *reportingv1.SubmitReportRequest, state State) (*Item, error) {
	if q.GetName() == "" {
		return nil, errors.New("a report without a name cannot be put into the outbox: nobody would know whose it is")
	}
	if q.GetValidateOnly() {
		return nil, errors.New("a dry run cannot wait in the outbox: ask the server, or put the report itself in")
	}
	q = proto.CloneOf(q)
	i := &Item{State: state, Report: q.GetName(), Draft: q.GetDraft(), RequestID: q.GetRequestId()}
	if err := i.identify(); err != nil {
		return nil, err
	}
	q.RequestId = i.RequestID
	content, err := proto.Marshal(q)
	if err != nil {
		return nil, err
	}
	i.Bytes = len(content)
	return b.add(i, content)
}

// PutFile puts a file of figures in, which the server reads when it comes. The stream id of the options is used if they have
// one. Seen are the etags of reports that the file is to replace.
func (b *Box) PutFile(name string, content []byte, options *reportingv1.ImportReportsOptions, seen ...*reportingv1.SeenReport) (*Item, error) {
	if options.GetValidateOnly() {
		return nil, errors.New("a dry run cannot wait in the outbox: ask the server, or put the file itself in")
	}
	options = proto.CloneOf(options)
	if options == nil {
		options = &reportingv1.ImportReportsOptions{}
	}
	if options.FileName == "" {
		options.FileName = name
	}
	i := &Item{State: Waiting, File: name, Draft: options.GetDraft(), RequestID: options.GetStreamId(), Bytes: len(content)}
	if err := i.identify(); err != nil {
		return nil, err
	}
	options.StreamId = i.RequestID
	f := file{Content: content}
	var err error
	if f.Options, err = protojson.Marshal(options); err != nil {
		return nil, err
	}
	for _, one := range seen {
		wire, err := proto.Marshal(one)
		if err != nil {
			return nil, err
		}
		f.Seen = append(f.Seen, wire)
	}
	text, err := json.Marshal(f)
	if err != nil {
		return nil, err
	}
	return b.add(i, text)
}

// identify draws an id where there is none.
func (i *Item) identify() error {
	if i.RequestID != "" {
		return nil
	}
	id, err := uuid.NewV7()
	i.RequestID = id.String()
	return err
}

// add puts an item in, unless one with its request id is there.
func (b *Box) add(i *Item, content []byte) (*Item, error) {
	err := b.update(func(x box) error {
		ids := x.tx.Bucket(idsBucket)
		if k := ids.Get([]byte(i.RequestID)); k != nil {
			var err error
			i, err = x.item(number(k))
			return err
		}
		var err error
		items, last := x.tx.Bucket(itemsBucket), x.tx.Bucket(lastBucket)
		if i.Number, err = items.NextSequence(); err != nil {
			return err
		}
		i.Put, i.To = b.config.Now().UTC(), b.config.To
		i.Changed = i.Put
		if i.Report != "" {
			if i.Behind, err = x.lastAbout(i); err != nil {
				return err
			}
			if err := last.Put([]byte(i.Report), key(i.Number)); err != nil {
				return err
			}
		}
		return errors.Join(
			ids.Put([]byte(i.RequestID), key(i.Number)), x.tx.Bucket(contentBucket).Put(key(i.Number), content), x.keep(i),
		)
	})
	if err != nil {
		return nil, err
	}
	b.wake()
	return i, nil
}

// wake tells whoever sends that there is something to send.
func (b *Box) wake() {
	select {
	case b.came <- struct{}{}:
	default: // it is told already
	}
}

// List gives items in the order in which they were put in.
func (b *Box) List(f Filter) ([]*Item, error) {
	var list []*Item
	err := b.view(func(x box) error {
		return x.each(itemsBucket, func(i *Item) error {
			if f.chooses(i) {
				list = append(list, i)
			}
			return nil
		})
	})
	return list, err
}

// Get gives one item.
func (b *Box) Get(number uint64) (i *Item, err error) {
	err = b.view(func(x box) error {
		i, err = x.item(number)
		return err
	})
	return i, err
}

// Report gives an item with what is sent: the request of a report.
func (b *Box) Report(number uint64) (i *Item, q *reportingv1.SubmitReportRequest, err error) {
	err = b.view(func(x box) error {
		if i, err = x.item(number); err != nil {
			return err
		}
		if i.Report == "" {
			return fmt.Errorf("item %d of the outbox is the file %s, and no report", number, i.File)
		}
		q, err = message(x.tx.Bucket(contentBucket).Get(key(number)))
		return err
	})
	return i, q, err
}

// File gives an item with what is sent: the content of a file, the options of its upload, and what it is to replace.
func (b *Box) File(number uint64) (i *Item, content []byte, options *reportingv1.ImportReportsOptions, seen []*reportingv1.SeenReport, err error) {
	err = b.view(func(x box) error {
		if i, err = x.item(number); err != nil {
			return err
		}
		if i.File == "" {
			return fmt.Errorf("item %d of the outbox is %s, and no file", number, i.Report)
		}
		content, options, seen, err = unpack(x.tx.Bucket(contentBucket).Get(key(number)))
		return err
	})
	return i, content, options, seen, err
}

// Release lets an item go that is held, or one that was stopped be sent again as it is.
func (b *Box) Release(number uint64) (*Item, error) {
	i, err := b.change(number, func(i *Item) error {
		if i.State != Held && i.State != Stopped {
			return fmt.Errorf("item %d of the outbox (%s) is %s; only what is HELD or STOPPED can be released", number, i.Subject(), i.State)
		}
		i.State, i.Failure = Waiting, nil
		return nil
	})
	if err == nil {
		b.wake()
	}
	return i, err
}

// Drop takes an item out for good. One that was sent and has no answer cannot be dropped: nobody knows whether the server
// has it.
func (b *Box) Drop(number uint64) (*Item, error) {
	var i *Item
	err := b.update(func(x box) error {
		var err error
		if i, err = x.item(number); err != nil {
			return err
		}
		if i.State == Waiting && i.Attempts > 0 {
			return fmt.Errorf("item %d of the outbox (%s) was sent and has no answer yet, so the server may have it: let it be sent, then correct the report", number, i.Subject())
		}
		return x.drop(i)
	})
	return i, err
}

// Prune takes out what was delivered before a moment, unless another item still stands behind it, and gives how many items
// those were.
func (b *Box) Prune(before time.Time) (int, error) {
	count := 0
	err := b.update(func(x box) error {
		var old []*Item
		needed := map[uint64]bool{}
		err := x.each(openBucket, func(i *Item) error {
			needed[i.Behind] = true
			return nil
		})
		if err != nil {
			return err
		}
		err = x.each(itemsBucket, func(i *Item) error {
			if i.State == Delivered && i.Changed.Before(before) && !needed[i.Number] {
				old = append(old, i)
			}
			return nil
		})
		if err != nil {
			return err
		}
		for _, i := range old {
			if err := x.drop(i); err != nil {
				return err
			}
		}
		count = len(old)
		return nil
	})
	return count, err
}

// change changes an item in one transaction.
func (b *Box) change(number uint64, do func(*Item) error) (*Item, error) {
	var i *Item
	err := b.update(func(x box) error {
		var err error
		if i, err = x.item(number); err != nil {
			return err
		}
		if err := do(i); err != nil {
			return err
		}
		i.Changed = b.config.Now().UTC()
		return x.keep(i)
	})
	return i, err
}

// drop takes an item out.
func (b box) drop(i *Item) error {
	k := key(i.Number)
	err := errors.Join(
		b.tx.Bucket(itemsBucket).Delete(k), b.tx.Bucket(contentBucket).Delete(k), b.tx.Bucket(openBucket).Delete(k),
		b.tx.Bucket(idsBucket).Delete([]byte(i.RequestID)),
	)
	if last := b.tx.Bucket(lastBucket); string(last.Get([]byte(i.Report))) == string(k) {
		if i.Behind == 0 {
			err = errors.Join(err, last.Delete([]byte(i.Report)))
		} else {
			err = errors.Join(err, last.Put([]byte(i.Report), key(i.Behind)))
		}
	}
	if err != nil || !i.open() {
		return err
	}
	// Whoever stood behind it stands behind its own predecessor now.
	var moved []*Item
	err = b.each(openBucket, func(next *Item) error {
		if next.Behind == i.Number {
			next.Behind = i.Behind
			moved = append(moved, next)
		}
		return nil
	})
	for _, next := range moved {
		err = errors.Join(err, b.keep(next))
	}
	return err
}

// lastAbout gives the number of the last item about the same report at the same server.
func (b box) lastAbout(i *Item) (uint64, error) {
	k := b.tx.Bucket(lastBucket).Get([]byte(i.Report))
	if k == nil {
		return 0, nil
	}
	before, err := b.item(number(k))
	if errors.Is(err, ErrNoItem) {
		return 0, nil // it was pruned
	}
	if err != nil || before.To != i.To {
		return 0, err
	}
	return before.Number, nil
}
