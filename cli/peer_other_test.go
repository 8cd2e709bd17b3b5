//go:build !unix

package cli

import (
	"errors"
	"net"
)

func shrinkBacklog(net.Listener) error { return errors.New("a backlog has no size here") }

func (*fixture) passed([]string) error { return errors.New("no descriptors are passed here") }
