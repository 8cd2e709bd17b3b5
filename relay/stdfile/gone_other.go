//go:build !linux

package relay

import (
	"errors"
	"os"
)

// awaitUnread is for Linux. Elsewhere the next write tells.
func awaitUnread(*os.File) error { return errors.ErrUnsupported }
