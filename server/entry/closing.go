package entry

import (
	"math"
	"slices"
	"time"

	journalv1 "github.com/tonghop/tonghop/gen/journal/v1"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/form"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/period"
)

// ClosingKey names what is closed: a base period of a form below a unit, that unit included (R27). It is comparable.
type ClosingKey struct {
	Form   form.Code
	Period period.Period
	Owner  hierarchy.ID
}

// String gives the closing's name as the API has it.
func (k ClosingKey) String() string {
	return "forms/" + string(k.Form.Fold()) + "/closings/" + k.Period.String() + "~" + string(k.Owner)
}

// PeriodClosed freezes the official roll-ups of a period.
type PeriodClosed struct {
	Key ClosingKey
	// Version is its number, from 1.
	Version int
	// ComputedAt is the entry at which the rows were computed; what they hang on has not changed since.
	ComputedAt uint64
	// Digest is the SHA-256 of the canonical table, Rows how many rows that has.
	Digest [32]byte
	Rows   int
	// Forced says that reports were waiting; LeftOut are their units, ascending.
	Forced  bool
	LeftOut []hierarchy.ID
	// Pieces are the table: the whole rows of some units each, in order.
	Pieces []ClosedRows
	// Reason is what was written about it. It is private: empty where there was none, and once it was removed.
	Reason string
}

// ClosedRows are the rows of some units of a canonical table.
type ClosedRows struct {
	// FirstUnit is the first unit in them.
	FirstUnit hierarchy.ID
	// Deflated are the rows, compressed by DEFLATE.
	Deflated []byte
}

// PeriodReopened lets reports of a closed period change for a time.
type PeriodReopened struct {
	Key ClosingKey
	// Version is that of the closing that is opened.
	Version int
	// Units are those that may change their reports, ascending, each without those below it; nil for all.
	Units []hierarchy.ID
	// Until is when it is closed again by itself, in whole seconds.
	Until time.Time
	// Reason is what was written about it. It is private: empty once it was removed.
	Reason string
}

func (PeriodClosed) body()   {}
func (PeriodReopened) body() {}

func putClosed(b PeriodClosed, m *journalv1.Entry) error {
	closed := &journalv1.PeriodClosed{
		Form: string(b.Key.Form), Period: b.Key.Period.String(), Owner: string(b.Key.Owner), Version: uint32(b.Version), //nolint:gosec // checked below
		ComputedAt: b.ComputedAt, Digest: b.Digest[:], Rows: uint32(b.Rows), Forced: b.Forced, //nolint:gosec // checked below
		LeftOut: textsOf[string](b.LeftOut),
	}
	for _, p := range b.Pieces {
		closed.Pieces = append(closed.Pieces, &journalv1.ClosedRows{FirstUnit: string(p.FirstUnit), Deflated: p.Deflated})
	}
	m.Body = &journalv1.Entry_PeriodClosed{PeriodClosed: closed}
	switch {
	case b.Rows < 0 || b.Rows > math.MaxInt32:
		return fault.Internal(nil, "closing %s has %d rows", b.Key, b.Rows)
	case !slices.IsSorted(b.LeftOut):
		return fault.Internal(nil, "closing %s leaves out units that are not in order", b.Key)
	case !slices.IsSortedFunc(b.Pieces, inOrder) || slices.ContainsFunc(b.Pieces, isEmpty):
		return fault.Internal(nil, "closing %s has pieces that are not in order", b.Key)
	}
	return checkClosing(b.Key, b.Version)
}

func inOrder(a, b ClosedRows) int {
	switch {
	case a.FirstUnit < b.FirstUnit:
		return -1
	case a.FirstUnit > b.FirstUnit:
		return 1
	}
	return 0
}

func isEmpty(p ClosedRows) bool { return len(p.Deflated) == 0 }

func closedOf(m *journalv1.PeriodClosed, reason string) (Body, error) {
	key, version, err := closingOf(m.GetForm(), m.GetPeriod(), m.GetOwner(), m.GetVersion())
	if err != nil {
		return nil, err
	}
	b := PeriodClosed{
		Key: key, Version: version, ComputedAt: m.GetComputedAt(), Rows: int(m.GetRows()), Forced: m.GetForced(),
		LeftOut: textsOf[hierarchy.ID](m.GetLeftOut()), Reason: reason,
	}
	if copy(b.Digest[:], m.GetDigest()) != len(b.Digest) || len(m.GetDigest()) != len(b.Digest) {
		return nil, damaged("the digest of a closing has %d bytes", len(m.GetDigest()))
	}
	for _, p := range m.GetPieces() {
		if err := known(p); err != nil {
			return nil, err
		}
		b.Pieces = append(b.Pieces, ClosedRows{FirstUnit: hierarchy.ID(p.GetFirstUnit()), Deflated: slices.Clone(p.GetDeflated())})
	}
	if m.GetRows() > math.MaxInt32 || !slices.IsSorted(b.LeftOut) || !slices.IsSortedFunc(b.Pieces, inOrder) ||
		slices.ContainsFunc(b.Pieces, isEmpty) {
		return nil, damaged("the table of a closing is not in order")
	}
	return b, known(m)
}

func putReopened(b PeriodReopened, m *journalv1.Entry) error {
	until, err := secondsOf(b.Until, "the end of a reopening")
	if err != nil {
		return err
	}
	m.Body = &journalv1.Entry_PeriodReopened{PeriodReopened: &journalv1.PeriodReopened{
		Form: string(b.Key.Form), Period: b.Key.Period.String(), Owner: string(b.Key.Owner), Version: uint32(b.Version), //nolint:gosec // checked below
		Units: textsOf[string](b.Units), UntilUnix: until,
	}}
	if !slices.IsSorted(b.Units) {
		return fault.Internal(nil, "closing %s is reopened for units that are not in order", b.Key)
	}
	return checkClosing(b.Key, b.Version)
}

func reopenedOf(m *journalv1.PeriodReopened, reason string) (Body, error) {
	key, version, err := closingOf(m.GetForm(), m.GetPeriod(), m.GetOwner(), m.GetVersion())
	if err != nil {
		return nil, err
	}
	b := PeriodReopened{Key: key, Version: version, Units: textsOf[hierarchy.ID](m.GetUnits()), Reason: reason}
	if b.Until, err = instantOf(m.GetUntilUnix(), "the end of a reopening"); err != nil {
		return nil, err
	}
	if !slices.IsSorted(b.Units) {
		return nil, damaged("the units of a reopening are not in order")
	}
	return b, known(m)
}

func checkClosing(key ClosingKey, version int) error {
	if !key.Period.Valid() || version < 1 || version > math.MaxInt32 {
		return fault.Internal(nil, "closing %s, version %d cannot be stored", key, version)
	}
	return nil
}

func closingOf(formCode, p, owner string, version uint32) (ClosingKey, int, error) {
	base, err := period.Parse(p)
	if err != nil {
		return ClosingKey{}, 0, damaged("a closing is of the period %q", p)
	}
	if version < 1 || version > math.MaxInt32 {
		return ClosingKey{}, 0, damaged("a closing has the version %d", version)
	}
	return ClosingKey{Form: form.Code(formCode), Period: base, Owner: hierarchy.ID(owner)}, int(version), nil
}
