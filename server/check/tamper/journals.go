//go:build unix

package tamper

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/google/uuid"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
	"github.com/tonghop/tonghop/server/check"
	"github.com/tonghop/tonghop/server/check/daemon"
	"github.com/tonghop/tonghop/server/check/workload"
)

// journals are folders with a journal in different states, and the files that its keeper holds.
type journals struct {
	// older is a copy from before the last changes, clean one of the whole journal, redacted the journal after private
	// parts were removed: the one that is edited.
	older, clean, redacted string
	// key is the verifier key, earlier the head of clean, head that of redacted.
	key, earlier, head string
	entries            int64
}

// makeJournals lets a real server write them.
func makeJournals(ctx context.Context, r *check.Run) (journals, error) {
	dir := filepath.Join(r.Dir, "store")
	j := journals{
		older: filepath.Join(r.Dir, "older"), clean: filepath.Join(r.Dir, "clean"), redacted: filepath.Join(dir, "journal"),
		key: filepath.Join(dir, "keys", "head.pub"), earlier: filepath.Join(r.Dir, "earlier.head"), head: filepath.Join(r.Dir, "last.head"),
	}
	admin, err := daemon.Init(ctx, daemon.Config{Program: r.Daemon, Dir: dir})
	if err != nil {
		return j, err
	}
	var world *workload.World
	err = served(ctx, r, dir, func(d *daemon.Daemon) error {
		if world, err = workload.Found(ctx, d, admin, workload.Shape{Seed: r.Seed}); err != nil {
			return err
		}
		return drive(ctx, world, 60)
	})
	if err != nil {
		return j, err
	}
	if err := os.CopyFS(j.older, os.DirFS(j.redacted)); err != nil {
		return j, err
	}
	err = served(ctx, r, dir, func(d *daemon.Daemon) error {
		if err := world.Connect(ctx, d); err != nil {
			return err
		}
		if err := drive(ctx, world, 120); err != nil {
			return err
		}
		_, err := keepHead(ctx, d, admin, j.earlier)
		return err
	})
	if err != nil {
		return j, err
	}
	if err := os.CopyFS(j.clean, os.DirFS(j.redacted)); err != nil {
		return j, err
	}
	err = served(ctx, r, dir, func(d *daemon.Daemon) error {
		said, exit, err := daemon.Command(ctx, daemon.Config{Program: r.Daemon}, "token", "--data", dir, "--role", "operator")
		if err != nil || exit.Code != 0 {
			return errors.Join(err, fmt.Errorf("a token for the operator: %s", exit))
		}
		if err := redact(ctx, d, strings.TrimSpace(said)); err != nil {
			return err
		}
		j.entries, err = keepHead(ctx, d, admin, j.head)
		return err
	})
	return j, err
}

// served runs a server around a piece of work.
func served(ctx context.Context, r *check.Run, dir string, work func(*daemon.Daemon) error) error {
	d, err := startDaemon(ctx, r, dir)
	if err != nil {
		return err
	}
	err = work(d)
	_, stopped := d.Stop(stopWithin)
	return errors.Join(err, stopped)
}

// drive lets some clients work until they have sent so many requests: few, for the verifier is slow.
func drive(ctx context.Context, world *workload.World, upTo int) error {
	for part := uint64(1); len(world.Attempts()) < upTo; part++ {
		short, stop := context.WithTimeout(ctx, 30*time.Millisecond)
		err := world.Drive(short, 4, part)
		stop()
		if err = errors.Join(err, ctx.Err()); err != nil {
			return err
		}
	}
	return nil
}

// operate asks the service for those who look after the store.
func operate(ctx context.Context, d *daemon.Daemon, token string, ask func(context.Context, reportingv1.OperationServiceClient) error) error {
	conn, err := grpc.NewClient(d.GRPC, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return err
	}
	err = ask(metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+token), reportingv1.NewOperationServiceClient(conn))
	return errors.Join(err, conn.Close())
}

// keepHead asks for the last signed head and keeps it; it gives the sequence.
func keepHead(ctx context.Context, d *daemon.Daemon, token, path string) (int64, error) {
	sequence := int64(0)
	err := operate(ctx, d, token, func(ctx context.Context, c reportingv1.OperationServiceClient) error {
		head, err := c.GetSignedHead(ctx, &reportingv1.GetSignedHeadRequest{})
		if err != nil {
			return fmt.Errorf("the head: %w", err)
		}
		sequence = head.GetSequence()
		return os.WriteFile(path, []byte(head.GetNote()), 0o600)
	})
	return sequence, err
}

// redact removes the private part of the first entry that has one.
func redact(ctx context.Context, d *daemon.Daemon, token string) error {
	return operate(ctx, d, token, func(ctx context.Context, c reportingv1.OperationServiceClient) error {
		var err error
		for sequence := range int64(50) {
			_, err = c.RedactEntry(ctx, &reportingv1.RedactEntryRequest{
				Sequence: sequence + 1, Reason: "Thử xóa", RequestId: uuid.NewString(),
			})
			if err == nil {
				return nil
			}
		}
		return fmt.Errorf("no private part was removed: %w", err)
	})
}

// older is the deed of who puts an older copy in the journal's place.
const olderCopy = "older"

// kinds are the deeds, in the order of the line of figures.
func kinds() []string {
	names := []string{olderCopy}
	for _, e := range edits {
		names = append(names, e.name)
	}
	return names
}

// edit puts an edited copy into a folder and says what was done, with the kind of the deed before a colon.
func (j journals) edit(dir string, n int, random *rand.Rand) (string, error) {
	n %= 2*len(edits) + 1
	if n == 0 {
		return olderCopy + ": put an older copy in its place", os.CopyFS(dir, os.DirFS(j.older))
	}
	e, again := edits[(n-1)/2], n%2 == 0
	journal, err := steal(j.redacted)
	if err != nil {
		return "", err
	}
	did, ok := e.do(journal, random)
	if !ok {
		return "", fmt.Errorf("the journal has nothing to %s", e.name)
	}
	if again {
		rebuild(journal)
		did += ", and made the chain whole again"
	}
	return e.name + ": " + did, leave(dir, journal)
}
