package page

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"mime"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"gonc/internal/http1"
)

// CheckFile says why name can't be the File of a Page: it can't be
// opened, or it is no regular file. A directory is no page, and of a FIFO or
// a device the length is unknown.
func CheckFile(name string) error {
	f, _, err := openFile(name)
	if err != nil {
		return err
	}
	return f.Close()
}

// ErrNotRegular says that a page is a device, a FIFO or a directory.
var ErrNotRegular = errors.New("not a regular file")

// openFile opens name, if it is a regular file, and returns its size. Opening
// never waits, not even for a FIFO's writer.
func openFile(name string) (f *os.File, size int64, err error) {
	f, err = os.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, 0, err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = &fs.PathError{Op: "open", Path: name, Err: ErrNotRegular}
	}
	if err != nil {
		f.Close()
		return nil, 0, err
	}
	return f, info.Size(), nil
}

// contentType returns the Content-Type that goes with a name; no name: the test page.
func contentType(name string) string {
	if name == "" {
		return "text/html; charset=utf-8"
	}
	if t := mime.TypeByExtension(filepath.Ext(name)); t != "" {
		return t
	}
	return "application/octet-stream"
}

// answerFile answers with the file as it is now.
func (s *conn) answerFile() error {
	f, size, err := openFile(s.page.File)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return s.answerStatus(404)
	case errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE):
		return s.answerStatus(503)
	case err != nil:
		return s.answerStatus(500)
	}
	defer f.Close()
	out := s.begin("HTTP/1.1 200 OK\r\n")
	out.buf = append(out.buf, s.page.head...)
	out.buf = strconv.AppendInt(out.buf, size, 10)
	out.buf = append(out.buf, "\r\n"...)
	out.buf = append(out.buf, s.in.connection()...)
	if s.in.head.Method == http1.MethodHead {
		return s.answered(200, 0)
	}
	if err := s.writeFile(f, size); err != nil {
		return err
	}
	return s.answered(200, size)
}

// writeFile writes what is due and then size bytes of f. TCP takes them with
// sendfile, because it is a ReaderFrom. A file that has become shorter breaks
// the promise of the Content-Length: the connection ends, so that the client
// sees it (RFC 9112 section 8).
func (s *conn) writeFile(f *os.File, size int64) error {
	if err := s.flush(); err != nil {
		return err
	}
	for sent := int64(0); sent < size; {
		s.arm(time.Time{})
		n, err := io.CopyN(s.c, f, min(size-sent, stretchSize))
		s.wrote()
		s.sent(n)
		sent += n
		switch {
		case err == io.EOF:
			return fmt.Errorf("%s has become shorter: %w", f.Name(), io.ErrUnexpectedEOF)
		case errors.Is(err, os.ErrDeadlineExceeded) && n >= pieceSize:
			// A client that is slow, but not too slow. More may have been
			// read than was written.
			_, err = f.Seek(sent, io.SeekStart)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
