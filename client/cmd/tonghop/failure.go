package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"google.golang.org/grpc/codes"

	"github.com/tonghop/tonghop/client"
)

// The codes that the process ends with.
const (
	exitOK          = 0
	exitRefused     = 1
	exitUsage       = 2
	exitUnreachable = 3
	exitNotAllowed  = 4
	exitInterrupted = 130
)

// usageError is a command that was not understood, or a file that cannot be read.
type usageError struct{ text, command string }

// Error says what was not understood.
func (e *usageError) Error() string { return e.text }

func (s *session) usage(format string, args ...any) error {
	return &usageError{text: fmt.Sprintf(format, args...), command: s.command}
}

// errRefused ends a command that has told everything already.
var errRefused = errors.New("something was refused")

// errLineDown ends a command that has told that the server cannot be reached.
var errLineDown = errors.New("the line is down")

// fail tells what went wrong and gives the code to end with.
func (s *session) fail(ctx context.Context, err error) int {
	s.progress.clear()
	switch usage, refusal := (*usageError)(nil), (*client.Error)(nil); {
	case errors.Is(err, errRefused):
		return exitRefused
	case errors.Is(err, errLineDown):
		return exitUnreachable
	case errors.As(err, &usage):
		s.notice("%s", plain(usage.text))
		s.hint(fmt.Sprintf("run %q", usage.command+" --help"))
		return exitUsage
	case ctx.Err() != nil:
		s.notice("interrupted")
		return exitInterrupted
	case errors.As(err, &refusal):
		s.tell(refusal)
		return exitCode(refusal.Code)
	default:
		s.notice("%s", plain(err.Error()))
		return exitRefused
	}
}

func exitCode(code codes.Code) int {
	switch code {
	case codes.Unavailable, codes.DeadlineExceeded:
		return exitUnreachable
	case codes.PermissionDenied, codes.Unauthenticated:
		return exitNotAllowed
	default:
		return exitRefused
	}
}

// tell shows message, fields, reason, and what to do.
func (s *session) tell(e *client.Error) {
	s.notice("%s", s.saying(e))
	for _, f := range e.Fields {
		if f.Message != e.Message || f.Name != "" {
			s.detail(strings.TrimSuffix("field "+plain(f.Name)+": "+plain(f.Message), ": "))
		}
	}
	if e.Reason != "" {
		s.detail("reason: " + plain(e.Reason))
	}
	if hint := s.whatToDo(e); hint != "" {
		s.hint(hint)
	}
}

// saying is the message. What grpc says where nobody answered is put into words.
func (s *session) saying(e *client.Error) string {
	message := plain(e.Message)
	if e.Code != codes.Unavailable || e.Reason != "" {
		return message
	}
	if cause, ok := strings.CutPrefix(message, `connection error: desc = "transport: `); ok {
		message = strings.TrimPrefix(strings.TrimSuffix(cause, `"`), "Error while dialing: ")
	}
	return s.address + " cannot be reached: " + message
}

func (s *session) detail(text string) { _, _ = fmt.Fprintln(s.stderr, "  "+text) }

func (s *session) hint(text string) { s.detail("what to do: " + text) }

// whatToDo adds to a message what this program has for the case; the message itself says what to do with the figures.
func (s *session) whatToDo(e *client.Error) string {
	if hint := hintOf(e.Reason); hint != "" {
		return hint
	}
	switch e.Code {
	case codes.Unauthenticated:
		if s.tokenLeft {
			return "the token of the profile was not sent, because " + s.address + " is not the address of the profile: give --profile, or --token"
		}
		return "give a token that is still valid with TONGHOP_TOKEN, --token or a profile"
	case codes.PermissionDenied:
		return `see what the token allows with "tonghop whoami"`
	case codes.Unavailable, codes.DeadlineExceeded:
		text := "see whether tonghopd runs at " + s.address
		if !s.TLS && s.CA == "" {
			text += ", and whether it asks for --tls"
		}
		if e.RequestID != "" {
			text += "; then run the same command again: the change may have been made, and what is there already does not count twice"
		}
		return text
	case codes.Unimplemented:
		return `the server is older than this program: see "tonghop status" and "tonghop version"`
	default:
		return ""
	}
}

// hintOf says which flag or command helps with a reason.
func hintOf(reason string) string {
	switch reason {
	case "ETAG_MISMATCH":
		return "read the report again; submit --correct shows the present figures beside the new ones and replaces them when you say so"
	case "FIGURES_MISSING":
		return "add the missing figures, or run again with --merge to keep those of the newest revision"
	case "NUMBER_AMBIGUOUS", "NUMBER_FORMAT_UNKNOWN":
		return "say how the numbers are written: --numbers vi (1.234,5) or --numbers en (1,234.5)"
	case "EXPLANATION_REQUIRED":
		return "correct the figures, or explain them: in the column explanation of their rows, or with --explain CODE=TEXT for all rows of an indicator"
	case "RULE_VIOLATED":
		return `correct the figures; "tonghop rules list" shows the rules`
	case "JOURNAL_REPLACED":
		return "the store was restored from a backup: begin again with --after 0; what it lost of yours is sent again with tonghop resend"
	default:
		return ""
	}
}
