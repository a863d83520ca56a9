package front

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/google/uuid"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
	"github.com/tonghop/tonghop/server/bench/workload"
)

// read makes numbers of a request. It checks as much as it must to do so, and no rule.
func (f *Front) read(q *reportingv1.SubmitReportRequest) (id [16]byte, row workload.Row, err error) {
	if id, err = uuid.Parse(q.GetRequestId()); err != nil {
		return id, row, wrong(q.GetRequestId())
	}
	rest, okUnit := strings.CutPrefix(q.GetName(), "units/C")
	unit, report, okReport := strings.Cut(rest, "/reports/")
	_, period, okPeriod := strings.Cut(report, "~")
	if !okUnit || !okReport || !okPeriod || len(period) != len("2024-12") {
		return id, row, wrong(q.GetName())
	}
	commune, errUnit := strconv.Atoi(unit)
	year, errYear := strconv.Atoi(period[:4])
	month, errMonth := strconv.Atoi(period[5:])
	if errUnit != nil || errYear != nil || errMonth != nil {
		return id, row, wrong(q.GetName())
	}
	row.Commune, row.Month = commune, int32(12*year+month-1) //nolint:gosec // a year has four digits here
	if q.GetPacked() != nil {
		err = f.columns(q.GetPacked(), &row)
		return id, row, err
	}
	for _, figure := range q.GetFigures() {
		slot, ok := f.slots[figure.GetIndicator()]
		if !ok {
			return id, row, wrong(figure.GetIndicator())
		}
		if err := number(figure.Value, slot, &row); err != nil {
			return id, row, err
		}
		if err := number(figure.Numerator, slot, &row); err != nil {
			return id, row, err
		}
		if err := number(figure.Denominator, slot+1, &row); err != nil {
			return id, row, err
		}
	}
	return id, row, nil
}

// columns reads packed figures, as the client library sends them.
func (f *Front) columns(p *reportingv1.PackedFigures, row *workload.Row) error {
	parts, exceptions := p.GetParts(), len(p.GetNotReported())+len(p.GetNotAvailable())+len(p.GetNotApplicable())
	if n := len(p.GetIndicators()); exceptions > 0 || n != len(p.GetAmounts()) || len(parts) > 0 && n != len(parts) {
		return wrong(p.String())
	}
	scale := p.GetScale()
	for i, code := range p.GetIndicators() {
		slot, ok := f.slots[code]
		if !ok {
			return wrong(code)
		}
		if len(parts) > 0 && parts[i] == reportingv1.AmountPart_AMOUNT_PART_DENOMINATOR {
			slot++
		}
		n, decimals := p.GetAmounts()[i], int32(0)
		if slot >= workload.Counts {
			decimals = 2
		}
		for ; decimals > scale; decimals-- {
			n *= 10
		}
		for ; decimals < scale; decimals++ {
			if n%10 != 0 {
				return wrong(code)
			}
			n /= 10
		}
		row.Values[slot] = n
	}
	return nil
}

// number reads a decimal into its slot; nil is none.
func number(text *string, slot int, row *workload.Row) error {
	if text == nil {
		return nil
	}
	n, ok := Decimal(*text, slot >= workload.Counts)
	if !ok {
		return wrong(*text)
	}
	row.Values[slot] = n
	return nil
}

// Decimal reads a number that is not negative, in hundredths if it is asked to.
func Decimal(text string, hundredths bool) (int64, bool) {
	var n int64
	decimals := -1
	for _, c := range []byte(text) {
		switch {
		case c == '.' && decimals < 0 && hundredths:
			decimals = 0
			continue
		case c < '0' || c > '9' || decimals == 2 || n > 1<<58:
			return 0, false
		case decimals >= 0:
			decimals++
		}
		n = 10*n + int64(c-'0')
	}
	if hundredths {
		for range 2 - max(decimals, 0) {
			n *= 10
		}
	}
	return n, text != ""
}

func wrong(text string) error {
	return status.Error(codes.InvalidArgument, fmt.Sprintf("%q cannot be read", text))
}
