package fault

import "fmt"

// ReasonSeveral is the reason of a request refused for several different reasons; the details have them.
const ReasonSeveral = "SEVERAL_PROBLEMS"

// Join makes one error of several: nil if all are nil, the error itself if there is one, else an *Error with the kind
// of the first, all of them as flat details, and a text that counts them and gives the first. The reason is theirs if
// they share one, and then the parameters are those of the first, so that the translated text of that reason still
// reads; else it is SEVERAL_PROBLEMS. The parameter problems counts them.
func Join(errs ...error) error {
	var all []*Error
	var only error
	for _, err := range errs {
		if err == nil {
			continue
		}
		only = err
		e := Of(err)
		if len(e.Details) > 0 {
			all = append(all, e.Details...)
			continue
		}
		all = append(all, e)
	}
	switch len(all) {
	case 0:
		return nil
	case 1:
		return only
	}
	return several(all)
}

func several(all []*Error) *Error {
	first := all[0]
	joined := &Error{Kind: first.Kind, Reason: first.Reason, Params: first.Params, Details: all}
	joined.Text = fmt.Sprintf("%d problems, the first: %s", len(all), first.Text)
	for _, e := range all {
		joined.Retry = max(joined.Retry, e.Retry)
		if e.Reason != first.Reason {
			joined.Reason, joined.Params = ReasonSeveral, nil
		}
	}
	return joined.With("problems", len(all))
}

// List collects the violations of one request, so that the caller learns of all of them at once. The zero value is
// an empty list.
type List struct{ errs []error }

// Add appends an error; nil adds nothing.
func (l *List) Add(err error) {
	if err != nil {
		l.errs = append(l.errs, err)
	}
}

// Len is how many errors were added.
func (l *List) Len() int { return len(l.errs) }

// Err gives what was added as one error, in the manner of Join; nil if nothing was.
func (l *List) Err() error { return Join(l.errs...) }
