package server

import (
	"log/slog"
	"net"
	"testing"
	"time"

	"golang.org/x/time/rate"
)

func TestConnectionsAreBoundInAllAndByAddress(t *testing.T) {
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := admit(inner, Config{Connections: Connections{Most: 2}, Logger: slog.New(slog.DiscardHandler)})
	defer func() { _ = l.Close() }()
	accepted := make(chan net.Conn, 8)
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				close(accepted)
				return
			}
			accepted <- conn
		}
	}()
	connect := func() net.Conn {
		conn, err := net.Dial("tcp", l.Addr().String())
		if err != nil { // it may be closed before it is there
			conn, _ = net.Pipe()
			_ = conn.Close()
		}
		return conn
	}
	first, second := connect(), connect()
	defer func() { _, _ = first.Close(), second.Close() }()
	one := <-accepted
	<-accepted
	third := connect()
	if _, err := third.Read(make([]byte, 1)); err == nil {
		t.Error("a third connection was not closed")
	}
	if err := one.Close(); err != nil {
		t.Fatal(err)
	}
	_ = one.Close() // twice gives one place back
	fourth, fifth := connect(), connect()
	defer func() { _ = fourth.Close() }()
	<-accepted
	if _, err := fifth.Read(make([]byte, 1)); err == nil {
		t.Error("with one place free two connections were taken")
	}

	now := time.Unix(0, 0)
	a := &admission{Connections: Connections{PerSecond: 1, Burst: 2}, now: func() time.Time { return now }, of: map[string]*rate.Limiter{}}
	from := func(host string) bool { return a.refuse(&net.TCPAddr{IP: net.ParseIP(host), Port: 1}) == "" }
	got := []bool{from("192.0.2.1"), from("192.0.2.1"), from("192.0.2.1"), from("192.0.2.2"), from("127.0.0.1"), from("127.0.0.1"), from("127.0.0.1")}
	for i, want := range []bool{true, true, false, true, true, true, true} {
		if got[i] != want {
			t.Errorf("connection %d is taken: %t, want %t", i, got[i], want)
		}
	}
	if now = now.Add(time.Second); !from("192.0.2.1") || from("192.0.2.1") {
		t.Error("after a second one connection more was to be taken")
	}
}
