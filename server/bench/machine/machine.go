package machine

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// ticks is how many ticks of the processor's times Linux counts in a second.
const ticks = 100

// Times are the processor's since the machine started, in seconds.
type Times struct{ All, Stolen, Idle float64 }

// Now reads them.
func Now() Times {
	var t Times
	stat, _ := os.ReadFile("/proc/stat") // not Linux: no times
	line, _, _ := strings.Cut(string(stat), "\n")
	for i, word := range strings.Fields(line) {
		n, _ := strconv.ParseFloat(word, 64) // the first word is none
		if i > 8 {
			break // the times of guests are in those of users already
		}
		t.All += n / ticks
		switch i {
		case 4:
			t.Idle = n / ticks
		case 8:
			t.Stolen = n / ticks
		}
	}
	return t
}

// Since gives the shares that were stolen and idle since an earlier reading, from 0 to 1.
func (t Times) Since(before Times) (stolen, idle float64) {
	all := t.All - before.All
	if all <= 0 {
		return 0, 0
	}
	return (t.Stolen - before.Stolen) / all, (t.Idle - before.Idle) / all
}

// CPU gives the seconds of the processor that a process has used.
func CPU(pid int) float64 {
	stat, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	_, rest, _ := strings.Cut(string(stat), ") ") // the name of the program may hold blanks
	words := strings.Fields(rest)
	if len(words) < 13 {
		return 0
	}
	user, _ := strconv.ParseFloat(words[11], 64)
	system, _ := strconv.ParseFloat(words[12], 64)
	return (user + system) / ticks
}

// Memory gives the bytes of a process that are in memory: all, and those of them that belong to no file.
func Memory(pid int) (resident, own int64) {
	status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	for line := range strings.Lines(string(status)) {
		words := strings.Fields(line)
		if len(words) < 2 {
			continue
		}
		kib, _ := strconv.ParseInt(words[1], 10, 64)
		switch words[0] {
		case "VmRSS:":
			resident = kib << 10
		case "RssAnon:":
			own = kib << 10
		}
	}
	return resident, own
}

// sector is the unit of /proc/diskstats, whatever the disk's own is.
const sector = 512

// Device names the block device that holds a folder; empty where none can be found, as below an overlay.
func Device(dir string) string {
	number, ok := deviceNumber(dir)
	if !ok {
		return ""
	}
	target, err := os.Readlink("/sys/dev/block/" + number)
	if err != nil {
		return ""
	}
	return filepath.Base(target)
}

// Written gives the bytes that were written to a block device since the machine started.
func Written(device string) (int64, bool) {
	stats, err := os.ReadFile("/proc/diskstats")
	if err != nil || device == "" {
		return 0, false
	}
	for line := range strings.Lines(string(stats)) {
		words := strings.Fields(line)
		if len(words) > 9 && words[2] == device {
			sectors, err := strconv.ParseInt(words[9], 10, 64)
			return sectors * sector, err == nil
		}
	}
	return 0, false
}

// WrittenBy gives the bytes that a process had written to disks. Whole pages of the cache are counted for a few bytes in
// them, and what the file system writes for itself is not.
func WrittenBy(pid int) (int64, bool) {
	io, _ := os.ReadFile(fmt.Sprintf("/proc/%d/io", pid))
	for line := range strings.Lines(string(io)) {
		if text, ok := strings.CutPrefix(line, "write_bytes:"); ok {
			n, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
			return n, err == nil
		}
	}
	return 0, false
}
