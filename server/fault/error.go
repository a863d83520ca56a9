package fault

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// ReasonInternal is the reason of every failure of the server itself.
const ReasonInternal = "INTERNAL"

// hidden stands in the public text where the format showed a foreign error anywhere but at the end.
const hidden = "a cause kept in the server's log"

// Error is one failure, or with Details several failures of one request. Its methods never change the receiver, so a
// value may be shared.
type Error struct {
	// Kind decides the code on the wire.
	Kind Kind
	// Reason is stable for ever, UPPER_SNAKE; programs match it and translations hang on it.
	Reason string
	// Text is the public English sentence. It never holds the text of a foreign error.
	Text string
	// Field is the path of the field in the request, such as reports[3].figures[2].value; empty if no field is at fault.
	Field string
	// Params are the values that a translated text names, in the order in which they were added.
	Params []Param
	// Details are all the violations of a request that was refused whole; none of them has details itself.
	Details []*Error
	// Retry says after how long the same request may be tried again; zero means that nothing is promised.
	Retry time.Duration

	cause   error
	private string
}

// Param is one named value of an error.
type Param struct{ Key, Value string }

// New makes an error whose text is the formatted sentence. The format may wrap a cause with %w. A *Error among the
// arguments shows its public text; any other error is private: it is left out of the text (with the colon before it,
// if it stands at the end) and reached through Unwrap.
func New(kind Kind, reason, format string, args ...any) *Error {
	full := fmt.Errorf(format, args...)
	e := &Error{Kind: kind, Reason: reason, cause: wrapped(full)}
	e.Text = full.Error()
	if public, anyHidden := publicArgs(args); anyHidden {
		e.private = e.Text
		e.Text = strings.TrimSuffix(fmt.Errorf(format, public...).Error(), ": "+hidden)
	}
	return e
}

// Internal makes a failure of the server; the cause is for the log alone.
func Internal(cause error, format string, args ...any) *Error {
	e := New(KindInternal, ReasonInternal, format, args...)
	if cause != nil {
		e.cause = cause
	}
	return e
}

// Invalid makes an error of KindInvalid.
func Invalid(reason, format string, args ...any) *Error {
	return New(KindInvalid, reason, format, args...)
}

// NotFound makes an error of KindNotFound.
func NotFound(reason, format string, args ...any) *Error {
	return New(KindNotFound, reason, format, args...)
}

// Exists makes an error of KindExists.
func Exists(reason, format string, args ...any) *Error {
	return New(KindExists, reason, format, args...)
}

// Conflict makes an error of KindConflict.
func Conflict(reason, format string, args ...any) *Error {
	return New(KindConflict, reason, format, args...)
}

// Precondition makes an error of KindPrecondition.
func Precondition(reason, format string, args ...any) *Error {
	return New(KindPrecondition, reason, format, args...)
}

// Denied makes an error of KindDenied.
func Denied(reason, format string, args ...any) *Error {
	return New(KindDenied, reason, format, args...)
}

// Unauthenticated makes an error of KindUnauthenticated.
func Unauthenticated(reason, format string, args ...any) *Error {
	return New(KindUnauthenticated, reason, format, args...)
}

// Exhausted makes an error of KindExhausted.
func Exhausted(reason, format string, args ...any) *Error {
	return New(KindExhausted, reason, format, args...)
}

// Unavailable makes an error of KindUnavailable.
func Unavailable(reason, format string, args ...any) *Error {
	return New(KindUnavailable, reason, format, args...)
}

// DataLoss makes an error of KindDataLoss.
func DataLoss(reason, format string, args ...any) *Error {
	return New(KindDataLoss, reason, format, args...)
}

// In names the field that is at fault, or puts it before the path that the error and its details already have:
// In("value"), then In("figures[2]") by the caller, then In("reports[3]") give reports[3].figures[2].value.
func (e *Error) In(field string) *Error {
	c := e.clone()
	if len(c.Details) == 0 || c.Field != "" {
		c.Field = joinPath(field, c.Field)
	}
	for i, d := range c.Details {
		c.Details[i] = d.In(field)
	}
	return c
}

// With adds a named parameter for the translated text; a second value for one key replaces the first.
func (e *Error) With(key string, value any) *Error {
	c := e.clone()
	p := Param{Key: key, Value: fmt.Sprint(value)}
	if i := slices.IndexFunc(c.Params, func(q Param) bool { return q.Key == key }); i >= 0 {
		c.Params[i] = p
		return c
	}
	c.Params = append(c.Params, p)
	return c
}

// After says when the request may be tried again.
func (e *Error) After(retry time.Duration) *Error {
	c := e.clone()
	c.Retry = retry
	return c
}

// Param gives the value of a named parameter.
func (e *Error) Param(key string) (string, bool) {
	for _, p := range e.Params {
		if p.Key == key {
			return p.Value, true
		}
	}
	return "", false
}

// Error gives the public half: the field, if there is one, and the text. It is safe to show to a caller.
func (e *Error) Error() string {
	if e.Field == "" {
		return e.Text
	}
	return e.Field + ": " + e.Text
}

// Private gives both halves and every detail, for the log and for nobody else.
func (e *Error) Private() string {
	var b strings.Builder
	b.WriteString(e.Kind.String() + " " + e.Reason + ": " + e.Error())
	switch {
	case e.private != "":
		b.WriteString(" [" + e.private + "]")
	case e.cause != nil:
		b.WriteString(" [" + privateText(e.cause) + "]")
	}
	for _, d := range e.Details {
		b.WriteString("; " + d.Private())
	}
	return b.String()
}

// Unwrap gives the cause, which may be foreign and must not be shown to a caller.
func (e *Error) Unwrap() error { return e.cause }

// clone copies what the With-like methods change, so that no two errors share a slice.
func (e *Error) clone() *Error {
	c := *e
	c.Params = slices.Clone(e.Params)
	c.Details = slices.Clone(e.Details)
	return &c
}

// Of finds the *Error in err's chain. A foreign error becomes Internal and wraps err; nil stays nil. Compare the
// result with nil before returning it as an error, for a nil *Error in an error is not nil.
func Of(err error) *Error {
	if err == nil {
		return nil
	}
	var e *Error
	if errors.As(err, &e) && e != nil {
		return e
	}
	return Internal(err, "the server failed; its log has the cause")
}

// KindOf gives the kind of err; a foreign error is KindInternal, and so is nil, which has no kind.
func KindOf(err error) Kind {
	if e := Of(err); e != nil {
		return e.Kind
	}
	return KindInternal
}

// ReasonOf gives the reason of err: INTERNAL for a foreign error, empty for nil.
func ReasonOf(err error) string {
	if e := Of(err); e != nil {
		return e.Reason
	}
	return ""
}

// wrapped gives what the format wrapped: one error as it is, several joined.
func wrapped(full error) error {
	switch w := full.(type) { //nolint:errorlint // this is the value that fmt.Errorf has just made
	case interface{ Unwrap() error }:
		return w.Unwrap()
	case interface{ Unwrap() []error }:
		return errors.Join(w.Unwrap()...)
	}
	return nil
}

// publicArgs replaces foreign errors among the arguments by their public half, if they carry one, or by a fixed text.
func publicArgs(args []any) (public []any, anyHidden bool) {
	for i, arg := range args {
		err, isError := arg.(error)
		if !isError {
			continue
		}
		if _, ours := err.(*Error); ours { //nolint:errorlint // only an *Error itself is public, not what wraps it
			continue
		}
		if !anyHidden {
			public, anyHidden = slices.Clone(args), true
		}
		public[i] = errors.New(hidden)
		var inner *Error
		if errors.As(err, &inner) {
			public[i] = inner
		}
	}
	return public, anyHidden
}

// privateText unfolds an *Error that is the cause of another, which its public text would hide.
func privateText(err error) string {
	if e, ours := err.(*Error); ours { //nolint:errorlint // a foreign wrapper tells its own text
		return e.Private()
	}
	return err.Error()
}

func joinPath(outer, inner string) string {
	switch {
	case inner == "":
		return outer
	case outer == "":
		return inner
	case strings.HasPrefix(inner, "["):
		return outer + inner
	default:
		return outer + "." + inner
	}
}
