//go:build unix

package postgres

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// startWithin and stopWithin are how long a start and a stop may take.
const (
	startWithin = time.Minute
	stopWithin  = 2 * time.Minute
)

// settings beside those that depend on the machine.
var settings = []string{
	"listen_addresses=127.0.0.1", "unix_socket_directories=", "max_connections=300",
	"fsync=on", "synchronous_commit=on", "full_page_writes=on",
	"work_mem=128MB", "maintenance_work_mem=1GB", "max_wal_size=16GB", "wal_compression=lz4", "jit=off",
	"log_min_messages=fatal", "log_destination=stderr", "logging_collector=off",
}

// Target says where the server is and how it is known.
type Target struct {
	// Dir is its data folder; PID is the process that was started.
	Dir string
	PID int
	// Port is where it listens on the loopback, Password what it asks for there: the machine may have other users.
	Port     int
	Password string
}

// Server is a running one.
type Server struct {
	Target
	cmd  *exec.Cmd
	said *strings.Builder
	done chan error
}

// Programs finds the folder with the programs of the newest PostgreSQL that Debian has installed.
func Programs() (string, error) {
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/postgres")
	if err != nil {
		return "", err
	}
	if len(found) == 0 {
		return "", errors.New("PostgreSQL is not installed, and the peers need it: apt-get install postgresql, or --without postgres")
	}
	version := func(path string) int {
		n, _ := strconv.Atoi(strings.Split(path, "/")[4]) // what is no number is older than all numbers
		return n
	}
	return filepath.Dir(slices.MaxFunc(found, func(a, b string) int { return version(a) - version(b) })), nil
}

// Start makes a server in a new folder below base, or below the one for temporary files.
func Start(ctx context.Context, base string) (*Server, error) {
	programs, err := Programs()
	if err != nil {
		return nil, err
	}
	as, err := owner()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp(base, "tonghop-bench-postgres-")
	if err != nil {
		return nil, err
	}
	s := &Server{Target: Target{Dir: filepath.Join(dir, "data")}, said: &strings.Builder{}, done: make(chan error, 1)}
	if err := s.start(ctx, programs, as); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	return s, nil
}

// owner is who runs the server: PostgreSQL refuses to be run by root, so it is postgres then.
func owner() (*syscall.Credential, error) {
	if os.Geteuid() != 0 {
		return nil, nil //nolint:nilnil // whoever runs this program
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		return nil, fmt.Errorf("PostgreSQL is not run by root: %w", err)
	}
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	if err != nil {
		return nil, err
	}
	gid, err := strconv.ParseUint(u.Gid, 10, 32)
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, err
}

func (s *Server) start(ctx context.Context, programs string, as *syscall.Credential) error {
	home := filepath.Dir(s.Dir)
	if as != nil {
		if err := os.Chown(home, int(as.Uid), int(as.Gid)); err != nil {
			return err
		}
	}
	run := func(ctx context.Context, program string, args ...string) *exec.Cmd {
		cmd := exec.CommandContext(ctx, filepath.Join(programs, program), args...) //nolint:gosec // a program of Debian's package
		cmd.Dir, cmd.Stderr, cmd.Env = home, s.said, []string{"PATH=/usr/bin:/bin", "LC_ALL=C"}
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: as, Setpgid: true} // a signal from the keyboard is for who started it
		return cmd
	}
	s.Password = rand.Text()
	secret := filepath.Join(home, "password")
	err := os.WriteFile(secret, []byte(s.Password), 0o600)
	if err == nil && as != nil {
		err = os.Chown(secret, int(as.Uid), int(as.Gid))
	}
	if err != nil {
		return err
	}
	if err := run(ctx, "initdb", "--pgdata", s.Dir, "--username", "postgres", "--auth", "scram-sha-256", "--pwfile", secret,
		"--no-locale", "--encoding", "UTF8", "--no-sync").Run(); err != nil {
		return fmt.Errorf("initdb: %w: %s", err, strings.TrimSpace(s.said.String()))
	}
	if s.Port, err = freePort(); err != nil {
		return err
	}
	args := []string{"-D", s.Dir, "-p", strconv.Itoa(s.Port)}
	for _, setting := range append(slices.Clone(settings), "shared_buffers="+buffers()) {
		args = append(args, "-c", setting)
	}
	// It outlives the context: whatever ends the run, it is to end in order.
	s.cmd = run(context.WithoutCancel(ctx), "postgres", args...)
	if err := s.cmd.Start(); err != nil {
		return err
	}
	s.PID = s.cmd.Process.Pid
	go func() { s.done <- s.cmd.Wait() }()
	if err := s.wait(ctx); err != nil {
		return errors.Join(err, s.halt())
	}
	return nil
}

// freePort finds a port of the loopback on which nobody listens. Should somebody take it meanwhile, PostgreSQL does not start.
func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err = errors.Join(err, l.Close()); err != nil {
		return 0, err
	}
	return strconv.Atoi(port)
}

// buffers is a quarter of the memory, at most 4 GB.
func buffers() string {
	const most = 4 << 20 // KiB
	memory, _ := os.ReadFile("/proc/meminfo")
	for line := range strings.Lines(string(memory)) {
		if words := strings.Fields(line); len(words) > 1 && words[0] == "MemTotal:" {
			if kib, err := strconv.Atoi(words[1]); err == nil {
				return strconv.Itoa(min(most, kib/4)) + "kB"
			}
		}
	}
	return "512MB"
}

// wait waits until it answers.
func (s *Server) wait(ctx context.Context) error {
	ctx, stop := context.WithTimeout(ctx, startWithin)
	defer stop()
	for {
		conn, err := s.Connect(ctx)
		if err == nil {
			return conn.Close(ctx)
		}
		pause := time.NewTimer(50 * time.Millisecond)
		select {
		case ended := <-s.done:
			s.done <- ended
			return fmt.Errorf("PostgreSQL ended: %w: %s", errors.Join(ended, err), strings.TrimSpace(s.said.String()))
		case <-ctx.Done():
			return fmt.Errorf("PostgreSQL does not answer: %w", err)
		case <-pause.C:
		}
	}
}

// Connect connects, and refuses a server that is not the one that was started here.
func (t Target) Connect(ctx context.Context) (*pgx.Conn, error) {
	cfg, err := pgx.ParseConfig(fmt.Sprintf("host=127.0.0.1 port=%d user=postgres password=%s dbname=postgres sslmode=disable", t.Port, t.Password))
	if err != nil {
		return nil, err
	}
	conn, err := pgx.ConnectConfig(ctx, cfg)
	if err != nil {
		return nil, err
	}
	var dir string
	var pid int
	err = conn.QueryRow(ctx, `select current_setting('data_directory'), split_part(pg_read_file('postmaster.pid'), E'\n', 1)::int`).Scan(&dir, &pid)
	if err == nil && (dir != t.Dir || pid != t.PID) {
		err = fmt.Errorf("the server that answers is not the one of this program: folder %s, process %d; want %s, %d", dir, pid, t.Dir, t.PID)
	}
	if err != nil {
		return nil, errors.Join(err, conn.Close(ctx))
	}
	return conn, nil
}

// halt ends the process in order.
func (s *Server) halt() error {
	_ = s.cmd.Process.Signal(syscall.SIGINT) // it may have ended
	late := time.NewTimer(stopWithin)
	defer late.Stop()
	select {
	case err := <-s.done:
		return err
	case <-late.C:
		_ = s.cmd.Process.Signal(syscall.SIGQUIT) // its way to end at once
		return errors.Join(fmt.Errorf("PostgreSQL had not ended after %s", stopWithin), <-s.done)
	}
}

// Stop ends it and removes its folder.
func (s *Server) Stop() error { return errors.Join(s.halt(), os.RemoveAll(filepath.Dir(s.Dir))) }
