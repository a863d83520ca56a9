package aggregator

import (
	"encoding/binary"

	"github.com/tonghop/tonghop/server/entry"
)

// Every text of a private part that is kept at all stands in the bucket texts, under the sequence of its entry, and
// nothing else depends on it. So a redaction takes keys away and touches nothing besides (R36), and a replay that never
// saw a text makes the same bytes as one that saw it and its removal.

// textKey is the key of the text of an entry that has one alone: the reason of a return, the name of a token's holder.
func textKey(sequence uint64) []byte {
	return binary.BigEndian.AppendUint64(make([]byte, 0, 8+2), sequence)
}

// figureTextsKey is the key of the texts of one revision, for an entry may make many.
func figureTextsKey(sequence uint64, k reportKey, number int) []byte {
	b := binary.BigEndian.AppendUint64(make([]byte, 0, 8+reportKeyBytes+4+2), sequence)
	return binary.BigEndian.AppendUint32(k.append(b), uint32(number)) //nolint:gosec // entries have 31 bits
}

// keepText keeps the one text of the entry that is applied.
func (t *Tx) keepText(text string) error {
	if text == "" {
		return nil
	}
	return t.putLarge(textBucket, textKey(t.position.Head.Sequence), []byte(text))
}

// text gives what keepText kept of an entry; nothing if there was no text or it was removed.
func (t *Tx) text(sequence uint64) (string, error) {
	value, _, err := t.getLarge(textBucket, textKey(sequence))
	return string(value), err
}

// keepFigureTexts keeps notes and explanations of a revision of the entry that is applied: for each figure that has some
// the distance of its number from the one before, its note and its explanation.
func (t *Tx) keepFigureTexts(k reportKey, number int, figures []entry.Figure) error {
	var b []byte
	last := uint32(0)
	for i := range figures {
		f := &figures[i]
		if f.Note == "" && f.Explanation == "" {
			continue
		}
		b = binary.AppendUvarint(b, uint64(f.Number-last))
		b = appendText(appendText(b, f.Note), f.Explanation)
		last = f.Number
	}
	if len(b) == 0 {
		return nil
	}
	return t.putLarge(textBucket, figureTextsKey(t.position.Head.Sequence, k, number), b)
}

// addFigureTexts gives the figures of a revision the texts that are kept of them.
func (t *Tx) addFigureTexts(sequence uint64, k reportKey, number int, figures []entry.Figure) error {
	key := figureTextsKey(sequence, k, number)
	value, ok, err := t.getLarge(textBucket, key)
	if err != nil || !ok {
		return err
	}
	r := reader{b: value}
	last, at := uint32(0), 0
	for len(r.b) > 0 {
		last += uint32(r.number()) //nolint:gosec // what was appended
		for at < len(figures) && figures[at].Number < last {
			at++
		}
		note, explanation := r.text(), r.text()
		if r.bad || at == len(figures) || figures[at].Number != last {
			return textBucket.damaged(key)
		}
		figures[at].Note, figures[at].Explanation = note, explanation
	}
	return nil
}

// revision gives a held revision as others see it, with its texts.
func (t *Tx) revision(k reportKey, h *held) (Revision, error) {
	rev, words, err := t.bare(k, h)
	if err != nil {
		return Revision{}, err
	}
	if err := t.addFigureTexts(rev.Sequence, k, rev.Number, rev.Figures); err != nil {
		return Revision{}, err
	}
	if rev.TextsRemoved, err = t.Redacted(rev.Sequence); err != nil || words.returned == 0 {
		return rev, err
	}
	if rev.Reason, err = t.text(words.returned); err != nil {
		return Revision{}, err
	}
	reasonRemoved, err := t.Redacted(words.returned)
	rev.TextsRemoved = rev.TextsRemoved || reasonRemoved
	return rev, err
}
