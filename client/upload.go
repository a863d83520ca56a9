package client

import (
	"context"
	"errors"
	"io"

	"google.golang.org/grpc"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
)

// chunkSize is far below the 256 KiB that are allowed: on a slow line each chunk that leaves is a sign of life.
const chunkSize = 64 << 10

// parts says how the messages of one catalogue upload are made.
type parts[Q any] struct {
	open    func(context.Context, ...grpc.CallOption) (grpc.ClientStreamingClient[Q, reportingv1.ImportSummary], error)
	options func(*reportingv1.ImportOptions) *Q
	chunk   func([]byte) *Q
}

// importFile uploads a catalogue file, as often as it takes, under one request id.
func importFile[Q any](ctx context.Context, c *Client, method string, file io.ReadSeeker, options *reportingv1.ImportOptions, p parts[Q]) (*reportingv1.ImportSummary, error) {
	if options == nil {
		options = &reportingv1.ImportOptions{}
	}
	options, id, err := identified(options)
	if err != nil {
		return nil, err
	}
	tries := attempts{client: c, method: method}
	for {
		summary, err := importOnce(ctx, c, file, options, p)
		if err == nil {
			return summary, nil
		}
		if err := tries.next(ctx, err); err != nil {
			return nil, underID(err, id)
		}
	}
}

func importOnce[Q any](ctx context.Context, c *Client, file io.ReadSeeker, options *reportingv1.ImportOptions, p parts[Q]) (*reportingv1.ImportSummary, error) {
	ctx, line := c.listen(ctx)
	defer line.stop()
	line.wait(true)
	stream, err := p.open(ctx)
	if err != nil {
		return nil, line.failure(ctx, err)
	}
	err = stream.Send(p.options(options))
	if err == nil {
		err = sendFile(file, line, func(b []byte) error { return stream.Send(p.chunk(b)) })
	}
	// io.EOF: the server has refused already, and the answer says why.
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, line.failure(ctx, err)
	}
	summary, err := stream.CloseAndRecv()
	if err != nil {
		return nil, line.failure(ctx, err)
	}
	return summary, nil
}

// sendFile sends a file from its start. A message must not be changed once it is sent, so each chunk has its own bytes.
func sendFile(file io.ReadSeeker, l *line, send func([]byte) error) error {
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return &fileError{err}
	}
	for {
		chunk, err := nextChunk(file)
		if err != nil {
			return &fileError{err}
		}
		if len(chunk) == 0 {
			return nil
		}
		if err := send(chunk); err != nil {
			return err
		}
		l.moved()
	}
}

// nextChunk reads until the chunk is full or the file ends. A file that breaks off must not look like one that ends,
// which is why io.ReadFull is not good enough here.
func nextChunk(file io.Reader) ([]byte, error) {
	chunk := make([]byte, 0, chunkSize)
	for len(chunk) < cap(chunk) {
		n, err := file.Read(chunk[len(chunk):cap(chunk)])
		chunk = chunk[:len(chunk)+n]
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
	}
	return chunk, nil
}

// fileError is a failure of the caller's own file.
type fileError struct{ cause error }

// Error says what is wrong with the file.
func (e *fileError) Error() string { return "the file cannot be read: " + e.cause.Error() }

// Unwrap gives the cause.
func (e *fileError) Unwrap() error { return e.cause }
