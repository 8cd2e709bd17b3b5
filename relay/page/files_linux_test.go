package page

import (
	"bufio"
	"errors"
	"io"
	"os"
	"strings"
	"syscall"
	"testing"
)

// TestFewDescriptors: a page whose file can't be opened for lack of
// descriptors says so, and serves it again when there are some.
func TestFewDescriptors(t *testing.T) {
	noneLeft(t, func(t *testing.T) {
		c := dial(t, serve(t, &Page{File: os.Args[0]}))
		io.WriteString(c, strings.Replace(request, "GET", "HEAD", 1))
		if a, err := readAnswer(bufio.NewReader(c), "HEAD"); err != nil || a.StatusCode != 200 {
			t.Fatal(err)
		}
		restore := noMoreFiles(t)
		got := converse(t, c, request, 1, false)
		restore()
		if got != "503 open" {
			t.Error(got)
		}
		io.WriteString(c, strings.Replace(request, "GET", "HEAD", 1))
		if a, err := readAnswer(bufio.NewReader(c), "HEAD"); err != nil || a.StatusCode != 200 {
			t.Error(err)
		}
	})
}

// noMoreFiles opens files until there are no descriptors left.
func noMoreFiles(t *testing.T) (restore func()) {
	var held []*os.File
	lowerLimit(t, countFiles()+20)
	for range 100 {
		f, err := os.Open(os.DevNull)
		if err != nil {
			break
		}
		held = append(held, f)
	}
	if _, err := os.Open(os.DevNull); !errors.Is(err, syscall.EMFILE) {
		t.Skipf("descriptors could not be used up: %v", err)
	}
	return func() {
		for _, f := range held {
			f.Close()
		}
	}
}

// lowerLimit lowers the limit on descriptors until the test ends.
func lowerLimit(t *testing.T, n int) {
	var old syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &old); err != nil {
		t.Skip(err)
	}
	now := old
	now.Cur = uint64(n)
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &now); err != nil {
		t.Skip(err)
	}
	t.Cleanup(func() { syscall.Setrlimit(syscall.RLIMIT_NOFILE, &old) })
}
