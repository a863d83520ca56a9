package demo

import (
	"context"
	"fmt"
	"time"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
)

// singles enters what is known one by one: a duty of the districts, of whom every fourth did it late and every fifth not at all, and
// a register of products on sale, of which some were taken off again.
func (l *loader) singles(ctx context.Context) error {
	if _, err := l.Admin.CreateDuty(ctx, &reportingv1.CreateDutyRequest{Duty: &reportingv1.Duty{
		Code: "BCD-CDS", NameVi: "Thành lập, kiện toàn Ban Chỉ đạo chuyển đổi số", NameEn: "Set up the steering body",
		Assigned: []*reportingv1.Selector{{Kind: "district", Under: "87"}}, Due: "2024-03-31", Number: "52/KH-UBND", DecisionDate: "2024-02-21",
	}}); err != nil {
		return fmt.Errorf("the duty: %w", err)
	}
	if _, err := l.Admin.CreateRegister(ctx, &reportingv1.CreateRegisterRequest{Register: &reportingv1.Register{
		Code: "OCOP", NameVi: "Sản phẩm OCOP trên sàn thương mại điện tử", NameEn: "OCOP products on sale online",
		Fields: []*reportingv1.RegisterField{{Code: "san", NameVi: "Sàn", NameEn: "Marketplace"}},
	}}); err != nil {
		return fmt.Errorf("the register: %w", err)
	}
	var on, off []*reportingv1.RegisterItem
	n := 0
	for _, u := range l.units {
		if u.GetKind() != "district" {
			continue
		}
		n++
		if err := l.body(ctx, u, n); err != nil {
			return err
		}
		for i := range n%3 + 2 {
			item := &reportingv1.RegisterItem{
				Code: fmt.Sprintf("SP-%s-%d", u.GetCode(), i+1), Unit: u.GetCode(), Title: fmt.Sprintf("Sản phẩm %d của %s", i+1, u.GetNameVi()),
				Since: fmt.Sprintf("%d-%02d-15", 2023+i%2, 1+(n*3+i)%12), Values: []*reportingv1.RegisterValue{{Field: "san", Text: "Postmart"}},
			}
			if i == 2 {
				item.Until = "2024-11-01"
				off = append(off, item)
			} else {
				on = append(on, item)
			}
		}
	}
	for _, items := range [][]*reportingv1.RegisterItem{on, off} {
		if _, err := l.Admin.PutRegisterItems(ctx, &reportingv1.PutRegisterItemsRequest{
			Register: "registers/OCOP", Items: items, Reason: "Nhập từ sổ theo dõi; một số sản phẩm đã ngừng niêm yết.",
		}); err != nil {
			return fmt.Errorf("the register: %w", err)
		}
	}
	return nil
}

// body enters what the n-th district did.
func (l *loader) body(ctx context.Context, u *reportingv1.Unit, n int) error {
	if n%5 == 0 {
		return nil
	}
	day := time.Date(2024, time.March, n, 0, 0, 0, 0, time.UTC)
	if n%4 == 0 {
		day = day.AddDate(0, 1, 0)
	}
	done := true
	_, err := l.Admin.ReportDuty(ctx, &reportingv1.ReportDutyRequest{
		Duty: "duties/BCD-CDS", Unit: u.GetCode(), Done: &done, DoneDate: day.Format(time.DateOnly), Document: fmt.Sprintf("%d/QĐ-UBND", 100+n),
		DocumentDate: day.Format(time.DateOnly),
	})
	return err
}
