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
	// step is an operation of the story, from 0, and call the number of the call in it, from 1, before which a process is
	// killed; with tear it is a write of which so many bytes are made first.
	step, call, tear int
	// second is the number of the call of the recovery at which that is killed as well, 0 for none.
	second int
	// whole tells the story to its end afterwards; the others end with one more submission.
	whole bool
}

// call is one that the story made without a fault.
type call struct {
	syscalls.Call
	step, inStep int
}

// point is where the process is killed before it.
func (c call) point() point { return point{step: c.step, call: c.inStep} }

// never is a call that does not come.
const never = 1 << 30

// everyWhole is how many points share one run that goes on to the end of the story, unless there is time for all.
const everyWhole = 8

// points lists at most so many: kills first, then torn writes, then second kills. Where not all are wanted, calls that
// follow each other as no others do come first.
func points(calls []call, ofRecovery, most int, random *rand.Rand) []point {
	var list, rest []point
	for i, c := range unusual(calls) {
		at := c.point()
		at.whole = i%everyWhole == 0 || most > len(calls)
		list = append(list, at)
	}
	for _, c := range calls {
		for _, tear := range pages(c.Call) {
			at := c.point()
			at.tear, at.whole = tear, true
			rest = append(rest, at)
		}
	}
	random.Shuffle(len(rest), func(i, j int) { rest[i], rest[j] = rest[j], rest[i] })
	torn := len(rest)
	for _, c := range calls {
		for k := range ofRecovery {
			at := c.point()
			at.second = k + 1
			rest = append(rest, at)
		}
	}
	twice := rest[torn:]
	random.Shuffle(len(twice), func(i, j int) { twice[i], twice[j] = twice[j], twice[i] })
	list = append(list, rest...)
	return list[:min(most, len(list))]
}

// unusual gives all calls: first one of each pair of calls that there is, then the second ones, and so on.
func unusual(calls []call) []call {
	pairs := map[string][]call{}
	var order []string
	before := ""
	for _, c := range calls {
		here := kindOf(c.Call)
		pair := before + " " + here
		if pairs[pair] == nil {
			order = append(order, pair)
		}
		pairs[pair] = append(pairs[pair], c)
		before = here
	}
	var list []call
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
