//go:build unix

package product

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/tonghop/tonghop/client"
	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
	"github.com/tonghop/tonghop/server/bench/turn"
	"github.com/tonghop/tonghop/server/bench/workload"
	"github.com/tonghop/tonghop/server/check/daemon"
)

// stopWithin is how long a daemon may take to end in order.
const stopWithin = 30 * time.Second

// Product is a store with its daemon.
type Product struct {
	// Shape is what it holds reports of, Dir the data folder, Token that of its administrator.
	Shape workload.Shape
	Dir   string
	Token string
	// Client speaks to the daemon over gRPC. Rollups and JSON ask it for roll-ups.
	Client  *client.Client
	Rollups Asker
	JSON    Asker

	cfg    daemon.Config
	daemon *daemon.Daemon
}

// At is a store that is there; its daemon is not started.
func At(program, dir, token string, shape workload.Shape) *Product {
	return &Product{Shape: shape, Dir: dir, Token: token, cfg: daemon.Config{Program: program, Dir: dir}}
}

// Make makes an empty store in a folder and starts its daemon, which lives no longer than the context.
func Make(ctx context.Context, program, dir string, shape workload.Shape) (*Product, error) {
	p := At(program, dir, "", shape)
	out, exit, err := daemon.Command(ctx, p.cfg, "init", "--data", dir)
	if err != nil {
		return nil, err
	}
	if exit.Code != 0 {
		return nil, fmt.Errorf("tonghopd init: %s", exit)
	}
	lines := strings.Split(strings.TrimSpace(out), "\n")
	p.Token = lines[len(lines)-1]
	return p, p.Start(ctx)
}

// Start starts the daemon and connects to it.
func (p *Product) Start(ctx context.Context) error {
	var err error
	if p.daemon, err = daemon.Start(ctx, p.cfg); err != nil {
		return err
	}
	if p.Client, err = p.Dial(ctx); err != nil {
		return errors.Join(err, p.Stop())
	}
	p.Rollups = Over(p.Client)
	p.JSON = overJSON{
		web:   &http.Client{Transport: &http.Transport{DisableCompression: true, MaxIdleConnsPerHost: 1}, Timeout: time.Minute},
		host:  "http://" + p.daemon.HTTP,
		token: p.Token,
	}
	return nil
}

// Dial opens a connection as the administrator.
func (p *Product) Dial(ctx context.Context) (*client.Client, error) {
	return Dial(ctx, p.daemon.GRPC, p.Token)
}

// Dial opens a connection to a server, as every contestant has it. A call has one attempt: one that had to be repeated would
// be measured as a slow one.
func Dial(ctx context.Context, address, token string) (*client.Client, error) {
	return client.Dial(ctx, client.Config{Address: address, Token: client.Secret(token), Language: "en", UserAgent: "bench", Attempts: 1})
}

// Stop ends the daemon in order.
func (p *Product) Stop() error {
	if p.daemon == nil {
		return nil
	}
	var err error
	if p.Client != nil {
		err = p.Client.Close()
	}
	exit, stopped := p.daemon.Stop(stopWithin)
	if err = errors.Join(err, stopped); err == nil && exit.Code != 0 {
		err = fmt.Errorf("the daemon ended with %s", exit)
	}
	p.daemon = nil
	return err
}

// Rebuild makes the derived state anew from the journal, while no daemon runs, and gives how long the whole command took.
func (p *Product) Rebuild(ctx context.Context) (time.Duration, error) {
	began := time.Now()
	_, exit, err := daemon.Command(ctx, p.cfg, "rebuild", "--data", p.Dir)
	if err == nil && exit.Code != 0 {
		err = fmt.Errorf("tonghopd rebuild: %s", exit)
	}
	return time.Since(began), err
}

// PID is the process id of the daemon.
func (p *Product) PID() int { return p.daemon.PID() }

// Catalogue imports the units, the indicators and the form of the shape.
func (p *Product) Catalogue(ctx context.Context) error {
	units, indicators, forms := p.Shape.Files()
	for _, file := range []struct {
		name, text string
		send       func(context.Context, readSeeker, *reportingv1.ImportOptions) (*reportingv1.ImportSummary, error)
	}{
		{"units.csv", units, p.Client.ImportUnits},
		{"indicators.csv", indicators, p.Client.ImportIndicators},
		{"forms.csv", forms, p.Client.ImportForms},
	} {
		summary, err := file.send(ctx, strings.NewReader(file.text), &reportingv1.ImportOptions{FileName: file.name})
		if err != nil {
			return fmt.Errorf("%s: %w", file.name, err)
		}
		if problems := summary.GetProblems(); len(problems) > 0 {
			return fmt.Errorf("%s, line %d: %s", file.name, problems[0].GetLine(), problems[0].GetMessage())
		}
	}
	return nil
}

// Reform makes the country anew and gives the sequence of the last entry before.
func (p *Product) Reform(ctx context.Context) (before uint64, err error) {
	units, lineage := p.Shape.Reform()
	answer, err := p.Client.ImportReorganisation(ctx, strings.NewReader(units), strings.NewReader(lineage), nil)
	if err != nil {
		return 0, err
	}
	for file, problems := range map[string][]*reportingv1.Problem{"units.csv": answer.GetUnitProblems(), "lineage.csv": answer.GetLineageProblems()} {
		if len(problems) > 0 {
			return 0, fmt.Errorf("%s, line %d: %s", file, problems[0].GetLine(), problems[0].GetMessage())
		}
	}
	return uint64(answer.GetReorganisation().GetReceipt().GetSequence() - 1), nil //nolint:gosec // counts from 1
}

// Run submits reports one by one through the client library, which makes its messages meanwhile.
func (p *Product) Run(ctx context.Context, o turn.Order) (turn.Window, error) {
	return SubmitAll(ctx, p.Client, p.Shape, o)
}

// SubmitAll submits reports to whoever takes the product's messages.
func SubmitAll(ctx context.Context, to *client.Client, shape workload.Shape, o turn.Order) (turn.Window, error) {
	return turn.Run(ctx, o, func(ctx context.Context, n int) error {
		_, err := to.SubmitReport(ctx, shape.Request(shape.Arrival(n)))
		return err
	})
}

// SampleAnswer submits the n-th report and gives the answer in its wire form.
func (p *Product) SampleAnswer(ctx context.Context, n int) ([]byte, error) {
	return sampleAnswer(ctx, p.Client, p.Shape.Request(n))
}
