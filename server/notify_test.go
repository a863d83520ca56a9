package server_test

import (
	"encoding/base64"
	"encoding/csv"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"github.com/tonghop/tonghop/server/notify"
)

// receiver takes webhooks; as long as hang is set it takes the request and never answers.
type receiver struct {
	*httptest.Server
	mu   sync.Mutex
	got  []received
	hang bool
}

type received struct{ id, timestamp, signature, body string }

func newReceiver(t *testing.T) *receiver {
	r := &receiver{}
	r.Server = httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, q *http.Request) {
		body, _ := io.ReadAll(q.Body)
		r.mu.Lock()
		r.got = append(r.got, received{q.Header.Get("webhook-id"), q.Header.Get("webhook-timestamp"), q.Header.Get("webhook-signature"), string(body)})
		hang := r.hang
		r.mu.Unlock()
		if hang {
			<-q.Context().Done()
		}
	}))
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) all() []received {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.got)
}

// office is a mail server that takes a message and, as long as hang is set, never answers.
type office struct {
	mu   sync.Mutex
	mail []string
	hang chan struct{}
}

// NewSession implements smtp.Backend.
func (o *office) NewSession(*smtp.Conn) (smtp.Session, error) { return session{o}, nil }

type session struct{ *office }

func (session) Mail(string, *smtp.MailOptions) error { return nil }
func (session) Rcpt(string, *smtp.RcptOptions) error { return nil }
func (session) Reset()                               {}
func (session) Logout() error                        { return nil }

func (o session) Data(r io.Reader) error {
	text, err := io.ReadAll(r)
	o.mu.Lock()
	o.mail = append(o.mail, string(text))
	o.mu.Unlock()
	<-o.hang
	return err
}

func (o *office) count() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.mail)
}

// until waits for something that the daemon does by itself.
func until(t *testing.T, what string, is func() bool) {
	t.Helper()
	for range 600 {
		if is() {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatalf("%s did not come about within half a minute", what)
}

var secretLine = regexp.MustCompile(`(?m)^secret +whsec_(\S+)$`)

// TestNobodyIsToldTwiceAcrossAKill has a daemon killed while a webhook and an e-mail are under way. The next one sends the
// webhook again with the same id and the same bytes, signed; the e-mail is UNKNOWN and not sent again; and what comes up
// afterwards is told once.
func TestNobodyIsToldTwiceAcrossAKill(t *testing.T) {
	hook, post := newReceiver(t), &office{hang: make(chan struct{})}
	hook.hang = true
	at, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	mailServer := smtp.NewServer(post)
	go func() { _ = mailServer.Serve(at) }()
	t.Cleanup(func() { _ = mailServer.Close() })
	s := newSite(t)
	flags := []string{"--notify", "--notify-private", "--notify-every", "100ms", "--smtp", at.Addr().String(), "--smtp-from", "tonghop@example.org", "--smtp-plain"}
	s.serve(flags...)
	s.importTwoCommunes()
	year := time.Now().In(vietnamTime).AddDate(-1, 0, 0).Format("2006")
	send := func(unit, month string) {
		t.Helper()
		s.tonghop("submit", csvFile(t, "figures.csv", [][]string{{"unit", "form", "period", "indicator", "value"}, {unit, "cat", month, "HS", "7"}}))
	}
	made := s.tonghop("subscriptions", "create", "--webhook", hook.URL+"/hook", "--unit", "87", "--below", "--kind", "waiting")
	secret, err := base64.StdEncoding.DecodeString(secretLine.FindStringSubmatch(made)[1])
	if err != nil {
		t.Fatal(err)
	}
	s.tonghop("subscriptions", "create", "--mail", "nguoi.duyet@example.org", "--kind", "waiting")
	send("1", year+"-10")
	until(t, "the webhook and the e-mail under way", func() bool { return len(hook.all()) == 1 && post.count() == 1 })
	s.kill()
	hook.mu.Lock()
	hook.hang = false
	hook.mu.Unlock()
	s.serve(flags...)
	until(t, "the webhook again", func() bool { return len(hook.all()) == 2 })
	send("4", year+"-10")
	until(t, "the second cause", func() bool { return len(hook.all()) == 3 && post.count() == 2 })
	close(post.hang)

	got := hook.all()
	if got[0].id != got[1].id || got[0].body != got[1].body || got[1].id == got[2].id {
		t.Errorf("the receiver got %+v", got)
	}
	for i, r := range got {
		if want := notify.Sign(secret, r.id, r.timestamp, r.body); r.signature != want {
			t.Errorf("request %d is signed %s, want %s", i, r.signature, want)
		}
	}
	if !strings.Contains(got[0].body, `"unit":"1-0"`) || !strings.Contains(got[2].body, `"unit":"4-0"`) || strings.Contains(got[2].body, `"unit":"1-0"`) {
		t.Errorf("the bodies are %s and %s", got[0].body, got[2].body)
	}
	states := func(channel string) string {
		for _, row := range s.rows("subscriptions", "list", "-o", "csv") {
			if row["channel"] == channel {
				var list []string
				for _, d := range s.rows("subscriptions", "deliveries", row["subscription"], "-o", "csv") {
					list = append(list, d["state"])
				}
				return strings.Join(list, " ")
			}
		}
		return ""
	}
	until(t, "the deliveries", func() bool {
		return states("WEBHOOK") == "DELIVERED DELIVERED" && states("MAIL") == "DELIVERED UNKNOWN"
	})
	var list struct {
		Enabled       bool
		Subscriptions []struct{ Name, Secret, Target string }
	}
	if err := json.Unmarshal(s.get("/v1/subscriptions"), &list); err != nil || !list.Enabled || len(list.Subscriptions) != 2 || list.Subscriptions[0].Secret != "" {
		t.Errorf("the list as JSON is %+v, %v", list, err)
	}
	s.endsTelling(list.Subscriptions[0].Name, list.Subscriptions[1].Name, func() { send("1", year+"-11") }, func() int { return len(hook.all()) + post.count() })
}

// endsTelling deletes the subscriptions: whoever was deleted is told no more, and a server without --notify tells nobody and
// says so.
func (s *site) endsTelling(hook, mail string, send func(), told func() int) {
	t := s.t
	before := told()
	s.tonghop("subscriptions", "delete", hook)
	s.tonghop("subscriptions", "delete", mail)
	send()
	s.stop()
	s.serve()
	if _, errOut, err := s.try("subscriptions", "create", "--webhook", "https://example.org/hook", "--kind", "waiting"); err == nil || !strings.Contains(errOut, "NOTIFICATIONS_OFF") {
		t.Errorf("a server without --notify says %q, %v", errOut, err)
	}
	if after := told(); after != before {
		t.Errorf("%d messages came after all were deleted", after-before)
	}
	s.stop()
	s.tonghopd("verify", "--data", s.dir)
}

// importTwoCommunes makes a province with two communes and one form.
func (s *site) importTwoCommunes() {
	t := s.t
	t.Helper()
	s.tonghop("import", "units", csvFile(t, "units.csv", [][]string{
		{"code", "kind", "name_vi", "name_en", "parent"}, {"87", "province", "Tỉnh", "", ""}, {"1", "commune", "Phường 1", "", "87"}, {"4", "commune", "Phường 4", "", "87"},
	}))
	s.tonghop("import", "indicators", csvFile(t, "indicators.csv", [][]string{
		{"code", "name_vi", "name_en", "group", "unit_of_measure", "scale", "unit_rule", "time_rule", "measure", "reported_by", "direction"},
		{"HS", "Hồ sơ", "", "", "hồ sơ", "0", "SUM", "SUM", "flow", "commune", "higher"},
	}))
	s.tonghop("import", "forms", csvFile(t, "forms.csv", [][]string{
		{"code", "name_vi", "frequency", "calendar", "indicators", "assigned"}, {"cat", "Báo cáo", "month", "CIVIL", "HS", "kind:commune"},
	}))
}

// rows runs a command and reads its CSV.
func (s *site) rows(args ...string) []map[string]string {
	s.t.Helper()
	rows, err := csv.NewReader(strings.NewReader(s.tonghop(args...))).ReadAll()
	if err != nil || len(rows) == 0 {
		s.t.Fatalf("%v: %v", args, err)
	}
	return table(rows)
}
