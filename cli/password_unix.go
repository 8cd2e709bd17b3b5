//go:build unix

package cli

import (
	"bufio"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"gonc/cli/message"
)

// readPassword returns what the environment variable holds, or what is typed
// at the terminal, without echo. A signal during the prompt restores the echo
// and ends the program.
func readPassword(variable, what string) (string, error) {
	if s := os.Getenv(variable); s != "" {
		return s, nil
	}
	none := &message.SecretError{What: what, Variable: variable}
	tty, err := os.OpenFile("/dev/tty", os.O_RDWR, 0)
	if err != nil {
		return "", none
	}
	defer tty.Close()
	restore, err := echoOff(int(tty.Fd()))
	if err != nil {
		return "", none
	}
	defer restore()
	tty.WriteString(what + ": ")
	line, err := bufio.NewReader(tty).ReadString('\n')
	tty.WriteString("\n")
	if err != nil {
		return "", none
	}
	return strings.TrimRight(line, "\r\n"), nil
}

// echoOff turns the echo of a terminal off, and returns what turns it on again.
// A signal that ends the program also does.
func echoOff(fd int) (restore func(), err error) {
	before, err := unix.IoctlGetTermios(fd, getTermios)
	if err != nil {
		return nil, err
	}
	received := notify()
	signal.Notify(received, syscall.SIGQUIT)
	silent := *before
	silent.Lflag &^= unix.ECHO
	unix.IoctlSetTermios(fd, setTermios, &silent)
	over := make(chan struct{})
	go func() {
		select {
		case s := <-received:
			unix.IoctlSetTermios(fd, setTermios, before)
			unix.Write(fd, []byte{'\n'})
			dieBy(s.(syscall.Signal))
		case <-over:
		}
	}()
	return func() {
		close(over)
		signal.Stop(received)
		unix.IoctlSetTermios(fd, setTermios, before)
		defaultQuit()
	}, nil
}
