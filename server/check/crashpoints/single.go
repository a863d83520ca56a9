//go:build unix

package crashpoints

import (
	"context"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
	"github.com/tonghop/tonghop/server/check"
)

// body is a duty of the province, and team the item of a register.
const (
	body = "BCD"
	team = "Tổ ấp 1"
)

func makeDuty(ctx context.Context, p *play) error {
	_, err := p.world.Admin().CreateDuty(ctx, &reportingv1.CreateDutyRequest{RequestId: idOfDuty, Duty: &reportingv1.Duty{
		Code: body, NameVi: "Ban Chỉ đạo", Due: "2024-06-30", Assigned: []*reportingv1.Selector{{Unit: "P"}},
	}})
	return err
}

func doDuty(ctx context.Context, p *play) error {
	done := true
	_, err := p.world.Admin().ReportDuty(ctx, &reportingv1.ReportDutyRequest{
		Duty: "duties/" + body, Unit: "P", Done: &done, DoneDate: "2024-01-02", Document: "1/QĐ", RequestId: idOfDoing,
	})
	return err
}

// dutyIs demands that it is done once and counted once.
func dutyIs(ctx context.Context, p *play) error {
	counts, err := p.world.Admin().CountDuty(ctx, &reportingv1.CountDutyRequest{Name: "duties/" + body})
	if err != nil {
		return check.Broken("the duty %s was made: %w", body, err)
	}
	if total := counts.GetTotals()[0]; total.GetObliged() != 1 || total.GetDone() != 1 {
		return check.Broken("of the duty %s, which is done, is counted %v", body, total)
	}
	for state, err := range p.world.Admin().DutyStates(ctx, &reportingv1.ListDutyStatesRequest{Duty: "duties/" + body}) {
		if err != nil {
			return err
		}
		if state.GetRevision() != 1 || state.GetDocument() != "1/QĐ" {
			return check.Broken("the duty %s was entered once, and there is %v", body, state)
		}
	}
	return nil
}

func makeRegister(ctx context.Context, p *play) error {
	_, err := p.world.Admin().CreateRegister(ctx, &reportingv1.CreateRegisterRequest{RequestId: idOfRegister, Register: &reportingv1.Register{
		Code: "TO", NameVi: "Tổ công nghệ số cộng đồng",
	}})
	return err
}

func putItem(ctx context.Context, p *play) error {
	_, err := p.world.Admin().PutRegisterItems(ctx, &reportingv1.PutRegisterItemsRequest{Register: "registers/TO", RequestId: idOfItem, Items: []*reportingv1.RegisterItem{
		{Code: "1", Unit: "P", Title: team, Since: "2024-01-01"},
	}})
	return err
}

func itemIs(ctx context.Context, p *play) error {
	counts, err := p.world.Admin().CountRegister(ctx, &reportingv1.CountRegisterRequest{Name: "registers/TO", Unit: "P", Periods: []string{"2024"}})
	if err != nil {
		return check.Broken("the register was made: %w", err)
	}
	if line := counts.GetLines()[0]; line.GetStock() != 1 || line.GetAdded() != 1 {
		return check.Broken("the register has one item, and counts %v", line)
	}
	return nil
}
