package formula

import "strings"

// String prints the formula in its one form: with single spaces and no parentheses but those that it needs. Parse reads
// it as the same formula.
func (f *Formula) String() string {
	var b strings.Builder
	f.print(&b, f.root, levelOr)
	return b.String()
}

// Text prints a part of the formula.
func (f *Formula) Text(n *Node) string {
	var b strings.Builder
	f.print(&b, n, levelOr)
	return b.String()
}

// The levels at which operations bind, the loosest first.
const (
	levelOr = iota
	levelAnd
	levelNot
	levelCompare
	levelSum
	levelProduct
	levelFactor
)

// operations are those that stand between their arguments.
var operations = map[Op]struct {
	sign  string
	level int
}{
	Or: {" or ", levelOr}, And: {" and ", levelAnd},
	Add: {" + ", levelSum}, Subtract: {" - ", levelSum}, Multiply: {" * ", levelProduct}, Divide: {" / ", levelProduct},
}

// print writes a node where something of that level must stand.
func (f *Formula) print(b *strings.Builder, n *Node, level int) {
	if o, ok := operations[n.Op]; ok {
		if o.level < level {
			b.WriteByte('(')
			defer b.WriteByte(')')
		}
		f.print(b, n.Args[0], o.level)
		b.WriteString(o.sign)
		f.print(b, n.Args[1], o.level+1) // they are done from left to right
		return
	}
	switch n.Op {
	case Number:
		b.WriteString(n.digits)
	case Refer:
		b.WriteString(f.references[n.Reference].String())
	case Negate:
		b.WriteByte('-')
		f.print(b, n.Args[0], levelFactor)
	case Not, Compare:
		f.printClaim(b, n, level)
	default:
		f.printFunction(b, n)
	}
}

func (f *Formula) printFunction(b *strings.Builder, n *Node) {
	b.WriteString(functions[n.Op])
	for at, arg := range n.Args {
		switch {
		case at == 0:
			b.WriteByte('(')
		case at == 1 && n.Op == If:
			b.WriteString(" " + comparisons[n.Comparison] + " ")
		default:
			b.WriteString(", ")
		}
		f.print(b, arg, levelSum)
	}
	b.WriteByte(')')
}

// printClaim prints what stands between and, or, and sums.
func (f *Formula) printClaim(b *strings.Builder, n *Node, level int) {
	own := levelCompare
	if n.Op == Not {
		own = levelNot
	}
	if own < level {
		b.WriteByte('(')
		defer b.WriteByte(')')
	}
	if n.Op == Not {
		b.WriteString("not ")
		f.print(b, n.Args[0], levelNot)
		return
	}
	f.print(b, n.Args[0], levelSum)
	b.WriteString(" " + comparisons[n.Comparison] + " ")
	f.print(b, n.Args[1], levelSum)
}
