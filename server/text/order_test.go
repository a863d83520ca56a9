package text_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"

	"github.com/tonghop/tonghop/server/text"
)

// inOrder is what a Vietnamese dictionary and a list of wards would have.
var inOrder = []string{
	"An Giang", "Ăn", "Ân", "Bà Rịa - Vũng Tàu", "Cao Bằng", "Da", "Đà Nẵng", "Đắk Lắk", "Đồng Nai", "Đồng Tháp",
	"Em", "Êm", "Hoa", "Hòa", "Hỏa", "Hõa", "Hóa", "Họa", "Lạng Sơn", "Ngọc", "Nhà", "On", "Ôn", "Ơn",
	"Phường 1", "Phường 2", "Phường 9", "Phường 10", "Phường 11", "Tân", "Tiền", "Trà", "Un", "Ưn", "Vân", "Xã", "Yên",
}

func TestNamesSortAsAVietnameseReaderExpects(t *testing.T) {
	got := slices.Clone(inOrder)
	rand.New(rand.NewPCG(1, 2)).Shuffle(len(got), func(i, j int) { got[i], got[j] = got[j], got[i] }) //nolint:gosec // a fixed shuffle
	text.Sort(got)
	if !slices.Equal(got, inOrder) {
		t.Errorf("Sort gives\n%s\nwant\n%s", strings.Join(got, ", "), strings.Join(inOrder, ", "))
	}
	for i := 1; i < len(inOrder); i++ {
		if text.Compare(inOrder[i-1], inOrder[i]) >= 0 {
			t.Errorf("Compare(%q, %q) is not negative", inOrder[i-1], inOrder[i])
		}
	}
}

func TestCompareIsATotalOrderThatSortFollows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.StringOfN(rapid.SampledFrom([]rune("aAàâạ\u0302\u0323dDđĐ019 -'n")), 0, 6, -1)
		a, b := name.Draw(t, "a"), name.Draw(t, "b")
		ab, ba := text.Compare(a, b), text.Compare(b, a)
		if ab != -ba {
			t.Fatalf("Compare(%q, %q) = %d, the other way %d", a, b, ab, ba)
		}
		if (ab == 0) != (norm.NFC.String(a) == norm.NFC.String(b)) {
			t.Fatalf("Compare(%q, %q) = %d", a, b, ab)
		}
		pair := []string{a, b}
		text.Sort(pair)
		if ab < 0 && pair[0] != a || ab > 0 && pair[0] != b {
			t.Fatalf("Compare(%q, %q) = %d, but Sort gives %q", a, b, ab, pair)
		}
	})
}

// Two letters A come before one letter Â, in whatever parts that is written.
func TestCompareTakesALetterInPartsForOne(t *testing.T) {
	for _, circumflex := range []string{"ậ", "ạ\u0302", "a\u0302\u0323", "a\u0323\u0302", "â"} {
		if got := text.Compare("aa", circumflex); got >= 0 {
			t.Errorf("Compare(aa, %+q) = %d, want negative", circumflex, got)
		}
		pair := []string{circumflex, "aa"}
		if text.Sort(pair); pair[0] != "aa" {
			t.Errorf("Sort gives %+q, want aa first", pair)
		}
	}
}

func TestSortByKeepsEqualNamesInPlace(t *testing.T) {
	type unit struct {
		name string
		n    int
	}
	units := []unit{{"Cao Lãnh", 1}, {"An Bình", 2}, {norm.NFD.String("Cao Lãnh"), 3}, {"An Bình", 4}}
	text.SortBy(units, func(u unit) string { return u.name })
	for i, want := range []int{2, 4, 1, 3} {
		if units[i].n != want {
			t.Fatalf("SortBy gives %v, want 2, 4, 1, 3", units)
		}
	}
}

func TestCompareFromManyGoroutines(t *testing.T) {
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for i := 1; i < len(inOrder); i++ {
				if text.Compare(inOrder[i-1], inOrder[i]) >= 0 {
					t.Errorf("Compare(%q, %q) is not negative beside other goroutines", inOrder[i-1], inOrder[i])
				}
			}
		})
	}
	wg.Wait()
}
