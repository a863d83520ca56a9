package entry

import (
	journalv1 "github.com/tonghop/tonghop/gen/journal/v1"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/form"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/period"
)

// ObligationExcluded takes an obligation out, with or without a report (R11).
type ObligationExcluded struct {
	Key ReportKey
	// Reason is what the reviewer wrote. It is private: empty once it was removed.
	Reason string
}

// ExclusionLifted makes an obligation that was taken out what it was before.
type ExclusionLifted struct {
	Key ReportKey
	// Reason is what the reviewer wrote. It is private: empty once it was removed.
	Reason string
}

func (ObligationExcluded) body() {}
func (ExclusionLifted) body()    {}

func putExcluded(b ObligationExcluded, m *journalv1.Entry) error {
	m.Body = &journalv1.Entry_ObligationExcluded{ObligationExcluded: &journalv1.ObligationExcluded{
		Unit: string(b.Key.Unit), Form: string(b.Key.Form), Period: b.Key.Period.String(),
	}}
	return checkObligation(b.Key)
}

func excludedOf(m *journalv1.ObligationExcluded, reason string) (Body, error) {
	key, err := obligationOf(m.GetUnit(), m.GetForm(), m.GetPeriod())
	if err != nil {
		return nil, err
	}
	return ObligationExcluded{Key: key, Reason: reason}, known(m)
}

func putLifted(b ExclusionLifted, m *journalv1.Entry) error {
	m.Body = &journalv1.Entry_ExclusionLifted{ExclusionLifted: &journalv1.ExclusionLifted{
		Unit: string(b.Key.Unit), Form: string(b.Key.Form), Period: b.Key.Period.String(),
	}}
	return checkObligation(b.Key)
}

func liftedOf(m *journalv1.ExclusionLifted, reason string) (Body, error) {
	key, err := obligationOf(m.GetUnit(), m.GetForm(), m.GetPeriod())
	if err != nil {
		return nil, err
	}
	return ExclusionLifted{Key: key, Reason: reason}, known(m)
}

func checkObligation(key ReportKey) error {
	if !key.Period.Valid() {
		return fault.Internal(nil, "the obligation %s cannot be stored", key)
	}
	return nil
}

func obligationOf(unit, formCode, p string) (ReportKey, error) {
	base, err := period.Parse(p)
	if err != nil {
		return ReportKey{}, damaged("an obligation is of the period %q", p)
	}
	return ReportKey{Unit: hierarchy.ID(unit), Form: form.Code(formCode), Period: base}, nil
}
