//go:build unix

package main

import (
	"bufio"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// secret returns what the environment variable holds, or what the user types
// at the terminal, unseen.
func secret(variable, what string) (string, error) {
	if s := os.Getenv(variable); s != "" {
		return s, nil
	}
	none := &usageError{text: "there is no terminal to ask for the %s on", args: []any{what}, hint: "set " + variable}
	tty, err := os.OpenFile("/dev/tty", os.O_RDWR, 0)
	if err != nil {
		return "", none
	}
	defer tty.Close()
	was, err := unix.IoctlGetTermios(int(tty.Fd()), getTermios)
	if err != nil {
		return "", none
	}
	unseen := *was
	unseen.Lflag &^= unix.ECHO
	unix.IoctlSetTermios(int(tty.Fd()), setTermios, &unseen)
	defer unix.IoctlSetTermios(int(tty.Fd()), setTermios, was)
	tty.WriteString(what + ": ")
	line, err := bufio.NewReader(tty).ReadString('\n')
	tty.WriteString("\n")
	if err != nil {
		return "", none
	}
	return strings.TrimRight(line, "\r\n"), nil
}
