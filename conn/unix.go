package conn

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// A UnixError is a failure to connect to a Unix socket or to listen on one.
type UnixError struct {
	Op   string // "connect"; "listen", also of a datagram client's own socket
	Path string
	Err  error
}

func (e *UnixError) Error() string { return fmt.Sprintf("%s %s: %v", e.Op, e.Path, e.Err) }

// Unwrap returns the cause.
func (e *UnixError) Unwrap() error { return e.Err }

// Local reports whether the cause is on this side.
func (e *UnixError) Local() bool { return e.Op == "listen" }

// ErrNotSocket is the error of a path to listen on where there is a file that
// is not a socket. Such a file is never removed.
var ErrNotSocket = errors.New("a file that is not a socket is there")

// checkPath refuses a path that does not fit into a sockaddr_un, for which the
// system's error is EINVAL. An abstract name needs no zero byte at its end.
func checkPath(op, path string) error {
	if path == "" {
		return &UnixError{op, path, syscall.ENOENT}
	}
	longest := maxUnixPath
	if abstract(path) {
		longest++
	}
	if len(path) > longest {
		return &UnixError{op, path, syscall.ENAMETOOLONG}
	}
	return nil
}

// abstract reports whether path names no file.
func abstract(path string) bool { return strings.HasPrefix(path, "@") }

// bindPath makes room at path and calls bind, which binds a socket there. What
// fails is a *UnixError.
//
// A socket whose owner has gone leaves its file behind and has to be replaced.
// Of several programs that start at the same time, one could take the socket
// that another has just bound, and does not listen on yet, for a dead one. So all
// of it is done under a lock.
func bindPath(path string, bind func() error) error {
	err := checkPath("listen", path)
	if err != nil {
		return err
	}
	if !abstract(path) {
		defer lockDir(filepath.Dir(path))()
		err = removeDead(path)
	}
	if err == nil {
		err = bind()
	}
	if err != nil {
		return &UnixError{"listen", path, err}
	}
	return nil
}

// removeDead removes the socket at path if no process has it any longer. A
// live one, and every other kind of file, is an error.
func removeDead(path string) error {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nil
	case err != nil:
		return errors.Unwrap(err)
	case info.Mode().Type() != os.ModeSocket:
		return ErrNotSocket
	}
	// A listener does not notice that a datagram socket tries to connect to
	// it; a stream would be the one connection that it waits for.
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

// A unixFile is the file of a bound socket, as it was when it was made. As long
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

// remove removes the file, unless another one is there now.
func (f unixFile) remove() error {
	now, err := os.Lstat(f.path)
	if f.info == nil || err != nil || !os.SameFile(f.info, now) {
		return nil
	}
	err = os.Remove(f.path)
	if errors.Is(err, os.ErrNotExist) {
		return nil // another process was faster
	}
	return err
}
