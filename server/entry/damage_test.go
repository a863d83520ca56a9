package entry_test

import (
	"path/filepath"
	"slices"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	journalv1 "github.com/tonghop/tonghop/gen/journal/v1"
	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/figure"
	"github.com/tonghop/tonghop/server/form"
	"github.com/tonghop/tonghop/server/period"
)

// newField is a field that no message has yet: number 900, with the value 1.
var newField = protowire.AppendVarint(protowire.AppendTag(nil, 900, protowire.VarintType), 1)

// spoilt is one way in which the messages of a golden entry can be other than this version writes them.
type spoilt struct {
	what, golden string
	spoil        func(m *journalv1.Entry, p *journalv1.Private)
}

func add(m proto.Message) { m.ProtoReflect().SetUnknown(newField) }

func report(m *journalv1.Entry) *journalv1.Submission { return m.GetReportsSubmitted().GetReports()[0] }

func spoil(t *testing.T, s spoilt) error {
	t.Helper()
	public, private := readGolden(t, filepath.Join("testdata", "golden", s.golden+".txt"))
	var m journalv1.Entry
	var p journalv1.Private
	if err := proto.Unmarshal(public, &m); err != nil {
		t.Fatal(err)
	}
	if err := proto.Unmarshal(private, &p); err != nil {
		t.Fatal(err)
	}
	s.spoil(&m, &p)
	public, err := proto.Marshal(&m)
	if err != nil {
		t.Fatal(err)
	}
	if private, err = proto.Marshal(&p); err != nil {
		t.Fatal(err)
	}
	e, err := entry.Decode(public, private)
	if err != nil && (e.Body != nil || e.Header != entry.Header{}) {
		t.Errorf("%s: Decode gives %+v beside its error", s.what, e)
	}
	return err
}

func TestANewerVersionsEntryIsRefusedAndNotHalfUnderstood(t *testing.T) {
	for _, s := range []spoilt{
		{"a body of the future", "token-revoked", func(m *journalv1.Entry, _ *journalv1.Private) { m.Body = nil; add(m) }},
		{"a field beside the body", "token-revoked", func(m *journalv1.Entry, _ *journalv1.Private) { add(m) }},
		{"a field of the header", "token-revoked", func(m *journalv1.Entry, _ *journalv1.Private) { add(m.GetHeader()) }},
		{"a field of the private part", "report-returned", func(_ *journalv1.Entry, p *journalv1.Private) { add(p) }},
		{"a field of a figure's text", "reports-submitted", func(_ *journalv1.Entry, p *journalv1.Private) { add(p.GetFigureTexts()[2]) }},
		{"a field of a made store", "store-created", func(m *journalv1.Entry, _ *journalv1.Private) { add(m.GetStoreCreated()) }},
		{"a field of changed units", "units-changed", func(m *journalv1.Entry, _ *journalv1.Private) { add(m.GetUnitsChanged()) }},
		{"a field of a unit", "units-changed", func(m *journalv1.Entry, _ *journalv1.Private) { add(m.GetUnitsChanged().GetUnits()[1]) }},
		{"a field of changed indicators", "indicators-changed", func(m *journalv1.Entry, _ *journalv1.Private) { add(m.GetIndicatorsChanged()) }},
		{"a field of an indicator", "indicators-changed", func(m *journalv1.Entry, _ *journalv1.Private) { add(m.GetIndicatorsChanged().GetIndicators()[1]) }},
		{"a field of a selector", "indicators-changed", func(m *journalv1.Entry, _ *journalv1.Private) {
			add(m.GetIndicatorsChanged().GetIndicators()[0].GetAssigned()[0])
		}},
		{"a field of changed forms", "forms-changed", func(m *journalv1.Entry, _ *journalv1.Private) { add(m.GetFormsChanged()) }},
		{"a field of a form", "forms-changed", func(m *journalv1.Entry, _ *journalv1.Private) { add(m.GetFormsChanged().GetForms()[0]) }},
		{"a field of changed holidays", "holidays-changed", func(m *journalv1.Entry, _ *journalv1.Private) { add(m.GetHolidaysChanged()) }},
		{"a field of a holiday", "holidays-changed", func(m *journalv1.Entry, _ *journalv1.Private) { add(m.GetHolidaysChanged().GetHolidays()[1]) }},
		{"a field of changed rules", "rules-changed", func(m *journalv1.Entry, _ *journalv1.Private) { add(m.GetRulesChanged()) }},
		{"a field of a rule", "rules-changed", func(m *journalv1.Entry, _ *journalv1.Private) { add(m.GetRulesChanged().GetRules()[1]) }},
		{"a severity", "rules-changed", func(m *journalv1.Entry, _ *journalv1.Private) { m.GetRulesChanged().GetRules()[1].Severity = "HINT" }},
		{"a field of submitted reports", "reports-submitted", func(m *journalv1.Entry, _ *journalv1.Private) { add(m.GetReportsSubmitted()) }},
		{"a field of a report", "reports-submitted", func(m *journalv1.Entry, _ *journalv1.Private) { add(report(m)) }},
		{"a field of an approval", "report-approved", func(m *journalv1.Entry, _ *journalv1.Private) { add(m.GetReportApproved()) }},
		{"a field of a return", "report-returned", func(m *journalv1.Entry, _ *journalv1.Private) { add(m.GetReportReturned()) }},
		{"a field of a token", "token-issued", func(m *journalv1.Entry, _ *journalv1.Private) { add(m.GetTokenIssued()) }},
		{"a field of a revocation", "token-revoked", func(m *journalv1.Entry, _ *journalv1.Private) { add(m.GetTokenRevoked()) }},
		{"a field of a new key", "key-introduced", func(m *journalv1.Entry, _ *journalv1.Private) { add(m.GetKeyIntroduced()) }},
		{"a field of a redaction", "entry-redacted", func(m *journalv1.Entry, _ *journalv1.Private) { add(m.GetEntryRedacted()) }},
		{"a field of a restored store", "store-restored", func(m *journalv1.Entry, _ *journalv1.Private) { add(m.GetStoreRestored()) }},
		{"a role", "token-issued", func(m *journalv1.Entry, _ *journalv1.Private) { m.GetTokenIssued().Role = "inspector" }},
		{"a rule over units", "indicators-changed", func(m *journalv1.Entry, _ *journalv1.Private) {
			m.GetIndicatorsChanged().GetIndicators()[0].UnitRule = "MEDIAN"
		}},
		{"a rule over time", "indicators-changed", func(m *journalv1.Entry, _ *journalv1.Private) {
			m.GetIndicatorsChanged().GetIndicators()[0].DenominatorTimeRule = "FIRST"
		}},
		{"a calendar", "forms-changed", func(m *journalv1.Entry, _ *journalv1.Private) { m.GetFormsChanged().GetForms()[0].Calendar = "LUNAR" }},
		{"a grade", "reports-submitted", func(m *journalv1.Entry, _ *journalv1.Private) { report(m).Flags[0] |= 3 << 5 }},
		{"a bit of a figure", "reports-submitted", func(m *journalv1.Entry, _ *journalv1.Private) { report(m).Flags[0] |= 1 << 7 }},
		{"a reason for a revocation", "token-revoked", func(_ *journalv1.Entry, p *journalv1.Private) { p.Reason = "lost" }},
		{"a name in an approval", "report-approved", func(_ *journalv1.Entry, p *journalv1.Private) { p.DisplayName = "A" }},
		{"a figure's text in a token", "token-issued", func(_ *journalv1.Entry, p *journalv1.Private) {
			p.FigureTexts = []*journalv1.FigureText{{Note: "A"}}
		}},
	} {
		if err := spoil(t, s); fault.KindOf(err) != fault.KindPrecondition || fault.ReasonOf(err) != entry.ReasonTooNew {
			t.Errorf("%s: Decode error = %v, want %s", s.what, err, entry.ReasonTooNew)
		}
	}
}

func TestARecordOfANewerVersionIsRefused(t *testing.T) {
	k := goldens(t)["token-issued"].Body.(entry.TokenIssued).Token
	k.DisplayName = ""
	record, err := entry.AppendToken(nil, k)
	if err != nil {
		t.Fatal(err)
	}
	issued, err := proto.Marshal(&journalv1.TokenIssued{Id: k.ID, SecretSha256: k.SecretHash[:], Role: "reporter"})
	if err != nil {
		t.Fatal(err)
	}
	inTexts := protowire.AppendBytes(protowire.AppendTag(slices.Clone(record), 2, protowire.BytesType), newField)
	inThing := protowire.AppendBytes(protowire.AppendTag(nil, 1, protowire.BytesType), append(issued, newField...))
	for what, b := range map[string][]byte{"in its texts": inTexts, "in the token": inThing} {
		if k, err := entry.ParseToken(b); fault.ReasonOf(err) != entry.ReasonTooNew {
			t.Errorf("a new field %s: ParseToken = %v, %v, want %s", what, k, err, entry.ReasonTooNew)
		}
	}
	if k, err := entry.ParseToken(slices.Concat(record, newField)); fault.ReasonOf(err) != entry.ReasonDamaged {
		t.Errorf("a new field of the record: ParseToken = %v, %v, want %s", k, err, entry.ReasonDamaged)
	}
}

func TestBytesThatNoVersionWroteAreDataLoss(t *testing.T) {
	text := func(report, figure uint32, note string) *journalv1.FigureText {
		return &journalv1.FigureText{Report: report, Figure: figure, Note: note}
	}
	for _, s := range []spoilt{
		{"no body", "token-revoked", func(m *journalv1.Entry, _ *journalv1.Private) { m.Body = nil }},
		{"a redaction of no entry", "entry-redacted", func(m *journalv1.Entry, _ *journalv1.Private) { m.GetEntryRedacted().Sequence = 0 }},
		{"a short journal id", "store-restored", func(m *journalv1.Entry, _ *journalv1.Private) { m.GetStoreRestored().OldJournalId = []byte{1} }},
		{"a known head without a hash", "store-restored", func(m *journalv1.Entry, _ *journalv1.Private) { m.GetStoreRestored().KnownHash = nil }},
		{"no new journal id", "store-restored", func(m *journalv1.Entry, _ *journalv1.Private) { m.GetStoreRestored().JournalId = nil }},
		{"a new journal id of zeros", "store-restored", func(m *journalv1.Entry, _ *journalv1.Private) { m.GetStoreRestored().JournalId = make([]byte, 16) }},
		{"the old journal id again", "store-restored", func(m *journalv1.Entry, _ *journalv1.Private) {
			m.GetStoreRestored().JournalId = m.GetStoreRestored().OldJournalId
		}},
		{"no header", "token-revoked", func(m *journalv1.Entry, _ *journalv1.Private) { m.Header = nil }},
		{"a short request id", "token-revoked", func(m *journalv1.Entry, _ *journalv1.Private) { m.Header.RequestId = []byte{1} }},
		{"a request id of zeros", "token-revoked", func(m *journalv1.Entry, _ *journalv1.Private) { m.Header.RequestId = make([]byte, 16) }},
		{"a request without a hash", "token-revoked", func(m *journalv1.Entry, _ *journalv1.Private) { m.Header.RequestHash = nil }},
		{"a hash without a request", "token-revoked", func(m *journalv1.Entry, _ *journalv1.Private) { m.Header.RequestId = nil }},
		{"a period that is none", "report-approved", func(m *journalv1.Entry, _ *journalv1.Private) { m.GetReportApproved().Period = "2024-13" }},
		{"revision 0", "report-returned", func(m *journalv1.Entry, _ *journalv1.Private) { m.GetReportReturned().Revision = 0 }},
		{"a revision beyond int32", "report-approved", func(m *journalv1.Entry, _ *journalv1.Private) { m.GetReportApproved().Revision = 1 << 31 }},
		{"a deadline after the year 9999", "reports-submitted", func(m *journalv1.Entry, _ *journalv1.Private) { report(m).DeadlineUnix = 1 << 62 }},
		{"a deadline before the year 1", "reports-submitted", func(m *journalv1.Entry, _ *journalv1.Private) { report(m).DeadlineUnix = -62135596800 }},
		{"figures without flags", "reports-submitted", func(m *journalv1.Entry, _ *journalv1.Private) { report(m).Flags = nil }},
		{"figures out of order", "reports-submitted", func(m *journalv1.Entry, _ *journalv1.Private) { slices.Reverse(report(m).Indicators) }},
		{"an indicator twice", "reports-submitted", func(m *journalv1.Entry, _ *journalv1.Private) { report(m).Indicators[1] = 0 }},
		{"an amount too few", "reports-submitted", func(m *journalv1.Entry, _ *journalv1.Private) { report(m).Numbers = report(m).Numbers[:2] }},
		{"an amount too many", "reports-submitted", func(m *journalv1.Entry, _ *journalv1.Private) { report(m).Numbers = append(report(m).Numbers, 0) }},
		{"a figure without a state", "reports-submitted", func(m *journalv1.Entry, _ *journalv1.Private) { report(m).Flags[3] = 0 }},
		{"a value that is not applicable", "reports-submitted", func(m *journalv1.Entry, _ *journalv1.Private) { report(m).Flags[2] |= 3 }},
		{"a text of a figure that is not there", "reports-submitted", func(_ *journalv1.Entry, p *journalv1.Private) {
			p.FigureTexts = []*journalv1.FigureText{text(0, 4, "A")}
		}},
		{"a text of a report that is not there", "reports-submitted", func(_ *journalv1.Entry, p *journalv1.Private) {
			p.FigureTexts = []*journalv1.FigureText{text(2, 0, "A")}
		}},
		{"texts out of order", "reports-submitted", func(_ *journalv1.Entry, p *journalv1.Private) { slices.Reverse(p.GetFigureTexts()) }},
		{"two texts of one figure", "reports-submitted", func(_ *journalv1.Entry, p *journalv1.Private) {
			p.FigureTexts = []*journalv1.FigureText{text(0, 0, "A"), text(0, 0, "B")}
		}},
		{"an empty text", "reports-submitted", func(_ *journalv1.Entry, p *journalv1.Private) { p.FigureTexts[0].Note = "" }},
		{"a scale of 7", "indicators-changed", func(m *journalv1.Entry, _ *journalv1.Private) { m.GetIndicatorsChanged().GetIndicators()[0].Scale = 7 }},
		{"no measure", "indicators-changed", func(m *journalv1.Entry, _ *journalv1.Private) {
			m.GetIndicatorsChanged().GetIndicators()[1].Measure = ""
		}},
		{"due days that are none", "forms-changed", func(m *journalv1.Entry, _ *journalv1.Private) { m.GetFormsChanged().GetForms()[0].Due = "soon" }},
		{"no frequency", "forms-changed", func(m *journalv1.Entry, _ *journalv1.Private) { m.GetFormsChanged().GetForms()[0].Frequency = "" }},
		{"a short hash of a token", "token-issued", func(m *journalv1.Entry, _ *journalv1.Private) { m.GetTokenIssued().SecretSha256 = make([]byte, 31) }},
		{"a long hash of a token", "token-issued", func(m *journalv1.Entry, _ *journalv1.Private) { m.GetTokenIssued().SecretSha256 = make([]byte, 33) }},
		{"an end before the year 1", "token-issued", func(m *journalv1.Entry, _ *journalv1.Private) { m.GetTokenIssued().ExpiresUnix = -1 << 62 }},
	} {
		err := spoil(t, s)
		if fault.KindOf(err) != fault.KindDataLoss || fault.ReasonOf(err) != entry.ReasonDamaged {
			t.Errorf("%s: Decode error = %v, want %s", s.what, err, entry.ReasonDamaged)
		}
	}
	public, private := encode(t, goldens(t)["report-returned"])
	for what, parts := range map[string][2][]byte{
		"nothing": {}, "a public part cut off": {public[:len(public)-1], private}, "a private part cut off": {public, private[:len(private)-1]},
	} {
		if _, err := entry.Decode(parts[0], parts[1]); fault.ReasonOf(err) != entry.ReasonDamaged {
			t.Errorf("%s: Decode error = %v, want %s", what, err, entry.ReasonDamaged)
		}
	}
}

func TestWhatCannotComeBackIsNotEncoded(t *testing.T) {
	submission := func(e *entry.Entry) *entry.Submission { return &e.Body.(entry.ReportsSubmitted).Reports[0] }
	token := func(e *entry.Entry, change func(*auth.Token)) {
		k := e.Body.(entry.TokenIssued).Token
		change(&k)
		e.Body = entry.TokenIssued{Token: k}
	}
	for what, c := range map[string]struct {
		golden string
		change func(*entry.Entry)
	}{
		"no body":                 {"token-revoked", func(e *entry.Entry) { e.Body = nil }},
		"a pointer to a body":     {"token-revoked", func(e *entry.Entry) { e.Body = &entry.TokenRevoked{} }},
		"a redaction of no entry": {"entry-redacted", func(e *entry.Entry) { e.Body = entry.EntryRedacted{} }},
		"a redaction of itself":   {"entry-redacted", func(e *entry.Entry) { e.Body = entry.EntryRedacted{Sequence: e.Header.Sequence} }},
		"a known head without a hash": {"store-restored", func(e *entry.Entry) {
			e.Body = entry.StoreRestored{Journal: [16]byte{1}, Known: entry.Head{Sequence: 1}}
		}},
		"a restored store without an id":  {"store-restored", func(e *entry.Entry) { e.Body = entry.StoreRestored{} }},
		"no sequence":                     {"token-revoked", func(e *entry.Entry) { e.Header.Sequence = 0 }},
		"no time":                         {"token-revoked", func(e *entry.Entry) { e.Header.Time = time.Time{} }},
		"a time beyond the nanoseconds":   {"token-revoked", func(e *entry.Entry) { e.Header.Time = e.Header.Time.AddDate(300, 0, 0) }},
		"a hash without a request":        {"token-revoked", func(e *entry.Entry) { e.Header.RequestID = [16]byte{} }},
		"a text that is not UTF-8":        {"token-revoked", func(e *entry.Entry) { e.Header.Principal = "\xff" }},
		"a reason that is not UTF-8":      {"report-returned", func(e *entry.Entry) { e.Body = entry.ReportReturned{Key: goldenKey, Revision: 1, Reason: "\xff"} }},
		"revision 0":                      {"report-approved", func(e *entry.Entry) { e.Body = entry.ReportApproved{Key: goldenKey} }},
		"no period":                       {"report-returned", func(e *entry.Entry) { e.Body = entry.ReportReturned{Revision: 1} }},
		"no revision":                     {"reports-submitted", func(e *entry.Entry) { submission(e).Revision = 0 }},
		"a deadline within a second":      {"reports-submitted", func(e *entry.Entry) { submission(e).Deadline = e.Header.Time }},
		"a deadline that would read none": {"reports-submitted", func(e *entry.Entry) { submission(e).Deadline = time.Unix(0, 0) }},
		"a deadline in the year 10000":    {"reports-submitted", func(e *entry.Entry) { submission(e).Deadline = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC) }},
		"figures out of order":            {"reports-submitted", func(e *entry.Entry) { slices.Reverse(submission(e).Figures) }},
		"a figure twice":                  {"reports-submitted", func(e *entry.Entry) { submission(e).Figures[1].Number = 0 }},
		"a figure without a state":        {"reports-submitted", func(e *entry.Entry) { submission(e).Figures[0].Figure = figure.Figure{} }},
		"an amount that is not marked":    {"reports-submitted", func(e *entry.Entry) { submission(e).Figures[3].Value = 1 }},
		"an unknown rule over units":      {"indicators-changed", func(e *entry.Entry) { e.Body.(entry.IndicatorsChanged).Indicators[0].UnitRule = 99 }},
		"an unknown measure":              {"indicators-changed", func(e *entry.Entry) { e.Body.(entry.IndicatorsChanged).Indicators[0].Value.Measure = 99 }},
		"an unknown direction":            {"indicators-changed", func(e *entry.Entry) { e.Body.(entry.IndicatorsChanged).Indicators[0].Direction = 99 }},
		"a scale of 7":                    {"indicators-changed", func(e *entry.Entry) { e.Body.(entry.IndicatorsChanged).Indicators[0].Scale = 7 }},
		"a form of every nine months":     {"forms-changed", func(e *entry.Entry) { e.Body.(entry.FormsChanged).Forms[0].Frequency = period.NineMonths }},
		"an unknown calendar":             {"forms-changed", func(e *entry.Entry) { e.Body.(entry.FormsChanged).Forms[0].Calendar = 99 }},
		"a token without a role":          {"token-issued", func(e *entry.Entry) { token(e, func(k *auth.Token) { k.Role = 0 }) }},
		"a token issued another time":     {"token-issued", func(e *entry.Entry) { token(e, func(k *auth.Token) { k.Created = time.Time{} }) }},
		"a token that is revoked":         {"token-issued", func(e *entry.Entry) { token(e, func(k *auth.Token) { k.Revoked = k.Created }) }},
		"a token that ends in a second":   {"token-issued", func(e *entry.Entry) { token(e, func(k *auth.Token) { k.Expires = k.Created }) }},
	} {
		e := goldens(t)[c.golden]
		c.change(&e)
		if public, private, err := entry.Encode(e); fault.KindOf(err) != fault.KindInternal || public != nil || private != nil {
			t.Errorf("%s: Encode = %x, %x, %v, want Internal", what, public, private, err)
		}
	}
}

var goldenKey = entry.ReportKey{Unit: "30280-0", Form: form.Code("CDS-thang"), Period: period.Of(2024, period.Month, 2)}

// The layout of a submission as proto/journal/v1 words it, written field by field without the generated code.
func TestASubmissionIsWrittenByTheBook(t *testing.T) {
	packed := func(values ...uint64) (b []byte) {
		for _, v := range values {
			b = protowire.AppendVarint(b, v)
		}
		return b
	}
	field := func(b []byte, n protowire.Number, value []byte) []byte {
		return protowire.AppendBytes(protowire.AppendTag(b, n, protowire.BytesType), value)
	}
	number := func(b []byte, n protowire.Number, v uint64) []byte {
		return protowire.AppendVarint(protowire.AppendTag(b, n, protowire.VarintType), v)
	}
	s := field(field(field(nil, 1, []byte("30280-0")), 2, []byte("CDS-thang")), 3, []byte("2024-02"))
	s = number(s, 4, 2)
	s = number(s, 6, 1708275600)
	s = field(s, 9, packed(3, 5, 8, 9))
	s = field(s, 10, packed(0b10_00101, 0b00_11001, 0b00_00010, 0b01_00011))
	s = field(s, 11, packed(1, 180, 2000)) // zigzag: -1, 90, 1000
	header := number(number(nil, 1, 7), 2, 1708300800000000001)
	public := field(field(nil, 1, header), 14, field(nil, 1, s))
	private := field(nil, 3, field(number(number(nil, 1, 0), 2, 2), 4, []byte("mưa lớn")))

	want := entry.Entry{
		Header: entry.Header{Sequence: 7, Time: time.Date(2024, 2, 19, 0, 0, 0, 1, time.UTC)},
		Body: entry.ReportsSubmitted{Reports: []entry.Submission{{
			Key: goldenKey, Revision: 2, Deadline: time.Date(2024, 2, 18, 17, 0, 0, 0, time.UTC),
			Figures: []entry.Figure{
				{Number: 3, Figure: figure.Figure{State: figure.Value, HasValue: true, Value: -1, Grade: figure.Estimate}},
				{Number: 5, Figure: figure.Figure{State: figure.Value, HasNumerator: true, HasDenominator: true, Numerator: 90, Denominator: 1000}},
				{Number: 8, Figure: figure.Figure{State: figure.NotAvailable, Explanation: "mưa lớn"}},
				{Number: 9, Figure: figure.Figure{State: figure.NotApplicable, Grade: figure.Preliminary}},
			},
		}}},
	}
	got, err := entry.Decode(public, private)
	if diff := different(got, want); diff != "" || err != nil {
		t.Errorf("Decode reads the book otherwise: %v (-want +got):\n%s", err, diff)
	}
}
