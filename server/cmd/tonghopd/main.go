package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"

	"github.com/tonghop/tonghop/client"
	"github.com/tonghop/tonghop/server"
	"github.com/tonghop/tonghop/server/fault"
)

// Codes of exit. A service manager starts the daemon again after exitStore, with a limit.
const (
	exitOK      = 0
	exitRefused = 1
	exitUsage   = 2
	exitStore   = 70
)

// commands is the command line.
type commands struct {
	Init        initCommand        `cmd:"" help:"Make a store and print the token of its first administrator, alone on the last line."`
	Serve       serveCommand       `cmd:"" help:"Serve a store over gRPC and JSON. Never makes one."`
	Demo        demoCommand        `cmd:"" help:"Serve a sample province with 24 months of figures, in a temporary folder or --data."`
	Verify      verifyCommand      `cmd:"" help:"Check the journal's chain, and recompute every roll-up from the reports."`
	Backup      backupCommand      `cmd:"" help:"Copy the journal of a store, also beside its server, and prove the copy; or check a backup again."`
	Restore     restoreCommand     `cmd:"" help:"Make a store of a backup, under a new journal id."`
	Rebuild     rebuildCommand     `cmd:"" help:"Make the derived state anew from the journal."`
	Token       tokenCommand       `cmd:"" help:"Issue a token and print it, alone on the last line; works beside a running server too."`
	Key         keyCommand         `cmd:"" help:"Print the key that verifies signed heads, or make a new one while no server runs."`
	Audit       auditCommand       `cmd:"" help:"Tell who changed what, from the journal, and who tried, from the security log; also beside a server."`
	Certificate certificateCommand `cmd:"" help:"Have the authority that init --tls made issue a certificate for the server or for a client."`
	Receipt     receiptCommand     `cmd:"" help:"Verify receipts without a server."`
	Version     versionCommand     `cmd:"" help:"Print the version."`
}

func main() {
	if err := server.Harden(); err != nil {
		_, _ = fmt.Fprintln(os.Stderr, "tonghopd: core dumps cannot be turned off:", err)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// world is what a command may touch.
type world struct {
	ctx      context.Context //nolint:containedctx // handed to the one command that runs
	out, err io.Writer
}

// run is main without the process.
func run(ctx context.Context, args []string, out, errOut io.Writer) int {
	var cli commands
	exited, exitCode := false, 0
	parser, err := kong.New(&cli,
		kong.Name("tonghopd"),
		kong.Description("tonghop brings together the figures that units report to a province."),
		kong.Writers(out, errOut),
		kong.Exit(func(code int) { exited, exitCode = true, code }),
		kong.UsageOnError(),
	)
	if err != nil {
		_, _ = fmt.Fprintln(errOut, "tonghopd:", err)
		return exitUsage
	}
	command, err := parser.Parse(args)
	switch {
	case exited:
		return exitCode
	case err != nil:
		_, _ = fmt.Fprintf(errOut, "tonghopd: %v\nSee tonghopd --help.\n", err)
		return exitUsage
	}
	err = command.Run(world{ctx: ctx, out: out, err: errOut})
	if err == nil {
		return exitOK
	}
	complain(errOut, err)
	return codeOf(err)
}

// complain tells what went wrong, every problem on a line of its own.
func complain(out io.Writer, err error) {
	var answered *client.Error
	if errors.As(err, &answered) { // by the server that runs beside the command
		_, _ = fmt.Fprintln(out, "tonghopd:", answered)
		return
	}
	e := fault.Of(err)
	if e.Kind == fault.KindInternal {
		_, _ = fmt.Fprintln(out, "tonghopd:", e.Private())
		return
	}
	_, _ = fmt.Fprintf(out, "tonghopd: %s (%s)\n", e.Error(), e.Reason)
	for _, d := range e.Details {
		_, _ = fmt.Fprintf(out, "  %s (%s)\n", d.Error(), d.Reason)
	}
}

func codeOf(err error) int {
	if errors.Is(err, server.ErrStoreFailed) {
		return exitStore
	}
	return exitRefused
}
