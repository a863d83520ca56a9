package entry

import (
	"slices"

	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/rule"
)

// The words of the journal, indexed by value; an empty one has no place in it. They are not taken from the String methods
// of other rooms, because those may be worded anew and these never: journals hold them.
var (
	measureWords = []string{indicator.Flow: "FLOW", indicator.Stock: "STOCK", indicator.YearToDate: "YEAR_TO_DATE"}
	timeWords    = []string{
		indicator.TimeNone: "NONE", indicator.TimeSum: "SUM", indicator.TimeLast: "LAST",
		indicator.TimeMean: "MEAN", indicator.TimeMin: "MIN", indicator.TimeMax: "MAX",
	}
	unitRuleWords = []string{
		indicator.UnitNone: "NONE", indicator.UnitSum: "SUM", indicator.UnitRatio: "RATIO", indicator.UnitMean: "MEAN",
		indicator.UnitWeightedMean: "WEIGHTED_MEAN", indicator.UnitMin: "MIN", indicator.UnitMax: "MAX",
		indicator.UnitCountYes: "COUNT_YES", indicator.UnitShareYes: "SHARE_YES", indicator.UnitCountAtLeast: "COUNT_AT_LEAST",
		indicator.UnitDerived: "DERIVED",
	}
	directionWords = []string{indicator.DirectionNone: "NONE", indicator.Higher: "HIGHER", indicator.Lower: "LOWER"}
	classWords     = []string{indicator.Internal: "", indicator.Public: "public", indicator.Sensitive: "sensitive"}
	frequencyWords = []string{period.Month: "month", period.Quarter: "quarter", period.Half: "half", period.Year: "year"}
	calendarWords  = []string{period.CutoffFifteenth: "CUTOFF_15_14", period.Civil: "CIVIL"}
	severityWords  = []string{rule.Error: "ERROR", rule.Warning: "WARNING", rule.Off: "OFF"}
	roleWords      = []string{
		auth.Reporter: "reporter", auth.Approver: "approver", auth.Viewer: "viewer",
		auth.Administrator: "administrator", auth.Operator: "operator",
		auth.Drafter: "drafter", auth.Sender: "sender", auth.Auditor: "auditor", auth.Public: "public", auth.Bootstrap: "bootstrap",
	}
)

// wordOf gives the word of a value.
func wordOf[T ~uint8](words []string, v T, what string) (string, error) {
	if int(v) >= len(words) || words[v] == "" {
		return "", fault.Internal(nil, "%s %d has no word in the journal", what, uint8(v))
	}
	return words[v], nil
}

// valueOf gives the value of a word. A word that is not in the list was added to it later.
func valueOf[T ~uint8](words []string, word, what string) (T, error) {
	if word == "" {
		return 0, damaged("the %s is missing", what)
	}
	at := slices.Index(words, word)
	if at < 0 {
		return 0, tooNew("the %s %q is unknown", what, word)
	}
	return T(at), nil //nolint:gosec // there are a dozen at most
}
