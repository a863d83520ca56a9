//go:build unix

package crashpoints

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
	"github.com/tonghop/tonghop/server/check"
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
	approve(1, 0),
	stream(1),
	batch(false, 0),
	batch(true, 0),
	{name: "the issue of a token", do: issueToken, own: 1, fact: tokenIs(false)},
	{name: "an upload of units", do: uploadUnits, own: 1, fact: unitIs},
	{name: "a change of an indicator", do: changeIndicator, own: 1, fact: indicatorIs},
	approve(2, 0),
	giveBack(0, 0), // what was approved
	submit(0, 0),
	{name: "a stop and a start", do: restart},
	submit(3, 1),
	stream(1), // corrections
	{name: "a revocation", do: revokeToken, own: 1, fact: tokenIs(true)},
	{name: "a rebuild", do: rebuild},
	approve(3, 1),
	submitJSON(2, 1),
	{name: "the last stop", do: end},
}

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
	return p.offline(ctx)
}

// Request ids of the story's own changes.
const (
	idOfIssue      = "01890a5d-ac96-774b-bcce-b302099a8051"
	idOfUpload     = "01890a5d-ac96-774b-bcce-b302099a8052"
	idOfChange     = "01890a5d-ac96-774b-bcce-b302099a8053"
	idOfRevocation = "01890a5d-ac96-774b-bcce-b302099a8054"
)

const (
	holder        = "Kho lưu trữ"
	office        = "Phòng Kiểm tra"
	indicatorName = "Hồ sơ tiếp nhận trong kỳ"
)

func issueToken(ctx context.Context, p *play) error {
	_, err := p.world.Admin().CreateToken(ctx, &reportingv1.CreateTokenRequest{
		Role: reportingv1.Role_ROLE_VIEWER, DisplayName: holder, Lifetime: durationpb.New(24 * time.Hour), RequestId: idOfIssue,
	})
	return err
}

// theToken finds the story's own token.
func theToken(ctx context.Context, p *play) (*reportingv1.Token, error) {
	var found *reportingv1.Token
	for t, err := range p.world.Admin().Tokens(ctx, &reportingv1.ListTokensRequest{}) {
		if err != nil {
			return nil, err
		}
		if t.GetDisplayName() != holder {
			continue
		}
		if found != nil {
			return nil, check.Broken("the token of %q is there twice", holder)
		}
		found = t
	}
	if found == nil {
		return nil, check.Broken("the token of %q was issued and is not there", holder)
	}
	return found, nil
}

func revokeToken(ctx context.Context, p *play) error {
	t, err := theToken(ctx, p)
	if err != nil {
		return err
	}
	_, err = p.world.Admin().RevokeToken(ctx, &reportingv1.RevokeTokenRequest{Name: t.GetName(), RequestId: idOfRevocation})
	return err
}

func tokenIs(revoked bool) fact {
	return func(ctx context.Context, p *play) error {
		t, err := theToken(ctx, p)
		if err != nil {
			return err
		}
		if revoked && t.GetRevokeTime() == nil {
			return check.Broken("the token of %q was revoked and is not", holder)
		}
		return nil
	}
}

func uploadUnits(ctx context.Context, p *play) error {
	file := "code,kind,name_vi,parent\nPKT,office," + office + ",P\n"
	summary, err := p.world.Admin().ImportUnits(ctx, bytes.NewReader([]byte(file)),
		&reportingv1.ImportOptions{FileName: "units.csv", RequestId: idOfUpload})
	if err == nil && len(summary.GetProblems()) > 0 {
		err = fmt.Errorf("the file was refused: %s", summary.GetProblems()[0].GetMessage())
	}
	return err
}

func unitIs(ctx context.Context, p *play) error {
	u, err := p.world.Admin().GetUnit(ctx, &reportingv1.GetUnitRequest{Name: "units/PKT"})
	if err != nil {
		return check.Broken("the unit PKT was made: %w", err)
	}
	if u.GetNameVi() != office {
		return check.Broken("the unit PKT is called %q", u.GetNameVi())
	}
	return nil
}

func changeIndicator(ctx context.Context, p *play) error {
	i, err := p.world.Admin().GetIndicator(ctx, &reportingv1.GetIndicatorRequest{Name: "indicators/" + workload.Files})
	if err != nil {
		return err
	}
	if i.GetNameVi() == indicatorName {
		return nil // it was done before the process was killed
	}
	i.NameVi = indicatorName
	_, err = p.world.Admin().UpdateIndicator(ctx, &reportingv1.UpdateIndicatorRequest{Indicator: i, RequestId: idOfChange})
	return err
}

func indicatorIs(ctx context.Context, p *play) error {
	i, err := p.world.Admin().GetIndicator(ctx, &reportingv1.GetIndicatorRequest{Name: "indicators/" + workload.Files})
	if err == nil && i.GetNameVi() != indicatorName {
		err = check.Broken("the indicator is called %q after it was changed", i.GetNameVi())
	}
	return err
}
