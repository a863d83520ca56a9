//go:build unix

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tonghop/tonghop/server/check"
	"github.com/tonghop/tonghop/server/check/plant"
)

// suites are three checks: one that holds, one that is broken, one that cannot be done; each behaves otherwise when its fault
// is planted.
func suites() []check.Check {
	suite := func(name string, whole, planted error) check.Check {
		return check.Check{
			Name: name, Promise: "It holds.", Counts: "tries", Short: 3, Long: 30,
			Controls: []check.Control{{Name: "fault", Fault: "Something is wrong.", Size: 2}},
			Run: func(_ context.Context, r *check.Run) error {
				r.Figure("lost", 0)
				if r.Control != "" {
					return planted
				}
				return whole
			},
		}
	}
	broken := check.Broken("lost a change")
	return []check.Check{
		suite("holds", nil, fmt.Errorf("found: %w", broken)), suite("breaks", broken, nil), suite("undone", errors.New("no disk"), errors.New("no disk")),
	}
}

func TestWhatACheckSaysOfItself(t *testing.T) {
	before := checks
	defer func() { checks = before }()
	checks = suites()
	for _, c := range []struct {
		name string
		args []string
		code int
		want string
	}{
		{"a promise that holds", []string{"holds"}, exitOK, "holds: seed=1 tries=3 lost=0, in "},
		{"its long size", []string{"holds", "--long"}, exitOK, "tries=30"},
		{"a size and a seed", []string{"holds", "--size", "7", "--seed", "9"}, exitOK, "seed=9 tries=7"},
		{"a promise that does not hold", []string{"breaks"}, exitBroken, "lost a change"},
		{"a check that could not be done", []string{"undone"}, exitBroken, "no disk"},
		{"a fault that is found", []string{"holds", "--control", "fault"}, exitOK, "holds with fault: seed=1 tries=2 lost=0, in "},
		{"a fault that is not found", []string{"breaks", "--control", "every"}, exitBroken, "the planted fault was not found"},
		{"a control that could not be done", []string{"undone", "--control", "every"}, exitBroken, "no disk"},
		{"all of them", []string{"all", "--parallel", "2"}, exitBroken, "1 of 3 passed"},
		{"as JSON", []string{"holds", "--json"}, exitOK, `"figures":"lost=0"`},
		{"no name", nil, exitOK, "control fault: Something is wrong."},
		{"an unknown check", []string{"nothing"}, exitUsage, `no check "nothing"`},
		{"an unknown fault", []string{"holds", "--control", "none"}, exitUsage, "it has fault"},
		{"two sizes", []string{"holds", "--long", "--size", "1"}, exitUsage, "leave one out"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Setenv("TMPDIR", t.TempDir())
			var out bytes.Buffer
			o := func(ctx context.Context, args []string) int {
				return runWith(ctx, args, &out, &out, func(context.Context, check.Control, string) (string, error) { return os.DevNull, nil })
			}
			if code := o(t.Context(), c.args); code != c.code || !strings.Contains(out.String(), c.want) {
				t.Errorf("check %q: exit %d, want %d with %q:\n%s", c.args, code, c.code, c.want, &out)
			}
		})
	}
}

// Part of a check may run in a process of its own, which is the same program.
func TestTheInsideOfACheck(t *testing.T) {
	before := checks
	defer func() { checks = before }()
	checks = suites()
	checks[0].Inside = func(_ context.Context, in io.Reader, out io.Writer) error {
		_, err := io.Copy(out, in)
		return err
	}
	checks[1].Inside = func(context.Context, io.Reader, io.Writer) error { return errors.New("cannot") }
	for name, want := range map[string]int{"holds": exitOK, "breaks": exitBroken, "undone": exitUsage, "nothing": exitUsage} {
		var out, errOut bytes.Buffer
		if code := inside(t.Context(), name, strings.NewReader("words"), &out, &errOut); code != want || (code == exitOK) != (out.String() == "words") {
			t.Errorf("the inside of %s: exit %d, want %d: %s%s", name, code, want, &out, &errOut)
		}
	}
}

// A check without a control proves nothing, and one without a promise says nothing.
func TestEveryCheckCanFail(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range checks {
		if seen[c.Name] || c.Promise == "" || c.Counts == "" || c.Short <= 0 || c.Long <= c.Short || len(c.Controls) == 0 || c.Run == nil {
			t.Errorf("the check %q is not whole", c.Name)
		}
		seen[c.Name] = true
		for _, control := range c.Controls {
			if control.Name == "" || control.Name == "every" || control.Fault == "" {
				t.Errorf("a control of %s has no name or does not say what is wrong", c.Name)
			}
			if control.Inside && (len(control.Edits) == 0 || c.Inside == nil) {
				t.Errorf("%s with %s: there is no fault to plant, or nothing of the check runs inside", c.Name, control.Name)
			}
		}
	}
}

// A promise on the page without a check is a wish, and a check that the page does not know is found by nobody.
func TestThePageOfPromisesNamesEveryCheck(t *testing.T) {
	page, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	row := regexp.MustCompile("(?m)^\\| [^|]+ \\| `([a-z][a-z-]*)` \\| [^|]+ \\|$")
	var told, known []string
	for _, match := range row.FindAllStringSubmatch(string(page), -1) {
		told = append(told, match[1])
	}
	for _, c := range checks {
		known = append(known, c.Name)
	}
	if diff := cmp.Diff(known, told); diff != "" {
		t.Errorf("server/README.md tells of other checks than there are, or in another order (-known +told):\n%s", diff)
	}
}

// TestEveryFaultFitsTheProgram: a fault is planted by a text of the program, and whoever changes that text must change the fault.
func TestEveryFaultFitsTheProgram(t *testing.T) {
	root, err := plant.Root(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	planted := 0
	for _, c := range checks {
		for _, control := range c.Controls {
			if len(control.Edits) == 0 {
				continue // it lies about the world
			}
			planted++
			if _, err := plant.Overlay(root, t.TempDir(), control.Edits...); err != nil {
				t.Errorf("%s with %s: %v", c.Name, control.Name, err)
			}
		}
	}
	if planted == 0 {
		t.Error("no fault is planted")
	}
}
