package reporting

import (
	"crypto/sha256"
	"encoding/binary"
	"hash"
	"strconv"
	"sync"

	"github.com/tonghop/tonghop/server/figure"
	"github.com/tonghop/tonghop/server/hierarchy"
)

// canonical hashes a request field by field (R37), so that the same request has the same hash whichever door it came
// through. A field is its name and its text, each behind its length as a varint; a list gives its length first. The names and their
// order are the format: a request id is remembered for 400 days, and a change of format would refuse its repetition. What is
// hashed of a figure, figure says.
type canonical struct{ *digest }

// digest gathers small pieces: a report has many.
type digest struct {
	h hash.Hash
	b []byte
}

// gathered is how much is gathered before it is hashed.
const gathered = 4 << 10

// digests are used again: sum gives one back.
var digests = sync.Pool{New: func() any {
	return &digest{h: sha256.New(), b: make([]byte, 0, gathered+gathered/4)}
}}

func canon(method string) canonical {
	c := canonical{digests.Get().(*digest)} //nolint:forcetypeassert // the pool makes nothing else
	return c.text("method", method)
}

func (c canonical) text(name, value string) canonical { return c.word(name, "").word(value, "") }

// word adds one length and text, which may come in two parts.
func (c canonical) word(text, more string) canonical {
	c.b = append(append(binary.AppendUvarint(c.b, uint64(len(text)+len(more))), text...), more...)
	if len(c.b) >= gathered {
		c.h.Write(c.b)
		c.b = c.b[:0]
	}
	return c
}

// optional tells an absent text from an empty one.
func (c canonical) optional(name string, value *string) canonical {
	c.word(name, "?")
	if value == nil {
		return c.word("0", "")
	}
	return c.word("1", "").text(name, *value)
}

// How a figure goes on behind its code: a byte says whether by numbers, or by words, as they came.
const (
	byWords byte = iota
	byNumbers
)

// figure adds a figure. One that is a state and numbers without more is the same in whatever way it came: as text with zeros
// at the end or without, or as an amount in a column. Any other is its words: value, numerator and denominator where they
// are there, state, grade, note, explanation and format.
func (c canonical) figure(f *FigureDraft) {
	c.word(f.Indicator, "")
	if numbers, ok := f.numbers(); ok {
		c.numbers(&numbers)
		return
	}
	c.b = append(c.b, byWords)
	c.optional("value", f.Value).optional("numerator", f.Numerator).optional("denominator", f.Denominator).
		text("state", f.State.String()).text("grade", f.Grade.String()).
		text("note", f.Note).text("explanation", f.Explanation).text("format", f.Format.String())
}

// figureNumbers are a final figure without texts, as it is hashed.
type figureNumbers struct {
	state figure.State
	parts [len(amountParts)]partNumber
}

// partNumber is one amount of a figure at the smallest scale that it needs.
type partNumber struct {
	has   bool
	scale figure.Scale
	n     figure.Number
}

// numbers gives a figure as numbers; false where it is more than that.
func (d *FigureDraft) numbers() (f figureNumbers, ok bool) {
	if d.Grade != figure.Final || d.Note != "" || d.Explanation != "" || d.Format != figure.Plain || d.State > figure.NotApplicable {
		return f, false
	}
	f.state = d.State
	for part, text := range [...]*string{d.Value, d.Numerator, d.Denominator} {
		if text == nil {
			continue
		}
		p := &f.parts[part]
		if p.n, p.scale, p.has = figure.ParseShortest(*text); !p.has {
			return f, false
		}
		if f.state == figure.Absent {
			f.state = figure.Value // as it is read
		}
	}
	return f, true
}

// numbers adds the state, then of each amount a byte, 0 where there is none and else 1 more than its scale, and the number
// as a varint.
func (c canonical) numbers(f *figureNumbers) {
	b := append(c.b, byNumbers, byte(f.state))
	for i := range f.parts {
		p := &f.parts[i]
		if !p.has {
			b = append(b, 0)
			continue
		}
		b = binary.AppendVarint(append(b, 1+byte(p.scale)), int64(p.n))
	}
	c.b = b
}

func (c canonical) flag(name string, value bool) canonical {
	if value {
		return c.text(name, "1")
	}
	return c.text(name, "0")
}

func (c canonical) count(name string, n int) canonical {
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], uint64(n))
	return c.text(name, string(b[:]))
}

// list gives each of a list of words; the order counts.
func list[T ~string](c canonical, name string, words []T) canonical {
	c.count(name, len(words))
	for _, w := range words {
		c.text("", string(w))
	}
	return c
}

// selectors gives an assignment in its words; the order counts.
func (c canonical) selectors(name string, selectors []hierarchy.Selector) canonical {
	words := make([]string, len(selectors))
	for i, s := range selectors {
		words[i] = s.String()
	}
	return list(c, name, words)
}

// number gives a number that may be absent.
func (c canonical) number(name string, n *figure.Number) canonical {
	if n == nil {
		return c.optional(name, nil)
	}
	digits := strconv.FormatInt(int64(*n), 10)
	return c.optional(name, &digits)
}

// sum gives the hash. The canonical is not to be used after it.
func (c canonical) sum() (out [32]byte) {
	c.h.Write(c.b)
	c.h.Sum(c.b[:0])
	copy(out[:], c.b[:len(out)])
	c.h.Reset()
	c.b = c.b[:0]
	digests.Put(c.digest)
	return out
}
