package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"strings"
	"time"
)

// A peer is the other side of a connection, played by a test. One that
// listens has its connection from the first thing that is done with it.
type peer struct {
	ln       net.Listener // nil: it dials, or is a UDP socket
	c        net.Conn
	held     []net.Conn    // in the backlog
	patience time.Duration // bounds what is done with it
	client   *process      // that connects; nil: it may be any
}

func peerOn(ln net.Listener, c net.Conn) *peer { return &peer{ln: ln, c: c, patience: patience} }

// newPeer listens on a port of the system's choice. network is as net.Listen
// has it, or udp.
func newPeer(network string) (*peer, error) {
	at := "127.0.0.1:0"
	if strings.HasSuffix(network, "6") {
		at = "[::1]:0"
	}
	if strings.HasPrefix(network, "udp") {
		pc, err := net.ListenPacket(network, at)
		if err != nil {
			return nil, err
		}
		return peerOn(nil, &answering{packetConn: pc.(packetConn)}), nil
	}
	ln, err := net.Listen(network, at)
	return peerOn(ln, nil), err
}

// newUnixPeer listens at path. network is unix or unixgram.
func newUnixPeer(network, path string) (*peer, error) {
	if network == "unix" {
		ln, err := net.Listen(network, path)
		return peerOn(ln, nil), err
	}
	pc, err := net.ListenPacket(network, path)
	if err != nil {
		return nil, err
	}
	return peerOn(nil, &answering{packetConn: pc.(packetConn)}), nil
}

func dialPeer(network, at string) (*peer, error) {
	c, err := net.DialTimeout(network, at, patience)
	return peerOn(nil, c), err
}

// dialUnixgram connects to at from a socket named own, which an answer can be
// sent to.
func dialUnixgram(own, at string) (*peer, error) {
	c, err := net.DialUnix("unixgram", &net.UnixAddr{Name: own, Net: "unixgram"}, &net.UnixAddr{Name: at, Net: "unixgram"})
	if err != nil {
		os.Remove(own)
		return nil, err
	}
	return peerOn(nil, c), nil
}

func (p *peer) port() string {
	at := func() net.Addr { return p.c.LocalAddr() }
	if p.ln != nil {
		at = p.ln.Addr
	}
	_, port, _ := net.SplitHostPort(at().String())
	return port
}

// conn returns the connection, with a limit on what is done next.
func (p *peer) conn() (net.Conn, error) {
	if p.c == nil {
		c, err := p.accept()
		if err != nil {
			return nil, err
		}
		p.c = c
	}
	return p.c, p.c.SetDeadline(time.Now().Add(p.patience))
}

// accept waits for a connection. Of a client that has ended it is in the
// backlog, or does not come.
func (p *peer) accept() (net.Conn, error) {
	ln := p.ln.(interface {
		net.Listener
		SetDeadline(time.Time) error
	})
	ln.SetDeadline(time.Now().Add(p.patience))
	if p.client != nil {
		accepted := make(chan struct{})
		defer close(accepted)
		go func() {
			select {
			case <-p.client.ended:
				ln.SetDeadline(time.Now().Add(300 * time.Millisecond))
			case <-accepted:
			}
		}()
	}
	c, err := ln.Accept()
	if errors.Is(err, os.ErrDeadlineExceeded) { // on a busy machine it may be over before the backlog was looked at
		ln.SetDeadline(time.Now().Add(100 * time.Millisecond))
		return ln.Accept()
	}
	return c, err
}

func (p *peer) close() { p.Close() }

// Close makes a peer an io.Closer.
func (p *peer) Close() error {
	if p.ln != nil {
		p.ln.Close()
	}
	if p.c != nil {
		p.c.Close()
	}
	for _, c := range p.held {
		c.Close()
	}
	return nil
}

func (p *peer) send(b []byte) error {
	c, err := p.conn()
	if err != nil {
		return err
	}
	_, err = c.Write(b)
	return err
}

// recv reads as many bytes as want has, of a datagram one whole, and compares.
func (p *peer) recv(want []byte) error {
	c, err := p.conn()
	if err != nil {
		return err
	}
	got := make([]byte, len(want))
	if _, datagrams := c.(net.PacketConn); datagrams && c.LocalAddr().Network() != "unix" {
		got = make([]byte, 1<<16)
		n, err := c.Read(got)
		if err != nil {
			return err
		}
		got = got[:n]
	} else if n, err := io.ReadFull(c, got); err != nil {
		return fmt.Errorf("received %q, then %w", got[:n], err)
	}
	if !bytes.Equal(got, want) {
		return fmt.Errorf("received %.200q, not %.200q", got, want)
	}
	return nil
}

// read reads as many bytes as amount says, or to what it names.
func (p *peer) read(amount string) (b []byte, err error) {
	c, err := p.conn()
	if err != nil {
		return nil, err
	}
	switch amount {
	case "all":
		return io.ReadAll(c)
	case "line":
		return readTo(c, "\n")
	case "head":
		return readTo(c, "\r\n\r\n")
	case "datagram":
		b = make([]byte, 1<<16)
		n, err := c.Read(b)
		return b[:n], err
	}
	size, err := strconv.Atoi(amount)
	if err != nil {
		return nil, err
	}
	b = make([]byte, size)
	n, err := io.ReadFull(c, b)
	return b[:n], err
}

// readTo reads to an end, and no further.
func readTo(r io.Reader, end string) (b []byte, err error) {
	for one := make([]byte, 1); err == nil && !bytes.HasSuffix(b, []byte(end)); {
		if _, err = r.Read(one); err == nil {
			b = append(b, one...)
		}
	}
	return b, err
}

// recvEOF expects the end of what the other side sends.
func (p *peer) recvEOF() error {
	c, err := p.conn()
	if err != nil {
		return err
	}
	b, err := io.ReadAll(c)
	if err == nil && len(b) > 0 {
		err = fmt.Errorf("received %.200q before the end", b)
	}
	return err
}

// silent expects nothing at all for d.
func (p *peer) silent(d time.Duration) error {
	c, err := p.conn()
	if err != nil {
		return err
	}
	c.SetReadDeadline(time.Now().Add(d))
	b := make([]byte, 1<<16)
	n, err := c.Read(b)
	if !errors.Is(err, os.ErrDeadlineExceeded) {
		return fmt.Errorf("received %.200q, %v where there should be silence", b[:n], err)
	}
	return nil
}

// shut closes the sending half.
func (p *peer) shut() error {
	c, err := p.conn()
	if err != nil {
		return err
	}
	return c.(interface{ CloseWrite() error }).CloseWrite()
}

// reset ends the connection with a RST.
func (p *peer) reset() error {
	c, err := p.conn()
	if err != nil {
		return err
	}
	c.(*net.TCPConn).SetLinger(0)
	return c.Close()
}

// serve has f talk to each client until ln is closed.
func serve(ln net.Listener, f func(net.Conn)) {
	for {
		c, err := ln.Accept()
		if err != nil {
			return
		}
		go func() {
			defer c.Close()
			f(c)
		}()
	}
}

// answering is a datagram socket that sends to its last sender.
type answering struct {
	packetConn
	to net.Addr
}

type packetConn interface {
	net.Conn
	net.PacketConn
}

func (a *answering) Read(b []byte) (int, error) {
	n, from, err := a.ReadFrom(b)
	if err == nil {
		a.to = from
	}
	return n, err
}

func (a *answering) Write(b []byte) (int, error) {
	if a.to == nil {
		return 0, errors.New("no datagram has been received yet")
	}
	return a.WriteTo(b, a.to)
}

// fill fills the backlog, so that a client that connects now gets no answer.
func (p *peer) fill() error {
	if err := shrinkBacklog(p.ln); err != nil {
		return err
	}
	late := 0 // in a row: one alone may be late because the machine is busy
	for range 64 {
		if late++; p.hold() {
			late = 0
		}
		if late == 2 {
			return nil
		}
	}
	return errors.New("the backlog does not fill")
}

// hold connects, and reports whether there was an answer.
func (p *peer) hold() bool {
	c, err := net.DialTimeout("tcp", p.ln.Addr().String(), 200*time.Millisecond)
	if err == nil {
		p.held = append(p.held, c)
	}
	return err == nil
}
