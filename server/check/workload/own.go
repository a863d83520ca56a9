//go:build unix

package workload

import (
	"context"
	"slices"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
)

// AlsoMakes says that the check itself makes changes of such kinds, besides those of access and of the store. The judge
// leaves them to the check: see OwnChanges. They must leave alone which units owe what.
func (w *World) AlsoMakes(kinds ...reportingv1.ChangeKind) { w.also = kinds }

// AlsoHas says that the check has made entries of the store itself, such as a removal or a restore, with these sequences.
// Nobody of the world is told of them.
func (w *World) AlsoHas(sequences ...int64) { w.untold = append(slices.Clone(w.untold), sequences...) }

// OwnChanges are the changes since the founding that are not of reports, as a server shows them.
func (w *World) OwnChanges(ctx context.Context) ([]Change, error) {
	changes, err := w.readChanges(ctx)
	return slices.DeleteFunc(changes, func(c Change) bool {
		switch c.Kind { //nolint:exhaustive // all others are not of reports
		case reportingv1.ChangeKind_CHANGE_KIND_REPORT_SUBMITTED, reportingv1.ChangeKind_CHANGE_KIND_REPORT_APPROVED,
			reportingv1.ChangeKind_CHANGE_KIND_REPORT_RETURNED, reportingv1.ChangeKind_CHANGE_KIND_REPORT_DRAFTED:
			return true
		}
		return c.Sequence <= w.founded
	}), err
}
