package entry_test

import (
	"path/filepath"
	"testing"

	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/fault"
)

// FuzzDecode holds that no bytes end the program, that whatever is refused is refused for one of the two reasons, and
// that whatever is read can be written and read again.
func FuzzDecode(f *testing.F) {
	for name, e := range goldens(f) {
		public, private := readGolden(f, filepath.Join("testdata", "golden", name+".txt"))
		f.Add(public, private)
		public, private = encode(f, e)
		f.Add(public, private)
		f.Add(public, []byte(nil))
		f.Add(public[:len(public)/2], private)
	}
	f.Fuzz(func(t *testing.T, public, private []byte) {
		e, err := entry.Decode(public, private)
		if err != nil {
			kind, reason := fault.KindOf(err), fault.ReasonOf(err)
			if kind == fault.KindDataLoss && reason == entry.ReasonDamaged || kind == fault.KindPrecondition && reason == entry.ReasonTooNew {
				return
			}
			t.Fatalf("Decode(%x, %x): %v (%s, %s)", public, private, err, kind, reason)
		}
		again, privateAgain, err := entry.Encode(e)
		if err != nil {
			t.Fatalf("Encode of what Decode gave: %v", err)
		}
		back, err := entry.Decode(again, privateAgain)
		if err != nil || different(back, e) != "" {
			t.Fatalf("written again it is another entry: %v\n%s", err, different(back, e))
		}
	})
}

// FuzzParseRecord holds the same of the records of single things, whichever thing the bytes are taken for.
func FuzzParseRecord(f *testing.F) {
	for name, e := range goldens(f) {
		switch b := e.Body.(type) {
		case entry.ReportsSubmitted:
			seed(f, b.Reports[0], entry.AppendSubmission)
		case entry.TokenIssued:
			seed(f, b.Token, entry.AppendToken)
		case entry.UnitsChanged:
			seed(f, b.Units[1], entry.AppendUnit)
		case entry.UnitsReorganised:
			seed(f, b.Links[1], entry.AppendLink)
		case entry.IndicatorsChanged:
			seed(f, b.Indicators[0], entry.AppendIndicator)
		case entry.FormsChanged:
			seed(f, b.Forms[0], entry.AppendForm)
		case entry.PlansChanged:
			seed(f, b.Plans[0], entry.AppendPlan)
			seed(f, b.Targets[0], entry.AppendTarget)
			seed(f, b.Results[0], entry.AppendResult)
			seed(f, b.Counts[0], entry.AppendCount)
		case entry.OutsideFiguresChanged:
			seed(f, b.Figures[0], entry.AppendOutside)
		case entry.PlanRemarked:
			seed(f, b.Remark, entry.AppendRemark)
		case entry.RegionsChanged:
			seed(f, b.Regions[0], entry.AppendRegion)
		case entry.DutiesChanged:
			seed(f, b.Duties[0], entry.AppendDuty)
		case entry.DutyReported:
			seed(f, b.Record, entry.AppendDutyRecord)
		case entry.RegistersChanged:
			seed(f, b.Registers[0], entry.AppendRegister)
		case entry.RegisterItemsChanged:
			seed(f, b.Items[0], entry.AppendItem)
		case entry.HolidaysChanged:
			seed(f, b.Holidays[2], entry.AppendHoliday)
		case entry.RulesChanged:
			seed(f, b.Rules[0], entry.AppendRule)
		default:
			f.Logf("%s has no record", name)
		}
	}
	f.Fuzz(func(t *testing.T, record []byte) {
		again(t, record, entry.AppendUnit, entry.ParseUnit)
		again(t, record, entry.AppendLink, entry.ParseLink)
		again(t, record, entry.AppendIndicator, entry.ParseIndicator)
		again(t, record, entry.AppendForm, entry.ParseForm)
		again(t, record, entry.AppendHoliday, entry.ParseHoliday)
		again(t, record, entry.AppendRule, entry.ParseRule)
		again(t, record, entry.AppendPlan, entry.ParsePlan)
		again(t, record, entry.AppendTarget, entry.ParseTarget)
		again(t, record, entry.AppendResult, entry.ParseResult)
		again(t, record, entry.AppendCount, entry.ParseCount)
		again(t, record, entry.AppendOutside, entry.ParseOutside)
		again(t, record, entry.AppendRegion, entry.ParseRegion)
		again(t, record, entry.AppendRemark, entry.ParseRemark)
		again(t, record, entry.AppendDuty, entry.ParseDuty)
		again(t, record, entry.AppendDutyRecord, entry.ParseDutyRecord)
		again(t, record, entry.AppendRegister, entry.ParseRegister)
		again(t, record, entry.AppendItem, entry.ParseItem)
		again(t, record, entry.AppendSubmission, entry.ParseSubmission)
		again(t, record, entry.AppendToken, entry.ParseToken)
	})
}

func seed[T any](f *testing.F, thing T, add func([]byte, T) ([]byte, error)) {
	record, err := add(nil, thing)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(record)
}

func again[T any](t *testing.T, record []byte, add func([]byte, T) ([]byte, error), parse func([]byte) (T, error)) {
	t.Helper()
	thing, err := parse(record)
	if err != nil {
		return
	}
	written, err := add(nil, thing)
	if err != nil {
		t.Fatalf("append of %+v, which was parsed: %v", thing, err)
	}
	if back, err := parse(written); err != nil || different(back, thing) != "" {
		t.Fatalf("written again it is another thing: %v\n%s", err, different(back, thing))
	}
}
