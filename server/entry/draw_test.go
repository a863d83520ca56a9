package entry_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"

	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/figure"
	"github.com/tonghop/tonghop/server/form"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/rule"
)

// canary begins every text that a person wrote, so that it is found wherever it should not be.
const canary = "❰người viết❱"

// different tells how two values differ; the days and rules inside a Due are its only content.
func different(got, want any) string { return cmp.Diff(want, got, cmp.AllowUnexported(period.Due{})) }

func word(t *rapid.T, name string) string {
	return norm.NFC.String(rapid.StringOfN(rapid.RuneFrom([]rune("aăâbcdđeêôơư 09-Đ%‰_~:/\"ạ\u0301ếỗ𝔸")), 0, 12, -1).Draw(t, name))
}

// written draws what a person wrote, or nothing.
func written(t *rapid.T, name string) string {
	if !rapid.Bool().Draw(t, name+" is there") {
		return ""
	}
	return canary + norm.NFC.String(rapid.StringN(0, 30, -1).Draw(t, name))
}

func code(t *rapid.T, name string) string {
	return rapid.StringMatching(`[A-Za-z0-9][A-Za-z0-9-]{0,8}`).Draw(t, name)
}

func optional(t *rapid.T, name string, draw func(*rapid.T, string) string) string {
	if rapid.Bool().Draw(t, name+" is there") {
		return draw(t, name)
	}
	return ""
}

func id(t *rapid.T, name string) hierarchy.ID {
	return hierarchy.NewID(hierarchy.Code(code(t, name)), rapid.SampledFrom([]period.Day{period.Beginning, 0, 20270}).Draw(t, "from"))
}

func day(t *rapid.T, name string, open period.Day) period.Day {
	if rapid.Bool().Draw(t, name+" is open") {
		return open
	}
	return period.Day(rapid.Int32().Draw(t, name))
}

// second draws an instant that the journal keeps in seconds, or none.
func second(t *rapid.T, name string) time.Time {
	s := rapid.OneOf(rapid.Just[int64](0), rapid.Int64Range(1, 4e9), rapid.Int64Range(-62135596799, 253402300799)).Draw(t, name)
	if s == 0 {
		return time.Time{}
	}
	return time.Unix(s, 0).UTC()
}

func instant(t *rapid.T, name string) time.Time {
	return time.Unix(0, rapid.Int64().Draw(t, name)).UTC()
}

func number(t *rapid.T, name string) figure.Number {
	return figure.Number(rapid.OneOf(rapid.SampledFrom([]int64{0, 1, -1}), rapid.Int64()).Draw(t, name))
}

func drawFigure(t *rapid.T) figure.Figure {
	f := figure.Figure{
		State: rapid.SampledFrom([]figure.State{figure.Value, figure.NotAvailable, figure.NotApplicable}).Draw(t, "state"),
		Grade: rapid.SampledFrom([]figure.Grade{figure.Final, figure.Preliminary, figure.Estimate}).Draw(t, "grade"),
		Note:  written(t, "note"), Explanation: written(t, "explanation"),
	}
	if f.State != figure.Value {
		return f
	}
	parts := rapid.IntRange(1, 7).Draw(t, "parts")
	if f.HasValue = parts&1 != 0; f.HasValue {
		f.Value = number(t, "value")
	}
	if f.HasNumerator = parts&2 != 0; f.HasNumerator {
		f.Numerator = number(t, "numerator")
	}
	if f.HasDenominator = parts&4 != 0; f.HasDenominator {
		f.Denominator = number(t, "denominator")
	}
	return f
}

func drawKey(t *rapid.T) entry.ReportKey {
	kind := rapid.SampledFrom(period.Kinds()).Draw(t, "kind")
	p := period.Of(rapid.IntRange(period.MinYear, period.MaxYear).Draw(t, "year"), kind, rapid.IntRange(1, kind.PerYear()).Draw(t, "index"))
	return entry.ReportKey{Unit: id(t, "unit"), Form: form.Code(code(t, "form")), Period: p}
}

func revision(t *rapid.T) int { return rapid.IntRange(1, 1<<31-1).Draw(t, "revision") }

func drawSubmission(t *rapid.T) entry.Submission {
	s := entry.Submission{
		Key: drawKey(t), Revision: revision(t), Draft: rapid.Bool().Draw(t, "draft"), Merged: rapid.Bool().Draw(t, "merged"),
		Deadline: second(t, "deadline"),
	}
	if rapid.Bool().Draw(t, "acts for another") {
		s.ActingFor = id(t, "acting for")
	}
	s.OnBehalf, s.RestoredFrom = rapid.Bool().Draw(t, "on behalf"), rapid.IntRange(0, s.Revision-1).Draw(t, "restored from")
	numbers := rapid.SliceOfNDistinct(rapid.Uint32(), 0, 6, rapid.ID).Draw(t, "indicators")
	slices.Sort(numbers)
	for i, n := range numbers {
		f := drawFigure(t)
		s.Figures = append(s.Figures, entry.Figure{Number: n, Figure: f})
		follow := uint32(rapid.OneOf(rapid.Just(0), rapid.IntRange(0, 70)).Draw(t, "figures of the same kind")) //nolint:gosec // few
		if i+1 < len(numbers) {
			follow = min(follow, numbers[i+1]-n-1)
		}
		s.Figures = append(s.Figures, alike(t, n, f, min(follow, 1<<32-1-n))...)
	}
	return s
}

// alike draws figures of one kind whose numbers follow n, with amounts that have much or little in common.
func alike(t *rapid.T, n uint32, f figure.Figure, follow uint32) []entry.Figure {
	var list []entry.Figure
	f.Note, f.Explanation = "", ""
	width, power := rapid.IntRange(0, 63).Draw(t, "bits"), rapid.SampledFrom([]int64{1, 10, 100, 1000, 5000}).Draw(t, "power")
	amount := func() figure.Number {
		return figure.Number((rapid.Int64().Draw(t, "amount") >> width) / power * power)
	}
	for range follow {
		n++
		if f.HasValue {
			f.Value = amount()
		}
		if f.HasNumerator {
			f.Numerator = amount()
		}
		if f.HasDenominator {
			f.Denominator = amount()
		}
		list = append(list, entry.Figure{Number: n, Figure: f})
	}
	return list
}

func drawSelector(t *rapid.T) hierarchy.Selector {
	s := hierarchy.Selector{
		Except: rapid.Bool().Draw(t, "except"), From: day(t, "from", period.Beginning), To: day(t, "to", period.Forever),
	}
	if rapid.Bool().Draw(t, "one unit") {
		s.Unit = id(t, "unit")
	} else {
		s.Kind, s.Under = "commune", hierarchy.ID(optional(t, "under", code))
	}
	s.From, s.To = s.Span()
	return s
}

// some draws a list that is nil where it is empty, as everything that is decoded.
func some[T any](t *rapid.T, name string, draw func(*rapid.T) T) []T {
	list := rapid.SliceOfN(rapid.Custom(draw), 0, 3).Draw(t, name)
	if len(list) == 0 {
		return nil
	}
	return list
}

func drawUnit(t *rapid.T) hierarchy.Unit {
	return hierarchy.Unit{
		ID: id(t, "id"), Code: hierarchy.Code(code(t, "code")), Kind: hierarchy.Kind(word(t, "kind")),
		NameVI: word(t, "name_vi"), NameEN: word(t, "name_en"), Parent: hierarchy.ID(optional(t, "parent", code)),
		ValidFrom: day(t, "from", period.Beginning), ValidTo: day(t, "to", period.Forever),
		Earlier: some(t, "earlier", func(t *rapid.T) hierarchy.Name {
			return hierarchy.Name{Until: period.Day(rapid.Int32().Draw(t, "until")), VI: word(t, "name_vi"), EN: word(t, "name_en")}
		}),
	}
}

func drawLink(t *rapid.T) hierarchy.Link {
	return hierarchy.Link{
		Date: period.Day(rapid.Int32().Draw(t, "date")), From: id(t, "from"), To: id(t, "to"),
		Share: rapid.SampledFrom([]hierarchy.Share{hierarchy.Whole, hierarchy.Part}).Draw(t, "share"),
	}
}

func bound(t *rapid.T, name string) *figure.Number {
	if !rapid.Bool().Draw(t, name+" is there") {
		return nil
	}
	n := number(t, name)
	return &n
}

func part(t *rapid.T, name string) indicator.Part {
	return indicator.Part{
		Measure: indicator.Measure(rapid.Uint8Range(0, 2).Draw(t, name+" measure")), //nolint:gosec // a measure
		Time:    indicator.TimeRule(rapid.Uint8Range(0, 5).Draw(t, name+" time")),
	}
}

func drawIndicator(t *rapid.T) entry.Indicator {
	kind := func(t *rapid.T) hierarchy.Kind { return hierarchy.Kind(code(t, "kind")) }
	return entry.Indicator{Number: rapid.Uint32().Draw(t, "number"), Indicator: indicator.Indicator{
		Code: indicator.Code(code(t, "code")), NameVI: word(t, "name_vi"), NameEN: word(t, "name_en"), Group: word(t, "group"),
		UnitOfMeasure: word(t, "unit_of_measure"), Scale: figure.Scale(rapid.Uint8Range(0, 6).Draw(t, "scale")),
		UnitRule: indicator.UnitRule(rapid.Uint8Range(0, 10).Draw(t, "unit rule")), AtLeast: number(t, "at least"),
		Value: part(t, "value"), Denominator: part(t, "denominator"),
		DenominatorIndicator: indicator.Code(optional(t, "denominator indicator", code)), Weight: indicator.Code(optional(t, "weight", code)),
		ReportedBy: some(t, "reported by", kind), CheckedBy: some(t, "checked by", kind), LevelsOwn: rapid.Bool().Draw(t, "levels own"),
		Assigned: some(t, "assigned", drawSelector), Direction: indicator.Direction(rapid.Uint8Range(0, 2).Draw(t, "direction")),
		Min: bound(t, "min"), Max: bound(t, "max"), Replaces: indicator.Code(optional(t, "replaces", code)), ValidFrom: day(t, "from", period.Beginning),
		Formula: optional(t, "formula", func(t *rapid.T, name string) string {
			return rapid.SampledFrom([]string{"[A] / [B, -1y]", "if([A.num] < 1.5, 0, 1)"}).Draw(t, name)
		}),
	}}
}

func drawForm(t *rapid.T) entry.Form {
	due, err := period.ParseDue(rapid.SampledFrom([]string{"", "commune=+2", "commune=+2|district=+4w|department=+0"}).Draw(t, "due"))
	if err != nil {
		t.Fatal(err)
	}
	return entry.Form{Number: rapid.Uint32().Draw(t, "number"), Form: form.Form{
		Code: form.Code(code(t, "code")), NameVI: word(t, "name_vi"), NameEN: word(t, "name_en"),
		Frequency:  rapid.SampledFrom([]period.Kind{period.Month, period.Quarter, period.Half, period.Year}).Draw(t, "frequency"),
		Calendar:   rapid.SampledFrom([]period.Calendar{period.CutoffFifteenth, period.Civil}).Draw(t, "calendar"),
		Indicators: some(t, "indicators", func(t *rapid.T) indicator.Code { return indicator.Code(code(t, "indicator")) }),
		Assigned:   some(t, "assigned", drawSelector), Owner: hierarchy.ID(optional(t, "owner", code)), Reviewer: hierarchy.ID(optional(t, "reviewer", code)),
		Due: due, ValidFrom: day(t, "from", period.Beginning),
	}}
}

func drawToken(t *rapid.T) auth.Token {
	k := auth.Token{
		ID: code(t, "id"), Role: rapid.SampledFrom(auth.Roles()).Draw(t, "role"), Unit: hierarchy.ID(optional(t, "unit", code)),
		Form: form.Code(optional(t, "form", code)), DisplayName: written(t, "display name"), Expires: second(t, "expires"),
		Starts: second(t, "starts"), OwnReports: rapid.Bool().Draw(t, "own reports"),
	}
	copy(k.SecretHash[:], rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, "hash"))
	return k
}

func drawProof(t *rapid.T) auth.Proof {
	return auth.Proof{
		Kind:   rapid.SampledFrom(auth.ProofKinds()).Draw(t, "kind"),
		Issuer: optional(t, "issuer", code), Value: word(t, "value"),
	}
}

func drawBody(t *rapid.T, at time.Time) entry.Body {
	switch rapid.IntRange(0, 31).Draw(t, "body") {
	case 0:
		return entry.StoreCreated{ProgramVersion: word(t, "program version")}
	case 1:
		return entry.UnitsChanged{Units: some(t, "units", drawUnit)}
	case 2:
		return entry.IndicatorsChanged{Indicators: some(t, "indicators", drawIndicator)}
	case 3:
		return entry.FormsChanged{Forms: some(t, "forms", drawForm)}
	case 4:
		return entry.ReportApproved{Key: drawKey(t), Revision: revision(t)}
	case 5:
		return entry.ReportReturned{Key: drawKey(t), Revision: revision(t), Reason: written(t, "reason")}
	case 6:
		k := drawToken(t)
		k.Created = at
		return entry.TokenIssued{Token: k}
	case 7:
		return entry.TokenRevoked{ID: code(t, "token")}
	case 8:
		return entry.KeyIntroduced{VerifierKey: word(t, "key")}
	case 9:
		return entry.EntryRedacted{Sequence: 1, Reason: written(t, "reason")}
	case 10:
		return drawRestored(t)
	case 11:
		return entry.UnitsReorganised{Reorganisation: hierarchy.Reorganisation{
			Units: some(t, "units", drawUnit), Links: some(t, "links", drawLink), Withdrawn: some(t, "withdrawn", drawLink),
		}, Note: written(t, "note")}
	case 12:
		return entry.HolidaysChanged{Holidays: some(t, "holidays", func(t *rapid.T) period.Holiday {
			return period.Holiday{Day: day(t, "day", period.Beginning), Name: word(t, "name"), Off: rapid.Bool().Draw(t, "off")}
		})}
	case 13:
		return entry.ObligationExcluded{Key: drawKey(t), Reason: written(t, "reason")}
	case 14:
		return entry.ExclusionLifted{Key: drawKey(t), Reason: written(t, "reason")}
	case 15:
		return drawClosed(t)
	case 16:
		return entry.PeriodReopened{
			Key: drawClosing(t), Version: revision(t), Until: second(t, "until"), Reason: written(t, "reason"), Units: drawIDs(t, "units"),
		}
	case 17:
		return drawPlans(t)
	case 18:
		return entry.OutsideFiguresChanged{Figures: some(t, "figures", drawOutside)}
	case 20:
		return drawRemark(t)
	case 19:
		return entry.RegionsChanged{Regions: some(t, "regions", drawRegion)}
	case 21:
		return drawSubscription(t, at)
	case 22:
		return entry.SubscriptionDeleted{ID: code(t, "subscription")}
	case 23:
		return entry.RulesChanged{Rules: some(t, "rules", drawRule)}
	case 25, 26, 27, 28:
		return drawSingle(t)
	case 29:
		k := drawToken(t)
		return entry.TokenRotated{ID: k.ID, SecretHash: k.SecretHash, Expires: k.Expires, FormerUntil: second(t, "former")}
	case 30:
		return entry.ProofBound{Binding: auth.Binding{Proof: drawProof(t), Token: code(t, "token"), Rank: rapid.IntRange(0, 1000).Draw(t, "rank")}}
	case 31:
		return entry.ProofUnbound{Proof: drawProof(t), Token: code(t, "token")}
	default:
		return entry.ReportsSubmitted{Reports: some(t, "reports", drawSubmission)}
	}
}

func drawEntry(t *rapid.T) entry.Entry {
	h := entry.Header{
		Sequence: rapid.Uint64Min(2).Draw(t, "sequence"), Time: instant(t, "time"),
		Principal: word(t, "principal"), Method: word(t, "method"),
	}
	if rapid.Bool().Draw(t, "a request made it") {
		copy(h.RequestID[:], rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "request id"))
		h.RequestID[6] |= 0x70 // a UUID is never zero
		copy(h.RequestHash[:], rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, "request hash"))
	}
	return entry.Entry{Header: h, Body: drawBody(t, h.Time)}
}

// encode is Encode of what must encode.
func encode(t testing.TB, e entry.Entry) (public, private []byte) {
	t.Helper()
	public, private, err := entry.Encode(e)
	if err != nil {
		t.Fatalf("Encode(%+v): %v", e, err)
	}
	return public, private
}

func drawRestored(t *rapid.T) entry.StoreRestored {
	r := entry.StoreRestored{
		OldHead: entry.Head{Sequence: rapid.Uint64().Draw(t, "old sequence")}, ProgramVersion: word(t, "program version"),
		By: written(t, "by"), Reason: written(t, "reason"),
	}
	copy(r.OldJournal[:], rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "old journal"))
	copy(r.Journal[:], rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "journal"))
	if r.Journal == r.OldJournal || r.Journal == ([16]byte{}) {
		r.Journal[0] = r.OldJournal[0] ^ 1 | 2
	}
	copy(r.OldHead.Hash[:], rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, "old hash"))
	if rapid.Bool().Draw(t, "a later entry is known") {
		r.Known = entry.Head{Sequence: rapid.Uint64Min(1).Draw(t, "known sequence"), Hash: [32]byte{1}}
	}
	return r
}

func drawRule(t *rapid.T) entry.Rule {
	return entry.Rule{Number: rapid.Uint32().Draw(t, "number"), Rule: rule.Rule{
		Form: form.Code(code(t, "form")), Code: rule.Code(code(t, "code")),
		Severity:   rapid.SampledFrom([]rule.Severity{rule.Error, rule.Warning, rule.Off}).Draw(t, "severity"),
		Expression: word(t, "expression"), TextVI: word(t, "text_vi"), TextEN: word(t, "text_en"), ValidFrom: day(t, "from", period.Beginning),
	}}
}
