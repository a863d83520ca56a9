//go:build unix

package siege

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/tonghop/tonghop/server/check"
)

const (
	submit      = "/reporting.v1.ReportService/SubmitReport"
	oneGigabyte = 1 << 30
	// Codes of gRPC, as they are written.
	exhausted     = "8"
	unimplemented = "12"
)

// gigabyte says that a message is one, and sends what is taken of it.
func gigabyte(ctx context.Context, f *field) error {
	for _, token := range []string{f.token, ""} {
		if err := f.declare(ctx, token); err != nil {
			return err
		}
	}
	before := f.memory()
	for _, declared := range []bool{true, false} {
		if err := f.bodyOver(ctx, declared); err != nil {
			return err
		}
	}
	f.Figure("gigabyte_grew_mib", (f.memory()-before)>>20)
	return nil
}

// declare begins a message of a gigabyte over gRPC; it is to be refused when its length has been read.
func (f *field) declare(ctx context.Context, token string) error {
	r, err := f.dial(ctx)
	if err != nil {
		return err
	}
	defer r.close()
	id, err := r.open(submit, token)
	if err != nil {
		return err
	}
	prefix := binary.BigEndian.AppendUint32([]byte{0}, oneGigabyte)
	if err := r.framer.WriteData(id, false, append(prefix, make([]byte, 1000)...)); err != nil {
		return err
	}
	_ = r.conn.SetDeadline(time.Now().Add(within / 4)) // a socket has one
	code, words, err := r.end(id)
	if err != nil || code != exhausted {
		return check.Broken("a message that says it is 1 GiB was answered with %q %s, %w", code, words, err)
	}
	return nil
}

// bodyOver sends a body of a gigabyte as JSON; it is to be refused when the limit is reached, at the latest.
func (f *field) bodyOver(ctx context.Context, declared bool) error {
	body := &endless{left: oneGigabyte}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+f.daemon.HTTP+"/v1/units/C0000-0/reports/thang~2024-01:submit", body)
	if err != nil {
		return err
	}
	if declared {
		request.ContentLength = oneGigabyte
	}
	request.Header.Set("Authorization", "Bearer "+f.token)
	answer, err := (&http.Client{Timeout: within}).Do(request)
	if err == nil {
		_, _ = io.Copy(io.Discard, answer.Body) // an error form
		_ = answer.Body.Close()
		if answer.StatusCode != http.StatusRequestEntityTooLarge {
			return check.Broken("a body of 1 GiB was answered with HTTP %d", answer.StatusCode)
		}
	}
	// The connection may be closed before the client has read why.
	if sent := oneGigabyte - body.left; sent > 64<<20 {
		return check.Broken("%d MiB of a body were taken", sent>>20)
	}
	return ctx.Err()
}

// endless is a body of spaces.
type endless struct{ left int }

// Read gives some.
func (e *endless) Read(p []byte) (int, error) {
	if e.left <= 0 {
		return 0, io.EOF
	}
	n := min(len(p), e.left)
	for i := range p[:n] {
		p[i] = ' '
	}
	e.left -= n
	return n, nil
}

// bomb sends a megabyte that becomes a gigabyte when it is unpacked, over both doors.
func bomb(ctx context.Context, f *field) error {
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	if _, err := io.Copy(z, &endless{left: oneGigabyte / 4}); err != nil {
		return err
	}
	if err := z.Close(); err != nil {
		return err
	}
	before := f.memory()
	for range 5 {
		if err := errors.Join(f.bombOverGRPC(ctx, packed.Bytes()), f.bombOverJSON(ctx, packed.Bytes())); err != nil {
			return err
		}
	}
	f.Figure("bomb_kib", packed.Len()>>10)
	f.Figure("bomb_grew_mib", (f.memory()-before)>>20)
	return nil
}

func (f *field) bombOverGRPC(ctx context.Context, packed []byte) error {
	r, err := f.dial(ctx)
	if err != nil {
		return err
	}
	defer r.close()
	id, err := r.open(submit, f.token, "grpc-encoding", "gzip")
	if err != nil {
		return err
	}
	prefix := binary.BigEndian.AppendUint32([]byte{1}, uint32(len(packed))) //nolint:gosec // small
	if err := r.framer.WriteData(id, true, append(prefix, packed[:min(len(packed), 15<<10)]...)); err != nil {
		return err
	}
	code, words, err := r.end(id)
	if err != nil || code != unimplemented {
		return check.Broken("a packed message was answered with %q %s, %w", code, words, err)
	}
	return nil
}

func (f *field) bombOverJSON(ctx context.Context, packed []byte) error {
	for _, path := range []string{"/v1/units/C0000-0/reports/thang~2024-01:submit", "/v1/reports:import"} {
		request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+f.daemon.HTTP+path, bytes.NewReader(packed))
		if err != nil {
			return err
		}
		request.Header.Set("Authorization", "Bearer "+f.token)
		request.Header.Set("Content-Encoding", "gzip")
		answer, err := (&http.Client{Timeout: within}).Do(request)
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		_, _ = io.Copy(io.Discard, answer.Body) // an error form
		_ = answer.Body.Close()
		if answer.StatusCode != http.StatusUnsupportedMediaType {
			return check.Broken("%s: a packed body was answered with HTTP %d", path, answer.StatusCode)
		}
	}
	return nil
}
