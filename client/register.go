package client

import (
	"context"
	"iter"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
)

// GetRegister gives a register.
func (c *Client) GetRegister(ctx context.Context, q *reportingv1.GetRegisterRequest) (*reportingv1.Register, error) {
	return call(ctx, c, "GetRegister", c.registers.GetRegister, q)
}

// ListRegisters gives one page of registers.
func (c *Client) ListRegisters(ctx context.Context, q *reportingv1.ListRegistersRequest) (*reportingv1.ListRegistersResponse, error) {
	return call(ctx, c, "ListRegisters", c.registers.ListRegisters, q)
}

// Registers gives all registers, page after page.
func (c *Client) Registers(ctx context.Context, q *reportingv1.ListRegistersRequest) iter.Seq2[*reportingv1.Register, error] {
	return each(pages(ctx, q, greatestPage, c.ListRegisters), (*reportingv1.ListRegistersResponse).GetRegisters)
}

// CreateRegister opens a register.
func (c *Client) CreateRegister(ctx context.Context, q *reportingv1.CreateRegisterRequest) (*reportingv1.Register, error) {
	return change(ctx, c, "CreateRegister", c.registers.CreateRegister, q)
}

// UpdateRegister describes a register anew, with the etag that was seen.
func (c *Client) UpdateRegister(ctx context.Context, q *reportingv1.UpdateRegisterRequest) (*reportingv1.Register, error) {
	return change(ctx, c, "UpdateRegister", c.registers.UpdateRegister, q)
}

// PutRegisterItems adds items or replaces them, all or none.
func (c *Client) PutRegisterItems(ctx context.Context, q *reportingv1.PutRegisterItemsRequest) (*reportingv1.PutRegisterItemsResponse, error) {
	return change(ctx, c, "PutRegisterItems", c.registers.PutRegisterItems, q)
}

// ListRegisterItems gives one page of items.
func (c *Client) ListRegisterItems(ctx context.Context, q *reportingv1.ListRegisterItemsRequest) (*reportingv1.ListRegisterItemsResponse, error) {
	return call(ctx, c, "ListRegisterItems", c.registers.ListRegisterItems, q)
}

// RegisterItems gives all items that are asked for, page after page.
func (c *Client) RegisterItems(ctx context.Context, q *reportingv1.ListRegisterItemsRequest) iter.Seq2[*reportingv1.RegisterItem, error] {
	return each(pages(ctx, q, greatestPage, c.ListRegisterItems), (*reportingv1.ListRegisterItemsResponse).GetItems)
}

// CountRegister counts items by unit and period.
func (c *Client) CountRegister(ctx context.Context, q *reportingv1.CountRegisterRequest) (*reportingv1.CountRegisterResponse, error) {
	return call(ctx, c, "CountRegister", c.registers.CountRegister, q)
}
