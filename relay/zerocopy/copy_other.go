//go:build !linux

package zerocopy

import "io"

// Copy moves what r gives to w, as Sendfile does.
func Copy(f Flow, r io.Reader, w io.Writer, buf []byte) (handled bool, left int64, rerr, werr error) {
	return Sendfile(f, r, w, buf)
}
