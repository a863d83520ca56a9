package linear

import (
	"testing"

	"github.com/anishathalye/porcupine"
)

// op is one operation of a test's history.
type op struct {
	call, end int64
	q         request
	a         reply
}

func verdict(lines ...op) porcupine.CheckResult {
	history := make([]porcupine.Operation, len(lines))
	for i, l := range lines {
		history[i] = porcupine.Operation{ClientId: i, Call: l.call, Return: l.end, Input: l.q, Output: l.a}
	}
	return porcupine.CheckOperationsTimeout(model(), history, 0)
}

func sends(value int64, etag string) request { return request{verb: submit, value: value, etag: etag} }

func made(revision int, etag string) reply { return reply{revision: revision, etag: etag} }

var (
	reads    = request{verb: get}
	official = request{verb: total, official: true}
	waiting  = request{verb: total}
	nothing  = reply{none: true}
)

func TestAHistoryInOrderIsRight(t *testing.T) {
	lines := []op{
		{q: reads, a: reply{refused: notFound}},
		{q: sends(7, ""), a: made(1, "1-submitted")},
		{q: sends(7, ""), a: reply{unchanged: true, revision: 1, etag: "1-submitted"}},
		{q: sends(8, ""), a: reply{refused: mismatch, etag: "1-submitted"}},
		{q: official, a: nothing},
		{q: waiting, a: reply{value: 7}},
		{q: request{verb: approve, etag: "1-submitted"}, a: reply{revision: 1}},
		{q: official, a: reply{value: 7}},
		{q: request{verb: approve, etag: "1-approved"}, a: reply{refused: nothingApproved}},
		{q: sends(9, "1-approved"), a: made(2, "2-submitted")},
		{q: reads, a: reply{revision: 2, etag: "2-submitted", approved: 1, value: 9}},
		{q: waiting, a: reply{value: 9}},
		{q: request{verb: giveBack, etag: "2-submitted"}, a: reply{revision: 2}},
		{q: waiting, a: reply{value: 7}},
		{q: request{verb: giveBack, etag: "2-returned"}, a: reply{revision: 1}},
		{q: waiting, a: nothing},
		{q: request{verb: giveBack, etag: "2-returned"}, a: reply{refused: nothingReturned}},
		{q: sends(9, ""), a: made(3, "3-submitted")},
	}
	for i := range lines {
		lines[i].call, lines[i].end = int64(2*i), int64(2*i+1)
	}
	if got := verdict(lines...); got != porcupine.Ok {
		t.Errorf("a history that follows the rules is %s, want Ok", got)
	}
}

func TestWrongHistoriesAreFound(t *testing.T) {
	first := op{0, 1, sends(1, ""), made(1, "1-submitted")}
	second := op{2, 3, sends(2, "1-submitted"), made(2, "2-submitted")}
	for name, c := range map[string]struct {
		lines []op
		want  porcupine.CheckResult
	}{
		"a stale read":                   {[]op{first, second, {4, 5, reads, reply{revision: 1, etag: "1-submitted", value: 1}}}, porcupine.Illegal},
		"a read beside the write":        {[]op{first, {2, 5, second.q, second.a}, {4, 5, reads, reply{revision: 1, etag: "1-submitted", value: 1}}}, porcupine.Ok},
		"a lost update":                  {[]op{first, second, {2, 3, sends(3, "1-submitted"), made(3, "3-submitted")}}, porcupine.Illegal},
		"a stale roll-up":                {[]op{first, {2, 3, waiting, nothing}}, porcupine.Illegal},
		"a lost write":                   {[]op{first, {2, 3, reads, reply{refused: notFound}}}, porcupine.Illegal},
		"no answer, and it happened":     {[]op{{0, 1, first.q, reply{unknown: true}}, {2, 3, reads, reply{revision: 1, etag: "1-submitted", value: 1}}}, porcupine.Ok},
		"no answer, and it did not":      {[]op{{0, 1, first.q, reply{unknown: true}}, {2, 3, reads, reply{refused: notFound}}}, porcupine.Ok},
		"what was dead comes to life":    {[]op{{0, 1, first.q, reply{unknown: true}}, {2, 3, reads, reply{refused: notFound}}, {4, 5, waiting, reply{value: 1}}}, porcupine.Illegal},
		"a refusal names an old etag":    {[]op{first, second, {4, 5, sends(3, ""), reply{refused: mismatch, etag: "1-submitted"}}}, porcupine.Illegal},
		"an approval of what is unseen":  {[]op{first, second, {4, 5, request{verb: approve, etag: "1-submitted"}, reply{revision: 1}}}, porcupine.Illegal},
		"a figure that was not approved": {[]op{first, {2, 3, official, reply{value: 1}}}, porcupine.Illegal},
	} {
		if got := verdict(c.lines...); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

func TestAMoveIsSeenFromThenOn(t *testing.T) {
	moves, looks := request{verb: move}, request{verb: place}
	right := []op{
		{q: looks, a: nothing},
		{q: sends(7, ""), a: made(1, "1-submitted")},
		{q: looks, a: reply{value: 7}},
		{q: moves, a: reply{}},
		{q: looks, a: reply{value: 7, moved: true}},
		{q: moves, a: reply{refused: goneAlready}},
		{q: waiting, a: reply{value: 7}},
		{q: sends(8, "1-submitted"), a: made(2, "2-submitted")},
		{q: looks, a: reply{value: 8, moved: true}},
	}
	for i := range right {
		right[i].call, right[i].end = int64(2*i), int64(2*i+1)
	}
	if got := verdict(right...); got != porcupine.Ok {
		t.Errorf("a move in order is %s, want Ok", got)
	}
	for at, wrong := range map[int]reply{2: {value: 7, moved: true}, 4: {value: 7}, 5: {}, 8: {value: 8}} {
		lines := append([]op(nil), right...)
		lines[at].a = wrong
		if got := verdict(lines...); got != porcupine.Illegal {
			t.Errorf("operation %d answered %+v is %s, want Illegal", at, wrong, got)
		}
	}
}
