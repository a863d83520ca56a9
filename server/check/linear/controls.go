//go:build unix

package linear

import (
	"github.com/tonghop/tonghop/server/check"
	"github.com/tonghop/tonghop/server/check/plant"
)

// controls are the planted faults.
var controls = []check.Control{
	{
		Name: "stale-read", Fault: "GetReport answers with what it read up to a tenth of a second ago.", Size: 2000,
		Edits: []plant.Edit{
			{File: "server/reporting/report.go", Old: `"strings"`, New: "\"strings\"\n\t\"sync\"\n\t\"time\""},
			{File: "server/reporting/report.go", Old: "func (s *Service) GetReportAt(ctx", New: staleReport},
		},
	},
	{
		Name: "stale-rollup", Fault: "QueryRollups answers with what it read up to a tenth of a second ago.", Size: 2000,
		Edits: []plant.Edit{
			{File: "server/reporting/rollup.go", Old: `"strings"`, New: "\"strings\"\n\t\"sync\"\n\t\"time\""},
			{File: "server/reporting/rollup.go", Old: "func (s *Service) QueryRollups(ctx", New: staleRollup},
		},
	},
	{
		Name: "held-unseen", Size: 6000,
		Fault: "Also while others read, what was acknowledged is not committed, and readers do not wait for it.",
		Edits: []plant.Edit{
			{File: "server/committer/hold.go", Old: "c.cfg.State.Viewed() || ", New: ""},
			{File: "server/aggregator/hold.go", Old: "reached := s.hold.reached.Load()", New: unseen},
		},
	},
	{
		Name: "lost-update", Fault: "The etag of a submission is not compared.", Size: 2000,
		Edits: []plant.Edit{{
			File: "server/reporting/correct.go",
			Old:  `case sub.Etag != "" && sub.Etag != d.etag, sub.Etag == "" && !equal:`, New: `case sub.Etag == "" && !equal:`,
		}},
	},
}

// unseen begins late, so that the store can be made at all.
const unseen = `reached := s.hold.reached.Load()
	if reached > 300 {
		reached = 0
	}`

// staleReport and staleRollup put a memory of a tenth of a second before the use case.
const (
	staleReport = `type keptReport struct {
	report Report
	stamp  Stamp
	until  time.Time
}

var keptReports sync.Map

func (s *Service) GetReportAt(ctx context.Context, caller auth.Caller, ref ReportRef, at At, least uint64) (Report, Stamp, error) {
	if k, ok := keptReports.Load(ref); ok && time.Now().Before(k.(keptReport).until) {
		return k.(keptReport).report, k.(keptReport).stamp, nil
	}
	report, stamp, err := s.freshReport(ctx, caller, ref, at, least)
	if err == nil {
		keptReports.Store(ref, keptReport{report, stamp, time.Now().Add(100 * time.Millisecond)})
	}
	return report, stamp, err
}

func (s *Service) freshReport(ctx`

	staleRollup = `type keptPage struct {
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
		keptPages.Store(asked, keptPage{page, time.Now().Add(100 * time.Millisecond)})
	}
	return page, err
}

func (s *Service) freshRollups(ctx`
)
