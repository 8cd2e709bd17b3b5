//go:build unix

package conn

import (
	"context"
	"errors"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"gonc/conn/addr"
)

// Of several listeners that start at one dead socket, one replaces it, and the
// others find it taken: none removes the socket of another.
func TestUnixDeadSocketRace(t *testing.T) {
	for _, network := range []string{"unix", "unixgram"} {
		for range 20 {
			path := filepath.Join(t.TempDir(), "s")
			deadSocket(t, network, path)
			ctx, cancel := context.WithCancel(t.Context())
			const many = 8
			var listening atomic.Int32
			decided := make(chan bool, many)
			var all sync.WaitGroup
			for range many {
				all.Go(func() {
					l := Listener{Network: network, Address: addr.Addr{Path: path}, KeepOpen: true,
						OnListen: func([]net.Addr) { listening.Add(1); decided <- true }}
					if err := l.Serve(ctx, discard); err != nil {
						if !errors.Is(err, syscall.EADDRINUSE) {
							t.Error(err)
						}
						decided <- false
					}
				})
			}
			for range many {
				await(t, decided)
			}
			if n := listening.Load(); n != 1 {
				t.Errorf("%s: %d are listening", network, n)
			}
			if c, err := net.Dial(network, path); err != nil {
				t.Errorf("%s: the socket is not there: %v", network, err)
			} else {
				c.Close()
			}
			cancel()
			all.Wait()
		}
	}
}

// A directory that another program keeps locked is used after a while.
func TestUnixLockedDirectory(t *testing.T) {
	dir := t.TempDir()
	defer lockDir(dir)()
	s := serve(t, &Listener{Network: "unix", Address: addr.Addr{Path: filepath.Join(dir, "s")}}, discard)
	if len(s.at) != 1 {
		t.Error(s.at)
	}
}

// A client that expects no answers has no name, and needs no directory.
func TestUnixgramSendOnly(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	t.Setenv("TMPDIR", "/nonexistent")
	names := make(chan string, 1)
	s := serve(t, &Listener{Network: "unixgram", Address: addr.Addr{Path: path}}, func(ctx context.Context, c net.Conn) error {
		names <- c.RemoteAddr().String()
		return c.Close()
	})
	d := Dialer{Network: "unixgram", SendOnly: true}
	c, err := d.Dial(t.Context(), addr.Addr{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := c.Write([]byte("hello")); err != nil {
		t.Fatal(err)
	}
	if name := await(t, names); name != "" {
		t.Errorf("it is called %q", name)
	}
	await(t, s.ended)
}

// An abstract name takes the byte that ends a path as well: @ and 107 more.
func TestUnixLongestAbstract(t *testing.T) {
	if autobind == nil {
		t.Skip("this system has no abstract names")
	}
	name := "@" + filepath.Base(t.TempDir()) + strings.Repeat("x", 108)
	path := addr.Addr{Path: name[:108]}
	serve(t, &Listener{Network: "unix", Address: path}, discard)
	c, err := (&Dialer{Network: "unix"}).Dial(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	c.Close()
	if _, err := (&Dialer{Network: "unix"}).Dial(t.Context(), addr.Addr{Path: name[:109]}); !errors.Is(err, syscall.ENAMETOOLONG) {
		t.Error(err)
	}
}
