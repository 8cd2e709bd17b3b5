//go:build linux

package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// fields splits a command line at its spaces; ” holds a field together.
func fields(line string) (all []string) {
	for _, f := range regexp.MustCompile(`'[^']*'|\S+`).FindAllString(line, -1) {
		all = append(all, strings.Trim(f, "'"))
	}
	return all
}

// dialectSteps lists the steps that a case may take while nc runs.
var dialectSteps = map[string]func(r *dialectRun, arg string){
	// The peer.
	"dial":   (*dialectRun).dial,   // another one connects
	"send":   (*dialectRun).send,   // it writes
	"flood":  (*dialectRun).flood,  // it writes that many bytes
	"recv":   (*dialectRun).recv,   // it reads that many bytes
	"head":   (*dialectRun).head,   // it reads to an empty line
	"line":   (*dialectRun).line,   // it reads a line
	"dgram":  (*dialectRun).dgram,  // it reads a datagram
	"all":    (*dialectRun).all,    // it reads to the end
	"silent": (*dialectRun).silent, // it hears nothing
	"shut":   onDialectPeer((*peer).shut),
	"reset":  onDialectPeer((*peer).reset),
	"close":  onDialectPeer(func(p *peer) error { p.close(); return nil }),
	"first":  func(r *dialectRun, _ string) { r.peer = r.peers[0] },
	// The program.
	"feed":    (*dialectRun).feed,
	"feedeof": func(r *dialectRun, _ string) { r.p.stdin.Close() },
	"stdout":  func(r *dialectRun, re string) { r.await(&r.p.stdout, re) },
	"stderr":  func(r *dialectRun, re string) { r.await(&r.p.stderr, re) },
	"stays":   (*dialectRun).stays, // it is there still after a while, and is killed
	"signal":  (*dialectRun).signal,
	"end":     (*dialectRun).end,
	"took":    (*dialectRun).took, // whether it ran at least so long
	// The directory.
	"ls":   (*dialectRun).ls,
	"file": (*dialectRun).file,
	// -F.
	"passed": (*dialectRun).receivePassed,
}

func onDialectPeer(f func(*peer) error) func(*dialectRun, string) {
	return func(r *dialectRun, _ string) {
		if _, err := r.conn(); err != nil {
			r.note("no connection: %s", short(err))
		} else if err := f(r.peer); err != nil {
			r.note("peer: %s", short(err))
		}
	}
}

// short returns an error without addresses.
func short(err error) string {
	var errno syscall.Errno
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		return "nothing in time"
	case errors.As(err, &errno):
		return errno.Error()
	}
	return err.Error()
}

// conn returns the connection of the peer, with a limit on what is done next.
func (r *dialectRun) conn() (net.Conn, error) {
	if r.peer == nil {
		return nil, errors.New("no peer")
	}
	if r.peer.c == nil {
		if err := r.accept(); err != nil {
			return nil, err
		}
	}
	return r.peer.c, r.peer.c.SetDeadline(time.Now().Add(r.patience))
}

// accept waits for nc to connect, unless it has ended.
func (r *dialectRun) accept() error {
	came := make(chan error, 1)
	go func() {
		_, err := r.peer.conn()
		came <- err
	}()
	select {
	case err := <-came:
		return err
	case <-r.p.ended:
	}
	select {
	case err := <-came:
		return err
	case <-time.After(aWhile): // what is in the backlog comes at once
		r.peer.ln.Close()
		<-came
		return errors.New("no client connected")
	}
}

// dial connects to the listener under test, as soon as it is there.
func (r *dialectRun) dial(string) {
	network := strings.TrimPrefix(r.c.peer, "dial ")
	late := time.Now().Add(r.patience)
	for {
		p, err := r.tryDial(network)
		if err == nil {
			r.add(p)
			return
		}
		select {
		case <-r.p.ended:
			r.note("nothing to dial: it has ended")
			return
		case <-time.After(2 * time.Millisecond):
		}
		if time.Now().After(late) {
			r.note("cannot dial: %s", short(err))
			return
		}
	}
}

func (r *dialectRun) tryDial(network string) (*peer, error) {
	switch {
	case network == "unixgram":
		own := &net.UnixAddr{Name: filepath.Join(r.dir, fmt.Sprint("own", len(r.peers))), Net: network}
		c, err := net.DialUnix(network, own, &net.UnixAddr{Name: r.sock(), Net: network})
		if err != nil {
			os.Remove(own.Name)
			return nil, err
		}
		return &peer{c: c}, nil
	case network == "unix":
		return dialPeer(network, r.sock())
	case strings.HasPrefix(network, "udp"):
		// Nothing tells a datagram socket from none but what it says of itself.
		if _, err := r.p.await(&r.p.stderr, "^Bound on |Listening on "); err != nil {
			return nil, err
		}
	}
	if strings.HasSuffix(network, "6") {
		return dialPeer(network, "[::1]:"+r.port)
	}
	return dialPeer(network, "127.0.0.1:"+r.port)
}

func (r *dialectRun) write(b []byte) {
	c, err := r.conn()
	if err == nil {
		_, err = c.Write(b)
	}
	if err != nil {
		r.note("cannot send: %s", short(err))
	}
}

func (r *dialectRun) send(text string) {
	b, err := unescape(text)
	if err != nil {
		r.note("%v", err)
	}
	r.write(b)
}

func (r *dialectRun) flood(n string) {
	size, _ := strconv.Atoi(n)
	r.write(bytes.Repeat([]byte("0123456789abcdef"), size/16+1)[:size])
}

func (r *dialectRun) recv(n string) {
	size, _ := strconv.Atoi(n)
	r.read("received", func(c net.Conn) ([]byte, error) {
		b := make([]byte, size)
		n, err := io.ReadFull(c, b)
		return b[:n], err
	})
}

func (r *dialectRun) head(string) { r.readTo("\r\n\r\n") }

func (r *dialectRun) line(string) { r.readTo("\n") }

func (r *dialectRun) readTo(end string) {
	r.read("received", func(c net.Conn) (b []byte, err error) {
		for one := make([]byte, 1); err == nil && !bytes.HasSuffix(b, []byte(end)); {
			if _, err = c.Read(one); err == nil {
				b = append(b, one...)
			}
		}
		return b, err
	})
}

func (r *dialectRun) dgram(string) {
	r.read("received", func(c net.Conn) ([]byte, error) {
		b := make([]byte, 1<<16)
		n, err := c.Read(b)
		return b[:n], err
	})
}

func (r *dialectRun) all(string) {
	r.read("received all of", func(c net.Conn) ([]byte, error) { return io.ReadAll(c) })
}

// read notes what f reads.
func (r *dialectRun) read(what string, f func(net.Conn) ([]byte, error)) {
	c, err := r.conn()
	if err != nil {
		r.note("no connection: %s", short(err))
		return
	}
	b, err := f(c)
	r.note("%s %s", what, brief(b))
	if err != nil {
		r.note("then: %s", short(err))
	}
}

// brief returns b, or as much of it as one can look at.
func brief(b []byte) string {
	if len(b) <= 400 {
		return strconv.Quote(string(b))
	}
	return fmt.Sprintf("%d bytes: %q…%q", len(b), b[:40], b[len(b)-40:])
}

// aWhile is the time in which something must not happen.
const aWhile = 300 * time.Millisecond

func (r *dialectRun) silent(string) {
	if _, err := r.conn(); err != nil {
		r.note("no connection: %s", short(err))
	} else if err := r.peer.silent(aWhile); err != nil {
		r.note("%v", err)
	}
}

func (r *dialectRun) feed(text string) {
	b, err := unescape(text)
	if err == nil {
		_, err = r.p.stdin.Write(b)
	}
	if err != nil {
		r.note("cannot feed: %s", short(err))
	}
}

func (r *dialectRun) await(o *output, re string) {
	if _, err := r.p.await(o, re); err != nil {
		r.note("no %q comes", re)
	}
}

func (r *dialectRun) stays(long string) {
	limit, err := time.ParseDuration(long)
	if err != nil {
		limit = aWhile
	}
	select {
	case <-r.p.ended:
		return
	case <-time.After(limit):
	}
	r.note("stays")
	r.kill()
}

// kill ends the program, and those that a shell has started.
func (r *dialectRun) kill() {
	if r.c.script != "" {
		syscall.Kill(-r.p.cmd.Process.Pid, syscall.SIGKILL)
	}
	r.p.kill()
}

func (r *dialectRun) signal(n string) {
	number, _ := strconv.Atoi(n)
	r.p.cmd.Process.Signal(syscall.Signal(number))
}

func (r *dialectRun) end(string) {
	select {
	case <-r.p.ended:
	case <-time.After(r.patience):
		r.note("hangs")
		r.kill()
	}
}

func (r *dialectRun) took(least string) {
	r.end("")
	if d, _ := time.ParseDuration(least); r.p.took >= d {
		r.note("took %s", least)
	}
}

func (r *dialectRun) ls(string) {
	var names []string
	entries, _ := os.ReadDir(r.dir)
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), "own") {
			names = append(names, e.Name())
		}
	}
	r.note("files: %s", strings.Join(names, " "))
}

// file notes what a file of the directory holds.
func (r *dialectRun) file(name string) {
	b, err := os.ReadFile(filepath.Join(r.dir, name))
	if err != nil {
		r.note("no file %s", name)
	}
	r.note("%s holds %s", name, brief(b))
}
