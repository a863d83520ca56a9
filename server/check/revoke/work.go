//go:build unix

package revoke

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"

	"github.com/google/uuid"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/tonghop/tonghop/client"
	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
	"github.com/tonghop/tonghop/server/check"
	"github.com/tonghop/tonghop/server/check/workload"
)

// senders is how many streams send with one token.
const senders = 2

// ending is how something that was open ended; without an error it ended as it must.
type ending struct {
	what string
	err  error
}

// work has the holder of a token do everything that can be under way when it is taken.
func (s *site) work(ctx context.Context, held *client.Client, secret string, n int) (<-chan ending, error) {
	does := map[string]func() error{
		"following":         func() error { return s.follow(ctx, held) },
		"following by JSON": func() error { return s.followJSON(ctx, secret) },
		"an idle stream":    func() error { return s.idle(ctx, secret) },
	}
	for m := range senders {
		report := workload.ReportAt(n%12, (n/12*senders+m)%12)
		seen, err := s.look(ctx, report)
		if err != nil {
			return nil, err
		}
		does[fmt.Sprint("stream ", m)] = func() error { return s.send(ctx, held, s.corrections(ctx, report, seen)) }
	}
	open := make(chan ending, len(does))
	for what, do := range does {
		go func() { open <- ending{what, do()} }()
	}
	return open, nil
}

// look reads where a report stands. An earlier round may have sent it, of which the record of the world knows nothing.
func (s *site) look(ctx context.Context, report workload.Report) (workload.Sight, error) {
	there, err := s.world.Admin().GetReport(ctx, &reportingv1.GetReportRequest{Name: report.Name()})
	var e *client.Error
	if errors.As(err, &e) && e.Code == codes.NotFound {
		return workload.Sight{}, nil
	}
	return workload.Sight{Etag: there.GetEtag(), Revision: int(there.GetRevision())}, err
}

// ended turns the one error with which things must end into none.
func ended(err error) error {
	var e *client.Error
	if errors.As(err, &e) && e.Code == codes.Unauthenticated {
		return nil
	}
	return check.Broken("it ended with %w, and not as UNAUTHENTICATED", err)
}

func (s *site) follow(ctx context.Context, held *client.Client) error {
	for _, err := range held.WatchChanges(ctx, &reportingv1.WatchChangesRequest{}) {
		if err != nil {
			return ended(err)
		}
	}
	return check.Broken("the changes ended without an error")
}

// followJSON follows over HTTP, where the end of the body is all that there is to see.
func (s *site) followJSON(ctx context.Context, secret string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+s.daemon.HTTP+"/v1/changes:watch?after_sequence=0", nil)
	if err != nil {
		return err
	}
	request.Header.Set("Authorization", "Bearer "+secret)
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = answer.Body.Close() }()
	lines := bufio.NewReader(answer.Body)
	for err == nil || errors.Is(err, bufio.ErrBufferFull) {
		_, err = lines.ReadSlice('\n')
	}
	return nil
}

// send sends until it is refused, by an outcome or by the end of the stream.
func (s *site) send(ctx context.Context, held *client.Client, reports iter.Seq[*reportingv1.SubmitReportRequest]) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	for o, err := range held.SubmitStream(ctx, reports, client.StreamOptions{Window: 16}) {
		switch {
		case err != nil:
			return ended(err)
		case o.GetReceipt().GetSequence() > 0:
			s.accepted.Add(1)
		}
	}
	return check.Broken("the stream ended without an error")
}

// idle opens a stream on which nothing comes, without the library, which would wait for what is to be sent.
func (s *site) idle(ctx context.Context, secret string) error {
	conn, err := grpc.NewClient(s.daemon.GRPC, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	ctx = metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+secret)
	stream, err := reportingv1.NewReportServiceClient(conn).StreamReports(ctx)
	if err != nil {
		return err
	}
	if err := stream.Send(&reportingv1.StreamReportsRequest{Part: &reportingv1.StreamReportsRequest_Options{
		Options: &reportingv1.StreamOptions{StreamId: uuid.NewString()},
	}}); err != nil {
		return err
	}
	if _, err = stream.Recv(); status.Code(err) == codes.Unauthenticated {
		return nil
	}
	return check.Broken("it ended with %w, and not as UNAUTHENTICATED", err)
}

// corrections of one report follow each other without end; nobody else sends it meanwhile, so that their etags are known.
func (s *site) corrections(ctx context.Context, report workload.Report, seen workload.Sight) iter.Seq[*reportingv1.SubmitReportRequest] {
	return func(yield func(*reportingv1.SubmitReportRequest) bool) {
		for revision := seen.Revision; ctx.Err() == nil; revision++ {
			etag := seen.Etag
			if revision > seen.Revision {
				etag = fmt.Sprintf("%d-submitted", revision)
			}
			if !yield(s.world.Request(report, etag)) {
				return
			}
		}
	}
}
