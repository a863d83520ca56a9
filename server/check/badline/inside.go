//go:build unix

package badline

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"

	"github.com/tonghop/tonghop/client"
	"github.com/tonghop/tonghop/client/outbox"
	"github.com/tonghop/tonghop/client/receipt"
	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
	"github.com/tonghop/tonghop/server/check/workload"
)

// order is what a process is told.
type order struct {
	Seed              uint64
	Address, Receipts string
	Machines          []machine
}

// news is what it tells.
type news struct {
	// Delivered counts the reports that are.
	Delivered int
	// Stopped tells of an item that needs a person.
	Stopped string
	Done    bool
}

// The pauses of the outboxes, and how long one call may take.
const (
	firstPause  = 20 * time.Millisecond
	longestTime = 400 * time.Millisecond
	callWithin  = 3 * time.Second
	tellEvery   = 10 * time.Millisecond
)

// site is a process under way.
type site struct {
	order
	// keeping is held by whoever keeps receipts.
	keeping sync.Mutex
	folder  *receipt.Folder

	mu   sync.Mutex
	news news
}

// inside keeps machines until everything is delivered.
func inside(ctx context.Context, in io.Reader, out io.Writer) error {
	s := &site{}
	if err := json.NewDecoder(in).Decode(&s.order); err != nil {
		return err
	}
	var err error
	if s.folder, err = receipt.Open(s.Receipts); err != nil {
		return err
	}
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var working sync.WaitGroup
	for n, m := range s.Machines {
		working.Go(func() {
			random := rand.New(rand.NewPCG(s.Seed, uint64(n))) //nolint:gosec // drawn again from the seed
			if err := s.work(ctx, m, random); err != nil && ctx.Err() == nil {
				stop(err)
			}
		})
	}
	ended := make(chan struct{})
	go func() {
		working.Wait()
		close(ended)
	}()
	lines := json.NewEncoder(out)
	for over := false; !over; {
		select {
		case <-ended:
			over = true
		case <-time.After(tellEvery):
		}
		s.mu.Lock()
		s.news.Done = over && context.Cause(ctx) == nil
		err := lines.Encode(s.news)
		s.mu.Unlock()
		if err != nil {
			return err
		}
	}
	return errors.Join(context.Cause(ctx), s.folder.Close())
}

// errStopped ends a process in which somebody would have to do something.
var errStopped = errors.New("an outbox stopped")

// work puts the reports of a machine in while it sends, and ends when all are delivered.
func (s *site) work(ctx context.Context, m machine, random *rand.Rand) error {
	box, err := outbox.Open(m.Outbox, outbox.Config{FirstPause: firstPause, MaxPause: longestTime})
	if err != nil {
		return err
	}
	c, err := client.Dial(ctx, client.Config{Address: s.Address, Token: client.Secret(m.Token), Language: "en", Attempts: 1, Timeout: callWithin})
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	before, err := box.List(outbox.Filter{States: []outbox.State{outbox.Delivered}})
	if err != nil {
		return err
	}
	left := len(m.Reports) - len(before)
	s.tell(func(n *news) { n.Delivered += len(before) })
	all := make(chan struct{})
	w := &outbox.Watch{Accepted: s.keep, Changed: func(i *outbox.Item) {
		switch i.State { //nolint:exhaustive // the others go on
		case outbox.Delivered:
			s.tell(func(n *news) { n.Delivered++ })
			if left--; left == 0 {
				close(all)
			}
		case outbox.Stopped:
			s.tell(func(n *news) { n.Stopped = fmt.Sprintf("%s: %v", i.Report, i.Failure) })
			stop(errStopped)
		}
	}}
	if left == 0 {
		close(all)
	}
	var sending sync.WaitGroup
	sending.Go(func() {
		if err := box.Run(ctx, c, w); err != nil {
			stop(err)
		}
	})
	for _, r := range m.Reports {
		if _, err := box.Put(r.request()); err != nil {
			stop(err)
			break
		}
		wait(ctx.Done(), time.Duration(random.IntN(3000))*time.Microsecond)
	}
	select {
	case <-all:
		stop(nil)
	case <-ctx.Done():
	}
	cause := context.Cause(ctx)
	sending.Wait()
	if errors.Is(cause, context.Canceled) {
		cause = nil
	}
	return errors.Join(cause, c.Close())
}

func (s *site) tell(what func(*news)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	what(&s.news)
}

// request is the same in every life of a process, its id too: what is put in again is the same item.
func (r Report) request() *reportingv1.SubmitReportRequest {
	n := fmt.Sprint(r.Serial)
	return &reportingv1.SubmitReportRequest{
		Name: r.Name, RequestId: uuid.NewSHA1(uuid.NameSpaceURL, []byte(r.Name)).String(),
		Figures: []*reportingv1.Figure{
			{Indicator: workload.Files, Value: proto.String(n)},
			{Indicator: workload.Money, Value: proto.String(n + ".25")},
			{Indicator: workload.People, Value: proto.String("1" + n)},
			{Indicator: workload.OnTime, Numerator: proto.String(n), Denominator: proto.String("2" + n)},
		},
	}
}

// keep keeps the receipt of an item.
func (s *site) keep(i *outbox.Item) error {
	o := i.Outcomes[0]
	if o.GetReceipt() == nil {
		return nil
	}
	s.keeping.Lock()
	defer s.keeping.Unlock()
	_, err := s.folder.Keep(receipt.Record{
		Kind: receipt.Submit, RequestID: i.RequestID, Report: o.GetName(), Revision: o.GetRevision(), Figures: &receipt.Figures{Partial: true},
		JournalID: o.GetReceipt().GetJournalId(), Sequence: o.GetReceipt().GetSequence(), EntryHash: o.GetReceipt().GetEntryHash(),
		AcceptTime: o.GetReceipt().GetAcceptTime().AsTime(),
	})
	return err
}
