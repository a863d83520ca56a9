//go:build unix

package turn

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"github.com/tonghop/tonghop/server/bench/profile"
)

// Word is the first argument of a program that is to be a contestant's process; its kind follows. Its settings, which may
// hold secrets, are the first thing that it reads.
const Word = "bench-inside"

// profileDir is where the environment names the folder for profiles of such a process.
const profileDir = "TONGHOP_BENCH_PROFILE"

// Worker is what lives in such a process.
type Worker interface {
	// Address is where it listens; empty if it does not.
	Address() string
	// Run takes a turn.
	Run(ctx context.Context, o Order) (Window, error)
	// Close ends it in order.
	Close() error
}

// Opener opens the worker of a kind.
type Opener func(ctx context.Context, kind string, settings []byte) (Worker, error)

// Become is the whole of the program where it was started as a contestant's process; asked says whether it was. Its orders
// come in by lines, and the end of them is its own.
func Become(ctx context.Context, args []string, in io.Reader, out io.Writer, open Opener) (asked bool, err error) {
	if len(args) != 3 || args[1] != Word {
		return false, nil
	}
	orders := json.NewDecoder(in)
	var settings json.RawMessage
	if err := orders.Decode(&settings); err != nil {
		return true, err
	}
	worker, err := open(ctx, args[2], settings)
	if err != nil {
		return true, err
	}
	profile.OnSignal(os.Getenv(profileDir))
	answers := json.NewEncoder(out)
	err = answers.Encode(answer{Address: worker.Address()})
	for err == nil {
		var o Order
		if err = orders.Decode(&o); err != nil {
			break
		}
		var a answer
		if a.Window, err = worker.Run(ctx, o); err != nil {
			a.Error = err.Error()
		}
		err = answers.Encode(a)
	}
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return true, errors.Join(err, worker.Close())
}

type answer struct {
	Address string
	Window  Window
	Error   string
}

// Child is a contestant's process.
type Child struct {
	// Address is where it listens.
	Address string

	cmd     *exec.Cmd
	orders  io.WriteCloser
	answers *json.Decoder
	said    *strings.Builder
}

// Start starts this program again as the worker of a kind, which takes profiles into a folder when it is told to, if there is one.
func Start(ctx context.Context, kind string, settings any, profiles string) (*Child, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	c := &Child{cmd: exec.CommandContext(ctx, program, Word, kind), said: &strings.Builder{}} //nolint:gosec // this program
	c.cmd.Stderr = c.said
	c.cmd.Env = append(os.Environ(), profileDir+"="+profiles)
	// It ends with its orders; a signal from the keyboard is for the program that gives them.
	c.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	c.cmd.WaitDelay = 10 * time.Second
	if c.orders, err = c.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := c.cmd.Start(); err != nil {
		return nil, err
	}
	if err := json.NewEncoder(c.orders).Encode(settings); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	c.answers = json.NewDecoder(bufio.NewReader(out))
	first, err := c.hear()
	if err != nil {
		return nil, fmt.Errorf("the process of %s: %w", kind, err)
	}
	c.Address = first.Address
	return c, nil
}

func (c *Child) hear() (answer, error) {
	var a answer
	if err := c.answers.Decode(&a); err != nil {
		_ = c.orders.Close()
		ended := c.cmd.Wait()
		return a, fmt.Errorf("it ended: %w: %s", errors.Join(err, ended), strings.TrimSpace(c.said.String()))
	}
	if a.Error != "" {
		return a, errors.New(a.Error)
	}
	return a, nil
}

// Run has it take a turn.
func (c *Child) Run(_ context.Context, o Order) (Window, error) {
	if err := json.NewEncoder(c.orders).Encode(o); err != nil {
		return Window{}, err
	}
	a, err := c.hear()
	return a.Window, err
}

// PID is its process id.
func (c *Child) PID() int { return c.cmd.Process.Pid }

// Close ends it in order and waits.
func (c *Child) Close() error {
	err := c.orders.Close()
	if errors.Is(err, os.ErrClosed) {
		return nil // it had ended, and that was told
	}
	if ended := c.cmd.Wait(); ended != nil {
		return fmt.Errorf("%w: %s", ended, strings.TrimSpace(c.said.String()))
	}
	return err
}
