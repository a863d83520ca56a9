// Command proto does everything that this repository does with its protobuf files: generate, check, lint, format, breaking.
// It needs Go alone. buf is built from .tools/buf/go.mod, a module of its own because buf asks for another protobuf than the
// service; that file is never tidied, for two of the modules that it names serve no source. The plugins are tools of go.mod,
// so that generator and runtime have one version. The google.api files that ours import are written to .tools/googleapis by
// imports.go, and never committed.
package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
)

const usage = `usage, from the root of the repository: go run ./.tools/proto <command>

  generate       write gen/ from proto/
  check          fail if gen/ is not what proto/ gives; changes nothing
  lint           hold proto/ to buf.yaml and to buf's layout
  format         rewrite proto/ in buf's layout
  breaking REF   fail if proto/ breaks a program that was built at the git reference REF
`

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "proto:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if _, err := os.Stat("buf.yaml"); err != nil {
		return errors.New("there is no buf.yaml here; run it from the root of the repository")
	}
	if len(args) == 0 {
		return fmt.Errorf("no command\n%s", usage)
	}
	if err := writeImports("."); err != nil {
		return err
	}
	switch {
	case args[0] == "generate" && len(args) == 1:
		return generate()
	case args[0] == "check" && len(args) == 1:
		return check()
	case args[0] == "lint" && len(args) == 1:
		return lint()
	case args[0] == "format" && len(args) == 1:
		return buf("format", "--write", "proto")
	case args[0] == "breaking" && len(args) == 2:
		return breaking(args[1])
	}
	return fmt.Errorf("unknown command %q\n%s", args, usage)
}

// lint reports the layout too: a file that buf would rewrite is a finding.
func lint() error {
	if err := buf("lint"); err != nil {
		return err
	}
	if err := buf("format", "--diff", "--exit-code", "proto"); err != nil {
		return fmt.Errorf("the layout differs from buf's, go run ./.tools/proto format mends it: %w", err)
	}
	return nil
}

// buf runs the pinned buf in the current folder.
func buf(args ...string) error {
	cmd := exec.Command("go", append([]string{"tool", "-modfile=.tools/buf/go.mod", "buf"}, args...)...)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("buf %s: %w", args[0], err)
	}
	return nil
}
