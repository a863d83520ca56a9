package reporting

import (
	"errors"
	"strings"

	"github.com/tonghop/tonghop/server/fault"
)

// shorten keeps a foreign text from filling an answer.
func shorten(s string) string {
	const limit = 80
	if len(s) <= limit {
		return s
	}
	return strings.ToValidUTF8(s[:limit], "") + "…"
}

// etagMismatch refuses a change of what was not seen.
func etagMismatch(given, now string) *fault.Error {
	if given == "" {
		return fault.Conflict("ETAG_MISMATCH",
			"give the etag of what you saw; it is now %q: look at what is there, then send the change with it", now).
			With("etag", now).In("etag")
	}
	given = shorten(given)
	return fault.Conflict("ETAG_MISMATCH",
		"somebody changed this after you saw it: your etag is %q, it is now %q; look again, then send the change with it", given, now).
		With("given", given).With("etag", now).In("etag")
}

// tooMany refuses a list that is longer than one request may have.
func tooMany(field string, n, limit int) *fault.Error {
	return fault.Invalid("QUERY_TOO_LARGE", "%d %s were asked for; one query may name %d", n, field, limit).
		With("list", field).With("limit", limit).In(field)
}

func tooManyPeriods(periods string, n, limit int) error {
	periods = shorten(periods)
	return fault.Invalid("PERIODS_TOO_MANY", "%q names %d periods; one request may name %d: divide it", periods, n, limit).
		With("value", periods).With("limit", limit).In("periods")
}

// moreProblems stands for those that are not told one by one.
func moreProblems(n int) *fault.Error {
	return fault.Invalid("MORE_PROBLEMS", "%d more figures were not looked at; mend these first", n).With("count", n)
}

// eachField gives the error with the fields of itself and of its details renamed.
func eachField(err error, rename func(string) string) error {
	var ours *fault.Error
	if !errors.As(err, &ours) {
		return err
	}
	e := *ours
	e.Field = rename(e.Field)
	details := make([]*fault.Error, len(e.Details))
	for i, d := range e.Details {
		c := *d
		c.Field = rename(c.Field)
		details[i] = &c
	}
	e.Details = details
	return &e
}

// unplaced drops the fields: what is wrong lies in something that the request does not hold.
func unplaced(err error) error { return eachField(err, func(string) string { return "" }) }

// unnumbered drops the [0] of a list that the caller gave one thing for: units[0].code becomes code.
func unnumbered(err error) error {
	return eachField(err, func(field string) string {
		_, rest, ok := strings.Cut(field, "[0]")
		if !ok {
			return field
		}
		return strings.TrimPrefix(rest, ".")
	})
}

// singular renames the fields of a query for many to those of a request for one.
func singular(err error) error {
	return eachField(err, func(field string) string {
		switch field {
		case "units[0]":
			return "unit"
		case "indicators[0]", "indicators":
			return "indicator"
		}
		return field
	})
}
