package entry_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	journalv1 "github.com/tonghop/tonghop/gen/journal/v1"
	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/figure"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
)

func TestWhatIsEncodedIsDecoded(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := drawEntry(t)
		public, private, err := entry.Encode(e)
		if err != nil {
			t.Fatalf("Encode(%+v): %v", e, err)
		}
		got, err := entry.Decode(public, private)
		if err != nil {
			t.Fatalf("Decode(Encode(%+v)): %v", e, err)
		}
		if diff := different(got, e); diff != "" {
			t.Fatalf("Decode(Encode(e)) differs (-want +got):\n%s", diff)
		}
		again, privateAgain, err := entry.Encode(got)
		if err != nil || !bytes.Equal(again, public) || !bytes.Equal(privateAgain, private) {
			t.Fatalf("the entry encodes to other bytes the second time: %x and %x, then %x and %x, %v", public, private, again, privateAgain, err)
		}
	})
}

// withoutTexts takes from a body what a removal takes from the journal.
func withoutTexts(b entry.Body) entry.Body {
	switch b := b.(type) {
	case entry.ReportReturned:
		b.Reason = ""
		return b
	case entry.ObligationExcluded:
		b.Reason = ""
		return b
	case entry.ExclusionLifted:
		b.Reason = ""
		return b
	case entry.PeriodClosed:
		b.Reason = ""
		return b
	case entry.PeriodReopened:
		b.Reason = ""
		return b
	case entry.UnitsReorganised:
		b.Note = ""
		return b
	case entry.TokenIssued:
		b.Token.DisplayName = ""
		return b
	case entry.SubscriptionCreated:
		b.Subscription.Target = ""
		return b
	case entry.EntryRedacted:
		b.Reason = ""
		return b
	case entry.PlanRemarked:
		b.Text = ""
		return b
	case entry.DutyReported:
		b.Note = ""
		return b
	case entry.RegisterItemsChanged:
		b.Reason = ""
		return b
	case entry.StoreRestored:
		b.By, b.Reason = "", ""
		return b
	case entry.ReportsSubmitted:
		for _, s := range b.Reports {
			for i := range s.Figures {
				s.Figures[i].Note, s.Figures[i].Explanation = "", ""
			}
		}
		return b
	default:
		return b
	}
}

func TestR36WhatAPersonWroteIsInThePrivatePartAlone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := drawEntry(t)
		public, private, err := entry.Encode(e)
		if err != nil {
			t.Fatalf("Encode(%+v): %v", e, err)
		}
		if bytes.Contains(public, []byte(canary)) {
			t.Fatalf("the public part of %+v holds what a person wrote: %q", e, public)
		}
		removed, err := entry.Decode(public, nil)
		if err != nil {
			t.Fatalf("Decode of the public part alone: %v", err)
		}
		texts := different(removed, e) != ""
		if texts != (len(private) > 0) || private != nil && len(private) == 0 {
			t.Fatalf("texts: %t, private part %q", texts, private)
		}
		e.Body = withoutTexts(e.Body)
		if diff := different(removed, e); diff != "" {
			t.Fatalf("the public part alone differs in more than the texts (-want +got):\n%s", diff)
		}
	})
}

func TestR36EveryTextOfAReportStandsBesideItsFigureAgain(t *testing.T) {
	e := goldens(t)["reports-submitted"]
	public, private := encode(t, e)
	for _, text := range []string{"Chợ đóng cửa", "Gồm cả số của tháng trước", "Máy hỏng"} {
		if bytes.Contains(public, []byte(text)) || !bytes.Contains(private, []byte(text)) {
			t.Errorf("%q stands in the public part: %t, in the private part: %t", text, bytes.Contains(public, []byte(text)), bytes.Contains(private, []byte(text)))
		}
	}
	got, err := entry.Decode(public, private)
	if err != nil {
		t.Fatal(err)
	}
	second := got.Body.(entry.ReportsSubmitted).Reports[1]
	if f := second.Figures[1]; f.Explanation != "Máy hỏng" || f.Note != "" || second.Figures[0].Explanation != "" {
		t.Errorf("the texts moved: %+v", second.Figures)
	}
}

func TestZeroIsNotNothing(t *testing.T) {
	e := goldens(t)["reports-submitted"]
	figures := e.Body.(entry.ReportsSubmitted).Reports[0].Figures
	zero, nothing := &figures[0], &figures[1]
	zero.Figure = figure.Figure{State: figure.Value, HasValue: true}
	nothing.Figure = figure.Figure{State: figure.NotAvailable}
	public, private := encode(t, e)
	got, err := entry.Decode(public, private)
	if err != nil {
		t.Fatal(err)
	}
	back := got.Body.(entry.ReportsSubmitted).Reports[0].Figures
	if !back[0].HasValue || back[0].State != figure.Value || back[1].HasValue || back[1].State != figure.NotAvailable {
		t.Errorf("0 came back as %+v and nothing as %+v", back[0], back[1])
	}
	if len(back) != len(figures) {
		t.Errorf("%d figures came back of %d: absent is not a figure", len(back), len(figures))
	}
}

func TestASelectorWithoutDaysComesBackWithTheOpenDays(t *testing.T) {
	e := goldens(t)["forms-changed"]
	forms := e.Body.(entry.FormsChanged).Forms
	forms[0].Assigned = []hierarchy.Selector{{Kind: hierarchy.Commune}}
	public, private := encode(t, e)
	got, err := entry.Decode(public, private)
	if err != nil {
		t.Fatal(err)
	}
	want := hierarchy.Selector{Kind: hierarchy.Commune, From: period.Beginning, To: period.Forever}
	if back := got.Body.(entry.FormsChanged).Forms[0].Assigned[0]; back != want {
		t.Errorf("the selector came back as %+v, want %+v", back, want)
	}
}

func TestADenominatorWithoutRulesHasThoseOfTheNumerator(t *testing.T) {
	public, _ := encode(t, goldens(t)["indicators-changed"])
	var m journalv1.Entry
	if err := proto.Unmarshal(public, &m); err != nil {
		t.Fatal(err)
	}
	ratio := m.GetIndicatorsChanged().GetIndicators()[0]
	ratio.DenominatorMeasure, ratio.DenominatorTimeRule = "", ""
	public, err := proto.Marshal(&m)
	if err != nil {
		t.Fatal(err)
	}
	e, err := entry.Decode(public, nil)
	if err != nil {
		t.Fatal(err)
	}
	v := e.Body.(entry.IndicatorsChanged).Indicators
	if v[0].Denominator != v[0].Value || v[1].Denominator != (indicator.Part{}) {
		t.Errorf("the ratio's denominator has %+v, want %+v; what is no ratio has %+v, want nothing", v[0].Denominator, v[0].Value, v[1].Denominator)
	}
}

func TestInstantsComeBackInUTC(t *testing.T) {
	hanoi := time.FixedZone("+07", 7*60*60)
	for name, e := range goldens(t) {
		e.Header.Time = e.Header.Time.In(hanoi)
		if b, ok := e.Body.(entry.ReportsSubmitted); ok {
			b.Reports[0].Deadline = b.Reports[0].Deadline.In(hanoi)
		}
		public, private := encode(t, e)
		got, err := entry.Decode(public, private)
		if err != nil {
			t.Fatal(err)
		}
		instants := []time.Time{got.Header.Time}
		switch b := got.Body.(type) {
		case entry.ReportsSubmitted:
			instants = append(instants, b.Reports[0].Deadline)
		case entry.TokenIssued:
			instants = append(instants, b.Token.Created, b.Token.Expires)
		}
		for i, at := range instants {
			if at.Location() != time.UTC {
				t.Errorf("%s: instant %d is %s, not in UTC", name, i, at)
			}
		}
	}
}

func TestRecordsOfSingleThingsComeBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		k := drawToken(t)
		if rapid.Bool().Draw(t, "it was issued") {
			k.Created = instant(t, "created")
		}
		if rapid.Bool().Draw(t, "it was revoked") {
			k.Revoked = instant(t, "revoked")
		}
		comesBack(t, drawUnit(t), entry.AppendUnit, entry.ParseUnit)
		comesBack(t, drawLink(t), entry.AppendLink, entry.ParseLink)
		comesBack(t, drawIndicator(t), entry.AppendIndicator, entry.ParseIndicator)
		comesBack(t, drawForm(t), entry.AppendForm, entry.ParseForm)
		comesBack(t, drawSubmission(t), entry.AppendSubmission, entry.ParseSubmission)
		comesBack(t, k, entry.AppendToken, entry.ParseToken)
	})
}

func comesBack[T any](t *rapid.T, thing T, add func([]byte, T) ([]byte, error), parse func([]byte) (T, error)) {
	const before = "what stood there"
	b, err := add([]byte(before), thing)
	if err != nil || !strings.HasPrefix(string(b), before) {
		t.Fatalf("append of %+v = %q, %v", thing, b, err)
	}
	record := b[len(before):]
	got, err := parse(record)
	if err != nil {
		t.Fatalf("parse of %+v: %v", thing, err)
	}
	if diff := different(got, thing); diff != "" {
		t.Fatalf("the record differs (-want +got):\n%s", diff)
	}
	// A record that was cut off is refused, unless what remains is a whole record with less in it: never a panic.
	for cut := range record {
		_, _ = parse(record[:cut])
	}
}

func TestReportKeysNameTheReportAsTheAPIDoes(t *testing.T) {
	key := entry.ReportKey{Unit: "30280-0", Form: "CDS-thang", Period: period.Of(2024, period.Month, 2)}
	if got, want := key.String(), "units/30280-0/reports/cds-thang~2024-02"; got != want {
		t.Errorf("String = %q, want %q", got, want)
	}
}

func TestTheTokenOfAnEntryWasIssuedWhenTheEntryWasAccepted(t *testing.T) {
	e := goldens(t)["token-issued"]
	public, _ := encode(t, e)
	got, err := entry.Decode(public, nil)
	if err != nil {
		t.Fatal(err)
	}
	k := got.Body.(entry.TokenIssued).Token
	if !k.Created.Equal(e.Header.Time) || !k.Revoked.IsZero() || k.Role != auth.Reporter {
		t.Errorf("the token came back as %+v, created %s", k, k.Created)
	}
}
