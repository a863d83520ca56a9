package workload

import (
	"fmt"
	"strings"

	"github.com/tonghop/tonghop/server/period"
)

// The country is made anew on a day behind all months, as Vietnam was: each two provinces become one, each three communes of
// a district one, and districts go. All goes over as a whole, so that every figure has a place on the tree of after.
var reformDay = period.Date(2025, 7, 1)

const (
	joinedProvinces = 2
	joinedCommunes  = 3
)

// ReformDay is the day of the change.
func ReformDay() string { return reformDay.String() }

// Reform gives units.csv and lineage.csv of the change.
func (w Shape) Reform() (units, lineage string) {
	var u, l strings.Builder
	u.WriteString("code,kind,name_vi,parent,valid_from,valid_to\n")
	l.WriteString("date,from,to,share\n")
	var begun []string // a code begins with its first unit
	known := map[string]bool{}
	joins := func(from, to, kind, parent string) {
		if !known[to] {
			known[to] = true
			begun = append(begun, fmt.Sprintf("%s,%s,Đơn vị %s,%s,%s,\n", to, kind, to, parent, reformDay))
		}
		fmt.Fprintf(&l, "%s,%s,%s,whole\n", reformDay, first(from), reformedID(to))
	}
	for _, unit := range w.Units()[1:] { // all but the country
		fmt.Fprintf(&u, "%s,%s,%s,%s,,%s\n", unit.Code, unit.Kind, unit.NameVI, unit.Parent, reformDay)
	}
	for n := range w.Provinces {
		joins(w.Province(n), w.ReformedProvince(n), "province", Country)
	}
	for n := range w.Communes {
		joins(w.Commune(n), w.ReformedCommune(n), "commune", w.ReformedProvince(w.provinceOf(n)))
	}
	for _, line := range begun {
		u.WriteString(line)
	}
	return u.String(), l.String()
}

// reformedID is the id of a unit that the change begins.
func reformedID(code string) string { return code + "-" + strings.ReplaceAll(ReformDay(), "-", "") }

// ReformedProvince is the code of what the n-th province becomes.
func (w Shape) ReformedProvince(n int) string { return fmt.Sprintf("T%02d", n/joinedProvinces) }

// ReformedCommune is the code of what the n-th commune becomes: communes of one district, or of one province where there
// are no districts, follow each other in steps of so many as there are of those.
func (w Shape) ReformedCommune(n int) string {
	above := w.Districts
	if above == 0 {
		above = w.Provinces
	}
	return fmt.Sprintf("X%03d%03d", n%above, n/above/joinedCommunes)
}

func (w Shape) provinceOf(commune int) int {
	if w.Districts > 0 {
		commune %= w.Districts
	}
	return commune % w.Provinces
}
