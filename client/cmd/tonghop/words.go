package main

import (
	"strconv"
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/unicode/norm"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// vietnam is the zone in which people read times here. It has had no other offset since 1975.
var vietnam = time.FixedZone("+07", 7*60*60)

// word is the name of an enum without its prefix: ROLLUP_STATE_NO_DATA is NO_DATA.
func word(value interface{ String() string }, prefix string) string {
	return strings.TrimPrefix(value.String(), prefix)
}

// choice finds the enum of a word of a flag: year-to-date is PREFIX_YEAR_TO_DATE. Kong has checked the word.
func choice[E ~int32](values map[string]int32, prefix, flag string) E {
	return E(values[prefix+strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))])
}

// plain makes a text safe for one line of a terminal: composed, and without what moves the cursor or turns the
// direction of writing. Names and notes are written by many hands.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t' || r == '\r':
			return ' '
		case unicode.IsControl(r), r >= '\u202a' && r <= '\u202e', r >= '\u2066' && r <= '\u2069':
			return unicode.ReplacementChar
		default:
			return r
		}
	}, norm.NFC.String(s))
}

// when shows a time to a person in Vietnam.
func when(t *timestamppb.Timestamp) string {
	if t == nil {
		return ""
	}
	return t.AsTime().In(vietnam).Format("2006-01-02 15:04")
}

// instant shows a time to a program.
func instant(t *timestamppb.Timestamp) string {
	if t == nil {
		return ""
	}
	return t.AsTime().Format(time.RFC3339Nano)
}

func number[N ~int32 | ~int64](n N) string { return strconv.FormatInt(int64(n), 10) }

// some is empty instead of 0, where 0 means none.
func some[N ~int32 | ~int64](n N) string {
	if n == 0 {
		return ""
	}
	return number(n)
}

func yes(b bool) string { return strconv.FormatBool(b) }

// plural gives "1 report" and "2 reports".
func plural[N ~int | ~int32 | ~int64](n N, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.FormatInt(int64(n), 10) + " " + many
}
