//go:build unix

package duplicates

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"

	"github.com/google/uuid"

	"github.com/tonghop/tonghop/server/check/workload"
)

// kind is how a parcel travels.
type kind uint8

// The kinds.
const (
	single kind = iota
	stream
	file
	batch
	allOrNone
	approval
	giveBack
)

// String is the word for people.
func (k kind) String() string {
	return [...]string{"a submission", "a stream", "a file", "a batch", "an atomic batch", "an approval", "a return"}[k]
}

// method is what request ids of the kind are bound to, beside the principal. An approval and a return have each their
// own; a file is a stream to the server.
func (k kind) method() string {
	return [...]string{"submit", "stream", "stream", "batch", "batch", "approve", "return"}[k]
}

// item is one thing that is to happen once: a submission, or a review.
type item struct {
	report workload.Report
	// serial is in every figure of a submission and is that of no other one; merge sends the first figure alone.
	serial int64
	merge  bool
	// etag is what the sender saw; revision the one that must come of it, or that is reviewed.
	etag     string
	revision int

	parcel *parcel
	mu     sync.Mutex
	fact   fact
}

// parcel is what has one id.
type parcel struct {
	kind      kind
	id        string
	principal int
	items     []*item
}

// sending is one time that a parcel, or a part of it, is sent.
type sending struct {
	parcel   *parcel
	from, to int
	json     bool
	line     int
	// changed sends another content under the same id.
	changed bool
}

// task is what is sent at the same time.
type task []sending

// plan is everything that is going to be sent: waves, of which each begins when the one before has been answered.
type plan struct {
	waves [][]task
	items []*item
	// reports are what must stand in the books in the end.
	reports map[workload.Report]*account

	random *rand.Rand
	// ids are all that were used, taken those of a principal and method.
	ids    []string
	taken  map[string]bool
	serial int64
}

// account is what must stand in the books about one report.
type account struct {
	// submissions are in the order of their revisions; approved is the revision in force, waiting says that the newest
	// one was neither approved nor sent back.
	submissions []*item
	approved    int
	waiting     bool
}

// etag names the newest revision.
func (a *account) etag() string {
	switch n := len(a.submissions); {
	case n == 0:
		return ""
	case a.waiting:
		return fmt.Sprintf("%d-submitted", n)
	case a.approved == n:
		return fmt.Sprintf("%d-approved", n)
	default:
		return fmt.Sprintf("%d-returned", n)
	}
}

const (
	// principals is how many people send; lines is how many connections each has.
	principals = 3
	lines      = 2
	// mostSent is how often one thing is sent at most.
	mostSent = 6
	// again is in how many of ten cases an id was used before, for something else.
	again = 3
)

// newPlan plans: each report gets as many revisions, one in three of which is reviewed. After the first the tree changes:
// reports that their communes owe no longer stay as they are, and later ones, of new communes, begin.
func newPlan(random *rand.Rand, reports, later []workload.Report, stays func(workload.Report) bool, revisions int) *plan {
	p := &plan{
		random: random, taken: map[string]bool{}, reports: map[workload.Report]*account{}, waves: make([][]task, 2*revisions+1),
	}
	for _, r := range slices.Concat(reports, later) {
		p.reports[r] = &account{}
	}
	for n := range revisions {
		begun := [][]workload.Report{reports}
		if n > 0 {
			begun = [][]workload.Report{slices.DeleteFunc(slices.Clone(reports), func(r workload.Report) bool { return !stays(r) }), later}
		}
		for _, some := range begun { // what has one id is all new or all corrections
			p.shuffle(some)
			for rest := some; len(rest) > 0; {
				rest = rest[p.submissions(2*n, rest):]
			}
		}
		for _, r := range slices.Concat(begun...) {
			if random.IntN(3) == 0 && stays(r) {
				p.review(2*n+1, r)
			}
		}
	}
	for _, w := range p.waves {
		random.Shuffle(len(w), func(i, j int) { w[i], w[j] = w[j], w[i] })
	}
	return p
}

func (p *plan) shuffle(reports []workload.Report) {
	p.random.Shuffle(len(reports), func(i, j int) { reports[i], reports[j] = reports[j], reports[i] })
}

// submissions plans a parcel with a submission for each of the first few reports, and gives how many they are.
func (p *plan) submissions(wave int, reports []workload.Report) int {
	c := &parcel{principal: p.random.IntN(principals)}
	n := 1
	switch d := p.random.IntN(100); {
	case d < 80: // most parcels are single, and most submissions are not
		c.kind = single
	case d < 86:
		c.kind, n = stream, 5+p.random.IntN(30)
	case d < 92:
		c.kind, n = file, 5+p.random.IntN(30)
	case d < 97:
		c.kind, n = batch, 2+p.random.IntN(20)
	default:
		c.kind, n = allOrNone, 2+p.random.IntN(20)
	}
	n = min(n, len(reports))
	c.id = p.id(c)
	mergeAll := p.random.IntN(5) == 0
	for _, r := range reports[:n] {
		a := p.reports[r]
		p.serial++
		s := &item{report: r, serial: p.serial, etag: a.etag(), revision: len(a.submissions) + 1, parcel: c}
		s.merge = s.revision > 1 && (c.kind == file && mergeAll || c.kind != file && p.random.IntN(5) == 0)
		a.submissions, a.waiting = append(a.submissions, s), true
		c.items, p.items = append(c.items, s), append(p.items, s)
	}
	p.schedule(wave, c)
	return n
}

// review plans an approval or a return of the newest revision.
func (p *plan) review(wave int, r workload.Report) {
	a := p.reports[r]
	c := &parcel{kind: approval, principal: principals}
	if p.random.IntN(3) == 0 {
		c.kind = giveBack
	}
	c.id = p.id(c)
	i := &item{report: r, etag: a.etag(), revision: len(a.submissions), parcel: c}
	c.items, p.items = []*item{i}, append(p.items, i)
	a.waiting = false
	if c.kind == approval {
		a.approved = i.revision
	}
	p.schedule(wave, c)
}

// id gives a new id, or one that somebody else used, or that was used for something else. A stream and a file are the
// same to the server.
func (p *plan) id(c *parcel) string {
	scope := fmt.Sprint(c.principal, c.kind.method())
	if p.random.IntN(10) < again && len(p.ids) > 0 {
		id := p.ids[p.random.IntN(len(p.ids))]
		if !p.taken[scope+id] {
			p.taken[scope+id] = true
			return id
		}
	}
	id := newID(p.random)
	p.taken[scope+id] = true
	p.ids = append(p.ids, id)
	return id
}

func newID(random *rand.Rand) string {
	var u uuid.UUID
	for i := range u {
		u[i] = byte(random.Uint32())
	}
	u[6], u[8] = u[6]&0x0f|0x70, u[8]&0x3f|0x80
	return u.String()
}

// schedule plans when a parcel is sent: whole in its wave, which makes it known, then and later in parts, and at least
// one wave later with another content.
func (p *plan) schedule(wave int, c *parcel) {
	last := len(p.waves) - 1
	for left, first := 1+p.random.IntN(mostSent), true; left > 0; first = false {
		n := min(1+p.random.IntN(3), left)
		left -= n
		t := make(task, n)
		for i := range t {
			t[i] = p.sending(c)
			if first && i == 0 {
				t[i].from, t[i].to = 0, len(c.items)
			}
		}
		at := wave
		if !first {
			at += p.random.IntN(last - wave + 1)
		}
		p.waves[at] = append(p.waves[at], t)
	}
	wrong := p.sending(c)
	wrong.from, wrong.to, wrong.changed = 0, len(c.items), true
	at := wave + 1 + p.random.IntN(last-wave)
	p.waves[at] = append(p.waves[at], task{wrong})
}

func (p *plan) sending(c *parcel) sending {
	s := sending{parcel: c, to: len(c.items), json: p.random.IntN(3) == 0, line: p.random.IntN(lines)}
	switch c.kind {
	case stream:
		s.json = false
		s.from = p.random.IntN(s.to)
		s.to = s.from + 1 + p.random.IntN(s.to-s.from)
	case file, batch: // cut short, as when somebody took away the end
		s.to = 1 + p.random.IntN(s.to)
	default:
	}
	if c.kind == file && c.items[0].revision > 1 {
		s.json = false // the etags that were seen travel over gRPC alone
	}
	return s
}
