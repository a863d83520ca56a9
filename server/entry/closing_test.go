package entry_test

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	journalv1 "github.com/tonghop/tonghop/gen/journal/v1"
	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/hierarchy"
)

func drawClosing(t *rapid.T) entry.ClosingKey {
	k := drawKey(t)
	return entry.ClosingKey{Form: k.Form, Period: k.Period, Owner: k.Unit}
}

// drawIDs draws units in order; nil where there are none.
func drawIDs(t *rapid.T, name string) []hierarchy.ID {
	list := some(t, name, func(t *rapid.T) hierarchy.ID { return id(t, "unit") })
	slices.Sort(list)
	return list
}

func drawClosed(t *rapid.T) entry.PeriodClosed {
	c := entry.PeriodClosed{
		Key: drawClosing(t), Version: revision(t), ComputedAt: rapid.Uint64().Draw(t, "computed at"),
		Rows: rapid.IntRange(0, 1<<31-1).Draw(t, "rows"), Forced: rapid.Bool().Draw(t, "forced"), LeftOut: drawIDs(t, "left out"),
		Reason: written(t, "reason"),
	}
	copy(c.Digest[:], rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, "digest"))
	for _, first := range drawIDs(t, "pieces") {
		c.Pieces = append(c.Pieces, entry.ClosedRows{FirstUnit: first, Deflated: rapid.SliceOfN(rapid.Byte(), 1, 9).Draw(t, "rows")})
	}
	return c
}

// goldenLife are the golden entries of obligations and closings.
func goldenLife(request entry.Header, key entry.ReportKey) map[string]entry.Entry {
	closing := entry.ClosingKey{Form: key.Form, Period: key.Period, Owner: "82-0"}
	return map[string]entry.Entry{
		"obligation-excluded": {Header: request, Body: entry.ObligationExcluded{Key: key, Reason: "Lũ lụt, xã không làm việc"}},
		"exclusion-lifted":    {Header: request, Body: entry.ExclusionLifted{Key: key, Reason: "Xã đã làm việc lại"}},
		"period-closed": {Header: request, Body: entry.PeriodClosed{
			Key: closing, Version: 2, ComputedAt: 39, Digest: [32]byte{0: 7, 31: 8}, Rows: 3, Forced: true,
			LeftOut: []hierarchy.ID{"29869-0", "30280-0"}, Pieces: []entry.ClosedRows{
				{FirstUnit: "30280-0", Deflated: []byte{3, 0}}, {FirstUnit: "82-0", Deflated: []byte{4, 1}},
			}, Reason: "Hai xã chưa gửi kịp",
		}},
		"period-reopened": {Header: request, Body: entry.PeriodReopened{
			Key: closing, Version: 2, Units: []hierarchy.ID{"29869-0", "30280-0"}, Until: time.Date(2024, 3, 31, 17, 0, 0, 0, time.UTC),
			Reason: "Nhầm đơn vị tính",
		}},
		"report-restored": {Header: request, Body: entry.ReportsSubmitted{Reports: []entry.Submission{
			{Key: key, Revision: 4, RestoredFrom: 2, OnBehalf: true, ActingFor: "866-0"},
		}}},
	}
}

func TestClosingsThatNoVersionWroteAreDataLoss(t *testing.T) {
	for _, s := range []spoilt{
		{"an obligation of no period", "obligation-excluded", func(m *journalv1.Entry, _ *journalv1.Private) { m.GetObligationExcluded().Period = "" }},
		{"a lifting of no period", "exclusion-lifted", func(m *journalv1.Entry, _ *journalv1.Private) { m.GetExclusionLifted().Period = "2024-13" }},
		{"a closing of no period", "period-closed", func(m *journalv1.Entry, _ *journalv1.Private) { m.GetPeriodClosed().Period = "2024" + "Q1" }},
		{"version 0", "period-closed", func(m *journalv1.Entry, _ *journalv1.Private) { m.GetPeriodClosed().Version = 0 }},
		{"a short digest", "period-closed", func(m *journalv1.Entry, _ *journalv1.Private) { m.GetPeriodClosed().Digest = make([]byte, 31) }},
		{"a long digest", "period-closed", func(m *journalv1.Entry, _ *journalv1.Private) { m.GetPeriodClosed().Digest = make([]byte, 33) }},
		{"too many rows", "period-closed", func(m *journalv1.Entry, _ *journalv1.Private) { m.GetPeriodClosed().Rows = 1 << 31 }},
		{"units left out and not in order", "period-closed", func(m *journalv1.Entry, _ *journalv1.Private) { slices.Reverse(m.GetPeriodClosed().LeftOut) }},
		{"pieces that are not in order", "period-closed", func(m *journalv1.Entry, _ *journalv1.Private) { slices.Reverse(m.GetPeriodClosed().Pieces) }},
		{"an empty piece", "period-closed", func(m *journalv1.Entry, _ *journalv1.Private) { m.GetPeriodClosed().Pieces[0].Deflated = nil }},
		{"reopened units that are not in order", "period-reopened", func(m *journalv1.Entry, _ *journalv1.Private) {
			slices.Reverse(m.GetPeriodReopened().Units)
		}},
		{"an end of a reopening beyond the years", "period-reopened", func(m *journalv1.Entry, _ *journalv1.Private) {
			m.GetPeriodReopened().UntilUnix = 1 << 62
		}},
		{"a revision restored from itself", "report-restored", func(m *journalv1.Entry, _ *journalv1.Private) { report(m).RestoredFrom = 4 }},
	} {
		if err := spoil(t, s); fault.KindOf(err) != fault.KindDataLoss || fault.ReasonOf(err) != entry.ReasonDamaged {
			t.Errorf("%s: Decode error = %v, want %s", s.what, err, entry.ReasonDamaged)
		}
	}
	for _, s := range []spoilt{
		{"a field of an exclusion", "obligation-excluded", func(m *journalv1.Entry, _ *journalv1.Private) { add(m.GetObligationExcluded()) }},
		{"a field of a lifting", "exclusion-lifted", func(m *journalv1.Entry, _ *journalv1.Private) { add(m.GetExclusionLifted()) }},
		{"a field of a closing", "period-closed", func(m *journalv1.Entry, _ *journalv1.Private) { add(m.GetPeriodClosed()) }},
		{"a field of closed rows", "period-closed", func(m *journalv1.Entry, _ *journalv1.Private) { add(m.GetPeriodClosed().GetPieces()[1]) }},
		{"a field of a reopening", "period-reopened", func(m *journalv1.Entry, _ *journalv1.Private) { add(m.GetPeriodReopened()) }},
	} {
		if err := spoil(t, s); fault.ReasonOf(err) != entry.ReasonTooNew {
			t.Errorf("%s: Decode error = %v, want %s", s.what, err, entry.ReasonTooNew)
		}
	}
}
