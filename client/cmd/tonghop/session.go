package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/tonghop/tonghop/client"
)

// session is what one run of a command works with.
type session struct {
	globals
	// command is the full name of the command, for the pointer to its help.
	command string

	env    func(string) string
	stdin  io.Reader
	stdout io.Writer
	stderr io.Writer

	progress *progress
	// address is where the session was connected to.
	address string
	// tokenLeft says that the profile has a token that was not sent, because the address is another one.
	tokenLeft bool
}

func newSession(env func(string) string, stdin io.Reader, stdout, stderr io.Writer) *session {
	s := &session{env: env, stdin: stdin, stderr: stderr, command: "tonghop"}
	s.progress = newProgress(stderr, clock)
	s.stdout = &quietly{w: stdout, p: s.progress}
	return s
}

// quietly clears the bar before anything is written, for both may stand on one terminal.
type quietly struct {
	w io.Writer
	p *progress
}

func (q *quietly) Write(b []byte) (int, error) {
	q.p.clear()
	return q.w.Write(b)
}

// dial connects as the settings say.
func (s *session) dial(ctx context.Context) (*client.Client, error) {
	s.progress.off = s.Quiet
	config, err := s.config()
	if err != nil {
		return nil, err
	}
	s.address = config.Address
	config.UserAgent = "tonghop/" + version()
	config.OnRetry = func(r client.Retry) {
		s.notice("%s; trying again in %s (attempt %d of %d)", s.saying(r.Err), r.Delay.Round(100*time.Millisecond), r.Attempt+1, r.Attempts)
	}
	c, err := client.Dial(ctx, config)
	if err != nil {
		return nil, &usageError{text: err.Error(), command: s.command}
	}
	return c, nil
}

// with connects, works and disconnects.
func (s *session) with(ctx context.Context, work func(*client.Client) error) error {
	c, err := s.dial(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = c.Close() }()
	defer s.progress.clear()
	return work(c)
}

// notice tells a person something that is no part of the answer.
func (s *session) notice(format string, args ...any) {
	s.progress.clear()
	// Where the standard error is closed there is nobody to tell.
	_, _ = fmt.Fprintf(s.stderr, "tonghop: "+format+"\n", args...)
}

// printf writes to the standard output.
func (s *session) printf(format string, args ...any) error {
	_, err := fmt.Fprintf(s.stdout, format, args...)
	return err
}
