package plan

import (
	"fmt"
	"slices"

	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/text"
)

// Target is one version of one thing that a plan demands.
type Target struct {
	Plan      ID
	Year      int
	Indicator indicator.Code
	Scope     Scope
	// Comparator and Value say what is demanded. Value is as it was written: a number, a class, a day, or nothing.
	Comparator Comparator
	Value      string
	// Baseline is what the figure was, if that is known, and BaselineDay on which day; Beginning is not known.
	Baseline    string
	BaselineDay period.Day
	// Due is the day by which it is to be reached; Forever is the end of the year.
	Due period.Day
	// Ranked is among how many a rank is counted; 0 is not said.
	Ranked int
	// Lead leads, Support co-operate.
	Lead    hierarchy.ID
	Support []hierarchy.ID
	Note    string
	// Withdrawn says that it is demanded no longer.
	Withdrawn bool
}

// Key names a target, or a declared result.
func (t *Target) Key() string { return key(t.Year, t.Indicator, t.Scope) }

func key(year int, code indicator.Code, scope Scope) string {
	return fmt.Sprintf("%04d/%s/%s", year, code.Fold(), scope)
}

// Check tells every violation, each with its field.
func (t *Target) Check() error {
	var problems fault.List
	checkYear(t.Year, &problems)
	if _, err := indicator.ParseCode(string(t.Indicator)); err != nil {
		problems.Add(fault.Of(err).In("indicator"))
	}
	if t.Withdrawn {
		return problems.Err()
	}
	if t.Comparator == noComparator || t.Comparator.String() == "" {
		problems.Add(fault.Invalid("COMPARATOR_MISSING", "nothing says how figures are held against the target; give a comparator such as >=").In("comparator"))
	}
	t.checkValue(&problems)
	if t.Baseline != "" {
		if _, err := ParseAmount(t.Baseline); err != nil {
			problems.Add(fault.Of(err).In("baseline"))
		}
	}
	if t.Ranked < 0 {
		problems.Add(fault.Invalid("RANKED_NEGATIVE", "a rank is counted among %d; give how many are ranked, or leave it out", t.Ranked).
			With("value", t.Ranked).In("ranked"))
	}
	if _, err := text.Note("note", t.Note); err != nil {
		problems.Add(err)
	}
	return problems.Err()
}

func checkYear(year int, problems *fault.List) {
	if year < minYear || year > maxYear {
		problems.Add(fault.Invalid("PLAN_YEAR_OUT_OF_RANGE", "year %d: give one from %d to %d", year, minYear, maxYear).With("year", year).In("year"))
	}
}

// checkValue holds what each comparator needs.
func (t *Target) checkValue(problems *fault.List) {
	switch t.Comparator {
	case Keep:
		if t.Value != "" {
			problems.Add(fault.Invalid("TARGET_VALUE_TOO_MUCH", "maintain_or_improve is held against the baseline and has no value, not %q", shorten(t.Value)).
				With("value", shorten(t.Value)).In("value"))
		}
		return
	case InClass:
		if clean, err := text.Clean("value", t.Value, maxText); err != nil {
			problems.Add(err)
		} else if clean == "" {
			problems.Add(valueMissing(t.Comparator))
		}
		return
	case ByDate:
		if _, err := period.ParseDay(t.Value); err != nil {
			problems.Add(fault.Of(err).In("value"))
		}
		return
	default:
	}
	amount, err := ParseAmount(t.Value)
	switch {
	case err != nil:
		problems.Add(fault.Of(err).In("value"))
	case !amount.Exists():
		problems.Add(valueMissing(t.Comparator))
	case t.Comparator == Top && (amount.scale != 0 || amount.n < 1):
		problems.Add(fault.Invalid("TARGET_PLACE", "top_n %q: give how many places there are, from 1", t.Value).With("value", t.Value).In("value"))
	case t.Comparator.relative() && amount.n < 0:
		problems.Add(fault.Invalid("TARGET_PERCENT_NEGATIVE", "%s %q: give a percentage of the baseline from 0; to go the other way take the other comparator",
			t.Comparator, t.Value).With("comparator", t.Comparator).With("value", t.Value).In("value"))
	}
}

func valueMissing(c Comparator) *fault.Error {
	return fault.Invalid("TARGET_VALUE_MISSING", "a target with %s needs a value", c).With("comparator", c).In("value")
}

// Result is one version of what somebody declared the result of a target to be.
type Result struct {
	Plan      ID
	Year      int
	Indicator indicator.Code
	Scope     Scope
	Bound     Bound
	// Value is as it was written; empty is none. It may be a class.
	Value string
	// Rating is Exceeded, Met or NotMet, or none.
	Rating       Status
	Source, Note string
}

// Key names it.
func (r *Result) Key() string { return key(r.Year, r.Indicator, r.Scope) }

// Check tells every violation, each with its field.
func (r *Result) Check() error {
	var problems fault.List
	checkYear(r.Year, &problems)
	if _, err := indicator.ParseCode(string(r.Indicator)); err != nil {
		problems.Add(fault.Of(err).In("indicator"))
	}
	if r.Value == "" && r.Rating == noStatus {
		problems.Add(fault.Invalid("RESULT_EMPTY", "a declared result has a value, a rating or both").In("value"))
	}
	checkTexts(&problems, r.Value, r.Source, r.Note)
	return problems.Err()
}

// Count is one version of a declared number of targets or indicators.
type Count struct {
	Plan ID
	Year int
	Kind CountKind
	// Label is the code of the group, or of what else was counted.
	Label        string
	Count        int
	Source, Note string
}

// Key names it.
func (c *Count) Key() string {
	return fmt.Sprintf("%04d/%s/%s", c.Year, c.Kind, text.FoldCode(c.Label))
}

// Check tells every violation, each with its field.
func (c *Count) Check() error {
	var problems fault.List
	checkYear(c.Year, &problems)
	if c.Kind == noCount || c.Kind.String() == "" {
		problems.Add(fault.Invalid("COUNT_KIND_MISSING", "nothing says what was counted; give a kind such as REACHED").In("kind"))
	}
	if c.Count < 0 {
		problems.Add(fault.Invalid("COUNT_NEGATIVE", "%d cannot be counted", c.Count).With("value", c.Count).In("count"))
	}
	if labelled := c.Kind == CountGroup || c.Kind == CountOther; labelled == (c.Label == "") {
		problems.Add(fault.Invalid("COUNT_LABEL", "a count of %s: the code of the group, or of what else was counted, stands with GROUP and OTHER alone", c.Kind).
			With("kind", c.Kind).In("label"))
	}
	if c.Label != "" {
		if _, err := text.Code("label", c.Label); err != nil {
			problems.Add(err)
		}
	}
	checkTexts(&problems, "", c.Source, c.Note)
	return problems.Err()
}

func checkTexts(problems *fault.List, value, source, note string) {
	for _, s := range []struct {
		name, text string
	}{{"value", value}, {"source", source}} {
		if _, err := text.Clean(s.name, s.text, maxText); err != nil {
			problems.Add(err)
		}
	}
	if _, err := text.Note("note", note); err != nil {
		problems.Add(err)
	}
}

// Horizon gives the period of which a target due on a day is judged: the year, or where it is due earlier the longest period
// from the beginning of the year that has ended by then and that base periods of the kind make up, else the month; what is
// reported once a year is judged by the year. Forever is the last day of the year, which it gives too.
func Horizon(c period.Calendar, base period.Kind, year int, due period.Day) (period.Period, period.Day) {
	whole := period.Of(year, period.Year, 1)
	if due == period.Forever {
		return whole, c.Last(whole)
	}
	spans := []period.Period{whole, period.Of(year, period.NineMonths, 1), period.Of(year, period.Half, 1), period.Of(year, period.Quarter, 1)}
	for _, p := range slices.Backward(whole.Months()) {
		spans = append(spans, p)
	}
	earliest := whole
	for _, p := range spans {
		if len(p.Bases(base)) == 0 {
			continue
		}
		if earliest = p; c.Last(p) <= due {
			break
		}
	}
	return earliest, due
}
