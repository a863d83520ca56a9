//go:build unix

package duplicates

import (
	"fmt"
	"slices"
	"strings"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
	"github.com/tonghop/tonghop/server/check"
)

// answer is what the server said about one item, whichever way it came.
type answer struct {
	kind     reportingv1.OutcomeKind
	reason   string // of a refusal
	name     string
	revision int
	etag     string
	receipt  *reportingv1.Receipt
	merged   []string
	late     bool
}

// fact is what is known of an item from its answers.
type fact struct {
	journal, hash, name string
	sequence            int64
	seconds             int64
	nanos               int32
	revision            int
	merged              string
	late                bool

	// answers count those that were equal, fresh those of them that say that the item was new.
	answers, fresh int
	// reused counts refusals of another content.
	reused int
}

// reused is the reason for which another content under a known id is refused.
const reused = "REQUEST_ID_REUSED"

func outcomeAnswer(o *reportingv1.SubmitOutcome) answer {
	a := answer{
		kind: o.GetKind(), name: o.GetName(), revision: int(o.GetRevision()), etag: o.GetEtag(),
		receipt: o.GetReceipt(), merged: o.GetMergedIndicators(), late: o.GetLate(),
	}
	if a.kind == reportingv1.OutcomeKind_OUTCOME_KIND_REFUSED {
		a.reason = "no reason"
		if len(o.GetProblems()) > 0 {
			a.reason = o.GetProblems()[0].GetReason()
		}
	}
	return a
}

// reviewAnswer is the answer to an approval or return; the report in it is how it stands by now, which is another answer.
func reviewAnswer(r *reportingv1.Report) answer {
	a := answer{kind: reportingv1.OutcomeKind_OUTCOME_KIND_CORRECTED, name: r.GetName(), receipt: r.GetReceipt()}
	a.revision = int(a.receipt.GetRevision())
	if a.receipt.GetReplayed() {
		a.kind = reportingv1.OutcomeKind_OUTCOME_KIND_REPLAYED
	}
	return a
}

// hear holds an answer against those before.
func (i *item) hear(a answer, changed bool) error {
	i.mu.Lock()
	defer i.mu.Unlock()
	if changed {
		if a.reason != reused {
			return i.broken("another content under its id was answered %s, and not refused with %s", a, reused)
		}
		i.fact.reused++
		return nil
	}
	fresh := false
	switch a.kind {
	case reportingv1.OutcomeKind_OUTCOME_KIND_CREATED, reportingv1.OutcomeKind_OUTCOME_KIND_CORRECTED:
		fresh = true
	case reportingv1.OutcomeKind_OUTCOME_KIND_REPLAYED:
	default:
		return i.broken("it was answered %s; it is new once, and replayed from then on", a)
	}
	if a.receipt.GetSequence() == 0 || fresh == a.receipt.GetReplayed() {
		return i.broken("it was answered %s with the receipt %v", a, a.receipt)
	}
	if fresh {
		if i.fact.fresh++; i.fact.fresh > 1 {
			return i.broken("it was accepted twice: at %d and at %d", i.fact.sequence, a.receipt.GetSequence())
		}
		if newest := fmt.Sprintf("%d-submitted", i.revision); i.parcel.kind < approval && a.etag != newest {
			return i.broken("its etag is %s, and not %s", a.etag, newest)
		}
	}
	return i.compare(a)
}

// compare holds what all answers must have in common against the first of them, and against what was planned.
func (i *item) compare(a answer) error {
	r, before := a.receipt, i.fact
	now := before
	now.journal, now.hash, now.sequence = r.GetJournalId(), r.GetEntryHash(), r.GetSequence()
	now.seconds, now.nanos = r.GetAcceptTime().GetSeconds(), r.GetAcceptTime().GetNanos()
	now.name, now.revision, now.late, now.merged = a.name, a.revision, a.late, strings.Join(slices.Sorted(slices.Values(a.merged)), ",")
	if i.fact.answers == 0 {
		i.fact = now
	}
	i.fact.answers++
	now.answers = i.fact.answers
	if now != i.fact {
		return i.broken("its answers differ: %+v and %+v", before, now)
	}
	if a.name != i.report.Name() || a.revision != i.revision || int(r.GetRevision()) != i.revision {
		return i.broken("it was answered as revision %d (receipt: %d) of %s, and should be %d", a.revision, r.GetRevision(), a.name, i.revision)
	}
	if want := i.mergedWant(); now.merged != want {
		return i.broken("its answer %s names as merged %q, and should %q", a, now.merged, want)
	}
	return nil
}

// mergedWant are the figures that a submission with one figure takes over.
func (i *item) mergedWant() string {
	if !i.merge {
		return ""
	}
	return "DAN,DUNG,TIEN"
}

func (i *item) broken(format string, args ...any) error {
	return check.Broken("%s %s of revision %d of %s: %w", i.parcel.kind, i.parcel.id, i.revision, i.report, fmt.Errorf(format, args...))
}

// String tells an answer.
func (a answer) String() string {
	word := strings.TrimPrefix(a.kind.String(), "OUTCOME_KIND_")
	if a.reason != "" {
		word += " " + a.reason
	}
	return word
}
