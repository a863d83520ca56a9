package reporting

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/tonghop/tonghop/server/aggregator"
	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/closing"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/form"
)

// ClosingPage is one page of closings.
type ClosingPage struct {
	Closings []Closing
	Next     string
	Stamp    Stamp
}

// ListClosings lists the closings of a form that concern the caller, by period and owner.
func (s *Service) ListClosings(ctx context.Context, caller auth.Caller, code string, p Page) (ClosingPage, error) {
	size, err := p.size(defaultPage, largestPage)
	if err != nil {
		return ClosingPage{}, err
	}
	var page ClosingPage
	err = s.read(ctx, caller, 0, func(tx *aggregator.Tx, who granted) error {
		page = ClosingPage{Stamp: stampOf(tx)}
		if err := who.need(auth.Read); err != nil {
			return err
		}
		f, known := tx.Forms().Latest(form.Code(code))
		switch {
		case !known:
			return unknownForm(tx.Definitions(), code, 0).In("parent")
		case !who.readsForm(f.Code):
			return who.formNotGranted(code)
		}
		from, err := p.open(tx, filterHash("closings", string(f.Code.Fold())))
		if err != nil {
			return err
		}
		skip, err := placeOf(from.key)
		if err != nil {
			return err
		}
		seen := 0
		return tx.Closings(f.Code, func(c aggregator.Closing) (bool, error) {
			if seen++; seen <= skip || !who.boundBy(c.Key.Owner, f.Last(c.Key.Period)) {
				return true, nil
			}
			if len(page.Closings) == size {
				from.key = strconv.Itoa(seen - 1)
				page.Next = from.token()
				return false, nil
			}
			page.Closings = append(page.Closings, who.shownClosing(c))
			return true, nil
		})
	})
	return page, err
}

// placeOf reads the key of a page token that is a place in a list which only grows.
func placeOf(key string) (int, error) {
	if key == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(key)
	if err != nil || n < 0 {
		return 0, badToken("it is not one that this server gave")
	}
	return n, nil
}

// ClosedRollups is one page of what a closing kept.
type ClosedRollups struct {
	Version int
	Digest  [32]byte
	Lines   []string
	Next    string
	Stamp   Stamp
}

// ListClosedRollups gives what a version of a closing kept, as the lines of its canonical table. Version 0 is the last one.
func (s *Service) ListClosedRollups(ctx context.Context, caller auth.Caller, ref ClosingRef, version int, p Page) (ClosedRollups, error) {
	size, err := p.size(defaultRollups, largestRollups)
	if err != nil {
		return ClosedRollups{}, err
	}
	var page ClosedRollups
	err = s.read(ctx, caller, 0, func(tx *aggregator.Tx, who granted) error {
		page = ClosedRollups{Stamp: stampOf(tx)}
		if err := who.need(auth.Read); err != nil {
			return err
		}
		at, err := who.closingAt(ref)
		if err != nil {
			return err
		}
		if !who.reads(at.owner.ID, at.last) {
			return ref.notSeen(at.owner.ID)
		}
		if who.Token.OwnReports { // what is kept brings in the units below
			return who.mayBringTogether()
		}
		c, err := tx.Closing(at.key)
		if err != nil {
			return err
		}
		v, err := versionOf(c, version)
		if err != nil {
			return err
		}
		page.Version, page.Digest = v.Number, v.Digest
		from, err := p.open(tx, filterHash("closed rollups", c.Key.String(), fmt.Sprint(v.Number)))
		if err != nil {
			return err
		}
		skip, err := placeOf(from.key)
		if err != nil {
			return err
		}
		page.Lines, err = linesOf(tx, c, v, skip, size)
		if err == nil && skip+len(page.Lines) < v.Rows {
			from.key = strconv.Itoa(skip + len(page.Lines))
			page.Next = from.token()
		}
		return err
	})
	return page, err
}

// versionOf finds a version of a closing, or the last one.
func versionOf(c aggregator.Closing, number int) (aggregator.ClosingVersion, error) {
	newest, closed := c.Newest()
	if number == 0 && closed {
		return newest, nil
	}
	for _, v := range c.Versions {
		if v.Number == number {
			return v, nil
		}
	}
	return aggregator.ClosingVersion{}, fault.NotFound("CLOSED_VERSION_NOT_FOUND", "%s has no version %d; it has %d", c.Key, number, len(c.Versions)).
		With("version", number).With("count", len(c.Versions)).In("version")
}

// linesOf gives some lines of a table, behind so many others.
func linesOf(tx *aggregator.Tx, c aggregator.Closing, v aggregator.ClosingVersion, skip, most int) ([]string, error) {
	var lines []string
	for piece := range v.FirstUnits {
		if len(lines) == most {
			break
		}
		deflated, err := tx.ClosedPiece(c.Key, v.Number, piece)
		if err != nil {
			return nil, err
		}
		text, err := closing.Text(deflated)
		if err != nil {
			return nil, err
		}
		here := strings.Split(strings.TrimSuffix(strings.TrimPrefix(string(text), closing.Header), "\n"), "\n")
		if skip >= len(here) {
			skip -= len(here)
			continue
		}
		here, skip = here[skip:], 0
		lines = append(lines, here[:min(len(here), most-len(lines))]...)
	}
	return lines, nil
}
