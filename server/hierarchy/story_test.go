package hierarchy

import (
	"strings"
	"testing"

	"github.com/tonghop/tonghop/server/period"
)

// twoProvinces is the story of code 82 in small: Tiền Giang until 2025-06-30, Đồng Tháp from 2025-07-01 on.
const twoProvinces = `
VN     country    -            -           -           Việt Nam
82     province   VN-0         -           2025-07-01  Tỉnh Tiền Giang
87     province   VN-0         -           2025-07-01  Tỉnh Đồng Tháp
82     province   VN-0         2025-07-01  -           Tỉnh Đồng Tháp
866    district   87-0         -           2025-07-01  Thành phố Cao Lãnh
873    district   87-0         -           2025-07-01  Huyện Cao Lãnh
29869  commune    866-0        -           2025-07-01  Phường Mỹ Phú
30076  commune    873-0        -           2025-07-01  Thị trấn Mỹ Thọ
29869  commune    82-20250701  2025-07-01  -           Phường Cao Lãnh
30076  commune    82-20250701  2025-07-01  -           Xã Mỹ Thọ
STTTT  department 87-0         -           2025-03-01  Sở Thông tin và Truyền thông
SKHCN  department 82-20250701  2025-07-01  -           Sở Khoa học và Công nghệ`

// parseUnits reads lines of code, kind, parent, first day, day after the last, name; - is nothing.
func parseUnits(t testing.TB, lines string) []Unit {
	t.Helper()
	var units []Unit
	for line := range strings.Lines(lines) {
		w := strings.Fields(line)
		if len(w) == 0 {
			continue
		}
		parent := ID(w[2])
		if parent == "-" {
			parent = ""
		}
		u, err := NewUnit(Code(w[0]), Kind(w[1]), strings.Join(w[5:], " "), "", parent,
			parseEnd(t, w[3], period.Beginning), parseEnd(t, w[4], period.Forever))
		if err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		units = append(units, u)
	}
	return units
}

func parseEnd(t testing.TB, s string, open period.Day) period.Day {
	t.Helper()
	if s == "-" {
		return open
	}
	d, err := period.ParseDay(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func plant(t testing.TB, lines string) *Tree {
	t.Helper()
	tree, err := Empty().With(parseUnits(t, lines)...)
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

func words(ids []ID) string {
	s := make([]string, len(ids))
	for i, id := range ids {
		s[i] = string(id)
	}
	return strings.Join(s, " ")
}
