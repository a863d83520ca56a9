package tamper

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/tonghop/tonghop/server/entry"
)

// edit is one way to tamper: it changes the journal and says what it did; false if there was nothing for it here.
type edit struct {
	name string
	do   func(journal []forgedSegment, random *rand.Rand) (string, bool)
}

// edits are all ways. Each is also tried with the chain rebuilt behind it.
var edits = []edit{
	{"delete", deleteEntry},
	{"insert", insertEntry},
	{"swap", swapEntries},
	{"figure", changeFigure},
	{"actor", changeActor},
	{"text", changeText},
	{"cut", cutTail},
}

// place names an entry of a journal.
type place struct{ segment, group, entry int }

func places(journal []forgedSegment) []place {
	var all []place
	for i, s := range journal {
		for j, g := range s.groups {
			for k := range g.entries {
				all = append(all, place{i, j, k})
			}
		}
	}
	return all
}

func (p place) in(journal []forgedSegment) *forged {
	return &journal[p.segment].groups[p.group].entries[p.entry]
}

// chosen draws an entry that suits.
func chosen(journal []forgedSegment, random *rand.Rand, suits func(forged) bool) (place, bool) {
	all := places(journal)
	random.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	i := slices.IndexFunc(all, func(p place) bool { return suits(*p.in(journal)) })
	if i < 0 {
		return place{}, false
	}
	return all[i], true
}

func anything(forged) bool { return true }

func deleteEntry(journal []forgedSegment, random *rand.Rand) (string, bool) {
	p, ok := chosen(journal, random, anything)
	if !ok {
		return "", false
	}
	g := &journal[p.segment].groups[p.group]
	g.entries = slices.Delete(g.entries, p.entry, p.entry+1)
	return fmt.Sprintf("deleted an entry of the group at %d", g.first), true
}

func insertEntry(journal []forgedSegment, random *rand.Rand) (string, bool) {
	from, _ := chosen(journal, random, anything)
	p, ok := chosen(journal, random, anything)
	if !ok {
		return "", false
	}
	g := &journal[p.segment].groups[p.group]
	g.entries = slices.Insert(g.entries, p.entry, *from.in(journal))
	return fmt.Sprintf("put a copy of another entry into the group at %d", g.first), true
}

func swapEntries(journal []forgedSegment, random *rand.Rand) (string, bool) {
	a, _ := chosen(journal, random, anything)
	b, ok := chosen(journal, random, func(e forged) bool { return !bytes.Equal(e.public, a.in(journal).public) })
	if !ok {
		return "", false
	}
	x, y := a.in(journal), b.in(journal)
	*x, *y = *y, *x
	return "swapped two entries", true
}

// changeFigure makes a reported figure another one, in an entry that reads like any other.
func changeFigure(journal []forgedSegment, random *rand.Rand) (string, bool) {
	return rewrite(journal, random, func(e *entry.Entry) bool {
		body, ok := e.Body.(entry.ReportsSubmitted)
		if !ok {
			return false
		}
		for i := range body.Reports {
			for j := range body.Reports[i].Figures {
				if f := &body.Reports[i].Figures[j]; f.HasValue {
					f.Value++
					return true
				}
			}
		}
		return false
	}, "added one to a figure")
}

func changeActor(journal []forgedSegment, random *rand.Rand) (string, bool) {
	return rewrite(journal, random, func(e *entry.Entry) bool {
		e.Header.Principal += "x"
		return true
	}, "gave an entry another actor")
}

// rewrite decodes an entry that change can change, and puts it back.
func rewrite(journal []forgedSegment, random *rand.Rand, change func(*entry.Entry) bool, did string) (string, bool) {
	var public []byte
	p, ok := chosen(journal, random, func(f forged) bool {
		e, err := entry.Decode(f.public, nil)
		if err != nil || !change(&e) {
			return false
		}
		public, _, err = entry.Encode(e)
		return err == nil
	})
	if !ok {
		return "", false
	}
	p.in(journal).public = public
	return did, true
}

// changeText changes what a person wrote. Sealed anew half of the time: without that the entry contradicts itself.
func changeText(journal []forgedSegment, random *rand.Rand) (string, bool) {
	p, ok := chosen(journal, random, func(e forged) bool { return len(e.block) > 0 })
	if !ok {
		return "", false
	}
	e := p.in(journal)
	e.block = slices.Clone(e.block)
	e.block[len(e.block)-1] ^= 1
	if random.IntN(2) == 0 {
		e.seal()
		return "changed a private text and its hash", true
	}
	return "changed a private text", true
}

func cutTail(journal []forgedSegment, random *rand.Rand) (string, bool) {
	s := &journal[len(journal)-1]
	if len(s.groups) == 0 {
		return "", false
	}
	keep := random.IntN(len(s.groups))
	lost := len(s.groups) - keep
	s.groups = s.groups[:keep]
	return fmt.Sprintf("cut off the last %d groups", lost), true
}
