package notify

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"mime"
	"mime/quotedprintable"
	"net"
	"net/smtp"
	"net/textproto"
	"strings"
	"time"
)

// Mail says by which server e-mail goes out.
type Mail struct {
	// Address is host and port; empty for none, and then there is no e-mail.
	Address string
	// From is the sender's address.
	From string
	// User and Password are for servers that ask for them; they are given over TLS alone.
	User, Password string
	// Plain allows a server that has no STARTTLS, as on the same machine.
	Plain bool
	// Roots are who vouches for the server; nil for those of the system.
	Roots *tls.Config
}

// errMaybeSent says that a mail may have gone out: the server had all of it and did not answer.
var errMaybeSent = errors.New("the mail server had the message and did not answer: it may have gone out")

// refused says that the mail server will never take the message.
type refused struct{ err error }

func (r refused) Error() string { return r.err.Error() }

// send makes one attempt over a connection of its own.
func (m Mail) send(ctx context.Context, to string, d *Delivery, now time.Time) (note string, err error) {
	host, _, err := net.SplitHostPort(m.Address)
	if err != nil {
		return "", fmt.Errorf("the address of the mail server is wrong: %w", err)
	}
	conn, err := (&net.Dialer{Timeout: attemptWithin}).DialContext(ctx, "tcp", m.Address)
	if err != nil {
		return "", errors.New("the mail server cannot be reached: " + bareError(err))
	}
	defer func() { _ = conn.Close() }()
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	c, err := smtp.NewClient(conn, host)
	if err != nil {
		return "", told(err)
	}
	if err := m.greet(c, host); err != nil {
		return "", err
	}
	if err := errors.Join(c.Mail(m.From), c.Rcpt(to)); err != nil {
		return "", told(err)
	}
	w, err := c.Data()
	if err != nil {
		return "", told(err)
	}
	if _, err := w.Write(m.message(to, d, now)); err != nil {
		return "", told(err) // without its end it is no message
	}
	if err := w.Close(); err != nil {
		var answer *textproto.Error
		if !errors.As(err, &answer) {
			return "", errMaybeSent
		}
		return "", told(err)
	}
	_ = c.Quit() // it has the message
	return "taken by the mail server", nil
}

// greet secures the connection and says who we are.
func (m Mail) greet(c *smtp.Client, host string) error {
	if ok, _ := c.Extension("STARTTLS"); ok {
		cfg := &tls.Config{MinVersion: tls.VersionTLS12}
		if m.Roots != nil {
			cfg = m.Roots.Clone()
		}
		cfg.ServerName = host
		if err := c.StartTLS(cfg); err != nil {
			return fmt.Errorf("the mail server cannot be trusted: %w", err)
		}
	} else if !m.Plain {
		return errors.New("the mail server has no STARTTLS, and none is asked for only where the operator allows it")
	}
	if m.User == "" {
		return nil
	}
	if err := c.Auth(smtp.PlainAuth("", m.User, m.Password, host)); err != nil {
		return told(err)
	}
	return nil
}

// told gives an answer of the mail server: what begins with 5 will not change.
func told(err error) error {
	var answer *textproto.Error
	if !errors.As(err, &answer) {
		return errors.New("the mail server broke off")
	}
	said := fmt.Errorf("the mail server says %d", answer.Code)
	if answer.Code >= 500 {
		return refused{said}
	}
	return said
}

// message writes the mail. The id of the delivery is its Message-ID, by which one copy is told from two.
func (m Mail) message(to string, d *Delivery, now time.Time) []byte {
	var b bytes.Buffer
	_, domain, _ := strings.Cut(m.From, "@")
	for _, h := range [][2]string{
		{"From", m.From},
		{"To", to},
		{"Subject", mime.QEncoding.Encode("utf-8", d.Subject)},
		{"Date", now.Format(time.RFC1123Z)},
		{"Message-ID", "<" + d.ID + "@" + domain + ">"},
		{"Auto-Submitted", "auto-generated"},
		{"MIME-Version", "1.0"},
		{"Content-Type", "text/plain; charset=utf-8"},
		{"Content-Transfer-Encoding", "quoted-printable"},
	} {
		b.WriteString(h[0] + ": " + h[1] + "\r\n")
	}
	b.WriteString("\r\n")
	w := quotedprintable.NewWriter(&b)
	_, _ = w.Write([]byte(d.Body)) // a buffer takes everything
	_ = w.Close()
	return b.Bytes()
}
