package text

import (
	"bytes"
	"cmp"
	"slices"
	"strings"
	"sync"

	"golang.org/x/text/collate"
	"golang.org/x/text/language"
)

// collators are pooled because a Collator holds buffers and two goroutines may not share one.
var collators = sync.Pool{New: func() any {
	return collate.New(language.Vietnamese, collate.Numeric)
}}

// Compare orders two texts as a Vietnamese reader expects: Đ after D, the tones in their order, and numbers inside a
// text by value, so that Phường 9 comes before Phường 10. It is 0 only for texts that are equal after NFC, so that
// every order is the same on every run. Texts are brought to NFC first: collation takes U+1EA1 U+0302 for another letter
// than U+1EAD.
func Compare(a, b string) int {
	c := collators.Get().(*collate.Collator) //nolint:forcetypeassert // the pool makes nothing else
	defer collators.Put(c)
	a, b = NFC(a), NFC(b)
	return cmp.Or(c.CompareString(a, b), strings.Compare(a, b))
}

// Sort puts names into Vietnamese order.
func Sort(names []string) {
	SortBy(names, func(name string) string { return name })
}

// SortBy puts items into the Vietnamese order of their names; items with equal names keep their order. It makes each
// key once, and so is faster on long lists than slices.SortFunc with Compare.
func SortBy[T any](items []T, name func(T) string) {
	type keyed struct {
		key  []byte
		name string
		item T
	}
	c := collators.Get().(*collate.Collator) //nolint:forcetypeassert // the pool makes nothing else
	defer collators.Put(c)
	var buf collate.Buffer
	list := make([]keyed, len(items))
	for i, item := range items {
		n := NFC(name(item))
		list[i] = keyed{key: c.KeyFromString(&buf, n), name: n, item: item}
	}
	slices.SortStableFunc(list, func(a, b keyed) int {
		return cmp.Or(bytes.Compare(a.key, b.key), strings.Compare(a.name, b.name))
	})
	for i := range list {
		items[i] = list[i].item
	}
}
