//go:build unix

package crashpoints

import (
	"math/rand/v2"
	"path/filepath"
	"regexp"

	"github.com/tonghop/tonghop/server/check/syscalls"
)

// point is where a run is disturbed.
type point struct {
	// call is the number of the call before which a process is killed; with tear it is a write of which so many bytes
	// are made first.
	call, tear int
	// second is the number of the call of the recovery at which that is killed as well, 0 for none.
	second int
	// whole tells the story to its end afterwards; the others end with one more submission.
	whole bool
}

// never is a call that does not come.
const never = 1 << 30

// everyWhole is how many points share one run that goes on to the end of the story, unless there is time for all.
const everyWhole = 8

// points lists at most so many: kills first, then torn writes, then second kills. Where not all are wanted, calls that
// follow each other as no others do come first.
func points(calls []syscalls.Call, ofRecovery, most int, random *rand.Rand) []point {
	var list, rest []point
	for i, n := range unusual(calls) {
		list = append(list, point{call: n, whole: i%everyWhole == 0 || most > len(calls)})
	}
	for _, c := range calls {
		for _, at := range pages(c) {
			rest = append(rest, point{call: c.Number, tear: at, whole: true})
		}
	}
	random.Shuffle(len(rest), func(i, j int) { rest[i], rest[j] = rest[j], rest[i] })
	torn := len(rest)
	for _, c := range calls {
		for k := range ofRecovery {
			rest = append(rest, point{call: c.Number, second: k + 1})
		}
	}
	twice := rest[torn:]
	random.Shuffle(len(twice), func(i, j int) { twice[i], twice[j] = twice[j], twice[i] })
	list = append(list, rest...)
	return list[:min(most, len(list))]
}

// unusual gives the numbers of all calls: first one of each pair of calls that there is, then the second ones, and so on.
func unusual(calls []syscalls.Call) []int {
	pairs := map[string][]int{}
	var order []string
	before := ""
	for _, c := range calls {
		here := kindOf(c)
		pair := before + " " + here
		if pairs[pair] == nil {
			order = append(order, pair)
		}
		pairs[pair] = append(pairs[pair], c.Number)
		before = here
	}
	var list []int
	for len(list) < len(calls) {
		for _, pair := range order {
			if rest := pairs[pair]; len(rest) > 0 {
				list = append(list, rest[0])
				pairs[pair] = rest[1:]
			}
		}
	}
	return list
}

var digits = regexp.MustCompile(`[0-9]+`)

// kindOf is what calls have in common that do the same.
func kindOf(c syscalls.Call) string {
	return c.Name + " " + digits.ReplaceAllString(filepath.Base(c.Path), "#")
}

const pageBytes = 4096

// pages are the places between the pages of a write.
func pages(c syscalls.Call) []int {
	var list []int
	if c.Name != "pwrite64" {
		return nil
	}
	for at := pageBytes - int(c.Offset%pageBytes); at < c.Bytes; at += pageBytes {
		list = append(list, at)
	}
	return list
}
