package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/tonghop/tonghop/client"
	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
)

type whoamiCmd struct{}

// Help shows how it is used.
func (whoamiCmd) Help() string {
	return `Examples:

    TONGHOP_TOKEN=th_... tonghop whoami`
}

// Run shows the caller.
func (*whoamiCmd) Run(ctx context.Context, s *session) error {
	return s.with(ctx, func(to *client.Client) error {
		t, err := to.GetCaller(ctx)
		if err != nil {
			return err
		}
		return one(s, t, tokenPairs(t))
	})
}

type statusCmd struct{}

// Help shows how it is used.
func (statusCmd) Help() string {
	return `Examples:

    tonghop status
    tonghop status -o json`
}

// Run shows the server.
func (*statusCmd) Run(ctx context.Context, s *session) error {
	return s.with(ctx, func(to *client.Client) error {
		m, err := to.GetStatus(ctx)
		if err != nil {
			return err
		}
		return one(s, m, []pair{
			{"server", s.address},
			{"version", m.GetVersion()},
			{"running since", when(m.GetStartTime())},
			{"journal", m.GetStamp().GetJournalId()},
			{"entries", number(m.GetEntries())},
			{"chain hash", m.GetChainHash()},
			{"last entry", when(m.GetLastAcceptTime())},
			{"units", number(m.GetUnits())},
			{"indicators", number(m.GetIndicators())},
			{"forms", number(m.GetForms())},
			{"reports", number(m.GetReports())},
			{"state version", number(m.GetStamp().GetStateVersion())},
			{"store", size(m.GetStoreBytes())},
			{"free", size(m.GetFreeBytes())},
			{"changes are refused", m.GetReadOnlyReason()},
			{"served in the clear", strings.Join(m.GetPlaintextAddresses(), ", ")},
		})
	})
}

// size shows bytes to a person.
func size(bytes int64) string {
	units := []string{"KiB", "MiB", "GiB", "TiB"}
	if bytes < 1024 {
		return number(bytes) + " bytes"
	}
	amount := float64(bytes) / 1024
	for amount >= 1024 && len(units) > 1 {
		amount, units = amount/1024, units[1:]
	}
	return fmt.Sprintf("%.1f %s", amount, units[0])
}

type verifyCmd struct{}

// Help shows how it is used.
func (verifyCmd) Help() string {
	return `The server checks the chain of its journal, and recomputes every roll-up from the reports by other code than that which keeps them, while it serves. The code is 1 when something is wrong.

Examples:

    tonghop verify`
}

// Run has the server verify its store.
func (*verifyCmd) Run(ctx context.Context, s *session) error {
	return s.with(ctx, func(to *client.Client) error {
		var end *reportingv1.VerifyStoreResponse
		for m, err := range to.VerifyStore(ctx, &reportingv1.VerifyStoreRequest{}) {
			if err != nil {
				return err
			}
			s.progress.at("verifying", "entries", m.GetEntries(), m.GetTotalEntries())
			end = m
		}
		s.progress.clear()
		if err := showFindings(s, end); err != nil {
			return err
		}
		if end.GetFindingCount() > 0 || len(end.GetFindings()) > 0 {
			return errRefused
		}
		return nil
	})
}

func showFindings(s *session, end *reportingv1.VerifyStoreResponse) error {
	if s.Output == "json" {
		return writeJSON(s.stdout, end)
	}
	if s.Output == "csv" {
		finding := []column[string]{{name: "finding", text: func(f string) string { return f }}}
		return list(s, sheet[string]{csv: finding}, withoutErrors(end.GetFindings()))
	}
	for _, finding := range end.GetFindings() {
		if err := s.printf("%s\n", plain(finding)); err != nil {
			return err
		}
	}
	checked := fmt.Sprintf("%s and %s checked at entry %d", plural(end.GetEntries(), "entry", "entries"),
		plural(end.GetRollups(), "roll-up", "roll-ups"), end.GetStamp().GetSequence())
	if n := end.GetRemoved(); n > 0 {
		checked += fmt.Sprintf(", removed: %s", plural(n, "private part", "private parts"))
	}
	if n := max(end.GetFindingCount(), int64(len(end.GetFindings()))); n > 0 {
		return s.printf("%s: %s\n", checked, plural(n, "finding", "findings"))
	}
	return s.printf("%s: the store is sound\n", checked)
}
