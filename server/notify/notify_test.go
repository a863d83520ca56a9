package notify

import (
	"context"
	"encoding/base64"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/reminder"
)

// TestTheSignatureIsThatOfStandardWebhooks takes the example of its specification.
func TestTheSignatureIsThatOfStandardWebhooks(t *testing.T) {
	secret, err := base64.StdEncoding.DecodeString("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
	if err != nil {
		t.Fatal(err)
	}
	got := Sign(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", `{"test": 2432232314}`)
	if want := "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="; got != want {
		t.Errorf("the signature is %s, want %s", got, want)
	}
}

func TestOnlyThePublicInternetIsPostedTo(t *testing.T) {
	for address, want := range map[string]bool{
		"8.8.8.8": true, "2606:4700:4700::1111": true, "1.1.1.1": true,
		"127.0.0.1": false, "10.1.2.3": false, "172.31.0.1": false, "192.168.1.1": false, "169.254.169.254": false, "100.64.0.1": false,
		"0.0.0.0": false, "0.1.2.3": false, "224.0.0.1": false, "255.255.255.255": false, "198.18.0.1": false, "240.0.0.1": false,
		"::1": false, "::": false, "fe80::1": false, "fc00::1": false, "fd12::1": false, "ff02::1": false, "::ffff:127.0.0.1": false,
		"::ffff:10.0.0.1": false, "64:ff9b::7f00:1": false, "2002:7f00:1::": false, "2001:db8::1": false,
	} {
		if got := public(netip.MustParseAddr(address)); got != want {
			t.Errorf("%s is public: %t, want %t", address, got, want)
		}
	}
}

// world is a source whose answers are set, and a clock.
type world struct {
	subscriptions []reminder.Subscription
	causes        []reminder.Cause
	now           time.Time
	ids           int
}

func (w *world) Subscriptions(context.Context) ([]reminder.Subscription, error) {
	return w.subscriptions, nil
}

func (w *world) Causes(context.Context, *reminder.Subscription, time.Time) ([]reminder.Cause, error) {
	return w.causes, nil
}

func (w *world) open(t *testing.T, dir string, private bool) *Dispatcher {
	t.Helper()
	d, err := Open(Config{
		Dir: dir, Key: []byte("key"), AllowPrivate: private, Every: time.Minute, Now: func() time.Time { return w.now },
		NewID: func() string { w.ids++; return "msg_" + string(rune('a'+w.ids)) }, Chance: func() float64 { return 0.5 },
		Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func cause(unit string) reminder.Cause {
	return reminder.Cause{
		Kind: reminder.AtDue, Unit: "A-0", UnitCode: "A", UnitName: unit, Form: "Cat", Period: period.Of(2026, period.Month, 2),
		Due: period.Date(2026, 2, 23), HasDue: true,
	}
}

func newWorld(target string) *world {
	return &world{
		now:           time.Date(2026, 2, 24, 0, 0, 0, 0, period.Location()),
		subscriptions: []reminder.Subscription{{ID: "s1", Channel: reminder.Webhook, Target: target}},
		causes:        []reminder.Cause{cause("Xã An")},
	}
}

func only(t *testing.T, d *Dispatcher) Delivery {
	t.Helper()
	list := d.Deliveries("s1")
	if len(list) != 1 {
		t.Fatalf("%d deliveries, want 1: %+v", len(list), list)
	}
	return list[0]
}

// TestOneCauseIsToldOnce: a receiver that fails twice gets the same id three times, and after that nothing, however often it
// is looked and the process started again.
func TestOneCauseIsToldOnce(t *testing.T) {
	var got []string
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = append(got, r.Header.Get("webhook-id")+" "+r.Header.Get("webhook-timestamp"))
		if len(got) < 3 {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}))
	defer receiver.Close()
	w := newWorld(receiver.URL)
	dir := t.TempDir()
	d := w.open(t, dir, true)
	for _, step := range []struct {
		after    time.Duration
		attempts int
		state    State
	}{
		{0, 1, Pending},
		{time.Second, 1, Pending},
		{5 * time.Second, 2, Pending},
		{6 * time.Second, 2, Pending},
		{10 * time.Minute, 3, Delivered},
		{time.Hour, 3, Delivered},
	} {
		w.now = time.Date(2026, 2, 24, 0, 0, 0, 0, period.Location()).Add(step.after)
		if err := d.Sweep(t.Context(), w); err != nil {
			t.Fatal(err)
		}
		if it := only(t, d); it.Attempts != step.attempts || it.State != step.state {
			t.Errorf("after %s: %d attempts, %s (%s); want %d, %s", step.after, it.Attempts, it.State, it.Note, step.attempts, step.state)
		}
		// Whatever the process has in memory stands in the log too.
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
		d = w.open(t, dir, true)
	}
	ids := map[string]bool{}
	for _, line := range got {
		id, _, _ := strings.Cut(line, " ")
		ids[id] = true
	}
	if len(got) != 3 || len(ids) != 1 {
		t.Errorf("the receiver got %q", got)
	}
	w.causes = append(w.causes, cause("Xã Bình"))
	w.causes[1].Unit = "B-0"
	if err := d.Sweep(t.Context(), w); err != nil {
		t.Fatal(err)
	}
	if list := d.Deliveries("s1"); len(list) != 2 || !slices.Equal(list[0].Causes, []string{w.causes[1].Key()}) {
		t.Errorf("another cause gives %+v", list)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestWhatAKillLeavesOpen: the log ends in an attempt that began. The webhook goes out again with its id and its bytes, the
// e-mail does not go out again and says UNKNOWN; a last line that was torn off is as if it had not been begun.
func TestWhatAKillLeavesOpen(t *testing.T) {
	var bodies []string
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b := make([]byte, r.ContentLength)
		_, _ = r.Body.Read(b)
		bodies = append(bodies, r.Header.Get("webhook-id")+" "+string(b))
	}))
	defer receiver.Close()
	for _, channel := range []reminder.Channel{reminder.Webhook, reminder.Mail} {
		w := newWorld(receiver.URL)
		w.subscriptions[0].Channel = channel
		dir := t.TempDir()
		d := w.open(t, dir, true)
		id, err := d.make(&w.subscriptions[0], w.causes)
		if err == nil {
			err = d.ledger.add(record{Do: "try", ID: id, At: w.now})
		}
		if err != nil {
			t.Fatal(err)
		}
		body := only(t, d).Body
		// The process is gone, in the middle of writing a line.
		log := filepath.Join(dir, logName)
		f, err := os.OpenFile(log, os.O_APPEND|os.O_WRONLY, 0)
		if err == nil {
			_, err = f.WriteString(`0123abcd {"do":"end","id":"` + id)
		}
		if err = errors.Join(err, f.Close()); err != nil {
			t.Fatal(err)
		}
		d = w.open(t, dir, true)
		it := only(t, d)
		if channel == reminder.Mail {
			if it.State != Unknown {
				t.Errorf("the e-mail is %s, want UNKNOWN", it.State)
			}
			w.subscriptions = nil // and nobody tries it
		} else if it.State != Pending || it.ID != id || it.Body != body {
			t.Errorf("the webhook is %+v", it)
		}
		if err := d.Sweep(t.Context(), w); err != nil {
			t.Fatal(err)
		}
		if it := only(t, d); channel == reminder.Webhook && it.State != Delivered || channel == reminder.Mail && it.State != Unknown {
			t.Errorf("after another start the %s is %s: %s", channel, it.State, it.Note)
		}
		if channel == reminder.Webhook && !slices.Equal(bodies, []string{id + " " + body}) {
			t.Errorf("the receiver got %q, want %s once with %s", bodies, id, body)
		}
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestADamagedLogIsRefused: what stands in it may have been told.
func TestADamagedLogIsRefused(t *testing.T) {
	w := newWorld("http://127.0.0.1:1/")
	dir := t.TempDir()
	d := w.open(t, dir, true)
	for range 2 {
		if _, err := d.make(&w.subscriptions[0], w.causes); err != nil {
			t.Fatal(err)
		}
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	log := filepath.Join(dir, logName)
	text, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	text[20] ^= 1
	if err := os.WriteFile(log, text, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(Config{Dir: dir, Now: func() time.Time { return w.now }}); err == nil || !strings.Contains(err.Error(), "damaged") {
		t.Errorf("Open = %v, want that it is damaged", err)
	}
}

// TestAPrivateAddressIsNeverConnectedTo: neither by number nor by a name that points there, nor by a redirection.
func TestAPrivateAddressIsNeverConnectedTo(t *testing.T) {
	var calls atomic.Int32
	receiver := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { calls.Add(1) }))
	defer receiver.Close()
	_, port, _ := strings.Cut(strings.TrimPrefix(receiver.URL, "https://"), ":")
	for _, target := range []string{receiver.URL, "https://localhost:" + port + "/", "https://[::1]:" + port + "/", "http://127.0.0.1:" + port + "/"} {
		w := newWorld(target)
		d := w.open(t, t.TempDir(), false)
		if err := d.Sweep(t.Context(), w); err != nil {
			t.Fatal(err)
		}
		if it := only(t, d); it.State == Delivered || calls.Load() != 0 {
			t.Errorf("%s is %s: %s", target, it.State, it.Note)
		}
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
	}
	redirecting := httptest.NewServer(http.RedirectHandler(receiver.URL, http.StatusTemporaryRedirect))
	defer redirecting.Close()
	w := newWorld(redirecting.URL)
	d := w.open(t, t.TempDir(), true)
	if err := d.Sweep(t.Context(), w); err != nil {
		t.Fatal(err)
	}
	if it := only(t, d); it.State != Pending || it.Note != "status 307" || calls.Load() != 0 {
		t.Errorf("a redirection gives %s: %s", it.State, it.Note)
	}
	_ = d.Close()
}

// TestWhoIsGoneIsAskedNoMore, and whoever does not answer after the last attempt.
func TestWhoIsGoneIsAskedNoMore(t *testing.T) {
	status := http.StatusGone
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }))
	defer receiver.Close()
	for _, c := range []struct{ status, attempts int }{{http.StatusGone, 1}, {http.StatusInternalServerError, len(waits) + 1}} {
		status = c.status
		w := newWorld(receiver.URL)
		d := w.open(t, t.TempDir(), true)
		for range 20 {
			if err := d.Sweep(t.Context(), w); err != nil {
				t.Fatal(err)
			}
			w.now = w.now.Add(20 * time.Hour)
		}
		if it := only(t, d); it.State != Failed || it.Attempts != c.attempts {
			t.Errorf("status %d: %s after %d attempts, want FAILED after %d", c.status, it.State, it.Attempts, c.attempts)
		}
		_ = d.Close()
	}
}

// TestADailyMessageComesOnceADay and not before its hour.
func TestADailyMessageComesOnceADay(t *testing.T) {
	receiver := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer receiver.Close()
	w := newWorld(receiver.URL)
	w.subscriptions[0].Daily, w.subscriptions[0].Hour = true, 7
	d := w.open(t, t.TempDir(), true)
	w.causes = nil
	for hour := range 48 {
		w.now = time.Date(2026, 2, 24, hour, 30, 0, 0, period.Location())
		c := cause("Xã")
		c.Revision = hour + 1
		w.causes = append(w.causes, c)
		if err := d.Sweep(t.Context(), w); err != nil {
			t.Fatal(err)
		}
	}
	list := d.Deliveries("s1")
	if len(list) != 2 || len(list[1].Causes) != 8 || len(list[0].Causes) != 24 {
		t.Errorf("%d messages, want one of 8 causes and one of 24: %+v", len(list), list)
	}
	_ = d.Close()
}

// TestOldDeliveriesAreForgotten, but never what waits.
func TestOldDeliveriesAreForgotten(t *testing.T) {
	w := newWorld("http://127.0.0.1:1/")
	dir := t.TempDir()
	d := w.open(t, dir, true)
	done, err := d.make(&w.subscriptions[0], w.causes)
	if err == nil {
		err = d.ledger.add(record{Do: "end", ID: done, At: w.now, State: Delivered})
	}
	if err == nil {
		_, err = d.make(&w.subscriptions[0], []reminder.Cause{{Kind: reminder.Returned, Unit: "B-0", Revision: 2}})
	}
	if err = errors.Join(err, d.Close()); err != nil {
		t.Fatal(err)
	}
	w.now = w.now.Add(kept)
	d = w.open(t, dir, true)
	if it := only(t, d); it.State != Pending || d.ledger.knows("s1", w.causes[0].Key()) || !d.ledger.knows("s1", it.Causes[0]) {
		t.Errorf("what is left is %+v", it)
	}
	_ = d.Close()
}
