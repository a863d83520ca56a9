package reporting

import (
	"fmt"
	"strconv"
	"strings"
)

// spot is a place in the answer to a query: which of the units that were named, the key of the unit itself or of its
// child, and the places of indicator, period and kind. It is the key of a page token, so that a page goes on where the
// last one ended though units were added meanwhile.
type spot struct {
	top                     int
	unit                    string
	indicator, period, kind int
}

// String gives the key; the unit, which may hold anything in a forged one, comes last.
func (s spot) String() string {
	return fmt.Sprintf("%d/%d/%d/%d/%s", s.top, s.indicator, s.period, s.kind, s.unit)
}

// parseSpot reads a key; an empty one is the beginning.
func parseSpot(key string) (spot, error) {
	var s spot
	if key == "" {
		return s, nil
	}
	parts := strings.SplitN(key, "/", 5)
	if len(parts) != 5 {
		return s, badToken("it is not one that this server gave")
	}
	for i, n := range []*int{&s.top, &s.indicator, &s.period, &s.kind} {
		var err error
		if *n, err = strconv.Atoi(parts[i]); err != nil || *n < 0 {
			return s, badToken("it is not one that this server gave")
		}
	}
	s.unit = parts[4]
	return s, nil
}
