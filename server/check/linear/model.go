package linear

import (
	"fmt"
	"strings"

	"github.com/anishathalye/porcupine"
)

// verb is what a request asks for.
type verb uint8

// The verbs.
const (
	submit verb = iota + 1
	approve
	giveBack
	get
	total // the roll-up of the unit above
	move  // of the commune to the district that waits for it
	place // the roll-up of both districts on the tree after the moves
)

// String is the word for people.
func (v verb) String() string {
	return [...]string{"nothing", "submit", "approve", "return", "get", "total", "move", "place"}[v]
}

// request is the input of an operation.
type request struct {
	verb verb
	// etag is what the sender saw, empty for none; value what he submits.
	etag  string
	value int64
	// official says of a roll-up which basis is asked for.
	official bool
}

// reply is the output of an operation.
type reply struct {
	// unknown: there was none, and whether the request did anything is not known.
	unknown bool
	// refused is the reason of a refusal; empty if it was none.
	refused string
	// unchanged: the submission was there already.
	unchanged bool
	// etag is what the answer or the refusal names.
	etag string
	// revision and state of the newest revision; of a change those that it made.
	revision int
	// approved is the revision in force, 0 for none.
	approved int
	// value is the figure that was read; none says that there is none.
	value int64
	none  bool
	// moved says that it was found in the district to which communes move.
	moved bool
}

// register is the state of one report. The zero value: nothing was sent.
type register struct {
	// newest is the number of the newest revision, state where it stands, value its figure.
	newest int
	state  string
	value  int64
	// approved is the number of the revision in force, inForce its figure.
	approved int
	inForce  int64
	// moved says that its commune has moved.
	moved bool
}

// The states of a newest revision.
const (
	submitted = "submitted"
	approved  = "approved"
	returned  = "returned"
)

// etag names what is seen.
func (r register) etag() string {
	if r.newest == 0 {
		return ""
	}
	return fmt.Sprintf("%d-%s", r.newest, r.state)
}

// figure gives the figure that counts in a basis; false if none does.
func (r register) figure(official bool) (int64, bool) {
	if !official && r.state == submitted {
		return r.value, true
	}
	return r.inForce, r.approved != 0
}

// Reasons of refusals.
const (
	mismatch        = "ETAG_MISMATCH"
	notFound        = "REPORT_NOT_FOUND"
	nothingApproved = "NOTHING_TO_APPROVE"
	nothingReturned = "NOTHING_TO_RETURN"
	// goneAlready is that of a second move on one day.
	goneAlready = "UNIT_ENDS_THAT_DAY"
)

// answer gives what a request must be answered with, and what stands afterwards.
func (r register) answer(q request) (reply, register) {
	switch q.verb {
	case submit:
		return r.submit(q)
	case approve, giveBack:
		return r.review(q)
	case get:
		if r.newest == 0 {
			return reply{refused: notFound}, r
		}
		return reply{etag: r.etag(), revision: r.newest, approved: r.approved, value: r.value}, r
	case move:
		if r.moved {
			return reply{refused: goneAlready}, r
		}
		next := r
		next.moved = true
		return reply{}, next
	default:
		value, ok := r.figure(q.official)
		if !ok {
			value = 0
		}
		return reply{value: value, none: !ok, moved: q.verb == place && r.moved}, r
	}
}

func (r register) submit(q request) (reply, register) {
	same := r.newest != 0 && r.value == q.value
	switch {
	case q.etag != "" && q.etag != r.etag(), q.etag == "" && r.newest != 0 && !same:
		return reply{refused: mismatch, etag: r.etag()}, r
	case same && r.state != returned:
		return reply{unchanged: true, revision: r.newest, etag: r.etag()}, r
	}
	next := r
	next.newest, next.state, next.value = r.newest+1, submitted, q.value
	return reply{revision: next.newest, etag: next.etag()}, next
}

func (r register) review(q request) (reply, register) {
	next := r
	switch {
	case r.newest == 0:
		return reply{refused: notFound}, r
	case q.etag != r.etag():
		return reply{refused: mismatch, etag: r.etag()}, r
	case q.verb == approve && r.state != submitted:
		return reply{refused: nothingApproved}, r
	case q.verb == approve:
		next.state, next.approved, next.inForce = approved, r.newest, r.value
		return reply{revision: r.newest}, next
	case r.state == submitted:
		next.state = returned
		return reply{revision: r.newest}, next
	case r.approved == 0:
		return reply{refused: nothingReturned}, r
	}
	// What is sent back is the approved revision, which need not be the newest: that one may have been sent back before.
	if r.approved == r.newest {
		next.state = returned
	}
	next.approved, next.inForce = 0, 0
	return reply{revision: r.approved}, next
}

// model is the register for porcupine.
func model() porcupine.Model {
	m := porcupine.NondeterministicModel{
		Init: func() []any { return []any{register{}} },
		Step: func(state, input, output any) []any {
			before, said := state.(register), output.(reply)
			want, after := before.answer(input.(request))
			switch {
			case said.unknown && after == before:
				return []any{before}
			case said.unknown:
				return []any{before, after}
			case said == want:
				return []any{after}
			}
			return nil
		},
		Hash: func(state any) uint64 {
			r := state.(register)
			if r.moved {
				r.approved += 1 << 20
			}
			return uint64(r.newest)<<32 ^ uint64(r.value)<<8 ^ uint64(r.approved)<<1 ^ uint64(len(r.state)) //nolint:gosec // any number will do
		},
		DescribeOperation: func(input, output any) string { return describe(input.(request), output.(reply)) },
		DescribeState:     func(state any) string { return fmt.Sprintf("%+v", state) },
	}
	return m.ToModel()
}

// describe is a line of the picture.
func describe(q request, a reply) string {
	var b strings.Builder
	b.WriteString(q.verb.String())
	switch {
	case q.verb == submit:
		fmt.Fprintf(&b, " %d", q.value)
	case (q.verb == total || q.verb == place) && q.official:
		b.WriteString(" official")
	case q.verb == total || q.verb == place:
		b.WriteString(" provisional")
	}
	if q.etag != "" {
		b.WriteString(" on " + q.etag)
	}
	return b.String() + ": " + a.describe(q.verb)
}

// describe is what was answered.
func (a reply) describe(to verb) string {
	read := to == total || to == place
	switch {
	case a.unknown:
		return "no answer"
	case a.refused != "":
		return a.refused + " " + a.etag
	case a.unchanged:
		return "unchanged " + a.etag
	case to == move:
		return "moved"
	case read && a.none:
		return fmt.Sprintf("no figure, moved %t", a.moved)
	case read:
		return fmt.Sprintf("%d, moved %t", a.value, a.moved)
	case to == get:
		return fmt.Sprintf("%s with %d, approved %d", a.etag, a.value, a.approved)
	default:
		return fmt.Sprintf("revision %d %s", a.revision, a.etag)
	}
}
