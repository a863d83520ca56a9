//go:build unix

package powerloss

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"

	"github.com/tonghop/tonghop/client"
	"github.com/tonghop/tonghop/server/check"
	"github.com/tonghop/tonghop/server/check/daemon"
	"github.com/tonghop/tonghop/server/check/powerdisk"
)

const (
	// birthEvery is how many lives there are for one tonghopd init that is watched.
	birthEvery = 4
	// birthCuts are in it, birthsAfter behind it.
	birthCuts   = 8
	birthsAfter = 3
	// birthChanges is about how many changes of the disk it makes.
	birthChanges = 70
)

// born is the disk in or after tonghopd init.
type born struct {
	cut
	// token is what init had printed; empty while it was at work.
	token string
}

// birth takes the power away while tonghopd init makes a store, and right after it.
func (a *attack) birth(ctx context.Context, random *rand.Rand) (err error) {
	disk, err := a.mount(nil)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.remove(disk)) }()
	watching := &life{attack: a, random: random, world: a.world.Again(), disk: disk}
	for range birthCuts {
		watching.arm(1+random.IntN(birthChanges), moments{word: "in init"})
	}
	token, err := daemon.Init(ctx, watching.config(disk.Dir, 0))
	if err != nil {
		return fmt.Errorf("init on a disk that works: %w", err)
	}
	disk.Disarm()
	cuts := make([]born, 0, birthCuts+birthsAfter)
	for _, c := range watching.cuts {
		cuts = append(cuts, born{cut: c})
	}
	for _, mode := range []powerdisk.Mode{powerdisk.KeepNone, powerdisk.KeepSome, powerdisk.KeepSome}[:birthsAfter] {
		drawn, _ := watching.draw()
		cuts = append(cuts, born{cut{image: disk.Image(drawn, mode), mode: mode, moment: "right after init"}, token})
	}
	for _, b := range cuts {
		if a.left() <= 0 {
			break
		}
		if err := a.judgeBirth(ctx, b, watching); err != nil {
			return b.failed(err)
		}
	}
	return nil
}

// judgeBirth demands a store that its administrator can work with, where init had said that it is made; before that a
// folder that init can be run on again will do.
func (a *attack) judgeBirth(ctx context.Context, b born, l *life) error {
	dir := a.folder("born")
	if err := os.Mkdir(dir, 0o700); err != nil {
		return err
	}
	if err := b.image.Write(dir); err != nil {
		return err
	}
	config := l.config(dir, 1)
	err := a.judgeToken(ctx, config, b)
	var refused *daemon.NotServing
	if errors.As(err, &refused) && b.token == "" {
		err = a.bearAgain(ctx, config, refused.Exit)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", dir, err)
	}
	a.count(func(t *tally) { t.cuts, t.births = t.cuts+1, t.births+1 })
	return os.RemoveAll(dir)
}

// judgeToken serves the store and asks it who the holder of the token is. Without a token one is issued: a store that
// serves has to let its operator in.
func (a *attack) judgeToken(ctx context.Context, config daemon.Config, b born) error {
	d, err := daemon.Start(ctx, config)
	if err != nil {
		var refused *daemon.NotServing
		if b.token != "" && errors.As(err, &refused) {
			return check.Broken("init had said that the store is made, and the server does not start: %s", refused.Exit)
		}
		return err
	}
	defer d.Kill()
	token := b.token
	if token == "" {
		if token, err = issue(ctx, config); err != nil {
			return err
		}
	}
	c, err := client.Dial(ctx, client.Config{Address: d.GRPC, Token: client.Secret(token), Language: "en", Attempts: 1})
	if err != nil {
		return err
	}
	_, err = c.GetCaller(ctx)
	if err != nil && b.token != "" {
		err = check.Broken("the token that init printed is not known: %w", err)
	}
	return errors.Join(err, c.Close())
}

// issue has a token issued beside the server.
func issue(ctx context.Context, config daemon.Config) (string, error) {
	out, exit, err := daemon.Command(ctx, config, "token", "--data", config.Dir, "--role", "administrator")
	if err != nil {
		return "", err
	}
	if exit.Code != 0 {
		return "", check.Broken("a store that was cut off while it was made serves, and issues no token: %s", exit)
	}
	return strings.TrimSpace(out), nil
}

// bearAgain runs init again on a folder that no server would serve.
func (a *attack) bearAgain(ctx context.Context, config daemon.Config, exit daemon.Exit) error {
	if !slices.ContainsFunc([]string{"STORE_MISSING"}, func(reason string) bool { return strings.Contains(exit.Said, reason) }) {
		return check.Broken("init was cut off, and the server does not call the store missing: %s", exit)
	}
	if _, err := daemon.Init(ctx, config); err != nil {
		return check.Broken("init was cut off, there is no store, and init cannot be run again: %w", err)
	}
	return nil
}
