//go:build !unix

package cli

import "os"

// A stderrWriter writes to standard error.
type stderrWriter struct{}

func (stderrWriter) Write(p []byte) (int, error) { return os.Stderr.Write(p) }
