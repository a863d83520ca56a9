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
// order are the format: a request id is remembered for 400 days, and a change of format would refuse its repetition.
// What is hashed of a report in columns, [Amounts] says.
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

// amountWords are of one amount of a figure: the words before it, and those that say that there is none.
type amountWords struct{ before, none string }

// What the figures of reports have in common is made ready: there are many of them.
var (
	beforeIndicator                              = words("indicator")
	valueWords, numeratorWords, denominatorWords = amountOf("value"), amountOf("numerator"), amountOf("denominator")
	// figureEnds are what follows the amounts of a figure without note and explanation, by state, grade and format.
	figureEnds = func() (ends [figure.NotApplicable + 1][figure.Estimate + 1][figure.Undeclared + 1]string) {
		for state := range ends {
			for grade := range ends[state] {
				for format := range ends[state][grade] {
					ends[state][grade][format] = words("state", figure.State(state).String(), "grade", figure.Grade(grade).String(), //nolint:gosec // few
						"note", "", "explanation", "", "format", figure.NumberFormat(format).String()) //nolint:gosec // few
				}
			}
		}
		return ends
	}()
)

func words(list ...string) string {
	c := canonical{&digest{}}
	for _, w := range list {
		c.word(w, "")
	}
	return string(c.b)
}

func amountOf(name string) amountWords {
	return amountWords{before: words(name+"?", "1", name), none: words(name+"?", "0")}
}

// figure adds a figure: indicator, value, numerator and denominator where they are there, state, grade, note, explanation
// and format.
func (c canonical) figure(f *FigureDraft) {
	c.b = append(c.b, beforeIndicator...)
	c.word(f.Indicator, "")
	c.amount(&valueWords, f.Value)
	c.amount(&numeratorWords, f.Numerator)
	c.amount(&denominatorWords, f.Denominator)
	if f.Note == "" && f.Explanation == "" && f.State <= figure.NotApplicable && f.Grade <= figure.Estimate && f.Format <= figure.Undeclared {
		c.b = append(c.b, figureEnds[f.State][f.Grade][f.Format]...)
		return
	}
	c.text("state", f.State.String()).text("grade", f.Grade.String()).
		text("note", f.Note).text("explanation", f.Explanation).text("format", f.Format.String())
}

func (c canonical) amount(p *amountWords, text *string) {
	if text == nil {
		c.b = append(c.b, p.none...)
		return
	}
	c.b = append(c.b, p.before...)
	c.word(*text, "")
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
