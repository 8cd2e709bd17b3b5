package conn

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"gonc/conn/sockopt"
)

// dialUnix connects to path.
func (d *Dialer) dialUnix(ctx context.Context, network, path string) (net.Conn, error) {
	if err := checkPath("connect", path); err != nil {
		return nil, err
	}
	if network == "unix" {
		return dialUnixStream(ctx, net.Dialer{Control: sockopt.Control(d.Options)}, path)
	}
	return d.dialUnixgram(ctx, path)
}

// backlogPause is the pause before another attempt at a listener whose
// backlog was full.
const backlogPause = 10 * time.Millisecond

// dialUnixStream connects to path. It waits while the backlog is full, by
// polling: a socket that does not block gets EAGAIN then (connect(2)), and no
// event afterwards.
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

// dialUnixgram connects to path from a socket with a name, which the peer can
// answer: Source.Path, or a socket in a new directory that only this user can
// enter. Where no directory can be made the system gives the socket an abstract
// name, which only peers in the same network namespace can answer. With SendOnly
// the socket has no name.
func (d *Dialer) dialUnixgram(ctx context.Context, path string) (net.Conn, error) {
	c := &unixgram{}
	opts := d.Options
	switch {
	case d.Source.Path != "":
		c.own.path = d.Source.Path
	case !d.SendOnly:
		dir, err := os.MkdirTemp("", "gonc-")
		switch {
		case err == nil:
			c.dir, c.own.path = dir, filepath.Join(dir, "socket")
		case autobind == nil:
			return nil, &UnixError{"listen", os.TempDir(), err}
		default:
			opts = append([]sockopt.Option{autobind}, opts...)
		}
	}
	err := c.connect(ctx, net.Dialer{Control: sockopt.Control(opts)}, path)
	if err != nil {
		c.removeFiles()
		return nil, err
	}
	return c, nil
}

// A unixgram is the socket of a datagram client, with what has to be removed
// when it is closed.
type unixgram struct {
	*net.UnixConn
	own unixFile
	dir string // has own only; empty: the user's
}

// connect binds the socket to its own path, if it has one, and connects it.
func (c *unixgram) connect(ctx context.Context, nd net.Dialer, path string) error {
	if c.own.path == "" {
		return c.dial(ctx, nd, path)
	}
	nd.LocalAddr = &net.UnixAddr{Name: c.own.path, Net: "unixgram"}
	var failed error // of connecting
	err := bindPath(c.own.path, func() error {
		err := c.dial(ctx, nd, path)
		var step *os.SyscallError
		if errors.As(err, &step) && step.Syscall == "bind" {
			return errors.Unwrap(err)
		}
		c.own = newUnixFile(c.own.path)
		failed = err
		return nil
	})
	if err != nil {
		return err
	}
	return failed
}

func (c *unixgram) dial(ctx context.Context, nd net.Dialer, path string) error {
	nc, err := nd.DialContext(ctx, "unixgram", path)
	if err != nil {
		return &UnixError{"connect", path, err}
	}
	c.UnixConn = nc.(*net.UnixConn)
	return nil
}

// Read reads one datagram.
func (c *unixgram) Read(b []byte) (int, error) {
	n, _, err := readUnixgram(c.UnixConn, b)
	return n, err
}

// NetConn returns the socket.
func (c *unixgram) NetConn() net.Conn { return c.UnixConn }

// Close removes the socket's file and closes it.
func (c *unixgram) Close() error {
	c.removeFiles()
	return c.UnixConn.Close()
}

func (c *unixgram) removeFiles() {
	c.own.remove()
	if c.dir != "" {
		os.Remove(c.dir)
	}
}
