package rpc

import (
	"context"
	"sync"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/security"
)

// visitors are credentials and the addresses from which they were used since the start.
type visitors struct {
	mu   sync.Mutex
	seen map[visit]bool
}

type visit struct{ credential, address string }

// mostVisits bounds what is remembered. Beyond it all are forgotten, and are recorded once more when they come.
const mostVisits = 100_000

// isNew says whether a visit is the first one.
func (v *visitors) isNew(one visit) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return !v.seen[one]
}

func (v *visitors) add(one visit) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.seen == nil || len(v.seen) >= mostVisits {
		v.seen = map[visit]bool{}
	}
	v.seen[one] = true
}

// recordable records the first use of a credential from an address, and refuses changes where nothing can be recorded.
func (d *door) recordable(ctx context.Context, c *call, right auth.Right) error {
	if d.security == nil {
		return nil
	}
	address, _ := originOf(ctx)
	one := visit{c.credential, address}
	reads := right == auth.Read || right == auth.Authenticated
	if d.seen.isNew(one) {
		e := c.event(ctx)
		e.Kind = security.FirstUse
		switch err := d.security.Record(e); {
		case err == nil:
			d.seen.add(one)
		case !reads:
			return err
		default: // reading goes on where a disk is full, and the log says how many lines it lacks
		}
	}
	if reads {
		return nil
	}
	return d.security.Ready()
}

// event is what is known of a call.
func (c *call) event(ctx context.Context) security.Event {
	e := security.Event{Principal: c.caller.Principal, Credential: c.credential, Method: c.method, RequestID: c.request}
	e.Address, e.Door = originOf(ctx)
	return e
}

// refused records a call that was refused for who made it, how often, or for what he may not know. What else is wrong with
// a request is told to the caller and to nobody else. If it cannot be recorded the log of the server says so.
func (d *door) refused(ctx context.Context, c *call, s *status.Status) {
	if d.security == nil {
		return
	}
	switch s.Code() {
	case codes.Unauthenticated, codes.PermissionDenied, codes.NotFound, codes.ResourceExhausted:
	default: // nobody was refused
		return
	}
	e := c.event(ctx)
	e.Kind, e.Code, e.Reason = security.Refused, s.Code().String(), reasonOf(s)
	if err := d.security.Record(e); err != nil {
		d.log.ErrorContext(ctx, "a refusal could not be recorded", "error", private(err))
	}
}
