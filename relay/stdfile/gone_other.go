//go:build !linux

package stdfile

import (
	"errors"
	"os"
)

// AwaitReaderGone is for Linux only. Elsewhere the next write fails.
func AwaitReaderGone(*os.File) error { return errors.ErrUnsupported }
