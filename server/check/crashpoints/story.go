//go:build unix

package crashpoints

import (
	"context"
	"fmt"

	"github.com/tonghop/tonghop/server/check/workload"
)

// step is one operation of the story. It can be done again after it came to nothing, and after it was done.
type step struct {
	name string
	do   func(context.Context, *play) error
	// own is how many changes it makes that are no reports, and fact what must hold from then on.
	own  int
	fact fact
}

// sent makes a step of an attempt of the world.
func sent(name string, send func(context.Context, *workload.World) (workload.Attempt, error)) step {
	return step{name: name, do: func(ctx context.Context, p *play) error {
		a, err := send(ctx, p.world)
		if err != nil {
			return err
		}
		for _, item := range a.Items {
			if item.Outcome == workload.Unknown {
				return fmt.Errorf("not answered: %s", item.Reason)
			}
		}
		return nil
	}}
}

func submit(commune, month int) step {
	return sent("a submission", func(ctx context.Context, w *workload.World) (workload.Attempt, error) {
		return w.Submit(ctx, workload.ReportAt(commune, month))
	})
}

func submitJSON(commune, month int) step {
	return sent("a submission as JSON", func(ctx context.Context, w *workload.World) (workload.Attempt, error) {
		return w.SubmitJSON(ctx, workload.ReportAt(commune, month))
	})
}

func approve(commune, month int) step {
	return sent("an approval", func(ctx context.Context, w *workload.World) (workload.Attempt, error) {
		return w.Approve(ctx, workload.ReportAt(commune, month))
	})
}

func giveBack(commune, month int) step {
	return sent("a return", func(ctx context.Context, w *workload.World) (workload.Attempt, error) {
		return w.Return(ctx, workload.ReportAt(commune, month))
	})
}

func stream(month int) step {
	return sent("a stream", func(ctx context.Context, w *workload.World) (workload.Attempt, error) {
		return w.Stream(ctx, everyCommune(month)...)
	})
}

func batch(atomic bool, month int) step {
	name := map[bool]string{false: "a batch", true: "an atomic batch"}[atomic]
	return sent(name, func(ctx context.Context, w *workload.World) (workload.Attempt, error) {
		return w.Batch(ctx, atomic, everyCommune(month)[1:]...)
	})
}

// reform is the n-th change of the tree: two communes are merged, one is divided.
func reform(n int) step {
	return step{name: "a change of the tree", own: 1, do: func(ctx context.Context, p *play) error {
		if p.world.Reformed() > n {
			return nil // it was repeated by the recovery
		}
		return p.world.Reform(ctx)
	}}
}

func everyCommune(month int) []workload.Report {
	return []workload.Report{
		workload.ReportAt(0, month), workload.ReportAt(1, month), workload.ReportAt(2, month), workload.ReportAt(3, month),
	}
}

// story is what is told.
var story = []step{
	{name: "the first start", do: begin},
	submit(0, 0),
	submitJSON(1, 0),
	submit(0, 0), // a correction
	approve(0, 0),
	giveBack(1, 0),
	submit(1, 0),
	stream(1),
	batch(false, 0),
	batch(true, 0),
	{name: "the issue of a token", do: issueToken, own: 1, fact: tokenIs(false)},
	{name: "the issue of a token with a name", do: issueNamed, own: 1},
	{name: "an upload of units", do: uploadUnits, own: 1, fact: unitIs},
	{name: "a duty", do: makeDuty, own: 1},
	{name: "the doing of a duty", do: doDuty, own: 1, fact: dutyIs},
	{name: "a register", do: makeRegister, own: 1},
	{name: "an item of a register", do: putItem, own: 1, fact: itemIs},
	{name: "a change of an indicator", do: changeIndicator, own: 1, fact: indicatorIs},
	{name: "the removal of a name", do: removeName, own: 1, fact: nameIsGone},
	reform(0),
	{name: "a backup", do: takeBackup},
	giveBack(0, 0), // what was approved
	submit(0, 0),   // of a commune that has ended since
	{name: "a stop and a start", do: restart},
	stream(1), // corrections
	{name: "a revocation", do: revokeToken, own: 1, fact: tokenIs(true)},
	reform(1),
	{name: "a rebuild", do: rebuild},
	approve(3, 1),
	submitJSON(2, 1),
	{name: "the last stop", do: end},
}

// aSubmission is the place of one in the story.
const aSubmission = 1

func begin(ctx context.Context, p *play) error {
	if p.server != nil {
		return nil // the recovery has started it
	}
	return p.start(ctx)
}

func restart(ctx context.Context, p *play) error {
	if p.server != nil {
		if err := p.stop(ctx); err != nil {
			return err
		}
	}
	return p.start(ctx)
}

func rebuild(ctx context.Context, p *play) error {
	if p.server != nil {
		if err := p.stop(ctx); err != nil {
			return err
		}
	}
	if err := p.command(ctx, "rebuild", "--data", p.data()); err != nil {
		return err
	}
	return p.start(ctx)
}

// end asks the judge, stops and verifies.
func end(ctx context.Context, p *play) error {
	if err := p.judge(ctx, 0); err != nil {
		return err
	}
	if err := p.stop(ctx); err != nil {
		return err
	}
	if err := verifyBackup(ctx, p); err != nil {
		return err
	}
	return p.offline(ctx)
}
