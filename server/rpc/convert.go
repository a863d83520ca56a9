package rpc

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/types/known/timestamppb"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/journal"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/reporting"
)

// pairs is a table of a domain's enumeration, indexed by its values, with the values of the contract: one table for both
// ways, so that they cannot disagree.
type pairs[D ~uint8, W comparable] []W

// wire gives the value of the contract; the unspecified one for what is not in the table.
func (p pairs[D, W]) wire(d D) W {
	if int(d) < len(p) {
		return p[d]
	}
	var none W
	return none
}

// domain gives the value of the domain; false for what the table does not have, such as a value of a newer client.
func (p pairs[D, W]) domain(w W) (D, bool) {
	at := slices.Index(p, w)
	if at < 0 {
		return 0, false
	}
	return D(at), true //nolint:gosec // the tables are short
}

// enumOf reads an enumeration or refuses it under a reason.
func enumOf[D ~uint8, W interface {
	comparable
	fmt.Stringer
}](table pairs[D, W], w W, reason, what string) (D, error) {
	d, ok := table.domain(w)
	if !ok {
		return d, fault.Invalid(reason, "%s %q is not one of this server's; see the contract for those that are", what, w).With("value", w.String())
	}
	return d, nil
}

// changeCall makes what every change carries. A malformed id is refused here; a missing one where it is needed.
func changeCall(caller auth.Caller, requestID string, validateOnly bool) (reporting.Call, error) {
	c := reporting.Call{Caller: caller, ValidateOnly: validateOnly}
	if requestID == "" {
		return c, nil
	}
	id, err := parseUUID(requestID)
	if err != nil {
		return c, fault.Of(err).In("request_id")
	}
	c.RequestID = id
	return c, nil
}

// parseUUID reads the usual form of a UUID alone: one id must not have several spellings. The nil UUID is no id.
func parseUUID(text string) ([16]byte, error) {
	const usual = len("018f4f5e-8f7a-7cc2-9a52-6f1f0f0c7b11")
	id, err := uuid.Parse(text)
	if err != nil || len(text) != usual || id == uuid.Nil {
		return [16]byte{}, fault.Invalid("REQUEST_ID_INVALID",
			"%q is no UUID; send one such as 018f4f5e-8f7a-7cc2-9a52-6f1f0f0c7b11, and keep it for a repetition", shorten(text)).
			With("value", shorten(text))
	}
	return id, nil
}

// lastPart takes a resource name of two parts apart: units/82 gives 82.
func lastPart(collection, field, name string) (string, error) {
	rest, ok := strings.CutPrefix(name, collection+"/")
	if !ok || rest == "" || strings.Contains(rest, "/") {
		return "", fault.Invalid("NAME_INVALID", "%s %q: write %s/ and an id or code", field, shorten(name), collection).
			With("value", shorten(name)).With("collection", collection).In(field)
	}
	return rest, nil
}

// shorten keeps a foreign text from filling an answer.
func shorten(s string) string {
	const limit = 80
	if len(s) <= limit {
		return s
	}
	return strings.ToValidUTF8(s[:limit], "") + "…"
}

// dayOf reads a day; an empty text is the open end.
func dayOf(field, text string, open period.Day, problems *fault.List) period.Day {
	if text == "" {
		return open
	}
	day, err := period.ParseDay(text)
	if err != nil {
		problems.Add(fault.Of(err).In(field))
		return open
	}
	return day
}

// inside puts the name of the message before the fields that lie in it; what belongs to the request stays as it is.
func inside(err error, message string) error {
	var found *fault.Error
	if !errors.As(err, &found) {
		return err
	}
	e := *found
	e.Field = insidePath(e.Field, message)
	e.Details = slices.Clone(e.Details)
	for i, d := range e.Details {
		c := *d
		c.Field = insidePath(c.Field, message)
		e.Details[i] = &c
	}
	return &e
}

func insidePath(path, message string) string {
	if path == "" || path == "request_id" || strings.HasPrefix(path, message+".") {
		return path
	}
	return message + "." + path
}

// pageOf makes the page that a list asks for.
func pageOf(size int32, token string) reporting.Page {
	return reporting.Page{Size: int(size), Token: token}
}

func sequenceOf(field string, n int64) (uint64, error) {
	if n < 0 {
		return 0, fault.Invalid("SEQUENCE_INVALID", "%s %d: a sequence is not negative", field, n).With("value", n).In(field)
	}
	return uint64(n), nil
}

// journalOf reads the id of a journal; nil for none.
func journalOf(text string) (*journal.ID, error) {
	if text == "" {
		return nil, nil
	}
	id, err := journal.ParseID(text)
	if err != nil {
		return nil, fault.Of(err).In("journal_id")
	}
	return &id, nil
}

// leastOf reads how new a state must be at least, and refuses a sequence of another journal.
func (c *core) leastOf(ctx context.Context, sequence int64, journalID string) (uint64, error) {
	least, err := sequenceOf("min_sequence", sequence)
	if err != nil {
		return 0, err
	}
	of, err := journalOf(journalID)
	if err != nil {
		return 0, err
	}
	return least, c.service.CheckJournal(ctx, of)
}

// asOf is a request that may be asked as of an earlier state.
type asOf interface {
	GetAtTime() *timestamppb.Timestamp
	GetJournalId() string
}

// atOf reads as of when it is asked, and refuses an entry of another journal; sequence is the field of that request, nil for
// none.
func (c *core) atOf(ctx context.Context, sequence *int64, r asOf) (reporting.At, error) {
	at := reporting.At{Sequence: sequence}
	of, err := journalOf(r.GetJournalId())
	if err != nil {
		return at, err
	}
	if err := c.service.CheckJournal(ctx, of); err != nil {
		return at, err
	}
	if m := r.GetAtTime(); m != nil {
		if m.CheckValid() != nil || m.AsTime().IsZero() {
			return at, fault.Invalid("AT_TIME_INVALID", "at_time is no instant of the years 1 to 9999; write one such as 2024-03-03T17:00:00Z").
				In("at_time")
		}
		at.Time = m.AsTime()
	}
	return at, nil
}

func stampMessage(s reporting.Stamp) *reportingv1.Stamp {
	return &reportingv1.Stamp{
		JournalId: s.JournalID.String(), Sequence: int64(s.Sequence), StateVersion: int32(s.StateVersion), //nolint:gosec // both count from 1
		AtSequence: int64(s.AtSequence), AtTime: timestamp(s.AtTime), //nolint:gosec // counts from 1
	}
}

// receiptMessage gives nothing where nothing was changed.
func receiptMessage(r reporting.Receipt) *reportingv1.Receipt {
	if r.Sequence == 0 {
		return nil
	}
	return &reportingv1.Receipt{
		JournalId: r.JournalID.String(), Sequence: int64(r.Sequence), EntryHash: r.Hash.String(), //nolint:gosec // counts from 1
		AcceptTime: timestamp(r.Time), Revision: int32(r.Revision), Replayed: r.Replayed, //nolint:gosec // counts from 1
	}
}

// timestamp gives nothing for no time.
func timestamp(t time.Time) *timestamppb.Timestamp {
	if t.IsZero() {
		return nil
	}
	return timestamppb.New(t)
}

// some gives nothing for an empty text, for fields whose absence means something.
func some(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

// texts turns codes and kinds into what the wire carries.
func texts[T ~string](list []T) []string {
	if len(list) == 0 {
		return nil
	}
	out := make([]string, len(list))
	for i, t := range list {
		out[i] = string(t)
	}
	return out
}

// named turns what the wire carries into codes and kinds.
func named[T ~string](list []string) []T {
	if len(list) == 0 {
		return nil
	}
	out := make([]T, len(list))
	for i, t := range list {
		out[i] = T(t)
	}
	return out
}
