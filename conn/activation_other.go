//go:build !unix

package conn

import (
	"errors"
	"os"
)

func closeOnExec(int) error { return errors.ErrUnsupported }

func isListening(*os.File) bool { return true }
