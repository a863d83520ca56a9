//go:build unix

package siege

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"github.com/tonghop/tonghop/server/check"
)

// raw is a connection to gRPC whose frames are written one by one.
type raw struct {
	conn   net.Conn
	framer *http2.Framer
	block  bytes.Buffer
	coder  *hpack.Encoder
	stream uint32
}

// within is how long an attacker waits for what he is to get.
const within = 20 * time.Second

// dial opens a connection and says what HTTP/2 says first.
func (f *field) dial(ctx context.Context) (*raw, error) {
	conn, err := (&net.Dialer{Timeout: within}).DialContext(ctx, "tcp", f.daemon.GRPC)
	if err != nil {
		return nil, err
	}
	_ = conn.SetDeadline(time.Now().Add(3 * within)) // a socket has one
	r := &raw{conn: conn, framer: http2.NewFramer(conn, conn), stream: 1}
	r.coder = hpack.NewEncoder(&r.block)
	if _, err := io.WriteString(conn, http2.ClientPreface); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	if err := r.framer.WriteSettings(); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return r, nil
}

func (r *raw) close() { _ = r.conn.Close() }

// headers encodes those of a call, with more behind.
func (r *raw) headers(method, token string, more ...string) []byte {
	r.block.Reset()
	fields := []string{
		":method", "POST", ":scheme", "http", ":path", method, ":authority", "a", "content-type", "application/grpc", "te", "trailers",
	}
	if token != "" {
		fields = append(fields, "authorization", "Bearer "+token)
	}
	fields = append(fields, more...)
	for i := 0; i+1 < len(fields); i += 2 {
		_ = r.coder.WriteField(hpack.HeaderField{Name: fields[i], Value: fields[i+1]}) // into memory
	}
	return r.block.Bytes()
}

// open begins a call and gives the number of its stream.
func (r *raw) open(method, token string, more ...string) (uint32, error) {
	id := r.stream
	r.stream += 2
	return id, r.framer.WriteHeaders(http2.HeadersFrameParam{StreamID: id, BlockFragment: r.headers(method, token, more...), EndHeaders: true})
}

// end reads until the stream has ended, and gives grpc-status and the message; the frames in between are answered as they must be.
func (r *raw) end(id uint32) (code, words string, err error) {
	decoder := hpack.NewDecoder(4096, func(h hpack.HeaderField) {
		switch h.Name {
		case "grpc-status":
			code = h.Value
		case "grpc-message":
			words = h.Value
		}
	})
	for {
		frame, err := r.framer.ReadFrame()
		if err != nil {
			return code, words, err
		}
		switch frame := frame.(type) {
		case *http2.HeadersFrame:
			if _, err := decoder.Write(frame.HeaderBlockFragment()); err != nil {
				return code, words, err
			}
			if frame.StreamID == id && frame.StreamEnded() {
				return code, words, nil
			}
		case *http2.SettingsFrame:
			if !frame.IsAck() {
				if err := r.framer.WriteSettingsAck(); err != nil {
					return code, words, err
				}
			}
		case *http2.RSTStreamFrame:
			if frame.StreamID == id {
				return code, frame.ErrCode.String(), nil
			}
		case *http2.GoAwayFrame:
			return code, words, fmt.Errorf("GOAWAY %s %s: %w", frame.ErrCode, frame.DebugData(), errAway)
		}
	}
}

var errAway = errors.New("sent away")

const healthCheck = "/grpc.health.v1.Health/Check"

// call makes one call that everybody may make, and demands an answer.
func (r *raw) call() error {
	id, err := r.open(healthCheck, "")
	if err != nil {
		return err
	}
	if err := r.framer.WriteData(id, true, make([]byte, 5)); err != nil {
		return err
	}
	code, words, err := r.end(id)
	if err == nil && code != "0" {
		err = fmt.Errorf("the call was answered with %q %s", code, words)
	}
	return err
}

// rapidReset opens streams and takes them back at once.
func rapidReset(ctx context.Context, f *field) error {
	const lines, each = 10, 2_000
	times := 1
	if f.long {
		times = 10
	}
	for range times {
		failed := make(chan error, lines)
		for range lines {
			go func() { failed <- f.resetOn(ctx, each) }()
		}
		var errs []error
		for range lines {
			errs = append(errs, <-failed)
		}
		if err := errors.Join(errs...); err != nil {
			return err
		}
	}
	f.Figure("resets", times*lines*each)
	return nil
}

func (f *field) resetOn(ctx context.Context, n int) error {
	r, err := f.dial(ctx)
	if err != nil {
		return err
	}
	defer r.close()
	go func() { _, _ = io.Copy(io.Discard, r.conn) }()
	for i := range n {
		id, err := r.open("/reporting.v1.RollupService/QueryRollups", f.token)
		if err == nil {
			err = r.framer.WriteRSTStream(id, http2.ErrCodeCancel)
		}
		if err != nil { // sent away, which is as good
			return ctx.Err()
		}
		if i%200 == 199 { // 10,000 a second of all lines together
			if err := pause(ctx, 100*time.Millisecond); err != nil {
				return err
			}
		}
	}
	return nil
}

// continuation sends headers that do not end, and headers that grow.
func continuation(ctx context.Context, f *field) error {
	r, err := f.dial(ctx)
	if err != nil {
		return err
	}
	defer r.close()
	err = r.framer.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: r.headers(healthCheck, "")})
	part := make([]byte, 0, 16<<10)
	for range 15 {
		part = append(part, r.literal("x-long", 1<<10)...)
	}
	const most = 64 << 20
	sent, cut := 0, cutOff(r.conn)
	for err == nil && sent < most {
		select {
		case <-cut:
			err = errAway
		default:
			err = r.framer.WriteContinuation(1, false, part)
			sent += len(part)
		}
	}
	if err == nil {
		return check.Broken("%d MiB of headers were taken", sent>>20)
	}
	f.Figure("endless_headers_cut_kib", sent>>10)
	return f.growing(ctx)
}

// literal encodes a header without remembering it.
func (r *raw) literal(name string, size int) []byte {
	var b bytes.Buffer
	_ = hpack.NewEncoder(&b).WriteField(hpack.HeaderField{Name: name, Value: string(bytes.Repeat([]byte{'"'}, size)), Sensitive: true}) // into memory
	return b.Bytes()
}

// growing sends a header of 4 KiB once, and names it by a byte, sixteen thousand times in each of many calls.
func (f *field) growing(ctx context.Context) error {
	r, err := f.dial(ctx)
	if err != nil {
		return err
	}
	defer r.close()
	for range 20 {
		block := bytes.Clone(r.headers(healthCheck, "", "x-bomb", string(bytes.Repeat([]byte{'a'}, 3900))))
		for len(block) < 16_000 {
			block = append(block, 0x80|62) // the newest of those that are remembered
		}
		id := r.stream
		r.stream += 2
		if err := r.framer.WriteHeaders(http2.HeadersFrameParam{StreamID: id, BlockFragment: block, EndHeaders: true, EndStream: true}); err != nil {
			return nil // cut off, as it is to be
		}
		code, _, err := r.end(id)
		if err != nil {
			return nil // likewise
		}
		if code == "0" {
			return check.Broken("a call with 48 MiB of headers was answered")
		}
	}
	return nil
}

// flood sends frames that ask for an answer each, or for nothing.
func flood(ctx context.Context, f *field) error {
	n := 20_000
	if f.long {
		n = 200_000
	}
	for _, kind := range []string{"PING", "SETTINGS", "WINDOW_UPDATE", "PRIORITY"} {
		sent, err := f.floodOf(ctx, kind, n)
		if err != nil {
			return err
		}
		f.Figure("flood_"+kind, sent)
	}
	return nil
}

func (f *field) floodOf(ctx context.Context, kind string, n int) (sent int, err error) {
	r, err := f.dial(ctx)
	if err != nil {
		return 0, err
	}
	defer r.close()
	cut := cutOff(r.conn)
	for sent < n {
		switch kind {
		case "PING":
			var data [8]byte
			binary.BigEndian.PutUint64(data[:], uint64(sent)) //nolint:gosec // a count
			err = r.framer.WritePing(false, data)
		case "SETTINGS":
			err = r.framer.WriteSettings(http2.Setting{ID: http2.SettingInitialWindowSize, Val: uint32(1<<16 + sent%2)}) //nolint:gosec // small
		case "WINDOW_UPDATE":
			err = r.framer.WriteWindowUpdate(0, 1)
		case "PRIORITY":
			err = r.framer.WritePriority(uint32(2*sent+1), http2.PriorityParam{Weight: 1}) //nolint:gosec // a count
		}
		if err != nil {
			return sent, ctx.Err()
		}
		select {
		case <-cut:
			return sent, ctx.Err()
		default:
			sent++
		}
	}
	if kind != "PING" {
		return sent, nil
	}
	select { // what was written may not have been read yet
	case <-cut:
		return sent, nil
	case <-time.After(within / 2):
		return sent, check.Broken("%d pings without a call were all taken", n)
	}
}

// cutOff reads and drops what comes, and closes the channel when the other end has closed the connection.
func cutOff(conn net.Conn) <-chan struct{} {
	cut := make(chan struct{})
	go func() {
		_, err := io.Copy(io.Discard, conn)
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			close(cut)
		}
	}()
	return cut
}
