package conn

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"gonc/conn/sockopt"
)

// A UnixError says that a Unix socket could not be connected to or listened
// on.
type UnixError struct {
	Op   string // "connect"; "listen", also for a datagram client's own socket
	Path string
	Err  error
}

func (e *UnixError) Error() string { return fmt.Sprintf("%s %s: %v", e.Op, e.Path, e.Err) }

// Unwrap returns the cause.
func (e *UnixError) Unwrap() error { return e.Err }

// ErrNotSocket says that a path to listen on is taken by a file that is not a
// socket. It is never removed.
var ErrNotSocket = errors.New("a file that is not a socket is there")

// checkPath refuses a path that does not fit into a sockaddr_un, for which
// the system has no better word than EINVAL.
func checkPath(op, path string) error {
	if path == "" {
		return &UnixError{op, path, syscall.ENOENT}
	}
	if len(path) > maxUnixPath {
		return &UnixError{op, path, syscall.ENAMETOOLONG}
	}
	return nil
}

// abstract reports whether path names no file.
func abstract(path string) bool { return strings.HasPrefix(path, "@") }

// dialUnix connects to path.
func (d *Dialer) dialUnix(ctx context.Context, network, path string) (net.Conn, error) {
	if err := checkPath("connect", path); err != nil {
		return nil, err
	}
	nd := net.Dialer{Control: sockopt.Control(d.Options)}
	if network == "unix" {
		return dialUnixStream(ctx, nd, path)
	}
	return d.dialUnixgram(ctx, nd, path)
}

// backlogPause is how long to wait before a listener is asked again whose
// backlog was full.
const backlogPause = 10 * time.Millisecond

// dialUnixStream connects to path. A full backlog is waited for: a socket that
// does not block is told EAGAIN (connect(2)), and of no event after it.
func dialUnixStream(ctx context.Context, nd net.Dialer, path string) (net.Conn, error) {
	for {
		c, err := nd.DialContext(ctx, "unix", path)
		if err == nil {
			return c, nil
		}
		if !errors.Is(err, syscall.EAGAIN) {
			return nil, &UnixError{"connect", path, err}
		}
		select {
		case <-time.After(backlogPause):
		case <-ctx.Done():
			return nil, &UnixError{"connect", path, ctx.Err()}
		}
	}
}

// dialUnixgram connects to path from a socket that can be answered.
func (d *Dialer) dialUnixgram(ctx context.Context, nd net.Dialer, path string) (net.Conn, error) {
	own, dir, err := ownPath(d.Source.Path)
	if err != nil {
		return nil, err
	}
	nd.LocalAddr = &net.UnixAddr{Name: own, Net: "unixgram"}
	c, err := nd.DialContext(ctx, "unixgram", path)
	if err == nil {
		return &unixgram{c.(*net.UnixConn), newUnixFile(own), dir}, nil
	}
	var step *os.SyscallError
	if errors.As(err, &step) && step.Syscall == "bind" {
		os.RemoveAll(dir)
		return nil, &UnixError{"listen", own, err}
	}
	replaceDead(own) // bound, and not connected
	os.RemoveAll(dir)
	return nil, &UnixError{"connect", path, err}
}

// ownPath is where a datagram client gets its answers: path if there is one,
// else in a fresh directory that nobody else can enter, dir.
func ownPath(path string) (own, dir string, err error) {
	if own = path; path == "" {
		if dir, err = os.MkdirTemp("", "gonc-"); err != nil {
			return "", "", err
		}
		own = filepath.Join(dir, "socket")
	}
	if err = checkPath("listen", own); err == nil {
		if err = replaceDead(own); err != nil {
			err = &UnixError{"listen", own, err}
		}
	}
	if err != nil {
		os.RemoveAll(dir)
	}
	return own, dir, err
}

// A unixgram is a datagram client, whose own socket has a file to be removed.
type unixgram struct {
	*net.UnixConn
	own unixFile
	dir string // that own is alone in; empty: it is not ours
}

// Read reads one datagram.
func (c *unixgram) Read(b []byte) (int, error) {
	n, _, err := readUnixgram(c.UnixConn, b)
	return n, err
}

// Close removes the socket's file and closes it.
func (c *unixgram) Close() error {
	c.own.remove()
	if c.dir != "" {
		os.Remove(c.dir)
	}
	return c.UnixConn.Close()
}

// replaceDead removes the socket at path if nobody holds it any longer. A
// live one, and every other kind of file, is an error.
func replaceDead(path string) error {
	if abstract(path) {
		return nil
	}
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nil
	case err != nil:
		return errors.Unwrap(err)
	case info.Mode().Type() != os.ModeSocket:
		return ErrNotSocket
	}
	// A listener does not notice that a datagram socket cannot connect to it;
	// a stream would be the one connection that it waits for.
	c, err := net.Dial(unixProbe, path)
	switch {
	case err == nil:
		c.Close()
		return syscall.EADDRINUSE
	case errors.Is(err, syscall.ECONNREFUSED):
		return errors.Unwrap(unixFile{path, info}.remove())
	case errors.Is(err, syscall.EPROTOTYPE), // a socket of another type
		errors.Is(err, syscall.EPERM): // a datagram socket with a peer
		return syscall.EADDRINUSE
	}
	return errors.Unwrap(err)
}

// unixFile is the file of a bound socket, as it was when it was made. As long
// as the socket is open no other file can have its inode.
type unixFile struct {
	path string
	info os.FileInfo // nil: there is none
}

func newUnixFile(path string) unixFile {
	f := unixFile{path: path}
	if !abstract(path) {
		f.info, _ = os.Lstat(path)
	}
	return f
}

// remove removes the file, unless somebody else has put another there.
func (f unixFile) remove() error {
	now, err := os.Lstat(f.path)
	if f.info == nil || err != nil || !os.SameFile(f.info, now) {
		return nil
	}
	err = os.Remove(f.path)
	if errors.Is(err, os.ErrNotExist) {
		return nil // somebody else was faster
	}
	return err
}

// A unixListener removes its file when it is closed.
type unixListener struct {
	*net.UnixListener
	file unixFile
}

func (ln *unixListener) Close() error {
	ln.file.remove()
	return ln.UnixListener.Close()
}

// bindUnix makes room at l's path and binds there.
func (l *Listener) bindUnix(bind func(path string) error) error {
	path := l.Address.Path
	err := checkPath("listen", path)
	if err != nil {
		return err
	}
	if err = replaceDead(path); err == nil {
		err = bind(path)
	}
	if err != nil {
		return &UnixError{"listen", path, err}
	}
	return nil
}

// listenUnix listens for streams.
func (l *Listener) listenUnix(ctx context.Context) (net.Listener, error) {
	var ln net.Listener
	err := l.bindUnix(func(path string) (err error) {
		lc := net.ListenConfig{Control: sockopt.Control(l.Options)}
		ln, err = lc.Listen(ctx, "unix", path)
		return err
	})
	if err != nil {
		return nil, err
	}
	ul := ln.(*net.UnixListener)
	ul.SetUnlinkOnClose(false)
	own := &unixListener{ul, newUnixFile(l.Address.Path)}
	if err := sockopt.SetBacklog(ul, backlog); err != nil {
		own.Close()
		return nil, &UnixError{"listen", l.Address.Path, err}
	}
	if l.OnListen != nil {
		l.OnListen([]net.Addr{ul.Addr()})
	}
	return own, nil
}
