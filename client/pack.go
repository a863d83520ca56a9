package client

import (
	"context"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
)

// submit is one attempt at a report. Its figures go out in columns where they can, which costs both sides a fraction. They
// mean the same there and are the same request, so where columns are refused the report is sent once more as it was given:
// the caller then reads of his own fields.
func (c *Client) submit(ctx context.Context, q *reportingv1.SubmitReportRequest, options ...grpc.CallOption) (*reportingv1.SubmitReportResponse, error) {
	packed := q
	if !c.plain.Load() {
		packed = pack(q)
	}
	answer, err := c.reports.SubmitReport(ctx, packed, options...)
	if err == nil || packed == q || !c.unpacks(err) {
		return answer, err
	}
	return c.reports.SubmitReport(ctx, q, options...)
}

// unpacks says whether columns were refused. A server before there were columns refuses them as unknown: it is sent no more.
func (c *Client) unpacks(err error) bool {
	e := failure(err)
	if e.Code != codes.InvalidArgument && e.Code != codes.NotFound {
		return false
	}
	if e.Reason == "UNKNOWN_FIELD" {
		c.plain.Store(true)
		return true
	}
	for _, f := range e.Fields {
		if f.Name == "packed" || strings.HasPrefix(f.Name, "packed.") {
			return true
		}
	}
	return false
}

// maxColumns is how many columns a server takes.
const maxColumns = 2000

// pack gives the report with its figures in columns, or as it is where a figure is more than a state and numbers, or is not
// written as numbers are. It never changes the report, and shares its texts.
func pack(q *reportingv1.SubmitReportRequest) *reportingv1.SubmitReportRequest {
	if len(q.GetFigures()) == 0 || q.GetPacked() != nil || len(q.ProtoReflect().GetUnknown()) > 0 {
		return q
	}
	p := newPacker(q.GetFigures())
	for _, f := range q.GetFigures() {
		if !p.add(f) {
			return q
		}
	}
	if len(p.packed.Indicators) > maxColumns || !p.rescale() {
		return q
	}
	return &reportingv1.SubmitReportRequest{
		Name: q.GetName(), Draft: q.GetDraft(), Merge: q.GetMerge(), Etag: q.GetEtag(), RequestId: q.GetRequestId(),
		ValidateOnly: q.GetValidateOnly(), Packed: &p.packed,
	}
}

// packer gathers columns.
type packer struct {
	packed reportingv1.PackedFigures
	// decimals are those of each amount.
	decimals []uint8
}

// newPacker makes room for the columns of figures.
func newPacker(figures []*reportingv1.Figure) *packer {
	columns, parts := len(figures), false
	for _, f := range figures {
		if f != nil && f.Numerator != nil {
			parts = true
			if f.Denominator != nil {
				columns++
			}
		}
	}
	p := &packer{decimals: make([]uint8, 0, columns)}
	p.packed.Indicators = make([]string, 0, columns)
	p.packed.Amounts = make([]int64, 0, columns)
	if parts {
		p.packed.Parts = make([]reportingv1.AmountPart, 0, columns)
	}
	return p
}

// add puts the columns of a figure to the others; false where a column cannot say what the figure says.
func (p *packer) add(f *reportingv1.Figure) bool {
	if f.GetNote() != "" || !final(f.GetGrade()) || len(f.ProtoReflect().GetUnknown()) > 0 {
		return false
	}
	if f.GetExplanation() != "" && !p.explain(f) {
		return false
	}
	place := int32(len(p.packed.Indicators)) //nolint:gosec // a report has few figures
	switch f.GetState() {
	case reportingv1.FigureState_FIGURE_STATE_UNSPECIFIED, reportingv1.FigureState_FIGURE_STATE_VALUE:
		return p.numbers(f)
	case reportingv1.FigureState_FIGURE_STATE_NOT_AVAILABLE:
		p.packed.NotAvailable = append(p.packed.NotAvailable, place)
	case reportingv1.FigureState_FIGURE_STATE_NOT_APPLICABLE:
		p.packed.NotApplicable = append(p.packed.NotApplicable, place)
	default:
		return false
	}
	p.column(f, reportingv1.AmountPart_AMOUNT_PART_VALUE, 0, 0)
	return f.Value == nil && f.Numerator == nil && f.Denominator == nil
}

// explain takes the explanation of a figure. Such a figure is the same request in either way only as it is written there: with
// its state unstated, where it has a number, and that in the shortest form.
func (p *packer) explain(f *reportingv1.Figure) bool {
	if f.GetState() == reportingv1.FigureState_FIGURE_STATE_VALUE || strings.TrimSpace(f.GetExplanation()) == "" {
		return false
	}
	for _, number := range [...]*string{f.Value, f.Numerator, f.Denominator} {
		if number == nil {
			continue
		}
		n, decimals, ok := readNumber(*number)
		if !ok || decimal(n, int32(decimals)) != *number {
			return false
		}
	}
	p.packed.Explanations = append(p.packed.Explanations, &reportingv1.FigureExplanation{Indicator: f.GetIndicator(), Text: f.GetExplanation()})
	return true
}

func final(g reportingv1.FigureGrade) bool {
	return g == reportingv1.FigureGrade_FIGURE_GRADE_UNSPECIFIED || g == reportingv1.FigureGrade_FIGURE_GRADE_FINAL
}

// numbers adds the columns of a figure that has a value, or a numerator with or without its denominator.
func (p *packer) numbers(f *reportingv1.Figure) bool {
	switch {
	case f.Value != nil:
		return f.Numerator == nil && f.Denominator == nil && p.number(f, reportingv1.AmountPart_AMOUNT_PART_VALUE, f.Value)
	case f.Numerator == nil || !p.number(f, reportingv1.AmountPart_AMOUNT_PART_NUMERATOR, f.Numerator):
		return false
	}
	return f.Denominator == nil || p.number(f, reportingv1.AmountPart_AMOUNT_PART_DENOMINATOR, f.Denominator)
}

func (p *packer) column(f *reportingv1.Figure, part reportingv1.AmountPart, amount int64, decimals uint8) {
	p.packed.Indicators = append(p.packed.Indicators, f.GetIndicator())
	if p.packed.Parts != nil {
		p.packed.Parts = append(p.packed.Parts, part)
	}
	p.packed.Amounts = append(p.packed.Amounts, amount)
	p.decimals = append(p.decimals, decimals)
}

func (p *packer) number(f *reportingv1.Figure, part reportingv1.AmountPart, text *string) bool {
	amount, decimals, ok := readNumber(*text)
	if ok {
		p.column(f, part, amount, decimals)
		p.packed.Scale = max(p.packed.Scale, int32(decimals))
	}
	return ok
}

// rescale brings all amounts to the scale of the finest; false where one does not fit there.
func (p *packer) rescale() bool {
	for i, d := range p.decimals {
		for ; int32(d) < p.packed.GetScale(); d++ {
			n := p.packed.GetAmounts()[i]
			if n > maxAmount/10 || n < -maxAmount/10 {
				return false
			}
			p.packed.Amounts[i] = 10 * n
		}
	}
	return true
}

const (
	// maxDecimals is how many decimals an indicator may have.
	maxDecimals = 6
	// maxNumber is how many characters a number may have that surely fits, and maxAmount is beyond it.
	maxNumber = 18
	maxAmount = 1e18
)

// readNumber reads a number with as few decimals as it needs. It is false for what the server refuses in a figure, and for
// what might not fit.
func readNumber(text string) (n int64, decimals uint8, ok bool) {
	digits, negative := strings.CutPrefix(text, "-")
	whole, fraction, pointed := strings.Cut(digits, ".")
	if len(digits) > maxNumber || whole == "" || pointed && fraction == "" || len(whole) > 1 && whole[0] == '0' {
		return 0, 0, false
	}
	fraction = strings.TrimRight(fraction, "0")
	for _, part := range [...]string{whole, fraction} {
		for i := range len(part) {
			if part[i] < '0' || part[i] > '9' {
				return 0, 0, false
			}
			n = 10*n + int64(part[i]-'0')
		}
	}
	if len(fraction) > maxDecimals || negative && n == 0 {
		return 0, 0, false
	}
	if negative {
		n = -n
	}
	return n, uint8(len(fraction)), true
}
