//go:build unix

package doors

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
	"github.com/tonghop/tonghop/server/check"
	"github.com/tonghop/tonghop/server/check/daemon"
	"github.com/tonghop/tonghop/server/check/plant"
	"github.com/tonghop/tonghop/server/check/workload"
)

// Check is the suite.
var Check = check.Check{
	Name:    "doors",
	Promise: "Whatever is asked over gRPC and as JSON has the same verdict, the same answer and the same entry in the journal, by the same principal.",
	Counts:  "requests", Short: 4_000, Long: 20_000,
	Run: run,
	Controls: []check.Control{
		{Name: anotherName, Fault: "JSON comes in under the name of another.", Size: 1_000},
		{
			Name: "etag-lost", Fault: "The gateway passes over If-Match.", Size: 2_000,
			Edits: []plant.Edit{{File: "server/gateway/fill.go", Old: "	to.Set(field, protoreflect.ValueOfString(a.etag))\n", New: ""}},
		},
		{
			Name: "parameter-lost", Fault: "The gateway reads no parameters.", Size: 1_000,
			Edits: []plant.Edit{{File: "server/gateway/enter.go", Old: "r.Form, r.PostForm = a.parameters, url.Values{}", New: "r.Form, r.PostForm = url.Values{}, url.Values{}"}},
		},
	},
}

// anotherName is the control in which the check itself is wrong.
const anotherName = "another-name"

const (
	communes, months = 6, 6
	// callWithin bounds one call.
	callWithin = 20 * time.Second
)

// house is a store that is served twice.
type house struct {
	*check.Run
	left, right *daemon.Daemon
	conn        *grpc.ClientConn
	web         *http.Client
	// callers are the tokens, by the role's word; "nobody" has none.
	callers []caller
	pool    *pool
	count   map[string]int
}

type caller struct{ word, secret string }

func run(ctx context.Context, r *check.Run) (err error) {
	dir, remove, err := check.InMemory(r.Dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, remove()) }()
	h := &house{Run: r, count: map[string]int{}}
	dirs := [2]string{filepath.Join(dir, "left"), filepath.Join(dir, "right")}
	if err := h.found(ctx, dirs); err != nil {
		return err
	}
	defer func() {
		for _, d := range []*daemon.Daemon{h.left, h.right} {
			if d != nil {
				d.Kill()
			}
		}
	}()
	if err := h.ask(ctx); err != nil {
		return err
	}
	for _, d := range []*daemon.Daemon{h.left, h.right} {
		if exit, err := d.Stop(callWithin); err != nil || exit.Code != 0 {
			return errors.Join(err, fmt.Errorf("a daemon ended with %s", exit))
		}
	}
	entries, err := compareJournals(ctx, dirs)
	r.Figure("methods", len(slices.Compact(h.pool.methods)))
	for _, word := range []string{"answered", "refused", "nowhere"} {
		r.Figure(word, h.count[word])
	}
	r.Figure("entries", entries)
	return err
}

// found makes the province, copies it and serves both copies.
func (h *house) found(ctx context.Context, dirs [2]string) error {
	cfg := daemon.Config{Program: h.Daemon, Dir: dirs[0]}
	admin, err := daemon.Init(ctx, cfg)
	if err != nil {
		return err
	}
	d, err := daemon.Start(ctx, cfg)
	if err != nil {
		return err
	}
	err = h.people(ctx, d, admin)
	if exit, stopped := d.Stop(callWithin); stopped != nil || exit.Code != 0 {
		return errors.Join(err, stopped, fmt.Errorf("the founding ended with %s", exit))
	}
	if err != nil {
		return err
	}
	if err := copyStore(dirs[1], dirs[0]); err != nil {
		return err
	}
	for i, dir := range dirs {
		cfg.Dir = dir
		d, err := daemon.Start(ctx, cfg)
		if err != nil {
			return err
		}
		*[]**daemon.Daemon{&h.left, &h.right}[i] = d
	}
	h.conn, err = grpc.NewClient(h.left.GRPC, grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(16<<20)))
	h.web = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 8}, Timeout: callWithin}
	return err
}

// copyStore copies a data folder, which is its owner's alone.
func copyStore(to, from string) error {
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		return err
	}
	return filepath.WalkDir(to, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Chmod(path, map[bool]fs.FileMode{false: 0o600, true: 0o700}[e.IsDir()])
	})
}

// people founds the province, and gives each role a token; some reports are there already.
func (h *house) people(ctx context.Context, d *daemon.Daemon, admin string) (err error) {
	world, err := workload.Found(ctx, d, admin, workload.Shape{Seed: h.Seed, Districts: 2, Communes: communes, Months: months})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, world.Close()) }()
	if err := world.Fill(ctx, world.Reports()[:communes*months/2]...); err != nil {
		return err
	}
	h.callers = []caller{{"administrator", admin}, {"nobody", ""}, {"a stranger", "th_nonsense"}}
	spare := ""
	for _, c := range []struct {
		role reportingv1.Role
		unit string
	}{
		{reportingv1.Role_ROLE_APPROVER, ""},
		{reportingv1.Role_ROLE_APPROVER, "D00"},
		{reportingv1.Role_ROLE_VIEWER, "D01"},
		{reportingv1.Role_ROLE_REPORTER, "C0000"},
		{reportingv1.Role_ROLE_REPORTER, "C0001"},
		{reportingv1.Role_ROLE_DRAFTER, "C0000"},
		{reportingv1.Role_ROLE_OPERATOR, ""},
		{reportingv1.Role_ROLE_VIEWER, ""},
	} {
		t, err := world.Admin().CreateToken(ctx, &reportingv1.CreateTokenRequest{Role: c.role, Unit: c.unit})
		if err != nil {
			return err
		}
		h.callers = append(h.callers, caller{c.role.String() + " " + c.unit, t.GetSecret()})
		spare = t.GetToken().GetName()
	}
	h.pool, err = newPool(h.Random(0), world.JournalID(), spare)
	return err
}

// ask sends all requests.
func (h *house) ask(ctx context.Context) error {
	defer func() { _ = h.conn.Close() }()
	for n := range h.Size {
		q := h.pool.request(h.callers)
		if err := h.both(ctx, q); err != nil {
			return fmt.Errorf("request %d, %s by %s: %w", n, q.method.FullName(), q.caller.word, err)
		}
		if n%500 == 499 {
			h.Progress("%d of %d requests", n+1, h.Size)
		}
	}
	return ctx.Err()
}
