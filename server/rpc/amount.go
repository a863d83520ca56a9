package rpc

import (
	"strconv"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/figure"
	"github.com/tonghop/tonghop/server/reporting"
)

var amountParts = pairs[reporting.AmountPart, reportingv1.AmountPart]{
	reporting.AmountValue:       reportingv1.AmountPart_AMOUNT_PART_VALUE,
	reporting.AmountNumerator:   reportingv1.AmountPart_AMOUNT_PART_NUMERATOR,
	reporting.AmountDenominator: reportingv1.AmountPart_AMOUNT_PART_DENOMINATOR,
}

// place is the path of a part of a list.
func place(list string, i int) string { return list + "[" + strconv.Itoa(i) + "]" }

// amountPartOf reads which amount a column holds: the value, where nothing is stated.
func amountPartOf(part reportingv1.AmountPart) (reporting.AmountPart, error) {
	if part == reportingv1.AmountPart_AMOUNT_PART_UNSPECIFIED {
		return reporting.AmountValue, nil
	}
	return enumOf(amountParts, part, "AMOUNT_PART_UNKNOWN", "part")
}

// amountColumnsOf reads the columns of a stream; nil where it names none.
func amountColumnsOf(list []*reportingv1.AmountColumn) (*reporting.AmountColumns, error) {
	if len(list) == 0 {
		return nil, nil //nolint:nilnil // a stream of figures has no columns
	}
	var wrong fault.List
	columns := make([]reporting.AmountColumn, len(list))
	for i, m := range list {
		at := place("columns", i)
		c := reporting.AmountColumn{Indicator: m.GetIndicator()}
		var err error
		if c.Part, err = amountPartOf(m.GetPart()); err != nil {
			wrong.Add(fault.Of(err).In("part").In(at))
		}
		if c.Scale, err = figure.ParseScale(int64(m.GetScale())); err != nil {
			wrong.Add(fault.Of(err).In("scale").In(at))
		}
		columns[i] = c
	}
	if err := wrong.Err(); err != nil {
		return nil, err
	}
	return reporting.NewAmountColumns(columns)
}

// submissionOf reads an item, in whichever way its figures come.
func (in *intake) submissionOf(item *reportingv1.StreamItem) reporting.Submission {
	sub := in.item(item.GetSubmission(), in.call.ValidateOnly)
	given := reporting.Given{
		Amounts: item.GetAmounts(), NotReported: item.GetNotReported(),
		NotAvailable: item.GetNotAvailable(), NotApplicable: item.GetNotApplicable(), Explanations: explained(item.GetExplanations()),
	}
	if given.Empty() {
		return sub
	}
	var wrong fault.List
	wrong.Add(sub.Wrong)
	if len(sub.Figures) > 0 || item.GetSubmission().GetPacked() != nil {
		wrong.Add(givenTwice().In("amounts"))
	}
	var err error
	sub.Amounts, err = in.columns.Read(&given)
	wrong.Add(err)
	sub.Wrong = wrong.Err()
	return sub
}

// explained reads the explanations of columns.
func explained(list []*reportingv1.FigureExplanation) []reporting.Explained {
	if len(list) == 0 {
		return nil
	}
	said := make([]reporting.Explained, len(list))
	for i, m := range list {
		said[i] = reporting.Explained{Indicator: m.GetIndicator(), Text: m.GetText()}
	}
	return said
}

func givenTwice() *fault.Error {
	return fault.Invalid("AMOUNTS_AND_FIGURES", "there are figures in two ways; send the report in one of them")
}
