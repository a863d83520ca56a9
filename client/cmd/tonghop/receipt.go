package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"slices"
	"strings"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/tonghop/tonghop/client/receipt"
)

type receiptCmd struct {
	List   receiptListCmd   `cmd:"" help:"List the receipts that were kept here."`
	Verify receiptVerifyCmd `cmd:"" help:"Hold receipts against the server, or against a signed head that was kept."`
}

type receiptListCmd struct {
	File string `arg:"" optional:"" help:"A file of receipts. Otherwise all that were kept here."`
	receiptFolder
}

// Help shows how it is used.
func (receiptListCmd) Help() string {
	return `With -o json each receipt is shown with the rows that were sent.

Examples:

    tonghop receipt list
    tonghop receipt list receipts.jsonl -o csv`
}

// Run lists receipts.
func (c *receiptListCmd) Run(_ context.Context, s *session) error {
	records, damaged, err := s.receipts(c.receiptFolder, c.File)
	if err != nil {
		return err
	}
	if err := list(s, receiptSheet, withoutErrors(records)); err != nil {
		return err
	}
	if damaged > 0 {
		return errRefused
	}
	return nil
}

var receiptSheet = sheet[receipt.Record]{
	table: []column[receipt.Record]{
		{name: "ACCEPTED", text: func(r receipt.Record) string { return when(timestamppb.New(r.AcceptTime)) }},
		{name: "WHAT", text: func(r receipt.Record) string { return string(r.Kind) }},
		{name: "REPORT", text: func(r receipt.Record) string { return r.Report }},
		{name: "REVISION", text: func(r receipt.Record) string { return number(r.Revision) }, right: true},
		{name: "ENTRY", text: func(r receipt.Record) string { return number(r.Sequence) }, right: true},
		{name: "JOURNAL", text: func(r receipt.Record) string { return r.JournalID }},
	},
	csv: []column[receipt.Record]{
		{name: "accept_time", text: func(r receipt.Record) string { return instant(timestamppb.New(r.AcceptTime)) }},
		{name: "kind", text: func(r receipt.Record) string { return string(r.Kind) }},
		{name: "report", text: func(r receipt.Record) string { return r.Report }},
		{name: "revision", text: func(r receipt.Record) string { return number(r.Revision) }},
		{name: "journal_id", text: func(r receipt.Record) string { return r.JournalID }},
		{name: "sequence", text: func(r receipt.Record) string { return number(r.Sequence) }},
		{name: "entry_hash", text: func(r receipt.Record) string { return r.EntryHash }},
		{name: "request_id", text: func(r receipt.Record) string { return r.RequestID }},
	},
	json: func(r receipt.Record) ([]byte, error) { return json.Marshal(r) },
}

// receipts reads a file of receipts, or all that were kept here, each once and in the order of the entries. It tells of
// what is no receipt, and counts it, but for the end of a file that a crash cut off.
func (s *session) receipts(f receiptFolder, file string) (records []receipt.Record, damaged int, err error) {
	files := []string{file}
	if file == "" {
		dir, err := f.needed(s)
		if err != nil {
			return nil, 0, err
		}
		if files, err = receipt.Files(dir); err != nil {
			return nil, 0, s.usage("the receipts cannot be read: %v", err)
		}
		if len(files) == 0 {
			s.notice("no receipt was kept in %s", dir)
		}
	}
	for _, path := range files {
		some, wrong, err := receipt.Read(path)
		if err != nil {
			if errors.Is(err, fs.ErrNotExist) {
				return nil, 0, s.usage("there is no file %s", path)
			}
			return nil, 0, s.usage("the receipts cannot be read: %v", err)
		}
		for _, d := range wrong {
			if d.CutOff {
				s.notice("%s; it was cut off while it was written", plain(d.Error()))
				continue
			}
			s.notice("%s", plain(d.Error()))
			damaged++
		}
		records = append(records, some...)
	}
	slices.SortStableFunc(records, byPlace)
	return slices.CompactFunc(records, func(a, b receipt.Record) bool { return byPlace(a, b) == 0 && a.EntryHash == b.EntryHash }), damaged, nil
}

// byPlace is the order of entries, and of the reports of one entry.
func byPlace(a, b receipt.Record) int {
	return cmp.Or(strings.Compare(a.JournalID, b.JournalID), cmp.Compare(a.Sequence, b.Sequence), strings.Compare(a.Report, b.Report))
}
