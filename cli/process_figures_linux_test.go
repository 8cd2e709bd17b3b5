package cli

import (
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"gonc/internal/testutil"
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

// descriptors returns how many descriptors a process has open.
func descriptors(t *testing.T, p *process) int {
	t.Helper()
	names, err := os.ReadDir("/proc/" + strconv.Itoa(p.cmd.Process.Pid) + "/fd")
	check(t, err)
	return len(names)
}

// restingDescriptors returns how many descriptors a process has open once that
// stays the same for a while.
func restingDescriptors(t *testing.T, p *process) int {
	t.Helper()
	was, now := -1, descriptors(t, p)
	for late := time.Now().Add(patience); now != was && time.Now().Before(late); {
		time.Sleep(300 * time.Millisecond)
		was, now = now, descriptors(t, p)
	}
	return now
}

// dump ends a Go program with a list of its goroutines, and counts them.
func dump(t *testing.T, p *process) int {
	t.Helper()
	p.cmd.Process.Signal(syscall.SIGABRT)
	wantEnd(t, p)
	n := lines(p.stderr.String(), "goroutine ")
	if n == 0 {
		t.Errorf("it did not list its goroutines\n%s", p)
	}
	return n
}

// awaitDescriptors waits until p has few descriptors open.
func awaitDescriptors(t *testing.T, p *process, few int) {
	t.Helper()
	testutil.Eventually(t, fmt.Sprintf("%d descriptors are left", few), func() bool { return descriptors(t, p) <= few })
}

// idleGoroutines bounds the goroutines of a server without clients: it
// has 14, and some may still be about to say how a connection ended.
const idleGoroutines = 25

// wantIdle waits until a server has few descriptors open, and ends it to count
// its goroutines.
func wantIdle(t *testing.T, p *process, few int) {
	t.Helper()
	restingDescriptors(t, p) // and what closed them has ended too
	awaitDescriptors(t, p, few)
	if n := dump(t, p); n > idleGoroutines {
		t.Errorf("%d goroutines are left\n%s", n, p)
	}
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
	awaitDescriptors(t, p, before.files)
	after := footprintOf(t, p)
	t.Logf("before: %v; after: %v", before, after)
	if grown := after.rss - before.rss; grown > KiB && !testutil.RaceEnabled {
		t.Errorf("memory has grown by %d KiB", grown)
	}
}
