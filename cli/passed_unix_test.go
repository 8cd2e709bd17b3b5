//go:build unix

package cli

import (
	"errors"
	"fmt"
	"net"
	"os"
	"syscall"
	"time"
)

// passTo makes a Unix socket of the standard output of p, and returns what to
// close afterwards.
func (p *process) passTo() (theirs *os.File, err error) {
	pair, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	if err != nil {
		return nil, err
	}
	syscall.CloseOnExec(pair[0])
	syscall.CloseOnExec(pair[1])
	theirs, mine := os.NewFile(uintptr(pair[0]), "pair"), os.NewFile(uintptr(pair[1]), "pair")
	defer mine.Close()
	p.cmd.Stdout = theirs
	p.passes, err = net.FileConn(mine)
	return theirs, err
}

// passed takes the descriptor that a program passes, and uses it.
func (f *fixture) passed(args []string) error {
	p, err := f.process(args[0])
	if err != nil {
		return err
	}
	c, ok := p.passes.(*net.UnixConn)
	if !ok {
		return errors.New("its standard output is not a socket")
	}
	c.SetReadDeadline(time.Now().Add(p.patience))
	b, oob := make([]byte, 16), make([]byte, 128)
	n, oobn, _, _, err := c.ReadMsgUnix(b, oob)
	if err != nil {
		return err
	}
	messages, _ := syscall.ParseSocketControlMessage(oob[:oobn])
	for _, m := range messages {
		fds, _ := syscall.ParseUnixRights(&m)
		fmt.Fprintf(&f.shown, "%q and %d descriptor", b[:n], len(fds))
		for _, fd := range fds {
			syscall.Write(fd, []byte("through"))
			syscall.Close(fd)
		}
	}
	return nil
}
