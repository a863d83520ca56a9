package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/tonghop/tonghop/server"
	"github.com/tonghop/tonghop/server/security"
)

// securityFlags say how much of the security log is kept.
type securityFlags struct {
	SecurityKeep  time.Duration `help:"How long files of the security log are kept, unless there are too many." default:"17568h" name:"security-keep"`
	SecurityFiles int           `help:"How many files of 16 MiB of the security log are kept beside the newest." default:"64" name:"security-files"`
}

func (f securityFlags) security() security.Config {
	return security.Config{Keep: f.SecurityKeep, Files: f.SecurityFiles}
}

type auditCommand struct {
	Data       string    `help:"Data folder." required:"" placeholder:"DIR" env:"TONGHOP_DATA"`
	Actor      string    `help:"Only what this principal did or tried."`
	Credential string    `help:"Only attempts with the token of this id."`
	Unit       string    `help:"Only changes that name this unit, by id or code."`
	Event      []string  `help:"Only these kinds, such as reports_submitted, token_issued, refused, first_use."`
	Since      time.Time `help:"From this instant on." format:"2006-01-02T15:04:05Z07:00" placeholder:"INSTANT"`
	Until      time.Time `help:"Before this instant." format:"2006-01-02T15:04:05Z07:00" placeholder:"INSTANT"`
	Journal    bool      `help:"Only changes, which the journal has." xor:"source"`
	Security   bool      `help:"Only refusals and first uses, which the security log has." xor:"source"`
	JSON       bool      `help:"Write each line as JSON, as the security log has it." name:"json"`
}

// Run tells who did what and who tried.
func (c auditCommand) Run(w world) error {
	q := server.AuditQuery{
		Principal: c.Actor, Credential: c.Credential, Unit: c.Unit, Events: c.Event, Since: c.Since, Until: c.Until,
		Journal: c.Journal, Security: c.Security,
	}
	tell := func(l server.AuditLine) error { return c.tell(w, l) }
	unread, err := server.Audit(w.ctx, server.Config{Dir: c.Data}, q, tell)
	if err == nil && unread > 0 {
		_, err = fmt.Fprintf(w.err, "%d lines of the security log cannot be read, such as one that a crash cut off\n", unread)
	}
	return err
}

func (c auditCommand) tell(w world, l server.AuditLine) error {
	if c.JSON {
		return json.NewEncoder(w.out).Encode(l)
	}
	words := []string{l.Time.Format(time.RFC3339), l.Source, string(l.Kind)}
	if l.Sequence > 0 {
		words = append(words, fmt.Sprintf("entry=%d", l.Sequence))
	}
	for _, f := range []struct{ name, value string }{
		{"actor", l.Principal},
		{"credential", l.Credential},
		{"address", l.Address},
		{"door", l.Door},
		{"method", l.Method},
		{"request", l.RequestID},
		{"code", l.Code},
		{"reason", l.Reason},
		{"units", fewUnits(l.Units)},
	} {
		if f.value != "" {
			words = append(words, fmt.Sprintf("%s=%q", f.name, f.value))
		}
	}
	if l.Lost > 0 {
		words = append(words, fmt.Sprintf("lost=%d", l.Lost))
	}
	_, err := fmt.Fprintln(w.out, strings.Join(words, " "))
	return err
}

// fewUnits names some units; JSON has all.
func fewUnits(ids []string) string {
	const few = 5
	if len(ids) > few {
		return fmt.Sprintf("%s and %d more", strings.Join(ids[:few], ","), len(ids)-few)
	}
	return strings.Join(ids, ",")
}
