package reporting

import (
	"context"
	"time"

	"github.com/tonghop/tonghop/server/committer"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/form"
	"github.com/tonghop/tonghop/server/journal"
)

// window is how many submissions of one stream are under way at once: two groups of the committer, so that one
// collects while the other is synced.
const window = 512

// Pipe takes a stream of submissions, each standing alone, and gives their outcomes in order (R44). Submissions of one
// report, named by one text, are also decided in order, and so are those of one unit with a form of which rules look back;
// others may overtake each other. Its methods are for one goroutine; the outcomes are emitted from another. Close must be
// called.
type Pipe struct {
	service *Service
	ctx     context.Context //nolint:containedctx // a pipe lives inside one call
	stop    context.CancelFunc
	call    Call
	method  string
	next    int
	slots   chan chan Outcome
	work    chan piped
	done    chan struct{}
	cut     error // what ended it while something was sent
	err     error // of emit; read after done

	// recent are the last submissions that may still be under way, and decided for each report when the last of them was
	// decided.
	recent  [window + 2]ReportRef
	count   int
	decided map[ReportRef]chan struct{}
}

// NewPipe opens a pipe. Emit is called with each outcome in order; its error, or an outcome whose truth is unknown,
// ends the pipe. The stream's id is call.RequestID; each item has an id of its own made of it and its number.
func (s *Service) NewPipe(ctx context.Context, call Call, method string, emit func(Outcome) error) *Pipe {
	ctx, stop := context.WithCancel(ctx)
	p := &Pipe{
		service: s, ctx: ctx, stop: stop, call: call, method: method,
		slots: make(chan chan Outcome, window), work: make(chan piped), done: make(chan struct{}), decided: map[ReportRef]chan struct{}{},
	}
	go p.emitAll(emit)
	return p
}

// NewStream opens a pipe for a stream or upload whose first item has the number from.
func (s *Service) NewStream(ctx context.Context, call Call, from int, emit func(Outcome) error) *Pipe {
	p := s.NewPipe(ctx, call, methodStream, emit)
	p.next = from
	return p
}

func (p *Pipe) emitAll(emit func(Outcome) error) {
	defer close(p.done)
	for slot := range p.slots {
		outcome := <-slot
		if p.err == nil {
			p.err = p.pass(outcome, emit)
		}
		if p.err != nil {
			p.stop() // the rest is drained without being told
		}
	}
}

// pass tells an outcome, unless its truth is unknown: then the stream breaks, and its client goes on from this item.
func (p *Pipe) pass(o Outcome, emit func(Outcome) error) error {
	if o.Err != nil {
		if notARefusal(o.Err) {
			return o.Err
		}
		if p.ctx.Err() != nil {
			return p.ctx.Err()
		}
	}
	return emit(o)
}

// notARefusal tells the failures of a whole call from the refusals of one report in it.
func notARefusal(err error) bool {
	switch fault.KindOf(err) { //nolint:exhaustive // everything else is a refusal of this report alone
	case fault.KindUnavailable, fault.KindInternal, fault.KindDataLoss, fault.KindUnauthenticated:
		return true
	}
	// Whoever resumes a stream goes on behind what was refused: that the disk is full must not be taken for an answer.
	return fault.ReasonOf(err) == journal.ReasonStoreFull
}

// Send hands in the next submission; it waits while the window is full. An error means that the pipe has ended: Close
// tells why.
func (p *Pipe) Send(sub Submission) error { return p.send(sub, nil) }

// Refuse takes the place of the next submission with one that was refused before it could be made.
func (p *Pipe) Refuse(sub Submission, err error) error { return p.send(sub, err) }

func (p *Pipe) send(sub Submission, refused error) error {
	if p.cut = p.ctx.Err(); p.cut != nil {
		return p.cut
	}
	slot := make(chan Outcome, 1)
	select {
	case p.slots <- slot:
	case <-p.ctx.Done():
		p.cut = p.ctx.Err()
		return p.cut
	}
	index := p.next
	p.next++
	if refused != nil {
		slot <- refusal(sub, refused)
		return nil
	}
	before, decided := p.queue(p.inLine(sub.Ref))
	next := piped{sub: sub, index: index, before: before, decided: decided, slot: slot}
	select {
	case p.work <- next:
	default:
		go p.decide(next)
	}
	return nil
}

// piped is one submission under way.
type piped struct {
	sub     Submission
	index   int
	before  <-chan struct{}
	decided chan struct{}
	slot    chan Outcome
}

// decide takes a submission, and then any further one that comes when it has nothing to do: a goroutine that was used has
// the stack that a submission needs, which a new one has to grow into.
func (p *Pipe) decide(next piped) {
	for more := true; more; next, more = <-p.work {
		if next.before != nil {
			<-next.before
		}
		call := p.call
		if !call.ValidateOnly {
			call.RequestID = itemID(p.call.RequestID, next.index)
		}
		outcome, err := p.submit(call, next.sub)
		if err != nil {
			outcome = refusal(next.sub, err)
		}
		close(next.decided)
		next.slot <- outcome
		next = piped{} // whoever waits holds nothing
	}
}

// inLine gives what submissions have in common that are decided in order: their report, or, where rules look back, unit and
// form, for else what a rule says would hang on which month was faster.
func (p *Pipe) inLine(ref ReportRef) ReportRef {
	if p.service.cfg.State.Definitions().Rules().LookBack(form.Code(ref.Form)) {
		ref.Period = ""
	}
	return ref
}

// queue gives what a submission of the report waits for, nil for nothing, and what to close when it is decided. It keeps
// as many reports in mind as can be under way: those of the window, the one that is told, and this one.
func (p *Pipe) queue(ref ReportRef) (before <-chan struct{}, decided chan struct{}) {
	before, decided = p.decided[ref], make(chan struct{})
	oldest := &p.recent[p.count%len(p.recent)]
	select {
	case <-p.decided[*oldest]:
		delete(p.decided, *oldest)
	default: // nothing yet, or a later one of the same report is under way
	}
	*oldest = ref
	p.count++
	p.decided[ref] = decided
	return before, decided
}

// bulkWaiting is how many submissions of all streams together may wait for their turn at once: enough to fill one group of
// the committer while another one is synced, and then as many again. The rest of its queue is left to those who send one report.
const bulkWaiting = committer.DefaultMaxWaiting * 3 / 4

// overloadPause is how long a submission waits before it asks a full committer again. Its place in the window holds the
// stream back meanwhile.
const overloadPause = 20 * time.Millisecond

// submit takes one submission. That too much waits already is no refusal of an item: whoever streams is slowed down.
func (p *Pipe) submit(call Call, sub Submission) (Outcome, error) {
	in := p.service.takeInHand(p.method, sub)
	select {
	case p.service.bulk <- struct{}{}:
		defer func() { <-p.service.bulk }()
	case <-p.ctx.Done():
		return Outcome{}, p.ctx.Err()
	}
	for {
		d, receipt, err := p.service.submit(p.ctx, call, in, false)
		switch {
		case err == nil:
			return d.outcome(receipt), nil
		case fault.ReasonOf(err) != "OVERLOADED":
			return Outcome{}, err
		}
		select {
		case <-time.After(overloadPause):
		case <-p.ctx.Done():
			return Outcome{}, p.ctx.Err()
		}
	}
}

// Close waits for every outcome to be told and gives the error that ended the pipe, nil if all were told.
func (p *Pipe) Close() error {
	close(p.slots)
	close(p.work)
	<-p.done
	p.stop()
	if p.err == nil {
		return p.cut
	}
	return p.err
}
