package conn

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"gonc/conn/addr"
	"gonc/internal/testutil"
)

// An abstract name is no file, and as exclusive as one.
func TestUnixAbstract(t *testing.T) {
	for _, network := range unixNetworks {
		at := addr.Addr{Path: "@gonc-test-" + strconv.Itoa(os.Getpid())}
		s := serve(t, &Listener{Network: network, Address: at}, echoDatagrams)
		if err := (&Listener{Network: network, Address: at}).Serve(t.Context(), discard); !errors.Is(err, syscall.EADDRINUSE) {
			t.Errorf("%s: a second listener: %v", network, err)
		}
		d := Dialer{Network: network}
		if network == "unixgram" {
			d.Source.Path = at.Path + "-own"
		}
		c, err := d.Dial(t.Context(), at)
		if err != nil {
			t.Fatal(err)
		}
		c.SetDeadline(time.Now().Add(patience))
		exchange(t, c, "hello")
		c.Close()
		s.cancel()
		await(t, s.ended)
		if exists(at.Path) {
			t.Error("there is a file")
		}
	}
}

// A listener whose backlog is full is alive.
func TestUnixFullBacklog(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	if err := errors.Join(unix.Bind(fd, &unix.SockaddrUnix{Name: path}), unix.Listen(fd, 0)); err != nil {
		t.Fatal(err)
	}
	dialTo(t, "unix", path)
	if err := (&Listener{Network: "unix", Address: addr.Addr{Path: path}}).Serve(t.Context(), discard); !errors.Is(err, syscall.EADDRINUSE) || !exists(path) {
		t.Error(err)
	}
}

// Without the right to a directory or a socket nothing is removed, and the
// error says it.
func TestUnixNoPermission(t *testing.T) {
	if !testutil.InChild() {
		if os.Getuid() != 0 {
			t.Skip("only root can become another user")
		}
		testutil.InProcess(t, nil)
		return
	}
	dir := filepath.Join(os.TempDir(), "gonc-test-"+strconv.Itoa(os.Getpid()))
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	live, dead := filepath.Join(dir, "live"), filepath.Join(dir, "dead")
	s := serve(t, &Listener{Network: "unix", Address: addr.Addr{Path: live}}, discard)
	deadSocket(t, "unix", dead)
	os.Chmod(live, 0o600)
	os.Chmod(dead, 0o666)
	if err := syscall.Setresuid(-1, 65534, 0); err != nil {
		t.Fatal(err)
	}
	defer func() {
		syscall.Setresuid(-1, 0, 0)
		s.cancel()
		await(t, s.ended)
		os.RemoveAll(dir)
	}()
	d := Dialer{Network: "unix"}
	if _, err := d.Dial(t.Context(), addr.Addr{Path: live}); !errors.Is(err, syscall.EACCES) {
		t.Errorf("connect: %v", err)
	}
	for _, path := range []string{live, dead, filepath.Join(dir, "new")} {
		err := (&Listener{Network: "unix", Address: addr.Addr{Path: path}}).Serve(t.Context(), discard)
		var e *UnixError
		if !errors.As(err, &e) || e.Path != path || !errors.Is(err, syscall.EACCES) {
			t.Errorf("listen: %v", err)
		}
	}
	if !exists(live) || !exists(dead) {
		t.Error("a file is removed")
	}
}

// Nothing is left open, however it ends.
func TestUnixLeaks(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	testutil.CheckLeaks(t)
	for _, network := range unixNetworks {
		l := &Listener{Network: network, Address: addr.Addr{Path: path}, AcceptTimeout: time.Millisecond}
		if err := l.Serve(t.Context(), discard); err == nil {
			t.Error("a peer has connected")
		}
		s := serve(t, &Listener{Network: network, Address: addr.Addr{Path: path}}, echoDatagrams)
		(&Listener{Network: network, Address: addr.Addr{Path: path}}).Serve(t.Context(), discard)
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
		if _, err := d.Dial(t.Context(), addr.Addr{Path: path}); err == nil {
			t.Error("a listener is still there")
		}
	}
}

// A peer that does not read holds up its own session alone, which waits
// without spinning until the peer reads on.
func TestUnixgramSessionFull(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	l := &Listener{Network: "unixgram", Address: addr.Addr{Path: path}, KeepOpen: true}
	full, ended := make(chan bool), make(chan error, 10)
	l.OnEnd = func(_ net.Addr, err error) { ended <- err }
	serve(t, l, func(ctx context.Context, c net.Conn) error {
		buf := make([]byte, 10)
		n, err := c.Read(buf)
		if string(buf[:n]) != "silent" {
			c.Write(buf[:n])
			return echoDatagrams(ctx, c)
		}
		defer c.Close()
		for err == nil {
			c.SetWriteDeadline(time.Now().Add(100 * time.Millisecond))
			_, err = c.Write(buf[:n])
		}
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			return err
		}
		c.SetWriteDeadline(time.Now().Add(patience))
		close(full)
		_, err = c.Write(buf[:n])
		return err
	})
	silent, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path + "-silent", Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	silent.WriteToUnix([]byte("silent"), &net.UnixAddr{Name: path, Net: "unixgram"})
	other := dialUnixgram(t, path)
	await(t, full)
	exchange(t, other, "hello")
	awaitRest(t)
	exchange(t, other, "still")
	silent.Read(make([]byte, 10))
	if err := await(t, ended); err != nil {
		t.Errorf("its session ended with %v", err)
	}
}
