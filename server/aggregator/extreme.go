package aggregator

import "github.com/tonghop/tonghop/server/rollup"

// left says whether an extreme of a row was the one that is taken out and nothing as extreme comes in: then what the
// extreme is now has to be found among the units below (R17).
func left(cell, before, after *rollup.Total) bool {
	least := before.HasMin && before.Min == cell.Min && (!after.HasMin || after.Min.Cmp(cell.Min) > 0)
	greatest := before.HasMax && before.Max == cell.Max && (!after.HasMax || after.Max.Cmp(cell.Max) < 0)
	return least || greatest
}

// extremes finds the extremes of a cell anew: from what each unit directly below gave itself and from its row. The rows
// of the units below must be up to date.
func (t *Tx) extremes(x *index, k rowKey, d *delta, cell *rollup.Total) error {
	cell.ClearExtremes()
	for _, child := range x.below[k.unit] {
		if x.kind[child] == k.kind {
			l := leaf{t: t, x: x, unit: int(child), basis: k.basis}
			at, total, err := l.contribution(d.i, d.slot, d.span)
			if err != nil {
				return err
			}
			if at.form != nil && at.form.ordinal == k.form {
				cell.MergeExtremes(total)
			}
		}
		if x.inner[child] < 0 {
			continue
		}
		below := k
		below.unit = uint32(child) //nolint:gosec // an ordinal
		total, err := t.total(below, x.kinds, cellID(d.i.number, d.slot))
		if err != nil {
			return err
		}
		cell.MergeExtremes(total)
	}
	return nil
}
