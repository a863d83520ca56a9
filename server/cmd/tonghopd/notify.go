package main

import (
	"errors"
	"fmt"
	"net/mail"
	"os"
	"strings"
	"time"

	"github.com/tonghop/tonghop/server"
	"github.com/tonghop/tonghop/server/notify"
)

// notifyFlags say whether and how subscribers are told. Nothing is sent without the first.
type notifyFlags struct {
	Notify           bool          `help:"Tell subscribers what is due, late, sent back or waiting, by webhook and, with --smtp, by e-mail." env:"TONGHOP_NOTIFY"`
	NotifyPrivate    bool          `help:"Let webhooks go to private and loopback addresses, and without https." name:"notify-private"`
	NotifyEvery      time.Duration `help:"How often it is looked what there is to tell, 1m at most." default:"1m" name:"notify-every"`
	SMTP             string        `help:"Mail server." name:"smtp" placeholder:"HOST:PORT" env:"TONGHOP_SMTP"`
	SMTPFrom         string        `help:"Sender of e-mails." name:"smtp-from" placeholder:"ADDRESS" env:"TONGHOP_SMTP_FROM"`
	SMTPUser         string        `help:"Name for the mail server." name:"smtp-user" placeholder:"NAME" env:"TONGHOP_SMTP_USER"`
	SMTPPasswordFile string        `help:"File with the password for the mail server." name:"smtp-password-file" placeholder:"FILE" env:"TONGHOP_SMTP_PASSWORD_FILE"`
	SMTPPlain        bool          `help:"Send also where the mail server has no STARTTLS, as on this machine." name:"smtp-plain"`
}

// notify gives what the flags say; nil for nobody.
func (f notifyFlags) notify() (*server.Notify, error) {
	if !f.Notify {
		if f.SMTP != "" {
			return nil, errors.New("--smtp names a mail server, and without --notify nothing is sent: give --notify too")
		}
		return nil, nil
	}
	n := &server.Notify{
		AllowPrivate: f.NotifyPrivate, Every: f.NotifyEvery,
		Mail: notify.Mail{Address: f.SMTP, From: f.SMTPFrom, User: f.SMTPUser, Plain: f.SMTPPlain},
	}
	if f.SMTP == "" {
		return n, nil
	}
	if from, err := mail.ParseAddress(f.SMTPFrom); err != nil || from.Address != f.SMTPFrom {
		return nil, fmt.Errorf("--smtp-from %q is no address of e-mail; give the sender, such as tonghop@example.org", f.SMTPFrom)
	}
	if f.SMTPPasswordFile != "" {
		text, err := os.ReadFile(f.SMTPPasswordFile)
		if err != nil {
			return nil, fmt.Errorf("--smtp-password-file: %w", err)
		}
		n.Mail.Password = strings.TrimRight(string(text), "\r\n")
	}
	return n, nil
}
