package aggregator

import (
	"fmt"
	"strings"

	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/period"
)

// maxAcross is how many reports one answer across a change may be made of: more than as of an earlier entry (R30), for the
// year of the change of the largest province takes 4,278 of a stock, and that is what people ask; they take some 30 ms. The
// country takes 80,136: that is no short transaction, and no answer can be put together from several, for between two of
// them the state goes on, and as of an earlier entry 2,000 reports are the most.
const maxAcross = 6000

// limit refuses what would take too many reports, and says what can be asked instead. As of an earlier entry reports are
// counted as they are read, and fewer are the most.
func (u *question) limit() error {
	reports := u.reports()
	u.t.gathered += reports
	if reports <= maxAcross || u.t.asOf != nil {
		return nil
	}
	asked := u.x.tree.At(u.unit)
	refusal := func(instead string) *fault.Error {
		return fault.Exhausted("QUERY_TOO_LARGE",
			"indicator %s in %s goes over a change of the tree for unit %s and would be made of %d reports, the limit is %d; ask for %s",
			u.i.code, u.q.Period, asked, reports, maxAcross, instead).
			With("indicator", u.i.code).With("period", u.q.Period).With("unit", asked.ID).
			With("reports", reports).With("limit", maxAcross).In("periods")
	}
	periods, below, children := u.shorter(), 0, u.x.tree.Children(asked.ID, u.treeDay)
	for _, child := range children {
		q := u.q
		if q.Unit = child; u.t.short(q) {
			below++
		}
	}
	one := fmt.Sprintf("the units below it one by one, of which %d of %d can be told", below, len(children))
	list := strings.Join(periods, ", ")
	switch {
	case len(periods) > 0 && below > 0:
		return refusal(list+", or for "+one).With("periods", list).With("below", below).With("children", len(children))
	case len(periods) > 0:
		return refusal(list).With("periods", list)
	case below > 0:
		return refusal(one).With("below", below).With("children", len(children))
	}
	return refusal("smaller units, or for shorter periods")
}

// shorter lists the longest periods that make up the span and that can all be told of the unit; none if there are none.
func (u *question) shorter() []string {
	if u.since {
		return nil // what they come to since January is each another amount
	}
	for _, kind := range [...]period.Kind{period.Half, period.Quarter, period.Month} {
		if kind >= u.q.Period.Kind {
			continue
		}
		var words []string
		for _, p := range u.q.Period.Bases(kind) {
			q := u.q
			if q.Period = p; !u.t.short(q) {
				words = nil
				break
			}
			words = append(words, p.String())
		}
		if len(words) > 0 {
			return words
		}
	}
	return nil
}

// short says whether a question can be told, from few reports.
func (t *Tx) short(q Query) bool {
	u, err := t.ask(q)
	if err != nil || u.across == nil {
		return err == nil
	}
	if _, held := u.heldBy(); held {
		return false
	}
	u.makeParcel()
	return u.reports() <= maxAcross
}
