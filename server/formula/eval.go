package formula

import "math/big"

// Eval computes the formula from the value of each of its references, in their order; none is changed. It is false if the
// formula divides by zero, or a value that it needs is nil. Of an If only the result that is chosen is computed, so that
// if([B] = 0, 0, [A] / [B]) always has a value.
func (f *Formula) Eval(values []*big.Rat) (*big.Rat, bool) {
	return (&Given{Values: values}).number(f.root)
}

// number computes a node that is a number.
func (g *Given) number(n *Node) (*big.Rat, bool) {
	switch n.Op {
	case Number:
		return n.Value, true
	case Refer:
		return g.Values[n.Reference], g.Values[n.Reference] != nil
	case If:
		return g.choose(n)
	case Outlier:
		d, ok := g.Deviation(n)
		return d.Score, ok
	default:
	}
	first, ok := g.number(n.Args[0])
	if !ok {
		return nil, false
	}
	switch n.Op { //nolint:exhaustive // all others have further arguments
	case Negate:
		return new(big.Rat).Neg(first), true
	case Abs:
		return new(big.Rat).Abs(first), true
	}
	result := new(big.Rat).Set(first) // numbers and values are not ours to change
	for _, arg := range n.Args[1:] {
		next, ok := g.number(arg)
		if !ok || (n.Op == Divide || n.Op == Jump) && next.Sign() == 0 {
			return nil, false
		}
		combine(n.Op, result, next)
	}
	return result, true
}

// combine brings the next argument into the result.
func combine(op Op, result, next *big.Rat) {
	switch op {
	case Subtract:
		result.Sub(result, next)
	case Multiply:
		result.Mul(result, next)
	case Divide:
		result.Quo(result, next)
	case Jump:
		result.Sub(result, next).Quo(result, next).Abs(result).Mul(result, hundred)
	case Min:
		if next.Cmp(result) < 0 {
			result.Set(next)
		}
	case Max:
		if next.Cmp(result) > 0 {
			result.Set(next)
		}
	default: // Add and Sum.
		result.Add(result, next)
	}
}

// hundred makes a percentage.
var hundred = big.NewRat(100, 1)

func (g *Given) choose(n *Node) (*big.Rat, bool) {
	left, ok := g.number(n.Args[0])
	if !ok {
		return nil, false
	}
	right, ok := g.number(n.Args[1])
	if !ok {
		return nil, false
	}
	if n.Comparison.holds(left.Cmp(right)) {
		return g.number(n.Args[2])
	}
	return g.number(n.Args[3])
}

// holds says whether a comparison holds where Cmp gives this sign.
func (c Comparison) holds(sign int) bool {
	switch c {
	case Less:
		return sign < 0
	case AtMost:
		return sign <= 0
	case Greater:
		return sign > 0
	case AtLeast:
		return sign >= 0
	case Equal:
		return sign == 0
	default:
		return sign != 0
	}
}

// Number computes a part of a formula or a condition that is a number.
func (g *Given) Number(n *Node) (*big.Rat, bool) { return g.number(n) }
