//go:build unix

package bitrot

import (
	"context"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strconv"

	"github.com/tonghop/tonghop/server"
	"github.com/tonghop/tonghop/server/auth"
)

// order is what the process inside is told: which damages to do, every step-th.
type order struct {
	Seed, From, To, Step uint64
	Models, Dir          string
	Secret               string
	// Again says that the folder of the first damage is there already: a process that ended left it so.
	Again bool
}

// news is what it tells of one damage: that it begins, and how it ended.
type news struct {
	N     uint64
	Ended bool
	// How is what became of it; Wrong is what must not be.
	How   outcome
	Wrong string
}

// outcome is what became of a damage.
type outcome uint8

// The outcomes.
const (
	// refused: the start said no, and why.
	refused outcome = iota + 1
	// rebuilt: the state was made anew at the start.
	rebuilt
	// told: an answer was an error, and the next start was right.
	told
	// harmless: everything was as before, with the file as it was.
	harmless
	outcomes
)

var outcomeNames = [...]string{refused: "refused", rebuilt: "rebuilt", told: "told", harmless: "harmless"}

func inside(ctx context.Context, in io.Reader, out io.Writer) error {
	var o order
	if err := json.NewDecoder(in).Decode(&o); err != nil {
		return err
	}
	models, err := read(o.Models)
	if err != nil {
		return err
	}
	lines := json.NewEncoder(out)
	j := judge{ctx: ctx, models: models, secret: auth.Secret(o.Secret), right: map[string]answers{}}
	for name := range models {
		if err := j.learn(name, filepath.Join(o.Dir, "whole")); err != nil {
			return err
		}
	}
	for n := o.From; n < o.To && ctx.Err() == nil; n += o.Step {
		if err := lines.Encode(news{N: n}); err != nil {
			return err
		}
		end, err := j.one(draw(o.Seed, n, models), filepath.Join(o.Dir, strconv.FormatUint(n, 10)), o.Again)
		if err != nil {
			return err
		}
		end.N, end.Ended = n, true
		if err := lines.Encode(end); err != nil {
			return err
		}
		o.Again = false
	}
	return ctx.Err()
}

// learn asks an undamaged copy.
func (j *judge) learn(name, dir string) error {
	defer func() { _ = os.RemoveAll(dir) }()
	if err := copyFolder(j.models[name].dir, dir); err != nil {
		return err
	}
	store, err := server.OpenStore(j.ctx, config(dir))
	if err != nil {
		return err
	}
	j.right[name] = look(j.ctx, store, j.secret)
	for what, a := range j.right[name] {
		if a.err != nil || a.text == "" {
			return errorOf("an undamaged store says of %s: %q, %v", what, a.text, a.err)
		}
	}
	return store.Close()
}
