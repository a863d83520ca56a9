package client

import (
	"context"
	"errors"
	"io"
	"iter"
	"sync"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
)

// UploadFigures uploads figures.csv and gives what comes back: progress, an outcome for each report, a problem for each
// line that belongs to none, and at the end the summary. Seen are the etags of reports that the file is meant to correct.
//
// Where the line breaks the whole file is sent again under the same stream id: the server answers REPLAYED for what it
// had accepted, and an outcome that was given before is not given again, unless it was a refusal that a later attempt
// took back. The summary counts each report once, under the outcome that was given for it. The file is read from its
// start at each attempt. An error is the last thing that comes, and names the stream id.
func (c *Client) UploadFigures(ctx context.Context, file io.ReadSeeker, options *reportingv1.ImportReportsOptions, seen ...*reportingv1.SeenReport) iter.Seq2[*reportingv1.ImportReportsResponse, error] {
	return func(yield func(*reportingv1.ImportReportsResponse, error) bool) {
		u := upload{client: c, file: file, seen: seen, told: newTold()}
		u.options = &reportingv1.ImportReportsOptions{}
		if options != nil {
			u.options = proto.CloneOf(options)
		}
		if u.options.GetStreamId() == "" {
			id, err := newID()
			if err != nil {
				yield(nil, err)
				return
			}
			u.options.StreamId = id
		}
		tries := attempts{client: c, method: "ImportReports"}
		for {
			err := u.once(ctx, &tries, yield)
			if err == nil {
				return
			}
			if err := tries.next(ctx, err); err != nil {
				yield(nil, underID(err, u.options.GetStreamId()))
				return
			}
		}
	}
}

// upload is one upload of figures over all its attempts.
type upload struct {
	client  *Client
	file    io.ReadSeeker
	options *reportingv1.ImportReportsOptions
	seen    []*reportingv1.SeenReport
	told    *told
}

// once is one attempt. Nil: the summary was given, or nobody wants to hear more.
func (u *upload) once(ctx context.Context, tries *attempts, yield func(*reportingv1.ImportReportsResponse, error) bool) error {
	ctx, line := u.client.listen(ctx)
	stream, err := u.client.reports.ImportReports(ctx)
	if err != nil {
		defer line.stop()
		return line.failure(ctx, err)
	}
	var unread error
	var sender sync.WaitGroup
	sender.Go(func() {
		unread = u.send(stream, line)
		if unread != nil {
			line.cancel(unread)
		}
	})
	defer sender.Wait()
	defer line.stop()

	u.told.again()
	for {
		answer, err := heard(line, stream.Recv)
		if err != nil {
			line.stop()
			sender.Wait()
			if unread != nil {
				return unread
			}
			if errors.Is(err, io.EOF) {
				return broken("the server ended the upload without a summary")
			}
			return line.failure(ctx, err)
		}
		fresh := u.told.note(answer)
		if fresh && answer.GetProgress() == nil {
			tries.forward()
		}
		if fresh && !yield(answer, nil) || answer.GetSummary() != nil {
			return nil
		}
	}
}

// send gives an error only where the file is at fault: of a broken stream the receiver hears.
func (u *upload) send(stream grpc.BidiStreamingClient[reportingv1.ImportReportsRequest, reportingv1.ImportReportsResponse], l *line) error {
	if unread, ok := errors.AsType[*fileError](u.sendParts(stream, l)); ok {
		return unread
	}
	return nil
}

func (u *upload) sendParts(stream grpc.BidiStreamingClient[reportingv1.ImportReportsRequest, reportingv1.ImportReportsResponse], l *line) error {
	if err := stream.Send(&reportingv1.ImportReportsRequest{Part: &reportingv1.ImportReportsRequest_Options{Options: u.options}}); err != nil {
		return err
	}
	for _, seen := range u.seen {
		if err := stream.Send(&reportingv1.ImportReportsRequest{Part: &reportingv1.ImportReportsRequest_Seen{Seen: seen}}); err != nil {
			return err
		}
	}
	err := sendFile(u.file, l, func(chunk []byte) error {
		return stream.Send(&reportingv1.ImportReportsRequest{Part: &reportingv1.ImportReportsRequest_Chunk{Chunk: chunk}})
	})
	if err != nil {
		return err
	}
	return stream.CloseSend()
}

// told remembers over all attempts what was given to the caller.
type told struct {
	attempts int
	outcomes map[int32]reportingv1.OutcomeKind
	// problems counts those of lines, for a line may have the same problem twice; now are those of this attempt.
	problems, now map[problemKey]int
}

type problemKey struct {
	line, other   int32
	field, reason string
}

func newTold() *told {
	return &told{outcomes: map[int32]reportingv1.OutcomeKind{}, problems: map[problemKey]int{}}
}

// again begins another attempt.
func (t *told) again() {
	t.attempts++
	t.now = map[problemKey]int{}
}

// note says whether the caller has not heard this before, and puts the counts of all attempts into a summary.
func (t *told) note(answer *reportingv1.ImportReportsResponse) bool {
	switch part := answer.GetPart().(type) {
	case *reportingv1.ImportReportsResponse_Outcome:
		before, known := t.outcomes[part.Outcome.GetIndex()]
		now := part.Outcome.GetKind()
		refused := reportingv1.OutcomeKind_OUTCOME_KIND_REFUSED
		if known && (before != refused || now == refused) {
			return false
		}
		t.outcomes[part.Outcome.GetIndex()] = now
	case *reportingv1.ImportReportsResponse_Problem:
		p := part.Problem
		key := problemKey{line: p.GetLine(), other: p.GetOtherLine(), field: p.GetField(), reason: p.GetReason()}
		t.now[key]++
		if t.now[key] <= t.problems[key] {
			return false
		}
		t.problems[key]++
	case *reportingv1.ImportReportsResponse_Summary:
		// Of a single attempt the server's own counts are right.
		if t.attempts > 1 {
			t.count(part.Summary)
		}
	}
	return true
}

func (t *told) count(s *reportingv1.ImportReportsSummary) {
	s.Created, s.Corrected, s.Unchanged, s.Refused, s.Replayed, s.RefusedLines = 0, 0, 0, 0, 0, 0
	for _, kind := range t.outcomes {
		switch kind {
		case reportingv1.OutcomeKind_OUTCOME_KIND_CREATED:
			s.Created++
		case reportingv1.OutcomeKind_OUTCOME_KIND_CORRECTED:
			s.Corrected++
		case reportingv1.OutcomeKind_OUTCOME_KIND_UNCHANGED:
			s.Unchanged++
		case reportingv1.OutcomeKind_OUTCOME_KIND_REFUSED:
			s.Refused++
		case reportingv1.OutcomeKind_OUTCOME_KIND_REPLAYED:
			s.Replayed++
		default:
		}
	}
	// A line may be given with several problems and is one line all the same.
	lines := map[int32]bool{}
	for key := range t.problems {
		lines[key.line] = true
	}
	s.RefusedLines = int32(len(lines))
}
