//go:build unix

package bitrot

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/tonghop/tonghop/server"
	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/form"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/reporting"
)

// The copies, and the files of the state in each that matter here.
const (
	inOrder   = "stopped in order"
	killed    = "killed"
	rebooted  = "killed before another start of the machine"
	stateFile = "state/state.bolt"
	bootFile  = "state/state.boot"
)

// copies lists them.
var copies = []string{inOrder, killed, rebooted}

// model is an undamaged copy.
type model struct {
	dir string
	// segments are the files of the journal, small those that are neither these nor the state; none of the commands' own.
	segments, small []string
	// sizes are the lengths of files; used is where the last byte that is not zero stands in segments and state.
	sizes, used map[string]int64
	// lastFrom is where the last change begins in the last segment.
	lastFrom int64
}

// config is how every copy is opened. The clock stands still, so that answers are always the same.
func config(dir string) server.Config {
	return server.Config{
		Dir: dir, SegmentBytes: 4096, FreeGuard: 1,
		Now: func() time.Time { return time.Date(2025, 3, 1, 3, 0, 0, 0, time.UTC) },
	}
}

// build lets a province work, and copies its folder before its last change, as a kill leaves it, for this start of the machine
// and for the next, and as a stop in order does. It gives the administrator's secret.
func build(ctx context.Context, dir string) (auth.Secret, error) {
	at := filepath.Join(dir, "store")
	secret, err := server.Init(ctx, config(at))
	if err != nil {
		return "", err
	}
	store, err := server.OpenStore(ctx, config(at))
	if err != nil {
		return "", err
	}
	p := province{ctx: ctx, store: store}
	p.live(secret)
	p.try(copyFolder(at, filepath.Join(dir, "before")))
	p.send("C8", "2024-04", 99, false) // which was not sent before
	p.try(copyFolder(at, filepath.Join(dir, killed)))
	p.try(copyFolder(at, filepath.Join(dir, rebooted)))
	p.try(os.WriteFile(filepath.Join(dir, rebooted, bootFile), []byte("another start of the machine\n"), 0o600))
	if err := errors.Join(p.err, store.Close()); err != nil {
		return "", err
	}
	return secret, copyFolder(at, filepath.Join(dir, inOrder))
}

// read looks at the models.
func read(dir string) (map[string]*model, error) {
	all := map[string]*model{}
	for _, name := range copies {
		m := &model{dir: filepath.Join(dir, name), sizes: map[string]int64{}, used: map[string]int64{}}
		if err := filepath.WalkDir(m.dir, m.look); err != nil {
			return nil, err
		}
		slices.Sort(m.segments)
		last := m.segments[len(m.segments)-1]
		before, err := os.ReadFile(filepath.Join(dir, "before", last)) //nolint:gosec // a copy of our own
		if errors.Is(err, fs.ErrNotExist) {
			before, err = nil, nil // the last change began the segment
		}
		if err != nil {
			return nil, err
		}
		m.lastFrom = max(sectorBytes, int64(len(bytes.TrimRight(before, "\x00"))))
		all[name] = m
	}
	return all, nil
}

func (m *model) look(path string, e fs.DirEntry, err error) error {
	if err != nil || e.IsDir() {
		return err
	}
	file, err := filepath.Rel(m.dir, path)
	if err != nil {
		return err
	}
	content, err := os.ReadFile(path) //nolint:gosec // a copy of our own
	if err != nil {
		return err
	}
	m.sizes[file] = int64(len(content))
	m.used[file] = int64(len(bytes.TrimRight(content, "\x00")))
	switch {
	case isSegment(file):
		m.segments = append(m.segments, file)
	case file != stateFile:
		m.small = append(m.small, file)
	}
	return nil
}

// copyFolder copies a folder; what is zeros to the end of a file takes no room.
func copyFolder(from, to string) error {
	return filepath.WalkDir(from, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		at := filepath.Join(to, name)
		if e.IsDir() {
			return os.MkdirAll(at, 0o700)
		}
		return copyFile(path, at)
	})
}

func copyFile(from, to string) error {
	content, err := os.ReadFile(from) //nolint:gosec // a copy of our own
	if err != nil {
		return err
	}
	if err := os.WriteFile(to, bytes.TrimRight(content, "\x00"), 0o600); err != nil {
		return err
	}
	return os.Truncate(to, int64(len(content)))
}

// province makes changes until one fails.
type province struct {
	ctx        context.Context //nolint:containedctx // it lives as long as build
	store      *server.Store
	admin, two auth.Caller
	calls      byte
	err        error
}

func (p *province) try(err error) {
	if p.err == nil {
		p.err = err
	}
}

func (p *province) call(who auth.Caller) reporting.Call {
	p.calls++
	return reporting.Call{Caller: who, RequestID: [16]byte{1, p.calls}}
}

// live is everything before the last change: half a year of a province.
func (p *province) live(secret auth.Secret) {
	svc := p.store.Service
	var err error
	p.admin, err = svc.Authenticate(p.ctx, secret)
	p.try(err)
	_, second, _, _, err := svc.CreateToken(p.ctx, p.call(p.admin), reporting.TokenDraft{Role: auth.Administrator, DisplayName: "Văn thư"})
	p.try(err)
	p.two, err = svc.Authenticate(p.ctx, second)
	p.try(err)
	units := []hierarchy.Unit{unit("P", "province", ""), unit("D1", "district", "P"), unit("D2", "district", "P")}
	for n := range 9 {
		units = append(units, unit(fmt.Sprint("C", n), "commune", fmt.Sprint("D", n%2+1)))
	}
	_, err = svc.ImportUnits(p.ctx, p.call(p.admin), units)
	p.try(err)
	flow, stock := indicator.Part{Time: indicator.TimeSum}, indicator.Part{Measure: indicator.Stock, Time: indicator.TimeLast}
	_, err = svc.ImportIndicators(p.ctx, p.call(p.admin), []indicator.Indicator{
		counted("SUM", indicator.UnitSum, flow), counted("RATIO", indicator.UnitRatio, flow), counted("LAST", indicator.UnitSum, stock),
		counted("MAX", indicator.UnitMax, indicator.Part{Time: indicator.TimeMax}),
	})
	p.try(err)
	_, err = svc.ImportForms(p.ctx, p.call(p.admin), []form.Form{{
		Code: "M", NameVI: "Biểu tháng", Frequency: period.Month, Calendar: period.Civil, ValidFrom: period.Beginning,
		Indicators: []indicator.Code{"SUM", "RATIO", "LAST", "MAX"}, Assigned: []hierarchy.Selector{{Kind: "commune"}},
	}})
	p.try(err)
	for month := 1; month <= 6; month++ {
		for n := range 9 {
			if (month+n)%4 != 0 {
				p.send(fmt.Sprint("C", n), fmt.Sprintf("2024-%02d", month), month*n, n%3 == 0)
			}
		}
	}
}

func unit(code, kind, parent string) hierarchy.Unit {
	u := hierarchy.Unit{
		Code: hierarchy.Code(code), Kind: hierarchy.Kind(kind), NameVI: "Đơn vị " + code, ValidFrom: period.Beginning, ValidTo: period.Forever,
	}
	if parent != "" {
		u.Parent = hierarchy.NewID(hierarchy.Code(parent), period.Beginning)
	}
	return u
}

func counted(code indicator.Code, rule indicator.UnitRule, part indicator.Part) indicator.Indicator {
	i := indicator.Indicator{
		Code: code, NameVI: "Số " + string(code), UnitOfMeasure: "hồ sơ", UnitRule: rule, Value: part,
		ReportedBy: []hierarchy.Kind{"commune"}, ValidFrom: period.Beginning,
	}
	if rule == indicator.UnitRatio {
		i.Denominator = part
	}
	return i
}

// send sends a report, and has some approved, corrected or returned.
func (p *province) send(unit, month string, n int, review bool) {
	svc := p.store.Service
	ref := reporting.ReportRef{Unit: unit, Form: "M", Period: month}
	text := func(n int) *string {
		s := fmt.Sprint(n)
		return &s
	}
	sub := reporting.Submission{Ref: ref, Figures: []reporting.FigureDraft{
		{Indicator: "SUM", Value: text(n)},
		{Indicator: "RATIO", Numerator: text(n), Denominator: text(n + 7)},
		{Indicator: "LAST", Value: text(3 * n), Note: strings.Repeat("ghi chú ", n%3)},
		{Indicator: "MAX", Value: text(100 - n)},
	}}
	sent, _, _, err := svc.Submit(p.ctx, p.call(p.admin), sub)
	p.try(err)
	if !review {
		return
	}
	approved, _, _, err := svc.Approve(p.ctx, p.call(p.two), ref, sent.Etag)
	p.try(err)
	sub.Etag, sub.Figures[0].Value = approved.Etag, text(n+1)
	if n%2 == 0 {
		_, _, _, err = svc.Submit(p.ctx, p.call(p.admin), sub)
	} else {
		_, _, _, err = svc.Return(p.ctx, p.call(p.two), ref, approved.Etag, "xem lại")
	}
	p.try(err)
}
