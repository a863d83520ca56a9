//go:build unix

package bench

import (
	"context"
	"path/filepath"
	"time"

	"github.com/tonghop/tonghop/server/bench/machine"
	"github.com/tonghop/tonghop/server/bench/report"
	"github.com/tonghop/tonghop/server/bench/turn"
	"github.com/tonghop/tonghop/server/bench/workload"
)

// sizes notes what the loaded store takes on the disk. A journal grows by whole files, which are made long beforehand: what
// counts is what was written into them. The state counts whole.
func (b *bench) sizes() error {
	journal, err := machine.Used(filepath.Join(b.product.Dir, "journal"))
	if err != nil {
		return err
	}
	state, err := machine.Size(filepath.Join(b.product.Dir, "state"))
	if err != nil {
		return err
	}
	whole, err := machine.Size(b.product.Dir)
	values := float64(b.loaded * workload.Slots)
	b.book.Add(report.DiskProduct, map[string]float64{
		report.PerValue: float64(journal+state) / values, "bytes_per_value_journal": float64(journal) / values,
		"bytes_per_value_state": float64(state) / values, "mib_of_all_files": mib(whole),
	})
	return err
}

// starts is how often the start after a clean stop is measured.
const starts = 3

// restart measures how long a store that was stopped in order takes until it has answered a question, with its files in the
// kernel's memory, beside one reading of the files; the last daemon stays.
func (b *bench) restart(ctx context.Context) error {
	q := b.Shape.Questions(b.Months, b.Shape)[2]
	for i := range starts {
		if _, err := b.rest(ctx); err != nil {
			return err
		}
		begun := time.Now()
		if _, err := machine.ReadAll(b.product.Dir); err != nil {
			return err
		}
		reading := time.Since(begun)
		begun = time.Now()
		if err := b.product.Start(ctx); err != nil {
			return err
		}
		if _, err := b.product.Rollups.Ask(ctx, q); err != nil {
			return err
		}
		b.book.Add(report.StartProduct, map[string]float64{
			report.Seconds: time.Since(begun).Seconds(), report.Reading: reading.Seconds(),
		})
		if i == starts-1 {
			break
		}
		if err := b.product.Stop(); err != nil {
			return err
		}
	}
	return nil
}

// afterwards measures what is measured once, on the store as the rounds left it.
func (b *bench) afterwards(ctx context.Context) error {
	resident, own := machine.Memory(b.product.PID())
	empty := report.SpreadOf(b.book.Of(report.Side{Contestant: report.MemoryProduct, Metric: report.Empty})).Median
	b.book.Add(report.MemoryProduct, map[string]float64{
		report.Resident: mib(resident), report.Anonymous: mib(own), report.Beyond: mib(resident) - empty,
	})
	if b.wants(report.DiskProduct) {
		if err := b.devices(ctx); err != nil {
			return err
		}
	}
	if !b.wants(report.ReplayProduct) {
		return nil
	}
	if err := b.product.Stop(); err != nil {
		return err
	}
	b.Progress("the journal is replayed")
	if _, err := b.rest(ctx); err != nil {
		return err
	}
	took, err := b.product.Rebuild(ctx)
	if err != nil {
		return err
	}
	b.book.Add(report.ReplayProduct, map[string]float64{
		report.Seconds: took.Seconds(), report.Reports: float64(*b.ledgers[0].next) / took.Seconds(),
	})
	// The state that was made anew is the same.
	if err := b.product.Start(ctx); err != nil {
		return err
	}
	return b.compare(ctx, b.ledgers[0])
}

// The bytes written to the device are measured so often, over so many windows each. Neighbours write too and can only add
// to them, so the least is what counts.
const (
	deviceTimes   = 3
	deviceWindows = 5
)

// devices measures what a submission makes the disk write, the closing of the store included.
func (b *bench) devices(ctx context.Context) error {
	name := machine.Device(b.product.Dir)
	if _, ok := machine.Written(name); !ok {
		b.notes = append(b.notes, "the kernel does not count the bytes written to the device of the folder: they are those that the daemon's process had written")
		name = ""
	}
	var least map[string]float64
	for i := range deviceTimes {
		b.Progress("the bytes written to the disk are counted, %d of %d", i+1, deviceTimes)
		if _, err := b.rest(ctx); err != nil {
			return err
		}
		figures, err := b.device(ctx, name)
		if err != nil {
			return err
		}
		if least == nil || figures[report.Device] < least[report.Device] {
			least = figures
		}
	}
	b.book.Add(report.DiskProduct, least)
	return nil
}

// written reads the counter of a device, or of the daemon where there is none.
func (b *bench) written(device string) int64 {
	n, ok := machine.Written(device)
	if !ok {
		n, _ = machine.WrittenBy(b.product.PID())
	}
	return n
}

func (b *bench) device(ctx context.Context, name string) (map[string]float64, error) {
	journal := filepath.Join(b.product.Dir, "journal")
	if err := machine.SyncDisk(b.product.Dir); err != nil {
		return nil, err
	}
	used, err := machine.Used(journal)
	if err != nil {
		return nil, err
	}
	before := b.written(name)
	next := b.ledgers[0].next
	w, err := b.product.Run(ctx, turn.Order{From: *next, Limit: limitOf(b.Shape), Width: 64, Length: deviceWindows * b.Window})
	if err != nil {
		return nil, err
	}
	*next += w.Done
	after := b.written(name)
	if err := b.product.Stop(); err != nil {
		return nil, err
	}
	if err := machine.SyncDisk(b.product.Dir); err != nil {
		return nil, err
	}
	if name != "" {
		after = b.written(name)
	}
	grown, err := machine.Used(journal)
	if err != nil {
		return nil, err
	}
	figures := map[string]float64{report.Device: float64(after-before) / float64(w.Done), report.Frame: float64(grown-used) / float64(w.Done)}
	return figures, b.product.Start(ctx)
}
