package zerocopy

import (
	"errors"
	"io"
	"net"
	"os"
	"runtime"
	"syscall"
)

// Sendfile sends a regular file over TCP by what package net has for it:
// sendfile(2), on Windows TransmitFile. It returns what Copy does.
//
// It asks for as much at once as buf holds, which a plain copy writes at once, so
// that a slow peer is no sooner taken for an idle one.
func Sendfile(f Flow, r io.Reader, w io.Writer, buf []byte) (handled bool, left int64, rerr, werr error) {
	file, isFile := r.(*os.File)
	conn, isTCP := w.(*net.TCPConn)
	if !isFile || !isTCP || !hasSendfile() || !isRegular(file) {
		return false, 0, nil, nil
	}
	part := io.LimitedReader{R: file}
	for !f.Stopped() {
		part.N = int64(len(buf))
		f.SetWriting(true)
		n, err := conn.ReadFrom(&part)
		f.NoteWritten(n)
		f.SetWriting(false)
		switch {
		case err != nil:
			rerr, werr = sendfileError(err)
			left = min(bytesLeft(file), int64(len(buf))-n)
			if errors.Is(werr, os.ErrDeadlineExceeded) && left == 0 { // between two parts
				rerr, werr = werr, nil
			}
			return true, left, rerr, werr
		case n == 0:
			return true, 0, nil, nil
		}
	}
	return true, 0, os.ErrDeadlineExceeded, nil
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
// whose error is EIO (sendfile(2)) or, of a plain read, a PathError; or the
// connection.
func sendfileError(err error) (rerr, werr error) {
	var op *net.OpError
	if errors.As(err, &op) {
		err = op.Err
	}
	var path *os.PathError
	if errors.As(err, &path) || errors.Is(err, syscall.EIO) {
		return err, nil
	}
	return nil, err
}
