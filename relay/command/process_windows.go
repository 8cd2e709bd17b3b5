package command

import (
	"errors"
	"os/exec"
	"syscall"

	"golang.org/x/sys/windows"
)

func shell() []string { return []string{"cmd", "/c"} }

// setSysProcAttr gives cmd.exe the line as it is, since it has rules of its
// own for quotes.
func (p *Program) setSysProcAttr(cmd *exec.Cmd) {
	if p.line != "" {
		cmd.SysProcAttr = &syscall.SysProcAttr{CmdLine: `cmd /s /c "` + p.line + `"`}
	}
}

// isBrokenPipe reports whether err is that the program does not read.
func isBrokenPipe(err error) bool {
	return errors.Is(err, windows.ERROR_BROKEN_PIPE) || errors.Is(err, windows.ERROR_NO_DATA)
}

// Hangup ends the program, unless it has ended by itself. It returns when it
// is gone.
func (c *Process) Hangup() {
	c.cmd.Process.Kill()
	<-c.done
}
