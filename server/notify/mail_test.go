package notify

import (
	"io"
	"mime"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"github.com/tonghop/tonghop/server/reminder"
)

// postOffice is a mail server that keeps what it takes.
type postOffice struct {
	mu   sync.Mutex
	mail []string
	// refuse is the answer to recipients; nil takes them.
	refuse *smtp.SMTPError
	// silent breaks the connection when it has the whole message.
	silent bool
}

// NewSession implements smtp.Backend.
func (p *postOffice) NewSession(c *smtp.Conn) (smtp.Session, error) { return &letter{p: p, c: c}, nil }

type letter struct {
	p        *postOffice
	c        *smtp.Conn
	from, to string
}

func (l *letter) Mail(from string, _ *smtp.MailOptions) error { l.from = from; return nil }

func (l *letter) Rcpt(to string, _ *smtp.RcptOptions) error {
	if l.p.refuse != nil {
		return l.p.refuse
	}
	l.to = to
	return nil
}

func (l *letter) Data(r io.Reader) error {
	text, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	l.p.mu.Lock()
	l.p.mail = append(l.p.mail, l.from+" "+l.to+"\n"+string(text))
	l.p.mu.Unlock()
	if l.p.silent {
		_ = l.c.Conn().Close()
	}
	return nil
}

func (l *letter) Reset()        {}
func (l *letter) Logout() error { return nil }

// taken is the mail that it holds. Closing a connection orders nothing between the server and who asks here.
func (p *postOffice) taken() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.mail)
}

// start serves on a free port of the loopback.
func (p *postOffice) start(t *testing.T) string {
	t.Helper()
	at, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := smtp.NewServer(p)
	s.Domain, s.AllowInsecureAuth, s.ReadTimeout, s.WriteTimeout = "localhost", true, 10*time.Second, 10*time.Second
	go func() { _ = s.Serve(at) }()
	t.Cleanup(func() { _ = s.Close() })
	return at.Addr().String()
}

// TestMailGoesOutOnce through a real mail server: its text can be read, and what may have gone out is not sent again.
func TestMailGoesOutOnce(t *testing.T) {
	for _, c := range []struct {
		name   string
		office *postOffice
		plain  bool
		state  State
		mails  int
	}{
		{"taken", &postOffice{}, true, Delivered, 1},
		{"refused for good", &postOffice{refuse: &smtp.SMTPError{Code: 550, Message: "no such user"}}, true, Failed, 0},
		{"refused for now", &postOffice{refuse: &smtp.SMTPError{Code: 451, Message: "later"}}, true, Pending, 0},
		{"taken without an answer", &postOffice{silent: true}, true, Unknown, 1},
		{"without STARTTLS", &postOffice{}, false, Pending, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld("nguoi.duyet@example.org")
			w.subscriptions[0].Channel = reminder.Mail
			d := w.open(t, t.TempDir(), true)
			d.cfg.Mail = Mail{Address: c.office.start(t), From: "tonghop@example.org", Plain: c.plain}
			for range 2 {
				if err := d.Sweep(t.Context(), w); err != nil {
					t.Fatal(err)
				}
			}
			it, mails := only(t, d), c.office.taken()
			if it.State != c.state || len(mails) != c.mails {
				t.Fatalf("%s (%s), %d mails; want %s, %d", it.State, it.Note, len(mails), c.state, c.mails)
			}
			if c.mails > 0 {
				checkMail(t, mails[0], it.ID)
			}
			if err := d.Close(); err != nil {
				t.Fatal(err)
			}
		})
	}
}

func checkMail(t *testing.T, text, id string) {
	t.Helper()
	envelope, text, _ := strings.Cut(text, "\n")
	m, err := mail.ReadMessage(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(quotedprintable.NewReader(m.Body))
	if err != nil {
		t.Fatal(err)
	}
	if envelope != "tonghop@example.org nguoi.duyet@example.org" || m.Header.Get("Message-Id") != "<"+id+"@example.org>" ||
		subject != "Tổng hợp: 1 việc về báo cáo (1 about reports)" || !strings.Contains(string(body), "A Xã An: Cat, 2026-02, hạn (due) 2026-02-23, trễ 1 ngày (days late)") {
		t.Errorf("%s\n%s\n%s\n%s", envelope, subject, m.Header, body)
	}
}
