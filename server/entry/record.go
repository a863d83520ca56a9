package entry

import (
	"time"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	journalv1 "github.com/tonghop/tonghop/gen/journal/v1"
	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/hierarchy"
)

// The fields of a record of something that has a private part or times of its own.
const (
	fieldThing   protowire.Number = 1
	fieldTexts   protowire.Number = 2
	fieldCreated protowire.Number = 3
	fieldRevoked protowire.Number = 4
)

// AppendUnit appends the bytes of one unit, the message that stands in an entry.
func AppendUnit(b []byte, u hierarchy.Unit) ([]byte, error) {
	m, err := unitMessage(u)
	if err != nil {
		return b, err
	}
	return appendMessage(b, m)
}

// ParseUnit reads what AppendUnit appended.
func ParseUnit(b []byte) (hierarchy.Unit, error) {
	var m journalv1.Unit
	if err := parseMessage(b, &m); err != nil {
		return hierarchy.Unit{}, err
	}
	return whole(unitOf(&m))
}

// AppendLink appends the bytes of one lineage link, the message that stands in an entry.
func AppendLink(b []byte, l hierarchy.Link) ([]byte, error) {
	m, err := linkMessage(l)
	if err != nil {
		return b, err
	}
	return appendMessage(b, m)
}

// ParseLink reads what AppendLink appended.
func ParseLink(b []byte) (hierarchy.Link, error) {
	var m journalv1.Link
	if err := parseMessage(b, &m); err != nil {
		return hierarchy.Link{}, err
	}
	return whole(linkOf(&m))
}

// AppendIndicator appends the bytes of one version of an indicator, the message that stands in an entry.
func AppendIndicator(b []byte, v Indicator) ([]byte, error) {
	m, err := indicatorMessage(v)
	if err != nil {
		return b, err
	}
	return appendMessage(b, m)
}

// ParseIndicator reads what AppendIndicator appended.
func ParseIndicator(b []byte) (Indicator, error) {
	var m journalv1.Indicator
	if err := parseMessage(b, &m); err != nil {
		return Indicator{}, err
	}
	return whole(indicatorOf(&m))
}

// AppendForm appends the bytes of one version of a form, the message that stands in an entry.
func AppendForm(b []byte, v Form) ([]byte, error) {
	m, err := formMessage(v)
	if err != nil {
		return b, err
	}
	return appendMessage(b, m)
}

// ParseForm reads what AppendForm appended.
func ParseForm(b []byte) (Form, error) {
	var m journalv1.Form
	if err := parseMessage(b, &m); err != nil {
		return Form{}, err
	}
	return whole(formOf(&m))
}

// AppendSubmission appends the bytes of one revision with its texts: the message that stands in an entry as field 1,
// and as field 2, where there are texts, the private part that an entry of this report alone would have.
func AppendSubmission(b []byte, s Submission) ([]byte, error) {
	m, err := submissionMessage(s)
	if err != nil {
		return b, err
	}
	if b, err = appendField(b, fieldThing, m); err != nil {
		return b, err
	}
	texts := appendTexts(nil, 0, s.Figures)
	if len(texts) == 0 {
		return b, nil
	}
	return appendField(b, fieldTexts, &journalv1.Private{FigureTexts: texts})
}

// ParseSubmission reads what AppendSubmission appended.
func ParseSubmission(b []byte) (Submission, error) {
	var m journalv1.Submission
	var texts journalv1.Private
	if _, err := parseFields(b, &m, &texts); err != nil {
		return Submission{}, err
	}
	s, err := submissionOf(&m)
	if err != nil {
		return Submission{}, err
	}
	list := []Submission{s}
	if err := putTexts(texts.GetFigureTexts(), list); err != nil {
		return Submission{}, err
	}
	return list[0], nil
}

// AppendToken appends the bytes of one token: the message that stands in an entry as field 1, the private part with the
// display name as field 2, and the instants of issue and revocation, where there are any, as nanoseconds since 1970 in
// zigzag varints, fields 3 and 4.
func AppendToken(b []byte, k auth.Token) ([]byte, error) {
	m, err := tokenMessage(&k)
	if err != nil {
		return b, err
	}
	if b, err = appendField(b, fieldThing, m); err != nil {
		return b, err
	}
	if k.DisplayName != "" {
		if b, err = appendField(b, fieldTexts, &journalv1.Private{DisplayName: k.DisplayName}); err != nil {
			return b, err
		}
	}
	if b, err = appendTime(b, fieldCreated, k.Created); err != nil {
		return b, err
	}
	return appendTime(b, fieldRevoked, k.Revoked)
}

// ParseToken reads what AppendToken appended.
func ParseToken(b []byte) (auth.Token, error) {
	var m journalv1.TokenIssued
	var texts journalv1.Private
	times, err := parseFields(b, &m, &texts)
	if err != nil {
		return auth.Token{}, err
	}
	k, err := tokenOf(&m)
	if err != nil {
		return auth.Token{}, err
	}
	k.DisplayName, k.Created, k.Revoked = texts.GetDisplayName(), times[fieldCreated], times[fieldRevoked]
	return k, nil
}

func appendMessage(b []byte, m proto.Message) ([]byte, error) {
	appended, err := wire.MarshalAppend(b, m)
	if err != nil {
		return b, fault.Internal(err, "a record cannot be encoded")
	}
	return appended, nil
}

func appendField(b []byte, number protowire.Number, m proto.Message) ([]byte, error) {
	b = protowire.AppendTag(b, number, protowire.BytesType)
	b = protowire.AppendVarint(b, uint64(wire.Size(m))) //nolint:gosec // a size is not negative
	return appendMessage(b, m)
}

func appendTime(b []byte, number protowire.Number, t time.Time) ([]byte, error) {
	if t.IsZero() {
		return b, nil
	}
	nano := t.UnixNano()
	if !time.Unix(0, nano).Equal(t) {
		return b, fault.Internal(nil, "the time %s of a token cannot be stored", t)
	}
	b = protowire.AppendTag(b, number, protowire.VarintType)
	return protowire.AppendVarint(b, protowire.EncodeZigZag(nano)), nil
}

func parseMessage(b []byte, m proto.Message) error {
	if err := proto.Unmarshal(b, m); err != nil {
		return damaged("a record cannot be read: %w", err)
	}
	return nil
}

// parseFields reads a record with fields; the times are indexed by the number of their field.
func parseFields(b []byte, thing, texts proto.Message) (times [fieldRevoked + 1]time.Time, err error) {
	for len(b) > 0 {
		number, kind, n := protowire.ConsumeTag(b)
		if n < 0 {
			return times, damaged("a record ends within a field")
		}
		b = b[n:]
		switch {
		case kind == protowire.BytesType && (number == fieldThing || number == fieldTexts):
			m := thing
			if number == fieldTexts {
				m = texts
			}
			var value []byte
			if value, n = protowire.ConsumeBytes(b); n >= 0 {
				err = parseMessage(value, m)
			}
		case kind == protowire.VarintType && (number == fieldCreated || number == fieldRevoked):
			var value uint64
			value, n = protowire.ConsumeVarint(b)
			times[number] = time.Unix(0, protowire.DecodeZigZag(value)).UTC()
		default:
			return times, damaged("a record has a field %d of type %d", number, kind)
		}
		if n < 0 {
			return times, damaged("a record ends within a field")
		}
		if err != nil {
			return times, err
		}
		b = b[n:]
	}
	return times, known(texts)
}

// whole gives nothing beside an error.
func whole[T any](v T, err error) (T, error) {
	if err != nil {
		var none T
		return none, err
	}
	return v, nil
}
