package client_test

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"

	"github.com/tonghop/tonghop/client"
	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
)

type watchServer = grpc.ServerStreamingServer[reportingv1.WatchChangesResponse]

const journalID = "00112233445566778899aabbccddeeff"

// feed is a journal's change notes: each entry has as many as it has names.
var feed = [][]string{{"units"}, {"a", "b", "c"}, {"d"}, {"e", "f"}}

// tell sends the notes after a sequence. The sequence of a message moves when the last note of its entry was sent.
func tell(stream watchServer, after int64, each func()) error {
	for i, names := range feed {
		sequence := int64(i + 1)
		if sequence <= after {
			continue
		}
		for j, name := range names {
			m := &reportingv1.WatchChangesResponse{JournalId: journalID, Sequence: sequence - 1}
			m.Change = &reportingv1.Change{Sequence: sequence, Name: name}
			if j == len(names)-1 {
				m.Sequence = sequence
			}
			if err := stream.Send(m); err != nil {
				return err
			}
			each()
		}
	}
	return nil
}

// TestWatchOverBreaks breaks the line after each note in turn, also in the middle of an entry.
func TestWatchOverBreaks(t *testing.T) {
	for at := 1; at <= 7; at++ {
		t.Run(fmt.Sprint("after note ", at), func(t *testing.T) {
			f := startFake(t)
			f.operations.status = func(context.Context) (*reportingv1.Status, error) {
				return &reportingv1.Status{Stamp: &reportingv1.Stamp{JournalId: journalID}}, nil
			}
			var sent, streams atomic.Int64 // a stream may still be ending while the next one runs
			f.changes.watch = func(q *reportingv1.WatchChangesRequest, stream watchServer) error {
				if q.AfterSequence == nil || q.GetJournalId() != journalID {
					t.Errorf("asked for %v, want a sequence and the journal that it is of", q)
				}
				streams.Add(1)
				err := tell(stream, q.GetAfterSequence(), func() {
					if sent.Add(1) == int64(at) {
						// The notes are on their way: give them time to arrive, then break.
						time.Sleep(5 * time.Millisecond)
						f.cut()
					}
				})
				if err != nil {
					return err
				}
				<-stream.Context().Done()
				return nil
			}
			var got []string
			for m, err := range f.dial(t).WatchChanges(t.Context(), &reportingv1.WatchChangesRequest{}) {
				if err != nil {
					t.Fatal(err)
				}
				if m.GetChange() == nil {
					continue
				}
				if got = append(got, m.GetChange().GetName()); len(got) == 7 {
					break
				}
			}
			if want := []string{"units", "a", "b", "c", "d", "e", "f"}; !slices.Equal(got, want) {
				t.Errorf("told of %q over %d streams, want %q", got, streams.Load(), want)
			}
		})
	}
}

func TestWatchEndsWithTheToken(t *testing.T) {
	f := startFake(t)
	f.changes.watch = func(_ *reportingv1.WatchChangesRequest, stream watchServer) error {
		if err := stream.Send(&reportingv1.WatchChangesResponse{Sequence: 9, JournalId: journalID}); err != nil {
			return err
		}
		return refusal(codes.Unauthenticated, "TOKEN_REVOKED")
	}
	var last error
	after := int64(3)
	for _, err := range f.dial(t).WatchChanges(t.Context(), &reportingv1.WatchChangesRequest{AfterSequence: &after}) {
		last = err
	}
	if client.Reason(last) != "TOKEN_REVOKED" {
		t.Errorf("error = %v, want TOKEN_REVOKED", last)
	}
}

func TestChangesAreOfOneJournal(t *testing.T) {
	f := startFake(t)
	var asked []string
	f.changes.list = func(_ context.Context, q *reportingv1.ListChangesRequest) (*reportingv1.ListChangesResponse, error) {
		asked = append(asked, fmt.Sprintf("%d %s", q.GetAfterSequence(), q.GetJournalId()))
		next := q.GetAfterSequence() + 10
		return &reportingv1.ListChangesResponse{
			Changes: []*reportingv1.Change{{Sequence: next}}, NextAfterSequence: next, More: next < 30,
			Stamp: &reportingv1.Stamp{JournalId: journalID},
		}, nil
	}
	var got []int64
	for change, err := range f.dial(t).Changes(t.Context(), &reportingv1.ListChangesRequest{AfterSequence: 5}) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, change.GetSequence())
	}
	if !slices.Equal(got, []int64{15, 25, 35}) || !slices.Equal(asked, []string{"5 ", "15 " + journalID, "25 " + journalID}) {
		t.Errorf("changes %v for the questions %q", got, asked)
	}
}

func TestVerificationBeginsAnewAfterABreak(t *testing.T) {
	f := startFake(t)
	runs := 0
	f.operations.verify = func(stream grpc.ServerStreamingServer[reportingv1.VerifyStoreResponse]) error {
		runs++
		if err := stream.Send(&reportingv1.VerifyStoreResponse{Entries: 10, TotalEntries: 20}); err != nil {
			return err
		}
		if runs == 1 {
			// The store is closed: without its last message a verification has no result.
			return nil
		}
		return stream.Send(&reportingv1.VerifyStoreResponse{Entries: 20, TotalEntries: 20, Done: true})
	}
	var last *reportingv1.VerifyStoreResponse
	for m, err := range f.dial(t).VerifyStore(t.Context(), &reportingv1.VerifyStoreRequest{}) {
		if err != nil {
			t.Fatal(err)
		}
		last = m
	}
	if !last.GetDone() || runs != 2 {
		t.Errorf("the last message of %d runs is %v, want the result of the second", runs, last)
	}
}
