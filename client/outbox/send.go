package outbox

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	"github.com/tonghop/tonghop/client"
	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
)

// Watch is told of what happens while a box sends. Each field may be nil.
type Watch struct {
	// Accepted is told of an item that the server has accepted, before that is noted: what it does is done for every item at
	// least once. If it fails the item stays WAITING and is answered as before the next time.
	Accepted func(*Item) error
	// Changed is told of an item after each attempt.
	Changed func(*Item)
}

// Pass says what one pass over a box came to.
type Pass struct {
	// Delivered and Stopped count what became so in this pass, Waiting what is left to send.
	Delivered, Stopped, Waiting int
	// Next is when it is worth trying again; zero if nothing waits for the line.
	Next time.Time
}

// Send sends what waits, once. A line that is down is no error: the pass says when to try again. An error is what keeps
// everything from being sent and waiting does not mend, such as a token that is no longer valid; nothing is lost by it.
func (b *Box) Send(ctx context.Context, c *client.Client, w *Watch) (Pass, error) {
	if w == nil {
		w = &Watch{}
	}
	var p Pass
	var waiting []uint64
	err := b.view(func(x box) error {
		l, err := x.line(b.config.To)
		if err != nil {
			return err
		}
		if b.config.Now().Before(l.NotBefore) {
			p.Next = l.NotBefore
		}
		return x.each(openBucket, func(i *Item) error {
			if i.State == Waiting && (Filter{To: b.config.To}).isFor(i) {
				waiting = append(waiting, i.Number)
			}
			return nil
		})
	})
	p.Waiting = len(waiting)
	if err != nil || !p.Next.IsZero() {
		return p, err
	}
	for _, n := range waiting {
		if err := b.sendOne(ctx, c, n, w, &p); err != nil {
			return p, err
		}
		if !p.Next.IsZero() {
			return p, nil // the line is down for the others too
		}
	}
	return p, nil
}

// pollEvery is how often a box that sends looks for what another program has put in.
const pollEvery = 5 * time.Second

// Run sends whatever comes until the context ends, and then returns nil. Another error is one that a person has to see to.
func (b *Box) Run(ctx context.Context, c *client.Client, w *Watch) error {
	for {
		p, err := b.Send(ctx, c, w)
		if ctx.Err() != nil {
			return nil //nolint:nilerr // whatever was under way is sent again the next time
		}
		if err != nil {
			return err
		}
		pause := pollEvery
		if !p.Next.IsZero() {
			pause = max(0, p.Next.Sub(b.config.Now()))
		}
		timer := time.NewTimer(pause)
		select {
		case <-ctx.Done():
		case <-timer.C:
		case <-b.came:
		}
		timer.Stop()
	}
}

// parcel is an item on its way.
type parcel struct {
	*Item
	content []byte
}

// sendOne sends an item, if it is its turn, and notes what came of it.
func (b *Box) sendOne(ctx context.Context, c *client.Client, number uint64, w *Watch, p *Pass) error {
	parcel, err := b.take(number)
	if parcel == nil || err != nil {
		return err
	}
	var outcomes []Outcome
	if parcel.File != "" {
		outcomes, err = parcel.upload(ctx, c)
	} else {
		outcomes, err = parcel.submit(ctx, c)
	}
	if ctx.Err() != nil && err != nil {
		return ctx.Err()
	}
	i := parcel.Item
	i.Outcomes, i.Failure = outcomes, failureOf(err)
	if len(outcomes) > 0 && w.Accepted != nil {
		if err := w.Accepted(i); err != nil {
			return err
		}
	}
	switch verdict(err) {
	case accepted:
		i.State = Delivered
		p.Delivered++
		p.Waiting--
	case refused:
		i.State = Stopped
		p.Stopped++
		p.Waiting--
	case down, unknownCaller:
	}
	if err := b.note(i, err, p); err != nil {
		return err
	}
	if w.Changed != nil {
		w.Changed(i)
	}
	if verdict(err) == unknownCaller {
		return err
	}
	return nil
}

// take notes that an item is sent, before it is, and gives it with what is sent; nil if it is not its turn. The etag that it
// takes from its predecessor is kept, so that it is the same request the next time.
func (b *Box) take(number uint64) (*parcel, error) {
	var p *parcel
	err := b.update(func(x box) error {
		i, err := x.item(number)
		if errors.Is(err, ErrNoItem) || err == nil && i.State != Waiting {
			return nil // somebody was faster
		}
		if err != nil {
			return err
		}
		contents := x.tx.Bucket(contentBucket)
		content := bytes.Clone(contents.Get(key(number)))
		if i.Behind != 0 {
			before, err := x.item(i.Behind)
			if err == nil && before.open() && before.State != Held {
				return nil
			}
			if err != nil && !errors.Is(err, ErrNoItem) {
				return err
			}
			if err == nil && i.Attempts == 0 {
				if content, err = seen(content, before.etag()); err != nil {
					return err
				}
			}
		}
		i.Attempts++
		p = &parcel{i, content}
		return errors.Join(contents.Put(key(number), content), x.keep(i))
	})
	return p, err
}

// seen puts in the etag of what the author saw, where the report names none.
func seen(content []byte, etag string) ([]byte, error) {
	if etag == "" {
		return content, nil
	}
	q, err := message(content)
	if err != nil || q.GetEtag() != "" {
		return content, err
	}
	q.Etag = etag
	return proto.Marshal(q)
}

// note keeps what became of an item, and how the line is.
func (b *Box) note(i *Item, failed error, p *Pass) error {
	return b.update(func(x box) error {
		now := b.config.Now()
		l, err := x.line(b.config.To)
		if err != nil {
			return err
		}
		if verdict(failed) == down {
			l.Failures++
			l.NotBefore = now.Add(b.pause(l.Failures, failed))
			p.Next = l.NotBefore
		} else {
			l = line{}
		}
		i.Changed = now.UTC()
		still, err := x.item(i.Number)
		if errors.Is(err, ErrNoItem) || err == nil && still.State != Waiting {
			return x.keepLine(b.config.To, l) // somebody else was told the same
		}
		return errors.Join(err, x.keep(i), x.keepLine(b.config.To, l))
	})
}

// pause doubles from failure to failure. Half of it is random, so that a thousand communes that lost the server in the same
// second do not come back in the same second; the server's own word is never shortened.
func (b *Box) pause(failures int, err error) time.Duration {
	d := b.config.FirstPause
	for range min(failures-1, 30) {
		d = min(2*d, b.config.MaxPause)
	}
	d = d/2 + rand.N(d/2+1)
	if e, ok := errors.AsType[*client.Error](err); ok && e.Retry > d {
		d = e.Retry + rand.N(e.Retry/4+1)
	}
	return d
}

// submit sends a report.
func (p *parcel) submit(ctx context.Context, c *client.Client) ([]Outcome, error) {
	q, err := message(p.content)
	if err != nil {
		return nil, &unreadable{err}
	}
	answer, err := c.SubmitReport(ctx, q)
	if err != nil {
		return nil, err
	}
	return []Outcome{{answer.GetOutcome()}}, nil
}

// mostProblems is how many refused reports and lines of a file are kept with the item.
const mostProblems = 100

// upload sends a file. It gives the outcomes of the reports that were accepted, also where others were not.
func (p *parcel) upload(ctx context.Context, c *client.Client) ([]Outcome, error) {
	content, options, seen, err := unpack(p.content)
	if err != nil {
		return nil, &unreadable{err}
	}
	var outcomes []Outcome
	wrong := &partly{}
	for answer, err := range c.UploadFigures(ctx, bytes.NewReader(content), options, seen...) {
		if err != nil {
			return nil, err
		}
		switch o := answer.GetOutcome(); {
		case answer.GetProblem() != nil:
			wrong.lines++
			wrong.add("", answer.GetProblem())
		case o.GetKind() == reportingv1.OutcomeKind_OUTCOME_KIND_REFUSED:
			wrong.reports++
			for _, problem := range o.GetProblems() {
				wrong.add(o.GetName(), problem)
			}
		case o != nil:
			outcomes = append(outcomes, Outcome{o})
		}
	}
	if wrong.reports+wrong.lines > 0 {
		return outcomes, wrong
	}
	return outcomes, nil
}

// unreadable is the error of an item that this program cannot read.
type unreadable struct{ error }

// partly is the error of a file of which not everything was accepted.
type partly struct {
	reports, lines int
	fields         []Field
}

// Error says how much was not accepted.
func (p *partly) Error() string {
	return fmt.Sprintf("%d reports of the file were refused, and %d lines belong to none; what was accepted stays. Mend the file and put it in anew: what is there already is not counted twice", p.reports, p.lines)
}

func (p *partly) add(report string, problem *reportingv1.Problem) {
	if len(p.fields) == mostProblems {
		return
	}
	name := problem.GetField()
	if line := problem.GetLine(); line > 0 {
		name = "line " + strconv.Itoa(int(line)) + ", " + name
	}
	if report != "" {
		name = report + ": " + name
	}
	p.fields = append(p.fields, Field{Name: name, Reason: problem.GetReason(), Message: problem.GetMessage()})
}

// verdicts on an attempt.
const (
	accepted = iota
	// down: the line or the server is away; the same will do later.
	down
	// refused: it will not do later either.
	refused
	// unknownCaller: the server does not know who sends, so that nothing will do before a person has seen to it.
	unknownCaller
)

// verdict says what an error means for the item.
func verdict(err error) int {
	if err == nil {
		return accepted
	}
	e, ok := errors.AsType[*client.Error](err)
	switch {
	case !ok:
		return refused
	case e.Passing():
		return down
	}
	switch e.Code {
	case codes.Unauthenticated:
		return unknownCaller
	case codes.DeadlineExceeded, codes.Canceled, codes.Internal, codes.Unknown, codes.DataLoss:
		return down
	default:
		return refused
	}
}

func failureOf(err error) *Failure {
	if err == nil {
		return nil
	}
	if p, ok := errors.AsType[*partly](err); ok {
		return &Failure{Code: codes.FailedPrecondition.String(), Reason: "FILE_PARTLY_REFUSED", Message: p.Error(), Fields: p.fields}
	}
	e, ok := errors.AsType[*client.Error](err)
	if !ok {
		return &Failure{Code: codes.DataLoss.String(), Reason: "OUTBOX_UNREADABLE", Message: err.Error()}
	}
	f := &Failure{Code: e.Code.String(), Reason: e.Reason, Message: e.Message}
	for _, v := range e.Fields {
		f.Fields = append(f.Fields, Field{Name: v.Name, Reason: v.Reason, Message: v.Message})
	}
	return f
}
