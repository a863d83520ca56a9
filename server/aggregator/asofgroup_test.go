package aggregator_test

import (
	"testing"

	"github.com/tonghop/tonghop/server/figure"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
)

// Inside a group a principal who writes for the first time has a number that no commit has told yet; the state as of an
// entry of the group knows it too.
func TestR30AsOfAnEntryOfTheOpenGroupKnowsWhoMadeIt(t *testing.T) {
	s := house(t)
	s.tell(numbered(0, plainIndicator("S", indicator.UnitSum, indicator.Flow, indicator.TimeSum)),
		forms(0, plainForm("F", period.Month, "kind:commune", "S")))
	s.who = "newcomer"
	s.add(sent(key("A", "F", "2024-02"), 1, map[uint32]figure.Figure{0: value(10)}))
	tx := s.begin()
	then, err := tx.AsOf(tx.Position().Head.Sequence)
	if err != nil {
		t.Fatal(err)
	}
	report, known, err := then.Report(key("A", "F", "2024-02"))
	if err != nil || !known || report.Revisions[0].Principal != "newcomer" {
		t.Errorf("report = %+v, %t, %v", report, known, err)
	}
}
