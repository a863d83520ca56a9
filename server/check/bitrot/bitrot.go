//go:build unix

package bitrot

import (
	"context"
	"errors"
	"path/filepath"

	"github.com/tonghop/tonghop/server/check"
	"github.com/tonghop/tonghop/server/check/plant"
)

const name = "bit-rot"

// Check is the suite.
var Check = check.Check{
	Name: name,
	Promise: "After any damage of one file, no answer is wrong, no start is empty, and the last change is there or the start is refused: " +
		"a damaged state is made anew, a damaged journal says where it is damaged and is left as it is.",
	Counts: "damages",
	Short:  3200, Long: 30_000,
	Run:    run,
	Inside: inside,
	Controls: []check.Control{
		{
			Name: "unsealed", Fault: "Values of the state are believed whatever their checksums say.", Size: 640, Inside: true,
			Edits: []plant.Edit{{
				File: "server/aggregator/bucket.go", Old: "if at < 0 || binary.BigEndian.Uint64(stored[at:]) != b.sum(key, stored[:at]) {",
				New: "if at < 0 {",
			}},
		},
		{
			Name: "unread", Fault: "Of the state no page is read before it is believed but those that say how far it came.", Size: 640, Inside: true,
			Edits: []plant.Edit{
				{File: "server/aggregator/inspect.go", Old: "	s.buckets++\n", New: "	s.buckets++\n	if b != metaBucket {\n		return nil\n	}\n"},
				{File: "server/aggregator/inspect.go", Old: "if l.digest != s.digest {", New: "if l.digest != s.digest && false {"},
			},
		},
		{
			Name: "cut-off", Fault: "The end of the journal is cut off without asking whether it was acknowledged.", Size: 640, Inside: true,
			Edits: []plant.Edit{{File: "server/store.go", Old: "cfg.Known = c.known()", New: "cfg.Known = filejournal.Known{}"}},
		},
	},
}

func run(ctx context.Context, r *check.Run) (err error) {
	dir, remove, err := check.InMemory(r.Dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, remove()) }()
	models := filepath.Join(dir, "models")
	secret, err := build(ctx, models)
	if err != nil {
		return err
	}
	a := &attack{run: r, dir: dir, models: models, secret: secret}
	err = a.all(ctx)
	a.total.figures(r)
	if err == nil {
		err = a.daemons(ctx)
	}
	if check.IsBroken(err) { // what was found wrong is to be looked at
		return errors.Join(err, copyFolder(dir, filepath.Join(r.Dir, "left")))
	}
	return err
}
