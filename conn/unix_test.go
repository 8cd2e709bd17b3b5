//go:build unix

package conn

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"gonc/conn/addr"
)

// deadSocket leaves at path what a listener leaves that was killed.
func deadSocket(t *testing.T, network, path string) {
	t.Helper()
	if network == "unixgram" {
		uc, err := net.ListenUnixgram(network, &net.UnixAddr{Name: path, Net: network})
		if err != nil {
			t.Fatal(err)
		}
		uc.Close() // which leaves the file
		return
	}
	ln, err := net.ListenUnix(network, &net.UnixAddr{Name: path, Net: network})
	if err != nil {
		t.Fatal(err)
	}
	ln.SetUnlinkOnClose(false)
	ln.Close()
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// A listener whose backlog is full is waited for, but not forever.
func TestUnixBacklogFull(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	fd, err := syscall.Socket(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer syscall.Close(fd)
	if err := errors.Join(syscall.Bind(fd, &syscall.SockaddrUnix{Name: path}), syscall.Listen(fd, 0)); err != nil {
		t.Fatal(err)
	}
	full := Dialer{Network: "unix", Timeout: 500 * time.Millisecond}
	for {
		c, err := full.Dial(t.Context(), addr.Addr{Path: path})
		if late := new(UnixError); errors.As(err, &late) && isTimeout(err) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
	}
	dialled := make(chan error)
	go func() {
		c, err := (&Dialer{Network: "unix"}).Dial(t.Context(), addr.Addr{Path: path})
		if err == nil {
			c.Close()
		}
		dialled <- err
	}()
	select {
	case err := <-dialled:
		t.Fatalf("it did not wait: %v", err)
	case <-time.After(3 * backlogPause):
	}
	taken, _, err := syscall.Accept(fd)
	if err != nil {
		t.Fatal(err)
	}
	syscall.Close(taken)
	if err := await(t, dialled); err != nil {
		t.Error(err)
	}
}

var unixNetworks = []string{"unix", "unixgram"}

// A dead socket of either type is replaced, and removed at the end.
func TestUnixDeadSocket(t *testing.T) {
	for _, network := range unixNetworks {
		for _, dead := range unixNetworks {
			path := filepath.Join(t.TempDir(), "s")
			deadSocket(t, dead, path)
			s := serve(t, &Listener{Network: network, Address: addr.Addr{Path: path}}, echoDatagrams)
			d := Dialer{Network: network}
			c, err := d.Dial(t.Context(), addr.Addr{Path: path})
			if err != nil {
				t.Fatal(err)
			}
			c.SetDeadline(time.Now().Add(patience))
			exchange(t, c, "hello")
			c.Close()
			s.cancel()
			await(t, s.ended)
			if exists(path) {
				t.Errorf("%s for a dead %s: it is left behind", network, dead)
			}
		}
	}
}

// A live socket of either type is refused, and does not notice: a listener for
// one connection still waits for it.
func TestUnixLiveSocket(t *testing.T) {
	for _, network := range unixNetworks {
		for _, live := range unixNetworks {
			path := filepath.Join(t.TempDir(), "s")
			s := serve(t, &Listener{Network: live, Address: addr.Addr{Path: path}}, echoDatagrams)
			l := &Listener{Network: network, Address: addr.Addr{Path: path}}
			busy := func() {
				t.Helper()
				var e *UnixError
				if err := l.Serve(t.Context(), discard); !errors.As(err, &e) || e.Op != "listen" || e.Path != path || !errors.Is(err, syscall.EADDRINUSE) {
					t.Errorf("%s at a live %s: %v", network, live, err)
				}
			}
			busy()
			d := Dialer{Network: live}
			c, err := d.Dial(t.Context(), addr.Addr{Path: path})
			if err != nil {
				t.Fatal(err)
			}
			c.SetDeadline(time.Now().Add(patience))
			exchange(t, c, "hello")
			if live == "unixgram" {
				busy() // also now that it has a peer
			}
			c.Close()
			s.cancel()
			await(t, s.ended)
		}
	}
}

// No other kind of file is ever removed.
func TestUnixOtherFiles(t *testing.T) {
	dir := t.TempDir()
	target := filepath.Join(dir, "target")
	deadSocket(t, "unix", target)
	kinds := map[string]func(path string) error{
		"file":      func(path string) error { return os.WriteFile(path, []byte("precious"), 0o600) },
		"directory": func(path string) error { return os.Mkdir(path, 0o700) },
		"symlink":   func(path string) error { return os.Symlink(target, path) },
		"dangling":  func(path string) error { return os.Symlink("nowhere", path) },
		"fifo":      func(path string) error { return syscall.Mkfifo(path, 0o600) },
	}
	for kind, create := range kinds {
		path := filepath.Join(dir, kind)
		if err := create(path); err != nil {
			t.Fatal(err)
		}
		before, _ := os.Lstat(path)
		for _, network := range unixNetworks {
			l := &Listener{Network: network, Address: addr.Addr{Path: path}}
			if err := l.Serve(t.Context(), discard); !errors.Is(err, ErrNotSocket) {
				t.Errorf("%s at a %s: %v", network, kind, err)
			}
		}
		d := Dialer{Network: "unixgram", Source: addr.Addr{Path: path}}
		_, err := d.Dial(t.Context(), addr.Addr{Path: target})
		var e *UnixError
		if !errors.As(err, &e) || e.Path != path || !errors.Is(err, ErrNotSocket) {
			t.Errorf("a client at a %s: %v", kind, err)
		}
		after, err := os.Lstat(path)
		if err != nil || !os.SameFile(before, after) {
			t.Errorf("the %s is gone: %v", kind, err)
		}
	}
	if !exists(target) {
		t.Error("what the symlink leads to is gone")
	}
}

// A file that has replaced ours is not removed.
func TestUnixRemovesOwn(t *testing.T) {
	for _, network := range unixNetworks {
		path := filepath.Join(t.TempDir(), "s")
		s := serve(t, &Listener{Network: network, Address: addr.Addr{Path: path}}, discard)
		os.Remove(path)
		deadSocket(t, "unix", path)
		s.cancel()
		await(t, s.ended)
		if !exists(path) {
			t.Errorf("%s: another's file is removed", network)
		}
	}
}

// After one connection nothing listens, and the file is gone.
func TestUnixServeOne(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	accepted := make(chan net.Conn, 1)
	l := &Listener{Network: "unix", Address: addr.Addr{Path: path}, OnAccept: func(c net.Conn) { accepted <- c }}
	serve(t, l, discard)
	dialTo(t, "unix", path)
	await(t, accepted)
	if c, err := net.Dial("unix", path); err == nil || exists(path) {
		t.Errorf("a second connection: %v, %v", c, err)
	}
}

func TestUnixErrors(t *testing.T) {
	dir := t.TempDir()
	dead := filepath.Join(dir, "dead")
	deadSocket(t, "unix", dead)
	long := filepath.Join(dir, strings.Repeat("x", 200))
	for path, want := range map[string]error{
		"":                           syscall.ENOENT,
		long:                         syscall.ENAMETOOLONG,
		filepath.Join(dir, "none"):   syscall.ENOENT,
		filepath.Join(dir, "no/dir"): syscall.ENOENT,
		filepath.Join(dead, "below"): syscall.ENOTDIR,
		dead:                         syscall.ECONNREFUSED,
	} {
		for _, network := range unixNetworks {
			d := Dialer{Network: network}
			_, err := d.Dial(t.Context(), addr.Addr{Path: path})
			var e *UnixError
			if !errors.As(err, &e) || e.Op != "connect" || e.Path != path || !errors.Is(err, want) {
				t.Errorf("%s to %.100q: %v; want %v", network, path, err, want)
			}
		}
	}
	for path, want := range map[string]error{
		"":                           syscall.ENOENT,
		long:                         syscall.ENAMETOOLONG,
		filepath.Join(dir, "no/dir"): syscall.ENOENT,
		filepath.Join(dead, "below"): syscall.ENOTDIR,
	} {
		for _, network := range unixNetworks {
			l := &Listener{Network: network, Address: addr.Addr{Path: path}}
			err := l.Serve(t.Context(), discard)
			var e *UnixError
			if !errors.As(err, &e) || e.Op != "listen" || e.Path != path || !errors.Is(err, want) {
				t.Errorf("%s at %.100q: %v; want %v", network, path, err, want)
			}
		}
	}
}

// The client's own socket is alone in a directory that only its owner can
// enter, and both are gone at the end, also without a peer.
func TestUnixgramClient(t *testing.T) {
	tmp := t.TempDir()
	t.Setenv("TMPDIR", tmp)
	path := filepath.Join(t.TempDir(), "s")
	d := Dialer{Network: "unixgram"}
	if _, err := d.Dial(t.Context(), addr.Addr{Path: path}); !errors.Is(err, syscall.ENOENT) {
		t.Error(err)
	}
	serve(t, &Listener{Network: "unixgram", Address: addr.Addr{Path: path}, KeepOpen: true}, echoDatagrams)
	c, err := d.Dial(t.Context(), addr.Addr{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	c.SetDeadline(time.Now().Add(patience))
	exchange(t, c, "")
	exchange(t, c, "hello")
	own := filepath.Dir(c.LocalAddr().String())
	if info, err := os.Stat(own); err != nil || info.Mode().Perm() != 0o700 || filepath.Dir(own) != tmp {
		t.Errorf("%s: %v, %v", own, info, err)
	}
	c.Close()
	if left, _ := os.ReadDir(tmp); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	t.Setenv("TMPDIR", filepath.Join(tmp, "no"))
	c, err = d.Dial(t.Context(), addr.Addr{Path: path})
	switch {
	case autobind == nil && !errors.Is(err, os.ErrNotExist), autobind != nil && err != nil:
		t.Error(err)
	case err == nil:
		exchange(t, c, "from an abstract name")
		c.Close()
	}
	long := filepath.Join(tmp, strings.Repeat("x", 120))
	os.Mkdir(long, 0o700)
	t.Setenv("TMPDIR", long)
	if _, err := d.Dial(t.Context(), addr.Addr{Path: path}); !errors.Is(err, syscall.ENAMETOOLONG) {
		t.Error(err)
	}
	if left, _ := os.ReadDir(long); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// A path of the user's own is made and removed, and no other is.
func TestUnixgramSource(t *testing.T) {
	dir := t.TempDir()
	path, own := filepath.Join(dir, "s"), filepath.Join(dir, "own")
	d := Dialer{Network: "unixgram", Source: addr.Addr{Path: own}}
	if _, err := d.Dial(t.Context(), addr.Addr{Path: path}); !errors.Is(err, syscall.ENOENT) || exists(own) {
		t.Errorf("%v; own socket left: %v", err, exists(own))
	}
	serve(t, &Listener{Network: "unixgram", Address: addr.Addr{Path: path}}, echoDatagrams)
	deadSocket(t, "unixgram", own)
	c, err := d.Dial(t.Context(), addr.Addr{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	c.SetDeadline(time.Now().Add(patience))
	exchange(t, c, "hello")
	_, err = d.Dial(t.Context(), addr.Addr{Path: path})
	var e *UnixError
	if !errors.As(err, &e) || e.Path != own || !errors.Is(err, syscall.EADDRINUSE) || !exists(own) {
		t.Errorf("a second one: %v", err)
	}
	os.Remove(own)
	os.WriteFile(own, nil, 0o600)
	c.Close()
	if !exists(own) {
		t.Error("another's file is removed")
	}
}

// A listener for datagrams has one peer; what others had sent before is not
// mixed in.
func TestUnixgramOnePeer(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	l := &Listener{Network: "unixgram", Address: addr.Addr{Path: path}}
	accepted := make(chan bool)
	d := Dialer{Network: "unixgram"}
	var first, other net.Conn
	l.OnListen = func([]net.Addr) {
		for _, c := range []*net.Conn{&first, &other} {
			var err error
			if *c, err = d.Dial(t.Context(), addr.Addr{Path: path}); err != nil {
				t.Error(err)
				return
			}
			t.Cleanup(func() { (*c).Close() })
			(*c).SetDeadline(time.Now().Add(patience))
		}
		for i, c := range []net.Conn{first, other, first} {
			c.Write([]byte{'0' + byte(i)})
		}
	}
	l.OnAccept = func(net.Conn) { close(accepted) }
	serve(t, l, echoDatagrams)
	await(t, accepted)
	buf := make([]byte, 10)
	for _, want := range []string{"0", "2"} {
		if n, err := first.Read(buf); string(buf[:n]) != want || err != nil {
			t.Errorf("%q, %v; want %s", buf[:n], err, want)
		}
	}
	if _, err := other.Write([]byte("x")); !errors.Is(err, syscall.EPERM) {
		t.Errorf("another sends: %v", err)
	}
	exchange(t, first, "still")
}

// That a peer without a name cannot be answered is an error that tells its
// address, and it is heard all the same.
func TestUnixgramUnnamed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	got := make(chan string, 2)
	serve(t, &Listener{Network: "unixgram", Address: addr.Addr{Path: path}}, func(_ context.Context, c net.Conn) error {
		defer c.Close()
		buf := make([]byte, 10)
		for range cap(got) {
			n, err := c.Read(buf)
			if err != nil {
				return err
			}
			m, err := c.Write(buf[:n])
			var e *net.OpError
			if m != 0 || errors.Is(err, syscall.EDESTADDRREQ) != (n > 0) || err != nil && (!errors.As(err, &e) || e.Addr == nil) {
				t.Errorf("an answer of %d bytes: %d, %v", n, m, err)
			}
			got <- string(buf[:n])
		}
		return nil
	})
	c := dialTo(t, "unixgram", path)
	for _, text := range []string{"", "hello"} {
		c.Write([]byte(text))
		if s := await(t, got); s != text {
			t.Errorf("%q, want %q", s, text)
		}
	}
}
