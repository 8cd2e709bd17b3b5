//go:build !unix

package relay

import (
	"context"
	"errors"
	"net"
	"os"
	"runtime"
)

// PassFd returns a Handler that says that this system cannot pass a
// descriptor.
func PassFd(*os.File) Handler {
	return func(_ context.Context, c net.Conn) error {
		c.Close()
		return &LocalError{Op: "write", Err: errors.New("descriptors cannot be passed on " + runtime.GOOS)}
	}
}
