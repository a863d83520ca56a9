package reporting

import (
	"context"

	"github.com/tonghop/tonghop/server/aggregator"
	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/period"
)

// Tree gives the tree as it stands, for reading a file of units, indicators, forms or holidays against it. Only who has the
// right that the file takes gets it, over everything. What he then sends is checked again on the tree of that moment.
func (s *Service) Tree(ctx context.Context, caller auth.Caller, right auth.Right) (*hierarchy.Tree, error) {
	var tree *hierarchy.Tree
	err := s.read(ctx, caller, 0, func(tx *aggregator.Tx, who granted) error {
		tree = tx.Tree()
		return who.needEverywhere(right)
	})
	if err != nil {
		return nil, err
	}
	return tree, nil
}

// Today is the day in Vietnam.
func (s *Service) Today() period.Day { return s.today() }

// Locate finds the report that a row of a file names. A unit for which the caller may not send is not found, in the
// same words as one that does not exist: the rows of an upload must not tell the two apart. The caller's own unit is
// found even where it no longer stands, for then its report is refused with that reason.
func (s *Service) Locate(ctx context.Context, caller auth.Caller, ref ReportRef) (entry.ReportKey, error) {
	var key entry.ReportKey
	err := s.read(ctx, caller, 0, func(_ *aggregator.Tx, who granted) error {
		at, err := who.sendable(ref, nil)
		if err != nil {
			return err
		}
		key = at.key
		return nil
	})
	return key, err
}

// Ended is closed when the pipe takes no more, so that whoever waits for the next submission stops waiting.
func (p *Pipe) Ended() <-chan struct{} { return p.ctx.Done() }
