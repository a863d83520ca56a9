package oracle

import (
	"math/rand/v2"
	"slices"
	"time"

	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/form"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/rule"
)

// teller makes up a story. It tells only what a server would accept, so it holds the same tree, catalogue and forms.
type teller struct {
	*rand.Rand
	stage  *stage
	tree   *hierarchy.Tree
	cat    *indicator.Catalogue
	forms  *form.Set
	rules  *rule.Set
	used   map[indicator.Code]bool
	tokens []string
	// uneven says that the story begins with units that report at different frequencies and go over into one.
	uneven bool
	// waiting are acts that were drawn already.
	waiting []act
	// requests are ids that were used.
	requests [][16]byte
}

func newTeller(s *stage, random *rand.Rand) *teller {
	return &teller{
		Rand: random, stage: s, tree: hierarchy.Empty(), cat: indicator.Empty(), forms: form.Empty(), rules: rule.Empty(), used: map[indicator.Code]bool{},
	}
}

// oneIn is true once in n times.
func (t *teller) oneIn(n int) bool { return t.IntN(n) == 0 }

// changeDays are when versions, assignments and units begin and end: within a month, and between months, quarters, years.
var changeDays = []period.Day{
	period.Date(2023, 7, 1), period.Date(2024, 1, 15), period.Date(2024, 3, 10), period.Date(2024, 4, 1), period.Date(2024, 7, 1),
	period.Date(2024, 8, 10), period.Date(2025, 1, 1),
}

func (t *teller) day() period.Day { return pick(t.Rand, changeDays...) }

// today is the day of the story.
func (t *teller) today() period.Day { return period.DayOf(t.stage.now) }

// steps draws how long a story is: many are short, a few are long.
func (t *teller) steps() int {
	switch {
	case t.oneIn(100):
		return 60 + t.IntN(141)
	case t.oneIn(10):
		return 15 + t.IntN(45)
	}
	return 3 + t.IntN(9)
}

// next draws the next act.
func (t *teller) next() act {
	if len(t.waiting) == 0 {
		t.draw()
	}
	a := t.waiting[0]
	t.waiting = t.waiting[1:]
	if a.body != nil {
		a.header = t.header()
		a.later = t.pass()
	}
	return a
}

// pass draws how much time goes by.
func (t *teller) pass() time.Duration {
	switch {
	case t.oneIn(60):
		return 250 * 24 * time.Hour // request ids are forgotten after 400 days
	case t.oneIn(8):
		return time.Duration(t.IntN(40*24)) * time.Hour
	}
	return time.Duration(t.IntN(3600)) * time.Second
}

// header draws who sends a request. Now and then an id is used again, by somebody else or for something else.
func (t *teller) header() entry.Header {
	h := entry.Header{Principal: pick(t.Rand, "p", "q"), Method: pick(t.Rand, "A", "B")}
	if t.oneIn(12) {
		return entry.Header{}
	}
	if len(t.requests) > 0 && t.oneIn(15) {
		h.RequestID = pick(t.Rand, t.requests...)
	} else {
		h.RequestID = [16]byte{byte(len(t.requests) >> 8), byte(len(t.requests)), 1}
		t.requests = append(t.requests, h.RequestID)
	}
	h.RequestHash = [32]byte{byte(t.IntN(256))}
	return h
}

// draw draws one change and what is done around it.
func (t *teller) draw() {
	body := t.body()
	if body == nil {
		body = t.report()
	}
	if body == nil {
		body = entry.KeyIntroduced{VerifierKey: "store+0+0"}
	}
	a := act{body: body}
	switch {
	case t.oneIn(12):
		a.kind = loseIt
		t.waiting = append(t.waiting, a)
		return // as if it had never been drawn
	case t.oneIn(12):
		a.kind = lagIt
	}
	t.waiting = append(t.waiting, a)
	t.accept(body)
	if t.oneIn(2) {
		t.waiting = append(t.waiting, act{kind: commitIt})
	}
	if t.oneIn(25) {
		t.waiting = append(t.waiting, act{kind: reopenIt})
	}
}

// accept keeps in mind what was drawn, as a server would have accepted it.
func (t *teller) accept(body entry.Body) {
	switch b := body.(type) {
	case entry.UnitsChanged:
		t.tree, _ = t.tree.With(b.Units...)
	case entry.UnitsReorganised:
		t.tree, _ = t.tree.Reorganised(b.Reorganisation)
	case entry.IndicatorsChanged:
		list := make([]indicator.Indicator, len(b.Indicators))
		for i := range b.Indicators {
			list[i] = b.Indicators[i].Indicator
		}
		t.cat, _, _ = t.cat.With(func(code indicator.Code) bool { return t.used[code] }, list...)
	case entry.FormsChanged:
		list := make([]form.Form, len(b.Forms))
		for i := range b.Forms {
			list[i] = b.Forms[i].Form
		}
		t.forms, _, _ = t.forms.With(t.tree, t.cat, list...)
	case entry.RulesChanged:
		for _, r := range b.Rules {
			t.rules, _ = t.rules.With(r.Rule)
		}
	case entry.ReportsSubmitted:
		for i := range b.Reports {
			for _, f := range b.Reports[i].Figures {
				t.used[t.cat.At(int(f.Number))] = true
			}
		}
	case entry.TokenIssued:
		t.tokens = append(t.tokens, b.Token.ID)
	}
}

// body draws a change.
func (t *teller) body() entry.Body {
	switch t.IntN(29) {
	case 0:
		return t.changeUnit()
	case 1, 2:
		return t.changeIndicator()
	case 3:
		return t.changeForm()
	case 4:
		return t.moveUnit()
	case 5:
		return t.token()
	case 6:
		return t.redact()
	case 7, 8:
		return t.reorganise()
	case 9:
		return t.changeHolidays()
	case 10, 11:
		return t.closes()
	case 12:
		return t.rule()
	}
	return nil
}

// reorganise lets some units go over into others: whole or in parts, into new ones or such as stand already, and now and
// then without a word of what became of them.
func (t *teller) reorganise() entry.Body {
	for range 6 {
		r := t.reorganisation(t.day())
		if tree, err := t.tree.Reorganised(r); err == nil && t.forms.Check(tree, t.cat) == nil {
			return entry.UnitsReorganised{Reorganisation: r, Note: pick(t.Rand, "", "Nghị quyết")}
		}
	}
	return nil
}

func (t *teller) reorganisation(day period.Day) hierarchy.Reorganisation {
	var r hierarchy.Reorganisation
	var standing, to []hierarchy.Unit
	for o := range t.tree.Len() {
		if u := t.tree.At(o); u.ValidOn(day) && u.ValidOn(day-1) && (u.Kind == hierarchy.Commune || t.oneIn(6)) {
			standing = append(standing, u)
		}
	}
	if len(standing) == 0 {
		return r
	}
	for range t.IntN(3) {
		to = append(to, newUnit(string(rune('G'+t.IntN(10))), pick(t.Rand, hierarchy.Kind("commune"), "commune", "commune", "district"),
			pick(t.Rand, hierarchy.ID("P-0"), "D1-0", "D2-0", pick(t.Rand, standing...).Parent), day, period.Forever))
	}
	r.Units = append(r.Units, to...)
	for range 1 + t.IntN(2) {
		u := pick(t.Rand, standing...)
		if !t.oneIn(4) {
			u.ValidTo = day
			r.Units = append(r.Units, u)
		}
		if t.oneIn(4) {
			to = append(to, pick(t.Rand, standing...))
		}
		for _, other := range to {
			if !t.oneIn(5) {
				r.Links = append(r.Links, hierarchy.Link{Date: day, From: u.ID, To: other.ID, Share: hierarchy.Part})
			}
		}
	}
	if links := t.tree.Links(); len(links) > 0 && t.oneIn(5) {
		r.Withdrawn = append(r.Withdrawn, pick(t.Rand, links...))
	}
	return r
}

// token issues or revokes a token.
func (t *teller) token() entry.Body {
	if len(t.tokens) > 0 && t.oneIn(2) {
		return entry.TokenRevoked{ID: pick(t.Rand, t.tokens...)}
	}
	if len(t.tokens) > 0 && t.oneIn(3) {
		return t.prove(pick(t.Rand, t.tokens...))
	}
	token := auth.Token{
		ID: string(rune('a'+t.IntN(20))) + "0", SecretHash: [32]byte{1, byte(t.IntN(256))}, Role: auth.Viewer,
		DisplayName: pick(t.Rand, "", "Văn thư"),
	}
	if t.oneIn(2) {
		token.Role, token.Unit = auth.Reporter, t.unit().ID
	}
	return entry.TokenIssued{Token: token}
}

// prove gives a token another secret, or lets something else prove it, or no longer.
func (t *teller) prove(id string) entry.Body {
	proof := auth.Proof{Kind: auth.ByName, Value: string(rune('a' + t.IntN(5)))}
	switch t.IntN(3) {
	case 0:
		return entry.ProofBound{Binding: auth.Binding{Proof: proof, Token: id, Rank: t.IntN(9)}}
	case 1:
		return entry.ProofUnbound{Proof: proof, Token: id}
	default:
		return entry.TokenRotated{ID: id, SecretHash: [32]byte{2, byte(t.IntN(256))}, FormerUntil: time.Unix(1_700_000_000+int64(t.IntN(2))*100_000_000, 0).UTC()}
	}
}

// redact removes the private part of an earlier entry.
func (t *teller) redact() entry.Body {
	var with []uint64
	for _, e := range t.stage.journal.entries {
		if !e.PrivateHash.IsZero() {
			with = append(with, e.Sequence)
		}
	}
	if len(with) == 0 {
		return nil
	}
	return entry.EntryRedacted{Sequence: pick(t.Rand, with...), Reason: pick(t.Rand, "", "tên người")}
}

// unit draws a unit.
func (t *teller) unit() hierarchy.Unit { return t.tree.At(t.IntN(t.tree.Len())) }

// changeUnit ends a unit, lets it go on after all, renames it, makes a new one, or has one give way to another.
func (t *teller) changeUnit() entry.Body {
	u := t.unit()
	var units []hierarchy.Unit
	switch t.IntN(5) {
	case 0:
		u.ValidTo = t.day()
		units = append(units, u)
	case 1:
		u.ValidTo = period.Forever
		units = append(units, u)
	case 2:
		u.NameVI += " mới"
		units = append(units, u)
	case 3:
		units = append(units, newUnit(string(rune('G'+t.IntN(10))), pick(t.Rand, hierarchy.Kind("commune"), "district"),
			pick(t.Rand, "P-0", "D1-0", u.ID), pick(t.Rand, period.Beginning, t.day()), period.Forever))
	default:
		u.ValidTo = t.day()
		units = append(units, u, newUnit(string(u.Code), u.Kind, pick(t.Rand, u.Parent, "D1-0", "D2-0"), u.ValidTo, period.Forever))
	}
	tree, err := t.tree.With(units...)
	if err != nil || t.forms.Check(tree, t.cat) != nil {
		return nil
	}
	return entry.UnitsChanged{Units: units}
}

func newUnit(code string, kind hierarchy.Kind, parent hierarchy.ID, from, to period.Day) hierarchy.Unit {
	return hierarchy.Unit{
		ID: hierarchy.NewID(hierarchy.Code(code), from), Code: hierarchy.Code(code), Kind: kind, NameVI: "Đơn vị " + code,
		Parent: parent, ValidFrom: from, ValidTo: to,
	}
}

// begin draws the province and what it reports.
func (t *teller) begin() {
	units := []hierarchy.Unit{
		newUnit("P", "province", "", period.Beginning, period.Forever),
		newUnit("D1", "district", "P-0", period.Beginning, period.Forever),
		newUnit("D2", "district", "P-0", period.Beginning, period.Forever),
		newUnit("A", "commune", "D1-0", period.Beginning, period.Forever),
		newUnit("B", "commune", "D1-0", period.Beginning, period.Forever),
		newUnit("S", "department", "P-0", period.Beginning, period.Forever),
	}
	if t.oneIn(2) {
		units = append(units, newUnit("C", "commune", "D2-0", period.Beginning, t.day()))
	}
	if t.oneIn(3) {
		units = append(units, newUnit("E", "commune", "P-0", t.day(), period.Forever))
	}
	if t.oneIn(4) {
		units = append(units, newUnit("V", "village", "A-0", period.Beginning, period.Forever))
	}
	for _, body := range slices.Concat([]entry.Body{entry.StoreCreated{ProgramVersion: "x"}, entry.UnitsChanged{Units: units}}) {
		t.waiting = append(t.waiting, act{body: body})
		t.accept(body)
	}
	t.uneven = t.oneIn(3)
	t.beginCatalogue()
	if t.uneven {
		t.mergeUnevenly()
	}
	if body := t.moveUnit(); body != nil && t.oneIn(2) {
		t.say(body)
	}
	if body := t.reorganise(); body != nil && t.oneIn(2) {
		t.say(body)
	}
	t.waiting = append(t.waiting, act{kind: commitIt})
}
