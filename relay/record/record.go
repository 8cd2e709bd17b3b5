// Package record keeps what goes by on a connection: as it was, in hex, as a
// digest, and as figures for a progress line. Its readers and writers wrap
// those of a relay's End for the network side; the bytes pass unchanged, and
// a record that fails never stops them.
package record

import "io"

// A tapReader hands what its reader gave to a function.
type tapReader struct {
	r   io.Reader
	tap func(p []byte)
}

// Read reads. An empty read without an error is an empty datagram, which goes
// into the record too.
func (t *tapReader) Read(p []byte) (int, error) {
	n, err := t.r.Read(p)
	if n > 0 || err == nil && len(p) > 0 {
		t.tap(p[:n])
	}
	return n, err
}

// A tapWriter hands what its writer took to a function.
type tapWriter struct {
	w   io.Writer
	tap func(p []byte)
}

func (t *tapWriter) Write(p []byte) (int, error) {
	n, err := t.w.Write(p)
	t.tap(p[:n])
	return n, err
}

// An earlyTapWriter hands what it is given to a function before it writes.
type earlyTapWriter struct {
	w   io.Writer
	tap func(p []byte)
}

func (t *earlyTapWriter) Write(p []byte) (int, error) {
	t.tap(p)
	return t.w.Write(p)
}
