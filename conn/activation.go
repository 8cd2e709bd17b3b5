package conn

import (
	"fmt"
	"net"
	"os"
	"strconv"

	"gonc/conn/sockopt"
)

// firstPassed is the number of the first descriptor that is passed
// (sd_listen_fds(3), SD_LISTEN_FDS_START).
const firstPassed = 3

// maxPassed bounds the number of descriptors that LISTEN_FDS may name.
const maxPassed = 1024

// An ActivationError is a socket that was to be passed to this process and
// cannot be served.
type ActivationError struct {
	FD     int // the descriptor; 0: it is about all of them
	Reason ActivationReason
	Text   string // the value that is wrong, or what the socket is
	Err    error  // the system's; nil: it has nothing to do with it
}

// An ActivationReason says what is wrong with a passed socket.
type ActivationReason int

// The reasons of an ActivationError.
const (
	NonePassed    ActivationReason = iota // LISTEN_FDS is not set
	PassedToOther                         // LISTEN_PID is another process
	BadCount                              // LISTEN_FDS is not a number of descriptors
	NotASocket                            // the descriptor is closed, or not a socket that listens
	WrongSocket                           // it is of another kind than was asked for
)

func (e *ActivationError) Error() string {
	return fmt.Sprintf("passed socket %d: reason %d: %s: %v", e.FD, e.Reason, e.Text, e.Err)
}

func (e *ActivationError) Unwrap() error { return e.Err }

// Local reports that the cause is on this machine.
func (e *ActivationError) Local() bool { return true }

// Passed returns the sockets that the service manager has passed to this
// process, as sd_listen_fds(3) describes it, for Listener.Sockets. It takes the
// variables out of the environment. An error is an *ActivationError.
func Passed() ([]*os.File, error) {
	pid, count := os.Getenv("LISTEN_PID"), os.Getenv("LISTEN_FDS")
	for _, name := range [...]string{"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"} {
		os.Unsetenv(name)
	}
	switch {
	case count == "":
		return nil, &ActivationError{Reason: NonePassed}
	case pid != strconv.Itoa(os.Getpid()):
		return nil, &ActivationError{Reason: PassedToOther, Text: pid}
	}
	n, err := strconv.Atoi(count)
	if err != nil || n < 1 || n > maxPassed {
		return nil, &ActivationError{Reason: BadCount, Text: count}
	}
	files := make([]*os.File, n)
	for i := range files {
		fd := firstPassed + i
		if err := closeOnExec(fd); err != nil {
			return nil, &ActivationError{FD: fd, Reason: NotASocket, Err: err}
		}
		files[i] = os.NewFile(uintptr(fd), "passed socket "+strconv.Itoa(fd))
	}
	return files, nil
}

// adoptAll makes sockets to serve of those that were passed, and closes the
// files.
func (s *server) adoptAll() (socks []socket, at []net.Addr, err error) {
	defer closeEach(s.l.Sockets)
	var d *demux
	if s.l.KeepOpen {
		d = newDemux(s)
	}
	for _, f := range s.l.Sockets {
		sock, where, err := s.adopt(f, d)
		if err != nil {
			closeEach(socks)
			return nil, nil, err
		}
		socks, at = append(socks, sock), append(at, where)
	}
	return socks, at, nil
}

// adopt makes a socket to serve of a passed one. Datagram sockets share d.
func (s *server) adopt(f *os.File, d *demux) (socket, net.Addr, error) {
	switch proto := s.l.network(); proto {
	case "udp", "unixgram":
		pc, err := net.FilePacketConn(f)
		if err != nil {
			return nil, nil, notDatagrams(f, err)
		}
		if pc.LocalAddr().Network() != proto {
			pc.Close()
			return nil, nil, wrongPassed(f, pc.LocalAddr())
		}
		return s.datagramSocket(pc, d), pc.LocalAddr(), nil
	}
	ln, err := net.FileListener(f)
	if err != nil {
		return nil, nil, notStreams(f, err)
	}
	if ln.Addr().Network() != s.l.network() || !isListening(f) {
		ln.Close()
		return nil, nil, wrongPassed(f, ln.Addr())
	}
	if ul, ok := ln.(*net.UnixListener); ok {
		ul.SetUnlinkOnClose(false) // the file belongs to the service manager
	}
	return &streamSocket{ln, s.l.Congestion == "" && sockopt.UsesBBR(ln)}, ln.Addr(), nil
}

// datagramSocket makes a socket to serve of a datagram socket without a file of
// its own.
func (s *server) datagramSocket(pc net.PacketConn, d *demux) socket {
	switch c := pc.(type) {
	case *net.UDPConn:
		if d != nil {
			return &sharedUDP{UDPConn: c, d: d, oob: make([]byte, oobSize)}
		}
		return &udpSocket{UDPConn: c, dropped: s.dropped.Add}
	case *net.UnixConn:
		if d != nil {
			return &sharedUnixgram{c, unixFile{}, d}
		}
		return &unixgramSocket{UnixConn: c}
	}
	panic("a packet connection of package net that is neither")
}

// notDatagrams returns why f is no datagram socket: it may be one that listens.
func notDatagrams(f *os.File, err error) error {
	ln, other := net.FileListener(f)
	if other != nil {
		return notPassed(f, NotASocket, err)
	}
	defer ln.Close()
	return wrongPassed(f, ln.Addr())
}

// notStreams returns why f is no socket that listens: it may be one of datagrams.
func notStreams(f *os.File, err error) error {
	pc, other := net.FilePacketConn(f)
	if other != nil {
		return notPassed(f, NotASocket, err)
	}
	defer pc.Close()
	return wrongPassed(f, pc.LocalAddr())
}

func notPassed(f *os.File, why ActivationReason, err error) error {
	return &ActivationError{FD: int(f.Fd()), Reason: why, Err: err}
}

func wrongPassed(f *os.File, at net.Addr) error {
	return &ActivationError{FD: int(f.Fd()), Reason: WrongSocket, Text: at.Network()}
}
