package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
	"github.com/tonghop/tonghop/server"
	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/reporting"
)

// version is set by the release; a build from a checkout names its revision.
var version string

func programVersion() string {
	if version != "" {
		return version
	}
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" {
		return "development"
	}
	return info.Main.Version
}

type versionCommand struct{}

// Run prints the version.
func (versionCommand) Run(w world) error {
	_, err := fmt.Fprintln(w.out, "tonghopd", programVersion())
	return err
}

type initCommand struct {
	Data         string   `help:"Data folder; made if it is missing." required:"" placeholder:"DIR" env:"TONGHOP_DATA"`
	SegmentBytes int64    `help:"Bytes of the first file of the journal, a multiple of 4096." default:"67108864" name:"segment-bytes"`
	TLS          []string `help:"Hosts and addresses of the server: makes an authority and a certificate for them, so that serve speaks TLS." name:"tls" placeholder:"HOST"`
	Bootstrap    bool     `help:"Print a token that is good for an hour and for one thing: to issue the token of a named administrator (tonghop token create --role administrator --name NAME)."`
	ResetAdmin   bool     `help:"Print such a token for a store that has lost its administrators; no server may run. The journal says so." name:"reset-admin"`
	keyFlag
}

// Run makes a store.
func (c initCommand) Run(w world) error {
	cfg := server.Config{Dir: c.Data, KeyFile: c.Key, SegmentBytes: c.SegmentBytes, Version: programVersion()}
	if c.ResetAdmin {
		secret, err := server.ResetAdministrator(w.ctx, cfg)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(w.out, "%s\n%s\n", aboutBootstrap, secret.Reveal())
		return err
	}
	begin, about := server.Init, "This is the token of the first administrator. It is shown once and ends in 90 days; keep it safe."
	if c.Bootstrap {
		begin, about = server.InitBootstrap, aboutBootstrap
	}
	secret, err := begin(w.ctx, cfg)
	if err != nil {
		return err
	}
	if len(c.TLS) > 0 {
		if err := server.InitTLS(c.Data, c.TLS); err != nil {
			return err
		}
	}
	verifier, err := server.ReadVerifierKey(c.Data)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w.out, "The store is in %s. Serve it with:\n\n  tonghopd serve --data %s%s\n\n"+
		"Whoever has this key can verify the heads and receipts that the store gives. Keep a copy elsewhere, with those who are\n"+
		"to check the store: a key that is asked of the server itself proves nothing once somebody has replaced both.\n%s\n\n"+
		"%s\n%s\n",
		c.Data, c.Data, c.again(), verifier, about, secret.Reveal())
	return err
}

const aboutBootstrap = "This token is good for an hour and for one thing, to issue the token of a named administrator. It is shown once:\n\n" +
	"  TONGHOP_TOKEN=... tonghop token create --role administrator --name NAME\n"

type tokenCommand struct {
	Data     string        `help:"Data folder." required:"" placeholder:"DIR" env:"TONGHOP_DATA"`
	Role     string        `help:"reporter, drafter, sender, approver, viewer, administrator, operator, auditor or public." required:""`
	Unit     string        `help:"Unit it is bound to, by id or code; a reporter needs one. Without: every unit."`
	Form     string        `help:"The only form it is for. Without: every form."`
	Name     string        `help:"Who holds it, for people."`
	Lifetime time.Duration `help:"How long it lives, such as 720h." default:"2160h"`
}

// Run issues a token through the running server, or on the store itself where none runs.
func (c tokenCommand) Run(w world) error {
	role, err := auth.ParseRole(c.Role)
	if err != nil {
		return err
	}
	draft := reporting.TokenDraft{Role: role, Unit: c.Unit, Form: c.Form, DisplayName: c.Name, Lifetime: c.Lifetime}
	control, err := server.ReadControl(c.Data)
	switch {
	case err == nil && control.Alive():
		text, err := c.ask(w.ctx, control, role)
		return c.print(w, text, err)
	case err != nil && fault.KindOf(err) != fault.KindNotFound:
		return err
	}
	store, err := server.OpenStore(w.ctx, server.Config{Dir: c.Data, Version: programVersion()})
	if err != nil {
		return err
	}
	secret, err := store.IssueToken(w.ctx, draft)
	return c.print(w, secret.Reveal(), errors.Join(err, store.Close()))
}

// ask has the running server issue the token.
func (c tokenCommand) ask(ctx context.Context, control server.Control, role auth.Role) (string, error) {
	conn, err := control.Dial(ctx)
	if err != nil {
		return "", err
	}
	answer, err := conn.CreateToken(ctx, &reportingv1.CreateTokenRequest{
		Role: roles[role], Unit: c.Unit, Form: c.Form, DisplayName: c.Name, Lifetime: durationpb.New(c.Lifetime),
	})
	return answer.GetSecret(), errors.Join(err, conn.Close())
}

// roles pairs the roles with those of the contract.
var roles = map[auth.Role]reportingv1.Role{
	auth.Reporter: reportingv1.Role_ROLE_REPORTER, auth.Approver: reportingv1.Role_ROLE_APPROVER,
	auth.Viewer: reportingv1.Role_ROLE_VIEWER, auth.Administrator: reportingv1.Role_ROLE_ADMINISTRATOR,
	auth.Operator: reportingv1.Role_ROLE_OPERATOR, auth.Drafter: reportingv1.Role_ROLE_DRAFTER, auth.Sender: reportingv1.Role_ROLE_SENDER,
	auth.Auditor: reportingv1.Role_ROLE_AUDITOR, auth.Public: reportingv1.Role_ROLE_PUBLIC,
}

func (tokenCommand) print(w world, text string, err error) error {
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(w.out, text)
	return err
}

type rebuildCommand struct {
	Data string `help:"Data folder." required:"" placeholder:"DIR" env:"TONGHOP_DATA"`
	garbageFlags
}

// Run rebuilds the derived state.
func (c rebuildCommand) Run(w world) error {
	c.garbage().Tune(w.ctx)
	head, took, err := server.Rebuild(w.ctx, server.Config{
		Dir: c.Data, Version: programVersion(), Progress: newProgress(w.err),
	})
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w.out, "rebuilt from %d entries in %s, chain %s\n", head.Sequence, took.Round(time.Millisecond), head.Hash)
	return err
}

type verifyCommand struct {
	Data string `help:"Data folder." required:"" placeholder:"DIR" env:"TONGHOP_DATA"`
	JSON bool   `help:"Print the result as one line of JSON." name:"json"`
}

// isTerminal says whether a stream is a terminal, where a line can be written again.
func isTerminal(w any) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
