package formula

import "math/big"

// Eval computes the formula from the value of each of its references, in their order; none may be nil, and none is
// changed. It is false if the formula divides by zero. Of an If only the result that is chosen is computed, so that
// if([B] = 0, 0, [A] / [B]) always has a value.
func (f *Formula) Eval(values []*big.Rat) (*big.Rat, bool) {
	return f.eval(f.root, values)
}

func (f *Formula) eval(n *Node, values []*big.Rat) (*big.Rat, bool) {
	switch n.Op {
	case Number:
		return n.Value, true
	case Refer:
		return values[n.Reference], true
	case If:
		return f.choose(n, values)
	default:
	}
	first, ok := f.eval(n.Args[0], values)
	if !ok {
		return nil, false
	}
	if n.Op == Negate {
		return new(big.Rat).Neg(first), true
	}
	result := new(big.Rat).Set(first) // numbers and values are not ours to change
	for _, arg := range n.Args[1:] {
		next, ok := f.eval(arg, values)
		if !ok || n.Op == Divide && next.Sign() == 0 {
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

func (f *Formula) choose(n *Node, values []*big.Rat) (*big.Rat, bool) {
	left, ok := f.eval(n.Args[0], values)
	if !ok {
		return nil, false
	}
	right, ok := f.eval(n.Args[1], values)
	if !ok {
		return nil, false
	}
	if n.Comparison.holds(left.Cmp(right)) {
		return f.eval(n.Args[2], values)
	}
	return f.eval(n.Args[3], values)
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
