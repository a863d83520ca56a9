package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync/atomic"
	"text/template"
	"time"

	"github.com/tonghop/tonghop/client"
	"github.com/tonghop/tonghop/server"
	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/demo"
	"github.com/tonghop/tonghop/server/reporting"
)

type demoCommand struct {
	Data string `help:"Data folder to keep; made if it is missing, served again as it is if it holds a store. Without: a temporary one." placeholder:"DIR"`
	listenFlags
	garbageFlags
}

// clock is the server's clock, which the demo sets back to play two years.
type clock struct{ played atomic.Pointer[time.Time] }

func (c *clock) now() time.Time {
	if t := c.played.Load(); t != nil {
		return *t
	}
	return time.Now()
}

func (c *clock) set(t time.Time) { c.played.Store(&t) }

// Run makes the sample province where it is missing, and serves it.
func (c demoCommand) Run(w world) (err error) {
	cfg, err := c.config(w)
	if err != nil {
		return err
	}
	c.garbage().Tune(w.ctx)
	server.SpareProcessor()
	cfg.Dir = c.Data
	if cfg.Dir == "" {
		temporary, err := os.MkdirTemp("", "tonghop-demo-")
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, os.RemoveAll(temporary)) }()
		cfg.Dir = filepath.Join(temporary, "store")
	}
	var played clock
	cfg.Now = played.now
	fresh := false
	if _, statErr := os.Stat(filepath.Join(cfg.Dir, "journal")); errors.Is(statErr, os.ErrNotExist) {
		fresh = true
		played.set(time.Date(2022, time.November, 1, 8, 0, 0, 0, time.UTC))
		if _, err := server.Init(w.ctx, cfg); err != nil {
			return err
		}
	}
	s, err := server.Open(w.ctx, cfg)
	if err != nil {
		return err
	}
	// The server runs while the demo fills it, and stops with it.
	ctx, stop := context.WithCancel(w.ctx)
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	err = c.show(ctx, w, s, &played, fresh)
	if err != nil {
		stop()
	}
	err = errors.Join(err, <-ended)
	stop()
	return err
}

// show fills the store if it is new, and tells what to try.
func (c demoCommand) show(ctx context.Context, w world, s *server.Server, played *clock, fresh bool) error {
	if fresh {
		if err := load(ctx, w, s, played); err != nil {
			return err
		}
	}
	played.played.Store(nil)
	tokens := map[string]string{}
	for _, draft := range []reporting.TokenDraft{
		{Role: auth.Administrator},
		{Role: auth.Approver, Unit: "87"},
		{Role: auth.Reporter, Unit: "29869"},
		{Role: auth.Viewer},
		{Role: auth.Operator},
	} {
		secret, err := s.Store().IssueToken(ctx, draft)
		if err != nil {
			return err
		}
		tokens[draft.Role.String()] = secret.Reveal()
	}
	return tell(w.out, s, tokens)
}

// load plays the two years through the API.
func load(ctx context.Context, w world, s *server.Server, played *clock) error {
	began := time.Now()
	conns := map[auth.Role]*client.Client{}
	for _, role := range []auth.Role{auth.Administrator, auth.Approver} {
		secret, err := s.Store().IssueToken(ctx, reporting.TokenDraft{Role: role, Lifetime: 3 * 365 * 24 * time.Hour})
		if err != nil {
			return err
		}
		if conns[role], err = client.Dial(ctx, client.Config{
			Address: s.GRPCAddress(), Token: client.Secret(secret.Reveal()), Language: "en",
		}); err != nil {
			return err
		}
	}
	show := newProgress(w.err)
	result, err := demo.Load(ctx, demo.Options{
		Admin: conns[auth.Administrator], Approver: conns[auth.Approver], SetTime: played.set,
		Progress: func(done, total uint64) { show("reports", done, total) },
	})
	if err := errors.Join(err, conns[auth.Administrator].Close(), conns[auth.Approver].Close()); err != nil {
		return err
	}
	_, err = fmt.Fprintf(w.out, "Loaded in %s: %d units, %d indicators, %d forms, %d rules; %d reports of %s to %s, of them %d late and %d corrected, "+
		"%d with an explanation that a rule asked for; %d approved, %d sent back, %d never sent; one unit was excused, and one month closed.\n\n", time.Since(began).Round(100*time.Millisecond),
		result.Units, result.Indicators, result.Forms, result.Rules, result.Reports, demo.FirstPeriod, demo.LastPeriod,
		result.Late, result.Corrected, result.Explained, result.Approved, result.Returned, result.Missing)
	return err
}

// guide is what the demo says; every command in it is run by a test.
var guide = template.Must(template.New("guide").Parse(`grpc={{.GRPC}} http={{.HTTP}}

Tokens, one for each role:
  administrator         {{.Tokens.administrator}}
  approver of 87        {{.Tokens.approver}}
  reporter of 29869     {{.Tokens.reporter}}
  viewer                {{.Tokens.viewer}}
  operator              {{.Tokens.operator}}

Try, in another terminal:

# How many files came in online in the province in 2024, and how far can the figure be trusted?
curl -s -H 'Authorization: Bearer {{.Tokens.viewer}}' 'http://{{.HTTP}}/v1/rollups:query?units=87&indicators=CQ-06&periods=2024&asOf=2025-06-30'

# Month by month, what was approved; CQ-17 is computed from the parts of CQ-07 and CQ-06:
TONGHOP_ADDRESS={{.GRPC}} TONGHOP_TOKEN={{.Tokens.viewer}} go run ./client/cmd/tonghop query --unit 87 --indicator CQ-06,CQ-17,XH-01 --period 2024-01..2024-12

# The districts beside one another in December, with what still waits for approval:
TONGHOP_ADDRESS={{.GRPC}} TONGHOP_TOKEN={{.Tokens.viewer}} go run ./client/cmd/tonghop query --unit 866,867,868,869,870,871,872,873,874,875,876,877 --indicator XH-01 --period 2024-12 --basis provisional

# Why is it that much? Down to each commune's report:
TONGHOP_ADDRESS={{.GRPC}} TONGHOP_TOKEN={{.Tokens.viewer}} go run ./client/cmd/tonghop explain --unit 866 --indicator XH-01 --period 2024-12

# Which reports of communes were sent back, who was excused, and which months are closed?
TONGHOP_ADDRESS={{.GRPC}} TONGHOP_TOKEN={{.Tokens.viewer}} go run ./client/cmd/tonghop reports list --form cds-xa-thang --period 2024-01..2024-12 --state returned
TONGHOP_ADDRESS={{.GRPC}} TONGHOP_TOKEN={{.Tokens.viewer}} go run ./client/cmd/tonghop exclude --form cds-xa-thang --period 2024-12
TONGHOP_ADDRESS={{.GRPC}} TONGHOP_TOKEN={{.Tokens.viewer}} go run ./client/cmd/tonghop close cds-xa-thang

# Until when did the departments have to report? Six days after January 2023 it was Tết, and the list of holidays moved the deadline:
TONGHOP_ADDRESS={{.GRPC}} TONGHOP_TOKEN={{.Tokens.viewer}} go run ./client/cmd/tonghop calendar periods 2023-01..2023-03 --form CDS-SO-THANG --kind department
TONGHOP_ADDRESS={{.GRPC}} TONGHOP_TOKEN={{.Tokens.viewer}} go run ./client/cmd/tonghop calendar holidays --from 2023-01-01 --to 2023-12-31

# Who has reported in Sa Đéc, who is late in the province, and what does one ward owe?
TONGHOP_ADDRESS={{.GRPC}} TONGHOP_TOKEN={{.Tokens.viewer}} go run ./client/cmd/tonghop completeness --form CDS-XA-THANG --unit 867 --kind commune --period 2024-01..2024-12
TONGHOP_ADDRESS={{.GRPC}} TONGHOP_TOKEN={{.Tokens.viewer}} go run ./client/cmd/tonghop overdue --unit 87 --period 2024-01..2024-12
TONGHOP_ADDRESS={{.GRPC}} TONGHOP_TOKEN={{.Tokens.reporter}} go run ./client/cmd/tonghop owe --period 2024-10..2024-12 --all

# The ward's form of a month as a workbook, with the figures of the month before; "tonghop submit" sends it when it is filled in:
TONGHOP_ADDRESS={{.GRPC}} TONGHOP_TOKEN={{.Tokens.reporter}} go run ./client/cmd/tonghop template --form CDS-XA-THANG --unit 29869 --period 2024-12 --overwrite -f "${TMPDIR:-/tmp}/bao-cao.xlsx"

# What do the rules of the communes' form say, and what would a new one have found last year?
TONGHOP_ADDRESS={{.GRPC}} TONGHOP_TOKEN={{.Tokens.viewer}} go run ./client/cmd/tonghop rules list --form CDS-XA-THANG
TONGHOP_ADDRESS={{.GRPC}} TONGHOP_TOKEN={{.Tokens.viewer}} go run ./client/cmd/tonghop rules test CDS-XA-THANG --period 2024-01..2024-12 --expr 'outlier([CQ-11], 12) <= 3.5'

# Is the province on its plan of 2024? Where it is not, which units are behind, and who is first among the districts on the border?
TONGHOP_ADDRESS={{.GRPC}} TONGHOP_TOKEN={{.Tokens.viewer}} go run ./client/cmd/tonghop evaluate 52-kh-ubnd-2024 --focus
TONGHOP_ADDRESS={{.GRPC}} TONGHOP_TOKEN={{.Tokens.viewer}} go run ./client/cmd/tonghop rank --indicator XH-01 --period 2024-12 --region BIENGIOI

# Which districts have not set up their steering body, or late? How many products were on sale, how many came and were taken off?
TONGHOP_ADDRESS={{.GRPC}} TONGHOP_TOKEN={{.Tokens.viewer}} go run ./client/cmd/tonghop duty state BCD-CDS
TONGHOP_ADDRESS={{.GRPC}} TONGHOP_TOKEN={{.Tokens.viewer}} go run ./client/cmd/tonghop register count OCOP --unit 87 --children --period 2023,2024

# What changed last? Give nextAfterSequence as afterSequence to go on from there:
curl -s -H 'Authorization: Bearer {{.Tokens.viewer}}' 'http://{{.HTTP}}/v1/changes?afterSequence={{.After}}'

Interrupt (Ctrl+C) to end it.
`))

func tell(out io.Writer, s *server.Server, tokens map[string]string) error {
	return guide.Execute(out, map[string]any{
		"GRPC": s.GRPCAddress(), "HTTP": s.HTTPAddress(), "Tokens": tokens,
		// The last entries are the tokens themselves, which a viewer is not told of.
		"After": s.Store().Head().Sequence - uint64(len(tokens)) - 3,
	})
}
