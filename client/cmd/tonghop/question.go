package main

import (
	"bufio"
	"context"
	"fmt"
	"strings"
)

// person says whether somebody sits at the input and can answer.
func (s *session) person() bool {
	_, ok := atTerminal(s.stdin)
	return ok
}

// confirm asks a person. Without one nobody can say yes.
func (s *session) confirm(ctx context.Context, question string) (bool, error) {
	if !s.person() {
		return false, s.usage("nobody can be asked, for the input is no terminal: add --yes if you mean it")
	}
	s.progress.clear()
	_, _ = fmt.Fprintf(s.stderr, "%s [y/N] ", question)
	answers := make(chan string, 1)
	// A read of a terminal cannot be interrupted; where the command is, the process ends and the read with it.
	go func() {
		line, err := bufio.NewReader(s.stdin).ReadString('\n')
		if err != nil {
			line = ""
		}
		answers <- strings.ToLower(plain(strings.TrimSpace(line)))
	}()
	select {
	case <-ctx.Done():
		_, _ = fmt.Fprintln(s.stderr)
		return false, ctx.Err()
	case answer := <-answers:
		switch answer {
		case "y", "yes", "c", "có", "co":
			return true, nil
		}
		return false, nil
	}
}
