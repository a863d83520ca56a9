package gateway

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

// TestAReaderThatDoesNotReadIsDropped writes without end to somebody who has stopped reading.
func TestAReaderThatDoesNotReadIsDropped(t *testing.T) {
	dropped := make(chan error, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		p := patiently(w, 50*time.Millisecond)
		defer p.end()
		for {
			if _, err := p.Write(make([]byte, 64<<10)); err != nil {
				dropped <- err
				return
			}
		}
	}))
	defer server.Close()
	conn, err := net.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if _, err := io.WriteString(conn, "GET / HTTP/1.1\r\nHost: a\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-dropped:
		if err == nil {
			t.Error("the writing ended without an error")
		}
	case <-time.After(20 * time.Second):
		t.Fatal("a reader who does not read is still waited for")
	}
}

// TestALongRequestOutlivesTheServersDeadlines sends a file and gets an answer more slowly than http.Server allows.
func TestALongRequestOutlivesTheServersDeadlines(t *testing.T) {
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p := patiently(w, 10*time.Second)
		defer p.end()
		file, err := io.ReadAll(r.Body)
		if err != nil {
			t.Errorf("of the file came %q: %v", file, err)
		}
		for _, b := range file {
			time.Sleep(50 * time.Millisecond)
			if _, err := p.Write([]byte{b}); err != nil {
				t.Errorf("the answer cannot be written: %v", err)
			}
			_ = p.FlushError()
		}
	}))
	server.Config.ReadTimeout, server.Config.WriteTimeout = 60*time.Millisecond, 60*time.Millisecond
	server.Start()
	defer server.Close()
	resp, err := http.Post(server.URL, "text/csv", &slow{parts: "abcd"})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if b, err := io.ReadAll(resp.Body); err != nil || string(b) != "abcd" {
		t.Errorf("read %q, %v, want all four parts", b, err)
	}
}

// slow gives one byte after the other.
type slow struct{ parts string }

func (s *slow) Read(b []byte) (int, error) {
	if s.parts == "" {
		return 0, io.EOF
	}
	time.Sleep(50 * time.Millisecond)
	b[0], s.parts = s.parts[0], s.parts[1:]
	return 1, nil
}

// TestAFileThatDoesNotComeIsGivenUp sends half a body and then nothing.
func TestAFileThatDoesNotComeIsGivenUp(t *testing.T) {
	got := make(chan error, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer patiently(w, time.Second).forUpload(50 * time.Millisecond)()
		_, err := io.ReadAll(r.Body)
		got <- bodyError(err)
	}))
	defer server.Close()
	conn, err := net.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if _, err := io.WriteString(conn, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf"); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-got:
		if err == nil || err.Error() != "the body did not come in time; send it again, with the same Idempotency-Key" {
			t.Errorf("error %v, want the one of a body that did not come", err)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("a file that does not come is still waited for")
	}
}
