package gateway_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
)

// follow opens a stream and gives its lines.
func (w *world) follow(ctx context.Context, path string) *bufio.Reader {
	w.t.Helper()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, w.url+path, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _ = resp.Body.Close() })
	if resp.StatusCode != 200 || resp.Header.Get("Content-Type") != "application/x-ndjson" {
		w.t.Fatalf("%s: HTTP %d, %s", path, resp.StatusCode, resp.Header.Get("Content-Type"))
	}
	return bufio.NewReader(resp.Body)
}

func TestEveryPartOfAStreamGoesOutAtOnce(t *testing.T) {
	next := make(chan int64)
	w := open(t, func(_ heard, stream grpc.ServerStream) (proto.Message, error) {
		for sequence := range next {
			if err := stream.SendMsg(&reportingv1.WatchChangesResponse{Sequence: sequence}); err != nil {
				return nil, err
			}
		}
		return nil, status.Error(codes.Unavailable, "the server is stopping")
	})
	go func() { next <- 1 }()
	lines := w.follow(t.Context(), "/v1/changes:watch?afterSequence=0")
	for sequence := int64(1); sequence <= 3; sequence++ {
		// The next part is sent only when this one was read: a part that waited for company would never come.
		line, err := lines.ReadString('\n')
		want := `{"sequence":"` + string(rune('0'+sequence)) + `","journalId":""}` + "\n"
		if err != nil || line != want {
			t.Fatalf("part %d is %q, %v, want %q", sequence, line, err, want)
		}
		if sequence < 3 {
			next <- sequence + 1
		}
	}
	close(next)
	line, err := lines.ReadString('\n')
	if f := failureIn(line); err != nil || f.Code != 503 || f.Status != "UNAVAILABLE" || f.reason() != "CALL_FAILED" {
		t.Errorf("the stream ends with %q, %v, want the error in the form of all errors", line, err)
	}
	if rest, err := lines.ReadString('\n'); !errors.Is(err, io.EOF) || rest != "" {
		t.Errorf("behind the error comes %q, %v", rest, err)
	}
	h, _ := w.last()
	if r := h.request.(*reportingv1.WatchChangesRequest); r.AfterSequence == nil {
		t.Error("afterSequence=0 arrived as absent: it would follow from now on instead of from the start")
	}
}

func TestAStreamThatIsRefusedIsAnErrorLikeAnyOther(t *testing.T) {
	w := open(t, func(heard, grpc.ServerStream) (proto.Message, error) {
		return nil, status.Error(codes.Unauthenticated, "who are you")
	})
	for verb, path := range map[string]string{"GET": "/v1/changes:watch", "POST": "/v1/store:verify"} {
		a := w.ask(verb, path, "")
		a.refused(t, path, http.StatusUnauthorized, "CALL_FAILED")
		if a.header.Get("WWW-Authenticate") != "Bearer" {
			t.Errorf("%s: WWW-Authenticate is %q", path, a.header.Get("WWW-Authenticate"))
		}
	}
}

func TestAStreamMayBeEmpty(t *testing.T) {
	w := open(t, nil)
	if a := w.ask("POST", "/v1/store:verify", "{}"); a.code != 200 || a.body != "" {
		t.Errorf("HTTP %d %q", a.code, a.body)
	}
}

func TestWhoStopsReadingEndsTheCall(t *testing.T) {
	ended := make(chan struct{})
	w := open(t, func(_ heard, stream grpc.ServerStream) (proto.Message, error) {
		defer close(ended)
		if err := stream.SendMsg(&reportingv1.WatchChangesResponse{Sequence: 1}); err != nil {
			return nil, err
		}
		<-stream.Context().Done()
		return nil, stream.Context().Err()
	})
	ctx, leave := context.WithCancel(t.Context())
	defer leave()
	if _, err := w.follow(ctx, "/v1/changes:watch").ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	leave()
	within(t, "the end of a call whose reader has left", ended)
}

func TestShutdownLetsFollowersGo(t *testing.T) {
	ended := make(chan struct{})
	w := open(t, func(_ heard, stream grpc.ServerStream) (proto.Message, error) {
		defer close(ended)
		if err := stream.SendMsg(&reportingv1.WatchChangesResponse{Sequence: 1}); err != nil {
			return nil, err
		}
		<-stream.Context().Done()
		return nil, stream.Context().Err()
	})
	lines := w.follow(t.Context(), "/v1/changes:watch")
	if _, err := lines.ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if err := w.web.Shutdown(ctx); err != nil {
		t.Fatalf("Shutdown waited for somebody who follows for ever: %v", err)
	}
	within(t, "the end of the call", ended)
	line, err := lines.ReadString('\n')
	if f := failureIn(line); err != nil || f.reason() != "STOPPING" || f.Status != "UNAVAILABLE" || f.detail("RetryInfo") == nil {
		t.Errorf("the stream ends with %q, %v, want STOPPING and when to come again", line, err)
	}
}

func TestFollowersLeaveRoomForOthers(t *testing.T) {
	const places = 128
	release := make(chan struct{})
	w := open(t, func(h heard, stream grpc.ServerStream) (proto.Message, error) {
		if !h.method.IsStreamingServer() {
			return nil, nil
		}
		if err := stream.SendMsg(&reportingv1.WatchChangesResponse{Sequence: 1}); err != nil {
			return nil, err
		}
		select {
		case <-release:
		case <-stream.Context().Done():
		}
		return nil, nil
	})
	last := (*bufio.Reader)(nil)
	for range places {
		last = w.follow(t.Context(), "/v1/changes:watch")
	}
	a := w.ask("GET", "/v1/changes:watch", "")
	a.refused(t, "one follower more", http.StatusTooManyRequests, "STREAMS_BUSY")
	if a.header.Get("Retry-After") == "" {
		t.Error("nothing says when to come again")
	}
	if a := w.ask("GET", "/v1/status", ""); a.code != 200 {
		t.Errorf("a call beside %d followers: HTTP %d %s", places, a.code, a.body)
	}
	close(release)
	if _, err := io.ReadAll(last); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(w.ask("GET", "/v1/changes:watch", "").body, `"sequence":"1"`) {
		t.Error("a place that was left is not given again")
	}
}
