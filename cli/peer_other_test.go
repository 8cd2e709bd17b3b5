//go:build !unix

package cli

import (
	"errors"
	"net"
)

func shrinkBacklog(net.Listener) error { return errors.New("a backlog has no size here") }
