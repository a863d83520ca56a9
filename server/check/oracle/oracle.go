package oracle

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"

	"github.com/tonghop/tonghop/server/check"
	"github.com/tonghop/tonghop/server/check/plant"
)

const name = "oracle"

// Check is the suite.
var Check = check.Check{
	Name:    name,
	Promise: "After each step of every sequence of changes, roll-ups are what the reports come to, as of every earlier entry what they came to then, and a rebuild makes the same state.",
	Counts:  "sequences",
	Short:   2000, Long: 15_000,
	Run:    run,
	Inside: inside,
	Controls: []check.Control{
		{
			Name: "added-twice", Fault: "A correction adds the new figure and forgets to take the old one out.", Size: 200, Inside: true,
			Edits: []plant.Edit{{File: "server/aggregator/step.go", Old: "		amounts(&step, c.was, ratio, -1)\n", New: ""}},
		},
		{
			Name: "stale-extreme", Fault: "A maximum that is corrected downwards is not looked for again.", Size: 200, Seed: 600, Inside: true,
			Edits: []plant.Edit{{File: "server/aggregator/delta.go", Old: "if lost {", New: "if lost && false {"}},
		},
		{
			Name: "excused-and-missing", Fault: "A month in which a unit is excused keeps it from being complete in the year.", Size: 500, Seed: 2550, Inside: true,
			Edits: []plant.Edit{{File: "server/aggregator/complete.go", Old: "owed &^ (m.outside[number] | m.excluded)", New: "owed &^ m.outside[number]"}},
		},
		{
			Name: "ghost-group", Fault: "What a group changed that was thrown away stays in memory.", Size: 500, Inside: true,
			Edits: []plant.Edit{{File: "server/aggregator/tx.go", Old: "t.memory.drop()\n\t} else", New: "t.memory.end()\n\t} else"}},
		},
		{
			Name: "both-sides", Fault: "Over a change of the tree the latest figure of a unit before it is added to those after it.", Size: 500, Seed: 1000, Inside: true,
			Edits: []plant.Edit{{
				File: "server/rollup/together.go", Old: "at >= 0 && c.joined.Side(w.at(at)) == c.joined.Side(w.at(newest)); at--", New: "at >= 0; at--",
			}},
		},
		{
			Name: "part-of-a-body", Fault: "What one unit told of a month is taken for all that were joined, though another told of its quarter.", Size: 500, Seed: 1000, Inside: true,
			Edits: []plant.Edit{{File: "server/aggregator/across.go", Old: "	if u.i.uneven {\n		told.Months", New: "	if false {\n		told.Months"}},
		},
		{
			Name: "formula-of-today", Fault: "What is computed takes the newest formula instead of that of the period's last day.", Size: 500, Inside: true,
			Edits: []plant.Edit{{
				File: "server/aggregator/derived.go", Old: "at := u.i.on(calendar.Last(u.q.Period))", New: "at := u.i.on(period.Forever - 1)",
			}},
		},
		{
			Name: "unlike-rebuild", Fault: "A row says that the first entry of a group changed it, so that a rebuild in larger groups differs.", Size: 200, Inside: true,
			Edits: []plant.Edit{{File: "server/aggregator/row.go", Old: "r.sequence = t.position.Head.Sequence", New: "r.sequence = t.store.head.Sequence + 1"}},
		},
		{
			Name: "returned-before", Fault: "As of an entry before its return a revision counts as returned.", Size: 200, Inside: true,
			Edits: []plant.Edit{{File: "server/aggregator/asof.go", Old: "case happened(s.returned):", New: "case s.returned != 0:"}},
		},
		{
			Name: "tree-of-now", Fault: "As of an earlier entry the tree, the catalogue and the forms are those of now.", Size: 200, Inside: true,
			Edits: []plant.Edit{{File: "server/aggregator/asof.go", Old: "if t.snap.since <= then.asOf.sequence {", New: "if t.snap != nil {"}},
		},
		{
			Name: "closed-over", Fault: "The rows of a second closing are written over those of the first.", Size: 500, Inside: true,
			Edits: []plant.Edit{
				{File: "server/aggregator/closing.go", Old: "closedKey(k, c.Version, i), p.Deflated", New: "closedKey(k, 1, i), p.Deflated"},
				{File: "server/aggregator/closing.go", Old: "at := closedKey(k, version, piece)", New: "at := closedKey(k, min(version, 1), piece)"},
			},
		},
		{
			Name: "digest-of-something-else", Fault: "The digest of a closing is of another text than the one that is kept.", Size: 200, Inside: true,
			Edits: []plant.Edit{{File: "server/closing/table.go", Old: "_, _ = digest.Write(text)\n", New: "_, _ = digest.Write(text[:len(text)-1])\n"}},
		},
		{
			Name: "reopened-for-all", Fault: "A period that was opened again for one unit is open for all.", Size: 200, Inside: true,
			Edits: []plant.Edit{{File: "server/aggregator/closing.go", Old: "appendIDs(b, r.Units)); err", New: "appendIDs(b, nil)); err"}},
		},
		{
			Name: "deadline-reopened", Fault: "A changed list of holidays moves a deadline that has passed.", Size: 200, Inside: true,
			Edits: []plant.Edit{{File: "server/form/timetable.go", Old: "return w.has && !w.at.Before(w.end)", New: "return false"}},
		},
	},
}

// order is what the process inside is told.
type order struct {
	Seed, From, Size uint64
	Dir              string
	Workers          int
	// Shorten asks for the shortest story that fails.
	Shorten bool
}

// news is what it tells: now and then how far it is, and at the end what it found.
type news struct {
	Sequences, Steps, Rollups, Reports, Recalled, Keys uint64
	// Failed tells of the first sequence that failed.
	Failed string
	Done   bool
}

func run(ctx context.Context, r *check.Run) (err error) {
	dir, remove, err := check.InMemory(r.Dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, remove()) }()
	child := r.Inside(ctx, name)
	give, err := json.Marshal(order{Seed: r.Seed, Size: uint64(r.Size), Dir: dir, Workers: runtime.NumCPU(), Shorten: r.Control == ""}) //nolint:gosec // a size is not negative
	if err != nil {
		return err
	}
	child.Stdin = bytes.NewReader(give)
	var said bytes.Buffer
	child.Stderr = &said
	out, err := child.StdoutPipe()
	if err != nil {
		return err
	}
	if err := child.Start(); err != nil {
		return err
	}
	last, reading := listen(out, r)
	err = errors.Join(reading, child.Wait())
	r.Figure("steps", last.Steps)
	r.Figure("rollups", last.Rollups)
	r.Figure("reports", last.Reports)
	r.Figure("recalled", last.Recalled)
	r.Figure("keys", last.Keys)
	switch {
	case last.Failed != "":
		return check.Broken("%s", last.Failed)
	case err != nil && strings.Contains(said.String(), "panic: "):
		return check.Broken("the aggregator panics: %s", said.String())
	case err != nil:
		return fmt.Errorf("%w: %s", err, said.String())
	case !last.Done || last.Sequences != uint64(r.Size): //nolint:gosec // as above
		return fmt.Errorf("%d of %d sequences were told", last.Sequences, r.Size)
	}
	return nil
}

// listen reads the news to their end and gives the last.
func listen(out io.Reader, r *check.Run) (news, error) {
	var last news
	lines := json.NewDecoder(out)
	for {
		var n news
		if err := lines.Decode(&n); err != nil {
			if errors.Is(err, io.EOF) {
				err = nil
			}
			return last, err
		}
		last = n
		if !n.Done {
			r.Progress("%d of %d sequences, %d steps", n.Sequences, r.Size, n.Steps)
		}
	}
}
