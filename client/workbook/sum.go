package workbook

import "math/big"

// Sum adds figures of one indicator exactly. A part that one of them lacks is empty in the sum: a total that leaves a
// month out would be taken for the total.
func Sum(figures []Figure) Figure {
	var total Figure
	if len(figures) == 0 {
		return Figure{Value: "0", Numerator: "0", Denominator: "0"}
	}
	total.Value = sum(figures, nothing)
	total.Numerator = sum(figures, numeratorRole)
	total.Denominator = sum(figures, denominatorRole)
	return total
}

func sum(figures []Figure, part role) string {
	total := new(big.Rat)
	for _, f := range figures {
		value, ok := exact(f.amount(part))
		if !ok {
			return ""
		}
		total.Add(total, value)
	}
	scaled := new(big.Rat).Mul(total, big.NewRat(1_000_000, 1))
	if !scaled.IsInt() {
		return ""
	}
	return point(new(big.Int).Abs(scaled.Num()).String(), maxScale, scaled.Sign() < 0)
}
