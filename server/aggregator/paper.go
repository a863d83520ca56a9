package aggregator

import (
	"bytes"
	"fmt"
	"strings"
	"time"

	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/plan"
	"github.com/tonghop/tonghop/server/text"
)

// paperKind is what a paper is. The numbers stand in keys.
type paperKind byte

// The kinds.
const (
	planPaper paperKind = iota + 1
	targetPaper
	resultPaper
	countPaper
	outsidePaper
	regionPaper
	remarkPaper
	dutyPaper
	dutyRecordPaper
	registerPaper
	itemPaper
)

// longestPaperName is how long a name may be; all that any version accepted are far shorter.
const longestPaperName = 1 << 10

// paperKey is the key of a paper without its sequence, or with an unfinished name the beginning of the keys of several.
func paperKey(kind paperKind, name string) []byte {
	return append(append(make([]byte, 0, len(name)+16), byte(kind)), name...)
}

// behindName is how many bytes of a key stand behind the name: 0, the sequence, and the piece.
const behindName = 1 + 8 + 2

// putPapers stores versions of things under their names. One whose name cannot be a key is passed over (R31).
func putPapers[V any](t *Tx, kind paperKind, list []V, name func(*V) string, appendTo func([]byte, V) ([]byte, error)) error {
	for place := range list {
		n := name(&list[place])
		if len(n) > longestPaperName || strings.IndexByte(n, 0) >= 0 {
			continue
		}
		b, err := appendTo(nil, list[place])
		if err != nil {
			return err
		}
		if err := t.putVersion(paperBucket, append(paperKey(kind, n), 0), place, b); err != nil {
			return err
		}
	}
	return nil
}

// Versioned is a thing with the sequence of the entry that said so.
type Versioned[V any] struct {
	Sequence uint64
	Thing    V
}

// papers visits the newest version that the transaction knows of each paper whose name begins with the prefix, from a name on, in
// the order of names, until visit says false.
func papers[V any](t *Tx, kind paperKind, prefix, from string, parse func([]byte) (V, error), visit func(name string, v Versioned[V]) bool) error {
	start, end := paperKey(kind, max(prefix, from)), paperKey(kind, prefix)
	var last []byte
	cursor := t.bucket(paperBucket).Cursor()
	for key, _ := cursor.Seek(start); bytes.HasPrefix(key, end); key, _ = cursor.Next() {
		at := len(key) - behindName
		if at < 1 || key[at] != 0 {
			return paperBucket.damaged(key)
		}
		sequence := sequenceIn(key, at+1)
		if !t.knows(sequence) || bytes.Equal(last, key[:at]) {
			continue // made later, or an older version, or a further piece
		}
		last = append(last[:0], key[:at]...)
		value, ok, err := t.getLarge(paperBucket, key[:at+1+8])
		if err != nil {
			return err
		}
		r := reader{b: value}
		r.number() // its place in the entry
		thing, err := parse(r.b)
		if err != nil || !ok || r.bad {
			return paperBucket.damaged(key)
		}
		if !visit(string(key[1:at]), Versioned[V]{Sequence: sequence, Thing: thing}) {
			return nil
		}
	}
	return nil
}

// paper gives the newest version of one paper; false if there is none.
func paper[V any](t *Tx, kind paperKind, name string, parse func([]byte) (V, error)) (v Versioned[V], ok bool, err error) {
	err = papers(t, kind, name, name, parse, func(found string, one Versioned[V]) bool {
		if found == name {
			v, ok = one, true
		}
		return false // longer names stand behind it
	})
	return v, ok, err
}

// applyPapers stores what an entry says of papers; of any other it is nothing.
func (t *Tx) applyPapers(body entry.Body) error {
	switch b := body.(type) {
	case entry.PlansChanged:
		return t.applyPlans(b)
	case entry.OutsideFiguresChanged:
		return putPapers(t, outsidePaper, b.Figures, (*plan.Outside).Key, entry.AppendOutside)
	case entry.RegionsChanged:
		return putPapers(t, regionPaper, b.Regions, regionName, entry.AppendRegion)
	case entry.PlanRemarked:
		if err := t.keepText(b.Text); err != nil {
			return err
		}
		return putPapers(t, remarkPaper, []plan.Remark{b.Remark}, t.remarkName, entry.AppendRemark)
	}
	return t.applySingle(body)
}

// changeOfPapers is the note of such an entry; of any other it is the one that concerns nobody.
func changeOfPapers(body entry.Body) Change {
	switch b := body.(type) {
	case entry.PlansChanged:
		return Change{Kind: PlansChange, Name: planOf(&b)}
	case entry.OutsideFiguresChanged, entry.RegionsChanged:
		return Change{Kind: OutsideChange}
	case entry.PlanRemarked:
		return Change{Kind: PlansChange, Name: string(b.Plan.Fold())}
	}
	return changeOfSingle(body)
}

// applyPlans stores what an entry says of plans.
func (t *Tx) applyPlans(b entry.PlansChanged) error {
	if err := putPapers(t, planPaper, b.Plans, planName, entry.AppendPlan); err != nil {
		return err
	}
	if err := putPapers(t, targetPaper, b.Targets, targetName, entry.AppendTarget); err != nil {
		return err
	}
	if err := putPapers(t, resultPaper, b.Results, resultName, entry.AppendResult); err != nil {
		return err
	}
	return putPapers(t, countPaper, b.Counts, countName, entry.AppendCount)
}

// The names of papers. Those of a plan begin with its id.
func planName(p *plan.Plan) string     { return string(p.ID.Fold()) }
func targetName(x *plan.Target) string { return ofPlan(x.Plan) + x.Key() }
func resultName(x *plan.Result) string { return ofPlan(x.Plan) + x.Key() }
func countName(x *plan.Count) string   { return ofPlan(x.Plan) + x.Key() }
func regionName(r *plan.Region) string { return text.FoldCode(r.Code) }

// remarkName gives each remark a name of its own: the place of its entry, so that they stand in the order in which they were written.
func (t *Tx) remarkName(r *plan.Remark) string { return remarkAt(r.Plan, t.position.Head.Sequence) }

func remarkAt(id plan.ID, sequence uint64) string {
	return fmt.Sprintf("%s%016x", ofPlan(id), sequence)
}

func ofPlan(id plan.ID) string { return string(id.Fold()) + "/" }

// planOf names the only plan that an entry is about.
func planOf(b *entry.PlansChanged) string {
	name := ""
	same := func(id plan.ID) bool {
		if name == "" {
			name = string(id.Fold())
		}
		return name == string(id.Fold())
	}
	only := true
	for _, p := range b.Plans {
		only = only && same(p.ID)
	}
	for _, x := range b.Targets {
		only = only && same(x.Plan)
	}
	for _, x := range b.Results {
		only = only && same(x.Plan)
	}
	for _, x := range b.Counts {
		only = only && same(x.Plan)
	}
	if !only {
		return ""
	}
	return name
}

// Plan gives a plan by its id in any case; false if there is none.
func (t *Tx) Plan(id plan.ID) (Versioned[plan.Plan], bool, error) {
	return paper(t, planPaper, string(id.Fold()), entry.ParsePlan)
}

// Plans visits plans from an id on, in the order of ids, until visit says false.
func (t *Tx) Plans(from plan.ID, visit func(Versioned[plan.Plan]) bool) error {
	return papers(t, planPaper, "", string(from.Fold()), entry.ParsePlan, func(_ string, v Versioned[plan.Plan]) bool { return visit(v) })
}

// Targets gives the targets of a plan, by year, indicator and scope; withdrawn ones too.
func (t *Tx) Targets(id plan.ID) ([]Versioned[plan.Target], error) {
	return everyPaper(t, targetPaper, ofPlan(id), entry.ParseTarget)
}

// Target gives one target by its key, withdrawn or not; false if there never was one.
func (t *Tx) Target(id plan.ID, key string) (Versioned[plan.Target], bool, error) {
	return paper(t, targetPaper, ofPlan(id)+key, entry.ParseTarget)
}

// Results gives the declared results of a plan, by year, indicator and scope.
func (t *Tx) Results(id plan.ID) ([]Versioned[plan.Result], error) {
	return everyPaper(t, resultPaper, ofPlan(id), entry.ParseResult)
}

// Result gives one declared result by its key.
func (t *Tx) Result(id plan.ID, key string) (Versioned[plan.Result], bool, error) {
	return paper(t, resultPaper, ofPlan(id)+key, entry.ParseResult)
}

// DeclaredCounts gives the declared counts of a plan, by year, kind and label.
func (t *Tx) DeclaredCounts(id plan.ID) ([]Versioned[plan.Count], error) {
	return everyPaper(t, countPaper, ofPlan(id), entry.ParseCount)
}

// DeclaredCount gives one declared count by its key.
func (t *Tx) DeclaredCount(id plan.ID, key string) (Versioned[plan.Count], bool, error) {
	return paper(t, countPaper, ofPlan(id)+key, entry.ParseCount)
}

// PlanHistory gives the sequences of the entries that wrote a plan, the newest first.
func (t *Tx) PlanHistory(id plan.ID) []uint64 { return t.paperHistory(planPaper, string(id.Fold())) }

// TargetHistory is PlanHistory of a target.
func (t *Tx) TargetHistory(x *plan.Target) []uint64 {
	return t.paperHistory(targetPaper, targetName(x))
}

// ResultHistory is PlanHistory of a declared result.
func (t *Tx) ResultHistory(x *plan.Result) []uint64 {
	return t.paperHistory(resultPaper, resultName(x))
}

// CountHistory is PlanHistory of a declared count.
func (t *Tx) CountHistory(x *plan.Count) []uint64 { return t.paperHistory(countPaper, countName(x)) }

// OutsideHistory is PlanHistory of an outside figure.
func (t *Tx) OutsideHistory(x *plan.Outside) []uint64 { return t.paperHistory(outsidePaper, x.Key()) }

// RegionHistory is PlanHistory of a region.
func (t *Tx) RegionHistory(x *plan.Region) []uint64 {
	return t.paperHistory(regionPaper, regionName(x))
}

func (t *Tx) paperHistory(kind paperKind, name string) []uint64 {
	return t.written(paperBucket, append(paperKey(kind, name), 0))
}

// Outside gives the outside figure of an indicator, a unit and a year; false if there is none, or if it was taken back.
func (t *Tx) Outside(code indicator.Code, unit hierarchy.ID, year int) (Versioned[plan.Outside], bool, error) {
	v, ok, err := paper(t, outsidePaper, plan.OutsideKey(code, unit, year), entry.ParseOutside)
	return v, ok && !v.Thing.Withdrawn, err
}

// OutsideFigures visits outside figures from a key on, in the order of keys, until visit says false. An indicator narrows them.
func (t *Tx) OutsideFigures(code indicator.Code, from string, visit func(Versioned[plan.Outside]) bool) error {
	prefix := ""
	if code != "" {
		prefix = string(code.Fold()) + "/"
	}
	return papers(t, outsidePaper, prefix, from, entry.ParseOutside, func(_ string, v Versioned[plan.Outside]) bool {
		return v.Thing.Withdrawn || visit(v)
	})
}

// PlanRemark is a remark as it is kept.
type PlanRemark struct {
	plan.Remark
	Sequence  uint64
	Principal string
	Time      time.Time
	// Text is empty where it was removed.
	Text    string
	Removed bool
}

// Remarks visits the remarks on a plan after an entry, in the order in which they were written, until visit says false.
func (t *Tx) Remarks(id plan.ID, after uint64, visit func(PlanRemark) bool) error {
	var failed error
	err := papers(t, remarkPaper, ofPlan(id), remarkAt(id, after+1), entry.ParseRemark, func(_ string, v Versioned[plan.Remark]) bool {
		r := PlanRemark{Remark: v.Thing, Sequence: v.Sequence}
		if failed = t.dressRemark(&r); failed != nil {
			return false
		}
		return visit(r)
	})
	if err == nil {
		err = failed
	}
	return err
}

func (t *Tx) dressRemark(r *PlanRemark) (err error) {
	if r.Principal, r.Time, err = t.made(r.Sequence); err != nil {
		return err
	}
	if r.Removed, err = t.Redacted(r.Sequence); err != nil || r.Removed {
		return err
	}
	r.Text, err = t.text(r.Sequence)
	return err
}

// Region gives a region by its code in any case; false if there is none.
func (t *Tx) Region(code string) (Versioned[plan.Region], bool, error) {
	return paper(t, regionPaper, text.FoldCode(code), entry.ParseRegion)
}

// Regions gives all regions in code order.
func (t *Tx) Regions() ([]Versioned[plan.Region], error) {
	return everyPaper(t, regionPaper, "", entry.ParseRegion)
}

func everyPaper[V any](t *Tx, kind paperKind, prefix string, parse func([]byte) (V, error)) ([]Versioned[V], error) {
	var list []Versioned[V]
	err := papers(t, kind, prefix, prefix, parse, func(_ string, v Versioned[V]) bool {
		list = append(list, v)
		return true
	})
	return list, err
}
