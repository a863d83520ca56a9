//go:build unix

package bench

import (
	"context"
	"fmt"
	"time"

	"github.com/tonghop/tonghop/server/bench/profile"
	"github.com/tonghop/tonghop/server/bench/report"
	"github.com/tonghop/tonghop/server/check/plant"
)

// profiledDaemon are the lines with which the daemon takes profiles when it is told to.
func profiledDaemon(dir string) []plant.Edit {
	if dir == "" {
		return nil
	}
	const main = "server/cmd/tonghopd/main.go"
	return []plant.Edit{
		{File: main, Old: "\t\"github.com/tonghop/tonghop/server/fault\"\n", New: "\t\"github.com/tonghop/tonghop/server/bench/profile\"\n\t\"github.com/tonghop/tonghop/server/fault\"\n"},
		{File: main, Old: "func main() {\n", New: fmt.Sprintf("func main() {\n\tprofile.OnSignal(%q)\n", dir)},
	}
}

// profiledWindows are how many windows a profile takes.
const profiledWindows = 5

// profiles has those who submit take one more turn each, which is not counted, while profiles of all processes are taken.
func (b *bench) profiles(ctx context.Context) error {
	if b.Profile == "" {
		return nil
	}
	for _, c := range b.contestants {
		pid, known := b.processes[c.name]
		if !known {
			continue
		}
		if _, err := b.rest(ctx); err != nil {
			return err
		}
		err := b.profiled(ctx, c.name, pid(), func() (float64, error) {
			figures, err := c.take(ctx, max(profiledWindows*b.Window, time.Second))
			return figures[report.Done], err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// profiled takes profiles of this process and another one while so many reports are stored as it gives, and notes how long
// each part took for one of them.
func (b *bench) profiled(ctx context.Context, name string, pid int, do func() (float64, error)) error {
	if b.Profile == "" {
		_, err := do()
		return err
	}
	var done float64
	files, err := profile.During(ctx, b.Profile, map[string]int{name: pid}, name+report.OfClient, func() (err error) {
		done, err = do()
		return err
	})
	if err != nil {
		return fmt.Errorf("profile of %s: %w", name, err)
	}
	for process, file := range files {
		samples, err := profile.Read(file)
		if err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		figures := map[string]float64{}
		for i, took := range profile.Share(samples) {
			figures[profile.Parts[i].Name] = float64(took.Nanoseconds()) / 1000 / done
		}
		if len(samples) > 0 { // of who submits without a client this program does nothing
			b.book.Profile(process, figures)
		}
	}
	return nil
}
