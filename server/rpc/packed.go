package rpc

import (
	"hash/maphash"
	"slices"
	"sync"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/figure"
	"github.com/tonghop/tonghop/server/reporting"
)

// packedOf reads the figures of a report that came as columns.
func (c *core) packedOf(m *reportingv1.PackedFigures) (*reporting.Amounts, error) {
	columns, err := c.columns.of(m)
	if err != nil {
		return nil, err
	}
	amounts, err := columns.Read(&reporting.Given{
		Amounts: m.GetAmounts(), NotReported: m.GetNotReported(),
		NotAvailable: m.GetNotAvailable(), NotApplicable: m.GetNotApplicable(), Explanations: explained(m.GetExplanations()),
	})
	if err != nil {
		return nil, fault.Of(err).In("packed")
	}
	return amounts, nil
}

// What is kept of columns. A form is reported in the same ones again and again; ones that somebody makes up each time must
// not fill the memory.
const (
	keptColumns = 4096 // in all sets together
	largestKept = 512  // in one set
)

// columnSets keeps the columns that packed reports came in, so that they are checked once, and what the sheets of forms
// say about them is found out once.
type columnSets struct {
	seed maphash.Seed
	mu   sync.RWMutex
	sets map[uint64]columnSet
	kept int
}

// columnSet is how columns are written in a report, and what they are.
type columnSet struct {
	indicators []string
	parts      []reportingv1.AmountPart
	scale      int32
	columns    *reporting.AmountColumns
}

func newColumnSets() *columnSets {
	return &columnSets{seed: maphash.MakeSeed(), sets: map[uint64]columnSet{}}
}

// of gives the columns of a report; nil where it names none.
func (s *columnSets) of(m *reportingv1.PackedFigures) (*reporting.AmountColumns, error) {
	if len(m.GetIndicators()) == 0 {
		return nil, nil //nolint:nilnil // without columns nothing can be given, which Read refuses
	}
	sum := s.sum(m)
	s.mu.RLock()
	set, ok := s.sets[sum]
	s.mu.RUnlock()
	if ok && set.is(m) {
		return set.columns, nil
	}
	columns, err := packedColumnsOf(m)
	if err != nil || len(m.GetIndicators()) > largestKept {
		return columns, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.kept += len(m.GetIndicators()); s.kept > keptColumns {
		clear(s.sets)
		s.kept = len(m.GetIndicators())
	}
	s.sets[sum] = columnSet{
		indicators: slices.Clone(m.GetIndicators()), parts: slices.Clone(m.GetParts()), scale: m.GetScale(), columns: columns,
	}
	return columns, nil
}

func (s *columnSets) sum(m *reportingv1.PackedFigures) uint64 {
	var h maphash.Hash
	h.SetSeed(s.seed)
	for _, code := range m.GetIndicators() {
		_, _ = h.WriteString(code)
		_ = h.WriteByte(0)
	}
	for _, part := range m.GetParts() {
		_ = h.WriteByte(byte(part))
	}
	_ = h.WriteByte(byte(m.GetScale()))
	return h.Sum64()
}

func (s *columnSet) is(m *reportingv1.PackedFigures) bool {
	return s.scale == m.GetScale() && slices.Equal(s.parts, m.GetParts()) && slices.Equal(s.indicators, m.GetIndicators())
}

// packedColumnsOf reads the columns of a report that it names itself.
func packedColumnsOf(m *reportingv1.PackedFigures) (*reporting.AmountColumns, error) {
	var wrong fault.List
	scale, err := figure.ParseScale(int64(m.GetScale()))
	if err != nil {
		wrong.Add(fault.Of(err).In("packed.scale"))
	}
	if n := len(m.GetParts()); n > 0 && n != len(m.GetIndicators()) {
		wrong.Add(fault.Invalid("AMOUNT_PARTS_COUNT", "there are %d parts and %d columns; name the part of each, or of none",
			n, len(m.GetIndicators())).With("count", n).With("wanted", len(m.GetIndicators())).In("packed.parts"))
	}
	if err := wrong.Err(); err != nil {
		return nil, err
	}
	columns := make([]reporting.AmountColumn, len(m.GetIndicators()))
	for i, code := range m.GetIndicators() {
		columns[i] = reporting.AmountColumn{Indicator: code, Scale: scale}
		if len(m.GetParts()) == 0 {
			continue
		}
		if columns[i].Part, err = amountPartOf(m.GetParts()[i]); err != nil {
			wrong.Add(fault.Of(err).In(place("packed.parts", i)))
		}
	}
	if err := wrong.Err(); err != nil {
		return nil, err
	}
	return reporting.NewPackedColumns(columns)
}
