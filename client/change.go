package client

import (
	"context"
	"errors"
	"io"
	"iter"

	"google.golang.org/protobuf/proto"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
)

// ListChanges gives one page of changes.
func (c *Client) ListChanges(ctx context.Context, q *reportingv1.ListChangesRequest) (*reportingv1.ListChangesResponse, error) {
	return call(ctx, c, "ListChanges", c.changes.ListChanges, q)
}

// Changes gives all changes after a sequence up to now, page after page and of one journal.
func (c *Client) Changes(ctx context.Context, q *reportingv1.ListChangesRequest) iter.Seq2[*reportingv1.Change, error] {
	return func(yield func(*reportingv1.Change, error) bool) {
		next := proto.CloneOf(q)
		if next.GetPageSize() == 0 {
			next.PageSize = greatestPage
		}
		for {
			answer, err := c.ListChanges(ctx, next)
			if err != nil {
				yield(nil, err)
				return
			}
			for _, change := range answer.GetChanges() {
				if !yield(change, nil) {
					return
				}
			}
			if !answer.GetMore() || answer.GetNextAfterSequence() <= next.GetAfterSequence() {
				return
			}
			next.AfterSequence = answer.GetNextAfterSequence()
			next.JournalId = answer.GetStamp().GetJournalId()
		}
	}
}

// WatchChanges follows changes until ctx ends, the token is revoked or the journal is replaced. Messages without a
// change are heartbeats. After a break it goes on behind what was told, so nothing is missed and nothing comes twice;
// also where the request does not say after which sequence, for then it begins by asking for the present one.
func (c *Client) WatchChanges(ctx context.Context, q *reportingv1.WatchChangesRequest) iter.Seq2[*reportingv1.WatchChangesResponse, error] {
	return func(yield func(*reportingv1.WatchChangesResponse, error) bool) {
		w := watch{request: proto.CloneOf(q), given: map[noteKey]bool{}}
		if w.request.AfterSequence == nil {
			now, err := c.GetStatus(ctx)
			if err != nil {
				yield(nil, err)
				return
			}
			w.request.AfterSequence = proto.Int64(now.GetStamp().GetSequence())
			w.request.JournalId = now.GetStamp().GetJournalId()
		}
		tries := attempts{client: c, method: "WatchChanges"}
		for {
			err := c.watchOnce(ctx, &w, &tries, yield)
			if err == nil {
				return
			}
			if err := tries.next(ctx, err); err != nil {
				yield(nil, err)
				return
			}
		}
	}
}

// watchOnce is one attempt. Nil: nobody wants to hear more.
func (c *Client) watchOnce(ctx context.Context, w *watch, tries *attempts, yield func(*reportingv1.WatchChangesResponse, error) bool) error {
	ctx, line := c.listen(ctx)
	defer line.stop()
	stream, err := c.changes.WatchChanges(ctx, w.request)
	if err != nil {
		return line.failure(ctx, err)
	}
	for {
		answer, err := heard(line, stream.Recv)
		if errors.Is(err, io.EOF) {
			return broken("the server ended the stream of changes")
		}
		if err != nil {
			return line.failure(ctx, err)
		}
		tries.forward()
		if w.note(answer) && !yield(answer, nil) {
			return nil
		}
	}
}

// watch is where a stream of changes stands. One entry may make several changes, and a break may fall between them.
type watch struct {
	request *reportingv1.WatchChangesRequest
	// given are the changes of the entry that is not wholly told.
	given map[noteKey]bool
}

type noteKey struct {
	sequence int64
	kind     reportingv1.ChangeKind
	name     string
	revision int32
}

// note moves forward, and says whether the caller has not heard this before.
func (w *watch) note(answer *reportingv1.WatchChangesResponse) bool {
	fresh := true
	if change := answer.GetChange(); change != nil {
		key := noteKey{change.GetSequence(), change.GetKind(), change.GetName(), change.GetRevision()}
		fresh = !w.given[key]
		w.given[key] = true
	}
	if answer.GetSequence() > w.request.GetAfterSequence() {
		w.request.AfterSequence = proto.Int64(answer.GetSequence())
		for key := range w.given {
			if key.sequence <= answer.GetSequence() {
				delete(w.given, key)
			}
		}
	}
	if answer.GetJournalId() != "" {
		w.request.JournalId = answer.GetJournalId()
	}
	return fresh
}
