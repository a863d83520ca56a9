package aggregator

import (
	"bytes"
	"encoding/binary"

	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/period"
)

// linkVersion is a lineage link as it stood from an entry on: recorded, or withdrawn.
type linkVersion struct {
	hierarchy.Link
	withdrawn bool
}

// linkName is how many bytes of a key name a link.
const linkName = 12

// linkKey is the key of a link: its day, so that Beginning would come first, and the ordinals of its units.
func linkKey(date period.Day, from, to int) []byte {
	b := binary.BigEndian.AppendUint32(make([]byte, 0, linkName+8+2), uint32(date)^1<<31) //nolint:gosec // bits
	b = binary.BigEndian.AppendUint32(b, uint32(from))                                    //nolint:gosec // an ordinal
	return binary.BigEndian.AppendUint32(b, uint32(to))                                   //nolint:gosec // an ordinal
}

func parseLink(b []byte) (linkVersion, error) {
	r := reader{b: b}
	withdrawn := r.number() == 1
	l, err := entry.ParseLink(r.b)
	return linkVersion{Link: l, withdrawn: withdrawn}, err
}

// putLink stores a version of a link whose units the tree has.
func (t *Tx) putLink(tree *hierarchy.Tree, l hierarchy.Link, place int, withdrawn bool) error {
	from, _ := tree.Ordinal(l.From)
	to, _ := tree.Ordinal(l.To)
	if withdrawn {
		l.Share = hierarchy.Whole // nothing hangs on the share of what is no more
	}
	b, err := entry.AppendLink(binary.AppendUvarint(nil, uint64(bit(withdrawn, 1))), l)
	if err != nil {
		return err
	}
	return t.putVersion(linkBucket, linkKey(l.Date, from, to), place, b)
}

// LinkSequence gives the sequence of the entry that last recorded or withdrew a link; 0 if none did.
func (t *Tx) LinkSequence(l hierarchy.Link) uint64 {
	from, known := t.snap.tree.Ordinal(l.From)
	to, ok := t.snap.tree.Ordinal(l.To)
	if !known || !ok {
		return 0
	}
	return t.newest(linkBucket, linkKey(l.Date, from, to), 0)
}

// LinkNote gives what was written in the entry that recorded a link; removed says that it was taken away (R36).
func (t *Tx) LinkNote(sequence uint64) (note string, removed bool, err error) {
	if removed, err = t.Redacted(sequence); err != nil || removed {
		return "", removed, err
	}
	note, err = t.text(sequence)
	return note, false, err
}

// UnitBefore gives a unit as it was before an entry; false if it was not there yet.
func (t *Tx) UnitBefore(id hierarchy.ID, sequence uint64) (hierarchy.Unit, bool, error) {
	ordinal, known := t.snap.tree.Ordinal(id)
	if !known || sequence == 0 {
		return hierarchy.Unit{}, false, nil
	}
	name := unitKey(ordinal)
	key, _ := t.bucket(unitBucket).Cursor().Seek(appendSequence(unitKey(ordinal), sequence-1))
	if !bytes.HasPrefix(key, name) || len(key) != unitName+8+2 {
		return hierarchy.Unit{}, false, nil
	}
	value, ok, err := t.getLarge(unitBucket, key[:unitName+8])
	if err != nil || !ok {
		return hierarchy.Unit{}, false, err
	}
	r := reader{b: value}
	r.number() // its place in the entry
	u, err := entry.ParseUnit(r.b)
	if err != nil || r.bad {
		return hierarchy.Unit{}, false, unitBucket.damaged(key)
	}
	return u, true, nil
}

// unitName is how many bytes of a key name a unit.
const unitName = 4

// reorganise changes the tree in one piece and keeps what was written about it.
func (t *Tx) reorganise(r hierarchy.Reorganisation, note string) error {
	if err := t.keepText(note); err != nil {
		return err
	}
	old := t.snap
	tree, taken := eachThatCan(old.tree, piecesOf(r), withPieces)
	if len(taken) == 0 {
		return nil
	}
	next := old.changed(t.position.Head.Sequence, func(s *snapshot) { s.tree = tree })
	if err := t.keepTree(tree, joined(taken)); err != nil {
		return err
	}
	ended := endedIn(old.tree, tree, joined(taken).Units)
	moved, err := t.movedBy(old, ended)
	if err != nil {
		return err
	}
	return t.endRows(next, moved, ended)
}

// keepTree stores what was taken. A link that was withdrawn and given again has one version, that of the end.
func (t *Tx) keepTree(tree *hierarchy.Tree, r hierarchy.Reorganisation) error {
	for place, u := range r.Units {
		ordinal, _ := tree.Ordinal(u.ID)
		b, err := entry.AppendUnit(nil, u)
		if err != nil {
			return err
		}
		if err := t.putVersion(unitBucket, unitKey(ordinal), place, b); err != nil {
			return err
		}
	}
	for place, l := range r.Withdrawn {
		if err := t.putLink(tree, l, place, true); err != nil {
			return err
		}
	}
	for place, l := range r.Links {
		if err := t.putLink(tree, l, len(r.Withdrawn)+place, false); err != nil {
			return err
		}
	}
	return nil
}

// endedIn lists the known units whose last day changed. Names change nothing, parents do not change and new units have
// no reports; when a unit ends decides what it owes.
func endedIn(old, tree *hierarchy.Tree, units []hierarchy.Unit) []endedUnit {
	var ended []endedUnit
	for _, u := range units {
		if was, known := old.Unit(u.ID); known && was.ValidTo != u.ValidTo {
			ordinal, _ := tree.Ordinal(u.ID)
			ended = append(ended, endedUnit{ordinal: uint32(ordinal), from: min(was.ValidTo, u.ValidTo)}) //nolint:gosec // an ordinal
		}
	}
	return ended
}

// piecesOf takes a change apart into changes of one thing each, for eachThatCan.
func piecesOf(r hierarchy.Reorganisation) []hierarchy.Reorganisation {
	pieces := make([]hierarchy.Reorganisation, 0, len(r.Withdrawn)+len(r.Units)+len(r.Links))
	for i := range r.Withdrawn {
		pieces = append(pieces, hierarchy.Reorganisation{Withdrawn: r.Withdrawn[i : i+1]})
	}
	for i := range r.Units {
		pieces = append(pieces, hierarchy.Reorganisation{Units: r.Units[i : i+1]})
	}
	for i := range r.Links {
		pieces = append(pieces, hierarchy.Reorganisation{Links: r.Links[i : i+1]})
	}
	return pieces
}

// joined puts pieces together again.
func joined(pieces []hierarchy.Reorganisation) (r hierarchy.Reorganisation) {
	for _, p := range pieces {
		r.Units, r.Links, r.Withdrawn = append(r.Units, p.Units...), append(r.Links, p.Links...), append(r.Withdrawn, p.Withdrawn...)
	}
	return r
}

func withPieces(tree *hierarchy.Tree, pieces ...hierarchy.Reorganisation) (*hierarchy.Tree, error) {
	return tree.Reorganised(joined(pieces))
}

// treeVersions makes one change of versions of units and links that were read.
func treeVersions(tree *hierarchy.Tree, units []kept[hierarchy.Unit], links []kept[linkVersion]) hierarchy.Reorganisation {
	r := hierarchy.Reorganisation{Units: bare(units)}
	for _, l := range bare(links) {
		if hasLink(tree, l.Link) {
			r.Withdrawn = append(r.Withdrawn, l.Link)
		}
		if !l.withdrawn {
			r.Links = append(r.Links, l.Link)
		}
	}
	return r
}

// hasLink says whether the tree has the link, with whichever share.
func hasLink(tree *hierarchy.Tree, l hierarchy.Link) bool {
	for _, known := range tree.Successors(l.From) {
		if known.Date == l.Date && known.To == l.To {
			return true
		}
	}
	return false
}
