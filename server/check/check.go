package check

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os/exec"
	"slices"
	"strings"

	"github.com/tonghop/tonghop/server/check/plant"
)

// Check is one suite.
type Check struct {
	// Name is the word by which it is run, such as crash-random.
	Name string
	// Promise is what must hold, one sentence.
	Promise string
	// Counts is what the size is a number of, such as kills.
	Counts string
	// Short is the size in everyday runs, Long the one before a release.
	Short, Long int
	// Needs are the programs and devices that it cannot do without.
	Needs []Need
	// Run attacks. It ends with an error made by Broken if the promise does not hold.
	Run func(ctx context.Context, r *Run) error
	// Controls are the faults that Run must find, at least one.
	Controls []Control
	// Inside is the part of Run, if any, that works in a process of its own: it may crash there, and a fault can be compiled
	// into it. Run starts it by Run.Inside.
	Inside func(ctx context.Context, in io.Reader, out io.Writer) error
}

// Control is a planted fault.
type Control struct {
	// Name is the word by which it is chosen.
	Name string
	// Fault is what is wrong then, one sentence.
	Fault string
	// Edits are the changes of the program that plant it. Empty: the check does it itself where it is asked by Run.Control.
	Edits []plant.Edit
	// Inside says that they are compiled into the program of the checks, for Check.Inside, and not into the daemon.
	Inside bool
	// Size is how far the check goes to find it. 0: the short size.
	Size int
	// Seed is added to that of the run, where what finds the fault is drawn seldom.
	Seed uint64
}

// Run is one run of a check.
type Run struct {
	// Seed is where everything random begins.
	Seed uint64
	// Size is how much is done, in what the check counts.
	Size int
	// Dir is an empty folder for the run.
	Dir string
	// Daemon is the program tonghopd, with the planted fault if there is one.
	Daemon string
	// Self is the program of the checks, with the planted fault if it is one of Inside; Daemon is empty then.
	Self string
	// Control is the name of the planted fault. Empty: nothing is planted, and the promise must hold.
	Control string
	// Progress is told now and then how far the run is; never nil.
	Progress func(format string, args ...any)

	figures []string
}

// Random gives the randomness of one part of a run: the same for the same seed and part, whatever the other parts draw.
func (r *Run) Random(part uint64) *rand.Rand { return rand.New(rand.NewPCG(r.Seed, part)) } //nolint:gosec // drawn again from the seed

// InsideWord is the first argument of the program of the checks where it is to do the Inside of the check named by the second.
const InsideWord = "inside"

// Inside makes the process in which a check does its Inside; the caller starts it.
func (r *Run) Inside(ctx context.Context, name string) *exec.Cmd {
	return exec.CommandContext(ctx, r.Self, InsideWord, name) //nolint:gosec // our own program
}

// Figure adds a word to the line of figures.
func (r *Run) Figure(name string, value any) {
	r.figures = append(r.figures, fmt.Sprintf("%s=%v", name, value))
}

// Figures is the line of figures so far.
func (r *Run) Figures() string { return strings.Join(r.figures, " ") }

// broken is the error of a promise that does not hold.
type broken struct{ error }

// Unwrap gives the words.
func (b broken) Unwrap() error { return b.error }

// Broken says which promise does not hold, and where that is seen.
func Broken(format string, args ...any) error { return broken{fmt.Errorf(format, args...)} }

// IsBroken says whether a promise does not hold, as against a check that could not be done.
func IsBroken(err error) bool {
	var b broken
	return errors.As(err, &b)
}

// ControlNamed finds a control.
func (c Check) ControlNamed(name string) (Control, bool) {
	i := slices.IndexFunc(c.Controls, func(k Control) bool { return k.Name == name })
	if i < 0 {
		return Control{}, false
	}
	return c.Controls[i], true
}
