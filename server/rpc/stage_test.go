package rpc

import (
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/tonghop/tonghop/server/fault"
)

func TestTheStageHasSoManyPlacesAndGivesThemBack(t *testing.T) {
	dir := t.TempDir()
	s, err := newStage(dir + "/stage") // it is made
	if err != nil {
		t.Fatal(err)
	}
	var open []*staged
	for range maxUploads {
		f, err := s.open(10)
		if err != nil {
			t.Fatal(err)
		}
		open = append(open, f)
	}
	if _, err := s.open(10); fault.ReasonOf(err) != "UPLOADS_BUSY" || fault.Of(err).Retry == 0 {
		t.Errorf("one too many: %v", err)
	}
	open[3].close()
	if open[3], err = s.open(10); err != nil {
		t.Errorf("after one has gone: %v", err)
	}
	for _, f := range open {
		f.close()
	}
	if left, err := os.ReadDir(dir + "/stage"); err != nil || len(left) != 0 {
		t.Errorf("the stage holds %v, %v", left, err)
	}
}

// TestAFullDiskRefusesAnUpload: a closed file stands for one that finds no room.
func TestAFullDiskRefusesAnUpload(t *testing.T) {
	s, err := newStage(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	f, err := s.open(10)
	if err != nil {
		t.Fatal(err)
	}
	defer f.close()
	if err := f.file.Close(); err != nil {
		t.Fatal(err)
	}
	if err := f.add([]byte("x")); fault.KindOf(err) != fault.KindInternal {
		t.Errorf("a failure of the disk: %v, want Internal", err)
	}
	s.full = func(err error) bool { return errors.Is(err, os.ErrClosed) }
	if err := f.add([]byte("x")); fault.ReasonOf(err) != "STORE_FULL" || fault.KindOf(err) != fault.KindExhausted {
		t.Errorf("no room: %v, want Exhausted STORE_FULL", err)
	}
	s.dir += "/gone"
	s.full = func(err error) bool { return errors.Is(err, os.ErrNotExist) }
	if _, err := s.open(10); fault.ReasonOf(err) != "STORE_FULL" {
		t.Errorf("no room for a file: %v, want STORE_FULL", err)
	}
}

func TestAStagedFileIsReadFromItsStartAndHasALimit(t *testing.T) {
	s, err := newStage("")
	if err != nil {
		t.Fatal(err)
	}
	f, err := s.open(10)
	if err != nil {
		t.Fatal(err)
	}
	defer f.close()
	for _, chunk := range []string{"units", "", ".csv"} {
		if err := f.add([]byte(chunk)); err != nil {
			t.Fatal(err)
		}
	}
	whole, err := f.whole()
	if err != nil {
		t.Fatal(err)
	}
	if text, err := io.ReadAll(whole); string(text) != "units.csv" || err != nil {
		t.Errorf("the file is %q, %v", text, err)
	}
	if err := f.add([]byte("12")); fault.ReasonOf(err) != "FILE_TOO_LARGE" {
		t.Errorf("a byte too many: %v", err)
	}
	if err := f.add([]byte(strings.Repeat("x", MaxChunk+1))); fault.ReasonOf(err) != "CHUNK_TOO_LARGE" {
		t.Errorf("a chunk too large: %v", err)
	}
}

// TestNobodyWaitsForAStreamThatEnded ends the context before the reader looks: then the message may be lost, and its
// reader must not wait for it.
func TestNobodyWaitsForAStreamThatEnded(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	in := receive(ctx, 0, func() (int, error) {
		<-ctx.Done()
		return 0, io.ErrUnexpectedEOF
	})
	cancel()
	quiet := time.NewTimer(time.Hour)
	defer quiet.Stop()
	for range 100 {
		if _, err := next(ctx, in, quiet); !errors.Is(err, context.Canceled) && !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Fatalf("next = %v", err)
		}
	}
}
