//go:build unix

package snapshot

import (
	"github.com/tonghop/tonghop/server/check"
	"github.com/tonghop/tonghop/server/check/plant"
)

// controls are the planted faults.
var controls = []check.Control{
	{
		Name: "two-reads", Fault: "The first half of the units is read in one transaction and the other half in the next.", Size: 1000,
		Edits: []plant.Edit{pauseIn("server/reporting/rollup.go"), {File: "server/reporting/rollup.go", Old: "func (s *Service) QueryRollups(ctx", New: twoReads}},
	},
	{
		Name: "late-stamp", Fault: "An answer names the sequence at which it is sent, not the one at which it was read.", Size: 1000,
		Edits: []plant.Edit{pauseIn("server/reporting/rollup.go"), {File: "server/reporting/rollup.go", Old: "func (s *Service) QueryRollups(ctx", New: lateStamp}},
	},
	{
		Name: "old-answer", Fault: "An answer is kept for 20 ms and given to whoever asks the same.", Size: 1000,
		Edits: []plant.Edit{
			{File: "server/reporting/rollup.go", Old: `"strings"`, New: "\"strings\"\n\t\"sync\"\n\t\"time\""},
			{File: "server/reporting/rollup.go", Old: "func (s *Service) QueryRollups(ctx", New: oldAnswer},
		},
	},
	{
		Name: "late-list", Fault: "A list names the sequence at which it is sent, not the one at which it was read.", Size: 2000,
		Edits: []plant.Edit{pauseIn("server/reporting/reportlist.go"), {File: "server/reporting/reportlist.go", Old: "func (s *Service) ListReports(ctx", New: lateList}},
	},
}

// pauseIn lets a file know the clock: what is wrong for a moment is found on a slow disk too when the moment is 2 ms.
func pauseIn(file string) plant.Edit {
	return plant.Edit{File: file, Old: `"strings"`, New: "\"strings\"\n\t\"time\""}
}

const (
	twoReads = `func (s *Service) QueryRollups(ctx context.Context, caller auth.Caller, q RollupQuery) (RollupPage, error) {
	n := len(q.Units) / 2
	if n == 0 || q.Page.Token != "" || q.Page.Size < 1000 {
		return s.halfRollups(ctx, caller, q)
	}
	first, second := q, q
	first.Units, second.Units = q.Units[:n], q.Units[n:]
	a, err := s.halfRollups(ctx, caller, first)
	if err != nil {
		return a, err
	}
	time.Sleep(2 * time.Millisecond)
	b, err := s.halfRollups(ctx, caller, second)
	b.Rollups = append(a.Rollups, b.Rollups...)
	return b, err
}

func (s *Service) halfRollups(ctx`

	lateStamp = `func (s *Service) QueryRollups(ctx context.Context, caller auth.Caller, q RollupQuery) (RollupPage, error) {
	page, err := s.readRollups(ctx, caller, q)
	if err == nil {
		time.Sleep(2 * time.Millisecond)
		_, page.Stamp, err = s.GetStamp(ctx, caller)
	}
	return page, err
}

func (s *Service) readRollups(ctx`

	oldAnswer = `type keptPage struct {
	page  RollupPage
	until time.Time
}

var keptPages sync.Map

func (s *Service) QueryRollups(ctx context.Context, caller auth.Caller, q RollupQuery) (RollupPage, error) {
	asked := fmt.Sprint(q)
	if k, ok := keptPages.Load(asked); ok && time.Now().Before(k.(keptPage).until) {
		return k.(keptPage).page, nil
	}
	page, err := s.freshRollups(ctx, caller, q)
	if err == nil {
		keptPages.Store(asked, keptPage{page, time.Now().Add(20 * time.Millisecond)})
	}
	return page, err
}

func (s *Service) freshRollups(ctx`

	lateList = `func (s *Service) ListReports(ctx context.Context, caller auth.Caller, f ReportFilter) (ReportPage, error) {
	page, err := s.readReports(ctx, caller, f)
	if err == nil {
		time.Sleep(2 * time.Millisecond)
		_, page.Stamp, err = s.GetStamp(ctx, caller)
	}
	return page, err
}

func (s *Service) readReports(ctx`
)
