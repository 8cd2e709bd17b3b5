//go:build !unix

package cli

import "os"

// isReadable returns true: this system does not say how f was opened.
func isReadable(*os.File) bool { return true }

// isNull reports whether f is the null device. Of a file that was redirected
// Wine tells nothing, and a pipe has no identity that could be compared.
func isNull(f *os.File) bool {
	this, err := f.Stat()
	if err != nil || this.Mode()&os.ModeCharDevice == 0 {
		return false
	}
	null, err := os.Stat(os.DevNull)
	return err == nil && os.SameFile(this, null)
}
