package main

import (
	"context"
	"io"
	"time"

	"github.com/alecthomas/kong"
)

// commands is the whole command line. The order is that of the help.
type commands struct {
	globals

	Import        importCmd        `cmd:"" help:"Upload units, lineage, indicators, forms, rules, targets, outside figures or regions, whole or not at all."`
	Template      templateCmd      `cmd:"" help:"Write the form of a report as a workbook, to be filled in."`
	Submit        submitCmd        `cmd:"" help:"Upload figures: each report of the file stands alone."`
	Outbox        outboxCmd        `cmd:"" help:"Show and send what waits on this machine for the line."`
	Approve       approveCmd       `cmd:"" help:"Approve reports that wait for it."`
	Return        returnCmd        `cmd:"" help:"Send a report back."`
	Exclude       excludeCmd       `cmd:"" help:"Take the obligation of a unit out, lift that, or list what is taken out."`
	Owe           oweCmd           `cmd:"" help:"Say what is owed: the reports that a unit is to send, and until when."`
	Overdue       overdueCmd       `cmd:"" help:"Say who is late, in the order of a telephone list."`
	Completeness  completenessCmd  `cmd:"" help:"Show who has reported: units by periods."`
	Close         closeCmd         `cmd:"" help:"Close a period of a form, show how it stands, or list closings."`
	Reopen        reopenCmd        `cmd:"" help:"Let reports of a closed period change for a time."`
	History       historyCmd       `cmd:"" help:"Show what became of a report, act by act, and send an earlier revision again."`
	Query         queryCmd         `cmd:"" help:"Ask for roll-ups."`
	Explain       explainCmd       `cmd:"" help:"Show what makes a roll-up, and what is missing from it."`
	Reports       reportsCmd       `cmd:"" help:"Read reports and their revisions."`
	Units         unitsCmd         `cmd:"" help:"Read the tree of units, and change it in one piece."`
	Indicators    indicatorsCmd    `cmd:"" help:"Read the catalogue of indicators."`
	Forms         formsCmd         `cmd:"" help:"Read the forms and their deadlines."`
	Rules         rulesCmd         `cmd:"" help:"Keep the validation rules of forms, and try them on past reports."`
	Calendar      calendarCmd      `cmd:"" help:"Keep the list of holidays, and show periods and their deadlines."`
	Plan          planCmd          `cmd:"" help:"Keep plans, what they demand, and what was declared of them."`
	Evaluate      evaluateCmd      `cmd:"" help:"Say of each target of a plan whether it is reached."`
	Rank          rankCmd          `cmd:"" help:"Rank units on an indicator or on a plan."`
	Compare       compareCmd       `cmd:"" help:"Set units side by side."`
	Outside       outsideCmd       `cmd:"" help:"List what others published: ranks, indexes, classes."`
	Published     publishedCmd     `cmd:"" help:"List what is published, or the figures of one publication."`
	Regions       regionsCmd       `cmd:"" help:"List the regions in which provinces are compared."`
	Duty          dutyCmd          `cmd:"" help:"Keep what units are to do once, and say how far they are."`
	Inspection    inspectionCmd    `cmd:"" help:"Keep inspections, and say how far each unit is with their steps."`
	Register      registerCmd      `cmd:"" help:"Keep registers of single things, such as teams, firms or products, and count them."`
	Changes       changesCmd       `cmd:"" help:"Tell what changed since a sequence, and follow it."`
	Subscriptions subscriptionsCmd `cmd:"" help:"Have people told of what is due, late, sent back or waiting."`
	Token         tokenCmd         `cmd:"" help:"Issue, list, rotate and revoke tokens."`
	Proof         proofCmd         `cmd:"" help:"Have certificates and groups prove tokens."`
	Whoami        whoamiCmd        `cmd:"" help:"Say who the token is."`
	Status        statusCmd        `cmd:"" help:"Say how the server and its store are."`
	Verify        verifyCmd        `cmd:"" help:"Have the server prove its store."`
	Head          headCmd          `cmd:"" help:"Have the server sign a head of its chain, and keep it."`
	Receipt       receiptCmd       `cmd:"" help:"List and verify the receipts that were kept."`
	Resend        resendCmd        `cmd:"" help:"Send again what a restored server lost."`
	Redact        redactCmd        `cmd:"" help:"Remove what was written with an entry for ever: notes, reasons, names."`
	Version       versionCmd       `cmd:"" help:"Say which version of this program runs."`
}

const description = `Bring the figures of a province's units together.

Lists are comma-separated. A unit is its id (82-20250701) or its code (82). Numbers of answers are exact.`

// helpWidth is where help wraps, also on wider terminals.
const helpWidth = 100

// Run runs one command and gives the code for the process to end with. Everything that it touches comes in here.
func Run(ctx context.Context, args []string, env func(string) string, stdin io.Reader, stdout, stderr io.Writer) int {
	s := newSession(env, stdin, stdout, stderr)
	var cli commands
	helped := false
	parser, err := kong.New(&cli,
		kong.Name("tonghop"),
		kong.Description(description),
		kong.Writers(stdout, stderr),
		// The help flag ends parsing like this and not the process.
		kong.Exit(func(int) { helped = true }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, NoExpandSubcommands: true, FlagsLast: true, WrapUpperBound: helpWidth}),
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.Bind(s),
	)
	if err != nil {
		return s.fail(ctx, err)
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	chosen, err := parser.Parse(args)
	if helped {
		return exitOK
	}
	if err != nil {
		return s.fail(ctx, &usageError{text: err.Error(), command: commandOf(err)})
	}
	s.globals, s.command = cli.globals, chosen.Selected().FullPath()
	if err := chosen.Run(); err != nil {
		return s.fail(ctx, err)
	}
	return exitOK
}

// commandOf names the command whose help would help.
func commandOf(err error) string {
	if parse, ok := err.(*kong.ParseError); ok && parse.Context != nil && parse.Context.Selected() != nil { //nolint:errorlint // Parse gives it bare
		return parse.Context.Selected().FullPath()
	}
	return "tonghop"
}

// clock is the only reader of the time.
func clock() time.Time { return time.Now() }
