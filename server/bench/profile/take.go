//go:build unix

package profile

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/pprof"
	"strconv"
	"syscall"
	"time"
)

// OnSignal has this process take a profile between SIGUSR1 and SIGUSR2, into a file of the folder that is named after its
// id. Without a folder it does nothing.
func OnSignal(dir string) {
	if dir == "" {
		return
	}
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGUSR1, syscall.SIGUSR2)
	go func() {
		var taken *os.File
		for s := range signals {
			if s == syscall.SIGUSR1 && taken == nil {
				taken = begin(fileOf(dir, os.Getpid()))
			} else if s == syscall.SIGUSR2 && taken != nil {
				_ = end(taken) // whoever waits for the file misses it
				taken = nil
			}
		}
	}()
}

func fileOf(dir string, pid int) string { return filepath.Join(dir, strconv.Itoa(pid)+".pprof") }

// unfinished is behind the name of a profile that is not whole.
const unfinished = ".part"

// begin begins a profile; nil if it cannot.
func begin(path string) *os.File {
	file, err := os.Create(path + unfinished) //nolint:gosec // in a folder of the benchmark
	if err != nil {
		return nil
	}
	if err := pprof.StartCPUProfile(file); err != nil {
		_ = file.Close() // nothing is in it
		return nil
	}
	return file
}

// end ends it and gives it its name.
func end(file *os.File) error {
	pprof.StopCPUProfile()
	if err := file.Close(); err != nil {
		return err
	}
	return os.Rename(file.Name(), file.Name()[:len(file.Name())-len(unfinished)])
}

// within is how long a process may take to write its profile.
const within = 10 * time.Second

// During takes profiles of this process and of others, by their names, while something is done, and gives the files.
func During(ctx context.Context, dir string, others map[string]int, own string, do func() error) (map[string]string, error) {
	for _, pid := range others {
		if err := syscall.Kill(pid, syscall.SIGUSR1); err != nil {
			return nil, err
		}
	}
	mine := begin(filepath.Join(dir, own+".pprof"))
	if mine == nil {
		return nil, fmt.Errorf("no profile can be taken into %s", dir)
	}
	err := errors.Join(do(), end(mine))
	files := map[string]string{own: filepath.Join(dir, own+".pprof")}
	for name, pid := range others {
		files[name] = filepath.Join(dir, name+".pprof")
		if stopped := syscall.Kill(pid, syscall.SIGUSR2); stopped != nil {
			err = errors.Join(err, stopped)
			continue
		}
		err = errors.Join(err, wait(ctx, fileOf(dir, pid)), os.Rename(fileOf(dir, pid), files[name]))
	}
	return files, err
}

func wait(ctx context.Context, path string) error {
	ctx, stop := context.WithTimeout(ctx, within)
	defer stop()
	for {
		if _, err := os.Stat(path); err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("a process did not write its profile %s: %w", path, ctx.Err())
		case <-time.After(10 * time.Millisecond):
		}
	}
}
