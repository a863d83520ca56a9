package main

import (
	"context"
	"encoding/json"
	"errors"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/tonghop/tonghop/client"
	"github.com/tonghop/tonghop/client/outbox"
	"github.com/tonghop/tonghop/client/receipt"
	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
)

// outboxFile says where the outbox is.
type outboxFile struct {
	Outbox string `placeholder:"FILE" help:"The outbox. Otherwise TONGHOP_OUTBOX, or tonghop/outbox.db in $$XDG_STATE_HOME (~/.local/state without it)."`
}

// open opens the outbox for the server that the settings name.
func (f outboxFile) open(s *session) (*outbox.Box, error) {
	path := first(f.Outbox, s.env("TONGHOP_OUTBOX"))
	if path == "" {
		state := s.stateDir()
		if state == "" {
			return nil, s.usage("nothing says where the outbox lies: give --outbox FILE")
		}
		path = filepath.Join(state, "tonghop", "outbox.db")
	}
	config, err := s.config()
	if err != nil {
		return nil, err
	}
	box, err := outbox.Open(path, outbox.Config{To: config.Address, Now: clock})
	if err != nil {
		return nil, s.usage("%v", err)
	}
	return box, nil
}

// putAside puts the file of a submission into the outbox. Of a form the rows are put in, and nothing if one of its cells
// cannot be understood: whoever filled it in is here now, and not when it is sent.
func (c *submitCmd) putAside(ctx context.Context, s *session, file upload) error {
	if c.DryRun || c.Correct {
		return s.usage("--later asks no server, and --dry-run and --correct must: leave one of them out")
	}
	form, err := c.readForm(ctx, s, nil, &file)
	if err != nil {
		return err
	}
	if form != nil {
		t := newTeller(s, file.name, c.DryRun, form)
		if err := t.local(); err != nil {
			return err
		}
		if len(form.found) > 0 {
			return c.tellForm(s, form, t)
		}
	}
	box, err := c.open(s)
	if err != nil {
		return err
	}
	i, err := box.PutFile(file.name, file.content, c.options(file))
	if err != nil {
		return err
	}
	if err := s.showItem(i); err != nil {
		return err
	}
	s.notice("%s waits in %s; \"tonghop outbox send\" sends it now, \"tonghop outbox run\" whenever the line is there", plain(file.name), box.Path())
	return nil
}

type outboxCmd struct {
	List    outboxListCmd    `cmd:"" default:"withargs" help:"List what was put in."`
	Show    outboxShowCmd    `cmd:"" help:"Show one item, and what is wrong with it."`
	Send    outboxSendCmd    `cmd:"" help:"Send what waits, once."`
	Run     outboxRunCmd     `cmd:"" help:"Send what waits and what comes, until it is stopped."`
	Release outboxReleaseCmd `cmd:"" help:"Send an item again that was stopped, or let one go that is held."`
	Drop    outboxDropCmd    `cmd:"" help:"Take an item out for good."`
	Prune   outboxPruneCmd   `cmd:"" help:"Take out what was delivered long ago."`
}

type outboxListCmd struct {
	State []string `enum:"held,waiting,delivered,stopped" placeholder:"STATE,..." help:"Only these: ${enum}."`
	outboxFile
}

// Help shows how it is used.
func (outboxListCmd) Help() string {
	return `What is put in by "tonghop submit --later", or by a program through the library, is WAITING until the server has accepted it (DELIVERED). What the server refuses is STOPPED until somebody mends it: put the mended file in anew and drop the old item, or release it to be sent as it is. HELD items wait to be released.

Examples:

    tonghop outbox
    tonghop outbox list --state waiting,stopped -o json`
}

// Run lists items.
func (c *outboxListCmd) Run(_ context.Context, s *session) error {
	box, err := c.open(s)
	if err != nil {
		return err
	}
	var states []outbox.State
	for _, state := range outbox.States() {
		if slices.ContainsFunc(c.State, func(name string) bool { return strings.ToUpper(name) == string(state) }) {
			states = append(states, state)
		}
	}
	items, err := box.List(outbox.Filter{States: states})
	if err != nil {
		return err
	}
	return list(s, outboxSheet, withoutErrors(items))
}

var outboxSheet = sheet[*outbox.Item]{
	table: []column[*outbox.Item]{
		{name: "NO", text: func(i *outbox.Item) string { return strconv.FormatUint(i.Number, 10) }, right: true},
		{name: "STATE", text: func(i *outbox.Item) string { return string(i.State) }},
		{name: "WHAT", text: func(i *outbox.Item) string { return plain(i.Subject()) }},
		{name: "PUT IN", text: func(i *outbox.Item) string { return when(timestamppb.New(i.Put)) }},
		{name: "ATTEMPTS", text: func(i *outbox.Item) string { return strconv.Itoa(i.Attempts) }, right: true},
		{name: "WHY", text: why},
	},
	csv: []column[*outbox.Item]{
		{name: "number", text: func(i *outbox.Item) string { return strconv.FormatUint(i.Number, 10) }},
		{name: "state", text: func(i *outbox.Item) string { return string(i.State) }},
		{name: "report", text: func(i *outbox.Item) string { return i.Report }},
		{name: "file", text: func(i *outbox.Item) string { return i.File }},
		{name: "put_time", text: func(i *outbox.Item) string { return instant(timestamppb.New(i.Put)) }},
		{name: "change_time", text: func(i *outbox.Item) string { return instant(timestamppb.New(i.Changed)) }},
		{name: "attempts", text: func(i *outbox.Item) string { return strconv.Itoa(i.Attempts) }},
		{name: "reason", text: func(i *outbox.Item) string { return reasonOf(i) }},
		{name: "message", text: why},
		{name: "request_id", text: func(i *outbox.Item) string { return i.RequestID }},
	},
	json: func(i *outbox.Item) ([]byte, error) { return json.Marshal(i) },
}

// why is what the last attempt said.
func why(i *outbox.Item) string {
	if i.Failure == nil {
		return ""
	}
	return plain(i.Failure.Message)
}

func reasonOf(i *outbox.Item) string {
	if i.Failure == nil {
		return ""
	}
	return first(i.Failure.Reason, i.Failure.Code)
}

// showItem shows one item.
func (s *session) showItem(i *outbox.Item) error {
	return list(s, outboxSheet, withoutErrors([]*outbox.Item{i}))
}

// anItem names one.
type anItem struct {
	Number uint64 `arg:"" help:"Its number in the list."`
	outboxFile
}

// on opens the outbox and does something with the item.
func (a anItem) on(s *session, do func(*outbox.Box) (*outbox.Item, error)) error {
	box, err := a.open(s)
	if err != nil {
		return err
	}
	i, err := do(box)
	if errors.Is(err, outbox.ErrNoItem) {
		return s.usage("%v: \"tonghop outbox\" lists those that there are", err)
	}
	if err != nil {
		return err
	}
	return s.showItem(i)
}

type outboxShowCmd struct{ anItem }

// Help shows how it is used.
func (outboxShowCmd) Help() string {
	return `Examples:

    tonghop outbox show 3`
}

// Run shows an item and everything that is wrong with it.
func (c *outboxShowCmd) Run(_ context.Context, s *session) error {
	return c.on(s, func(box *outbox.Box) (*outbox.Item, error) {
		i, err := box.Get(c.Number)
		if err == nil && i.Failure != nil && s.Output == "table" {
			for _, f := range i.Failure.Fields {
				s.detail(plain(f.Name) + ": " + plain(f.Message))
			}
		}
		return i, err
	})
}

type outboxReleaseCmd struct{ anItem }

// Help shows how it is used.
func (outboxReleaseCmd) Help() string {
	return `Examples:

    tonghop outbox release 3 && tonghop outbox send`
}

// Run lets an item go.
func (c *outboxReleaseCmd) Run(_ context.Context, s *session) error {
	return c.on(s, func(box *outbox.Box) (*outbox.Item, error) { return box.Release(c.Number) })
}

type outboxDropCmd struct{ anItem }

// Help shows how it is used.
func (outboxDropCmd) Help() string {
	return `An item that was sent and has no answer yet is not dropped: the server may have it.

Examples:

    tonghop outbox drop 3`
}

// Run takes an item out.
func (c *outboxDropCmd) Run(_ context.Context, s *session) error {
	return c.on(s, func(box *outbox.Box) (*outbox.Item, error) { return box.Drop(c.Number) })
}

type outboxPruneCmd struct {
	Days int `default:"90" placeholder:"N" help:"So many days ago or longer: ${default}."`
	outboxFile
}

// Help shows how it is used.
func (outboxPruneCmd) Help() string {
	return `The receipts stay: see "tonghop receipt".

Examples:

    tonghop outbox prune --days 30`
}

// Run takes out what was delivered long ago.
func (c *outboxPruneCmd) Run(_ context.Context, s *session) error {
	if c.Days < 0 {
		return s.usage("--days %d is below 0", c.Days)
	}
	box, err := c.open(s)
	if err != nil {
		return err
	}
	n, err := box.Prune(clock().Add(-time.Duration(c.Days) * 24 * time.Hour))
	if err == nil {
		s.notice("%s taken out", plural(n, "delivered item", "delivered items"))
	}
	return err
}

// sending are the flags of the commands that send.
type sending struct {
	outboxFile
	keeping
}

// sender opens the outbox and gives what is done for each item.
func (c sending) sender(s *session) (*outbox.Box, *outbox.Watch, *keeper, error) {
	box, err := c.open(s)
	if err != nil {
		return nil, nil, nil, err
	}
	kept, err := c.keeper(s, false)
	if err != nil {
		return nil, nil, nil, err
	}
	w := &outbox.Watch{Accepted: func(i *outbox.Item) error {
		records, err := recordsOf(box, i)
		if err != nil {
			return err
		}
		return kept.keep(records...)
	}}
	w.Changed = func(i *outbox.Item) {
		if i.Failure != nil {
			s.notice("item %d (%s) is %s: %s", i.Number, plain(i.Subject()), i.State, why(i))
		}
	}
	return box, w, kept, nil
}

// recordsOf makes the receipts of an item.
func recordsOf(box *outbox.Box, i *outbox.Item) ([]receipt.Record, error) {
	outcomes := make([]*reportingv1.SubmitOutcome, len(i.Outcomes))
	for n, o := range i.Outcomes {
		outcomes[n] = o.SubmitOutcome
	}
	if i.File != "" {
		_, content, options, seen, err := box.File(i.Number)
		if err != nil {
			return nil, err
		}
		return uploaded(content, options, seen)(outcomes), nil
	}
	_, q, err := box.Report(i.Number)
	if err != nil || outcomes[0].GetReceipt() == nil {
		return nil, err
	}
	r := receipt.Record{
		Kind: receipt.Submit, RequestID: i.RequestID, Report: outcomes[0].GetName(), Revision: outcomes[0].GetRevision(),
		Etag: q.GetEtag(), Merge: q.GetMerge(), Figures: figuresOf(&reportingv1.Report{Figures: q.GetFigures()}),
	}
	if q.GetPacked() != nil {
		r.Figures = &receipt.Figures{Partial: true}
	}
	if q.GetDraft() {
		r.Kind = receipt.Draft
	}
	return []receipt.Record{accepted(r, outcomes[0].GetReceipt())}, nil
}

type outboxSendCmd struct{ sending }

// Help shows how it is used.
func (outboxSendCmd) Help() string {
	return `Ends with 0 when nothing waits any more, with 3 when the line is down, and with 1 when something is stopped. After a failure of the line it waits longer each time before it tries again, also over several runs.

Examples:

    tonghop outbox send`
}

// Run makes one pass.
func (c *outboxSendCmd) Run(ctx context.Context, s *session) error {
	box, w, kept, err := c.sender(s)
	if err != nil {
		return err
	}
	defer kept.end()
	return s.with(ctx, func(to *client.Client) error {
		p, err := box.Send(ctx, to, w)
		if err != nil {
			return err
		}
		s.notice("%d delivered, %d stopped, %d waiting", p.Delivered, p.Stopped, p.Waiting)
		switch {
		case !p.Next.IsZero():
			s.notice("the line is down; it is worth trying again at %s", when(timestamppb.New(p.Next)))
			return errLineDown
		case p.Stopped > 0:
			return errRefused
		}
		return nil
	})
}

type outboxRunCmd struct{ sending }

// Help shows how it is used.
func (outboxRunCmd) Help() string {
	return `Runs until it is interrupted, and loses nothing by that. It ends by itself only where a person is needed, such as for a new token.

Examples:

    tonghop outbox run`
}

// Run sends until it is told to end.
func (c *outboxRunCmd) Run(ctx context.Context, s *session) error {
	box, w, kept, err := c.sender(s)
	if err != nil {
		return err
	}
	defer kept.end()
	told := w.Changed
	w.Changed = func(i *outbox.Item) {
		if i.State == outbox.Delivered {
			s.notice("item %d (%s) is delivered", i.Number, plain(i.Subject()))
		}
		told(i)
	}
	return s.with(ctx, func(to *client.Client) error { return box.Run(ctx, to, w) })
}
