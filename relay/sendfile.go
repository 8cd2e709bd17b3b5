package relay

import (
	"errors"
	"io"
	"net"
	"os"
	"runtime"
	"syscall"
)

// sendfile sends a regular file over TCP by what package net has for it:
// sendfile(2), on Windows TransmitFile. It returns what zeroCopy does.
//
// It asks for as much at once as a plain copy writes at once, so that a slow
// peer is no sooner taken for an idle one.
func (f *flow) sendfile() (handled bool, rerr, werr error) {
	file, isFile := f.from.R.(*os.File)
	conn, isTCP := f.to.W.(*net.TCPConn)
	if !isFile || !isTCP || !hasSendfile() || !isRegular(file) {
		return false, nil, nil
	}
	part := io.LimitedReader{R: file}
	for !f.quit.Load() {
		part.N = bufferSize
		f.writing.Store(true)
		n, err := conn.ReadFrom(&part)
		f.noteWritten(n)
		f.writing.Store(false)
		switch {
		case err != nil:
			rerr, werr = sendfileError(conn, err)
			f.undelivered = min(bytesLeft(file), bufferSize-n)
			if interrupted(werr) && f.undelivered == 0 { // between two parts
				rerr, werr = werr, nil
			}
			return true, rerr, werr
		case n == 0:
			return true, nil, nil
		}
	}
	return true, os.ErrDeadlineExceeded, nil
}

// hasSendfile reports whether package net has such a call on this system.
func hasSendfile() bool {
	switch runtime.GOOS {
	case "darwin", "dragonfly", "freebsd", "linux", "windows":
		return true
	}
	return false
}

func isRegular(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode().IsRegular()
}

// bytesLeft returns how many bytes of a regular file are behind its offset.
func bytesLeft(f *os.File) int64 {
	at, err := f.Seek(0, io.SeekCurrent)
	if err != nil {
		return 0
	}
	info, err := f.Stat()
	if err != nil {
		return 0
	}
	return max(0, info.Size()-at)
}

// sendfileError tells which side failed from an error of ReadFrom: the file,
// whose error is EIO (sendfile(2)) or, of a plain read, a PathError; or c.
func sendfileError(c *net.TCPConn, err error) (rerr, werr error) {
	var op *net.OpError
	if errors.As(err, &op) {
		err = op.Err
	}
	var path *os.PathError
	if errors.As(err, &path) || errors.Is(err, syscall.EIO) {
		return err, nil
	}
	return nil, connError("write", c, err)
}
