//go:build unix

package command

import (
	"os/exec"
	"syscall"
	"time"
)

func shell() []string { return []string{"/bin/sh", "-c"} }

// setSysProcAttr gives the program a process group of its own, so that what
// it starts can be ended with it.
func (p *Program) setSysProcAttr(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
}

// isBrokenPipe has nothing to add to EPIPE.
func isBrokenPipe(error) bool { return false }

// killAfter is the time that a group has to end after a hangup.
const killAfter = 2 * time.Second

// groupPause is the pause between checks of a group that was sent a hangup.
const groupPause = 10 * time.Millisecond

// Hangup ends the program and what it has started, unless the program has
// ended by itself: its process group gets SIGHUP, and SIGKILL if it is still
// there two seconds later. It returns when the group is gone.
func (c *Process) Hangup() {
	if !c.signal(syscall.SIGHUP) {
		return
	}
	c.signal(syscall.SIGCONT) // a stopped group would not see the hangup
	for deadline := time.Now().Add(killAfter); time.Now().Before(deadline); {
		if c.groupGone() {
			<-c.done
			return
		}
		time.Sleep(groupPause)
	}
	syscall.Kill(-c.cmd.Process.Pid, syscall.SIGKILL)
	<-c.done
}

// signal sends s to the group of a program that has not ended.
func (c *Process) signal(s syscall.Signal) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ended {
		return false
	}
	syscall.Kill(-c.cmd.Process.Pid, s)
	return true
}

// groupGone reports whether nothing is left of the group. While something is,
// its number cannot be given to another.
func (c *Process) groupGone() bool {
	return syscall.Kill(-c.cmd.Process.Pid, 0) == syscall.ESRCH
}
