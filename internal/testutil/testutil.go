// Package testutil holds what the tests of several packages share.
package testutil

import (
	"os"
	"runtime"
	"testing"
	"time"
)

// Timeout bounds the wait of a test for an event. It is wide,
// because the machine may be busy.
const Timeout = 20 * time.Second

// Await receives from c, and fails the test after Timeout.
func Await[T any](t testing.TB, c <-chan T, what string) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(Timeout):
		t.Fatalf("timed out waiting for %s\n%s", what, stacks())
		panic("unreachable")
	}
}

// Eventually polls until ok returns true, and fails the test after Timeout. It
// is for conditions that have no event.
func Eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(Timeout); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("timed out waiting: %s\n%s", what, stacks())
		}
	}
}

// Background runs f in a goroutine and returns a channel with its result.
func Background[T any](f func() T) <-chan T {
	c := make(chan T, 1)
	go func() { c <- f() }()
	return c
}

// CheckLeaks fails the test if more goroutines or descriptors exist at its end
// than now. Call it first, so that its cleanup runs last.
func CheckLeaks(t testing.TB) {
	t.Helper()
	goroutines, files := runtime.NumGoroutine(), OpenFiles()
	t.Cleanup(func() {
		end := time.Now().Add(Timeout)
		for runtime.NumGoroutine() > goroutines || OpenFiles() > files {
			if t.Failed() {
				return
			}
			if time.Now().After(end) {
				t.Errorf("%d goroutines, were %d; %d descriptors, were %d\n%s", runtime.NumGoroutine(), goroutines,
					OpenFiles(), files, stacks())
				return
			}
			time.Sleep(time.Millisecond)
		}
	})
}

// OpenFiles returns the number of open descriptors without those of FreePort,
// which stay, or 0 where it is unknown.
func OpenFiles() int {
	claimed := claimed()
	fds, _ := os.ReadDir("/proc/self/fd")
	return max(0, len(fds)-claimed)
}

func stacks() []byte {
	b := make([]byte, 1<<20)
	return b[:runtime.Stack(b, true)]
}
