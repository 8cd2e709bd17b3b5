package cli

import (
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// inProc reads a file about p in /proc.
func inProc(t *testing.T, p *process, file string) string {
	t.Helper()
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/%s", p.cmd.Process.Pid, file))
	check(t, err)
	return string(b)
}

// figure returns a number in a file of /proc about p, by its name.
func figure(t *testing.T, p *process, file, name string) int {
	t.Helper()
	m := regexp.MustCompile(`(?m)^` + name + `:\s*(\d+)`).FindStringSubmatch(inProc(t, p, file))
	if m == nil {
		t.Fatalf("no %s in /proc/PID/%s", name, file)
	}
	n, _ := strconv.Atoi(m[1])
	return n
}

// processorTime returns what p has used up so far, in ticks of 10 ms.
func processorTime(t *testing.T, p *process) time.Duration {
	t.Helper()
	_, stat, _ := strings.Cut(inProc(t, p, "stat"), ") ")
	f := strings.Fields(stat)
	user, _ := strconv.Atoi(f[11])
	system, _ := strconv.Atoi(f[12])
	return time.Duration(user+system) * 10 * time.Millisecond
}

// A footprint is what a server holds.
type footprint struct{ files, rss int } // rss in KiB

func (f footprint) String() string { return fmt.Sprintf("%d descriptors, %d KiB", f.files, f.rss) }

func footprintOf(t *testing.T, p *process) footprint {
	t.Helper()
	return footprint{descriptors(t, p), figure(t, p, "status", "VmRSS")}
}

// backTo waits until the server has no more descriptors than before, and sees
// to it that memory has grown by no more than KiB. Some growth is no leak: the
// collector lets the heap come to 4 MiB before it first looks.
func backTo(t *testing.T, p *process, before footprint, KiB int) {
	t.Helper()
	after := footprintOf(t, p)
	for late := time.Now().Add(patience); after.files > before.files; after = footprintOf(t, p) {
		if time.Now().After(late) {
			t.Errorf("%d descriptors are left", after.files-before.files)
			break
		}
		time.Sleep(10 * time.Millisecond) // nothing reports when it closes one
	}
	t.Logf("before: %v; after: %v", before, after)
	if grown := after.rss - before.rss; grown > KiB && !raced() {
		t.Errorf("memory has grown by %d KiB", grown)
	}
}
