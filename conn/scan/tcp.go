package scan

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"syscall"
	"time"

	"gonc/conn/addr"
	"gonc/conn/errno"
	"gonc/conn/sockopt"
)

// sweepDialed scans TCP ports by means of the net package alone, with a
// goroutine for each connection under way.
func sweepDialed(ctx context.Context, s *sweep, q *queue) error {
	return s.dispatch(ctx, q.take, s.probeTCP, q.record)
}

// probeTCP connects and closes. An error is not a finding of the port, but a
// *shortageError or the end of the scan.
func (s *sweep) probeTCP(ctx context.Context, j job) (finding, error) {
	start := time.Now()
	c, err := s.dial(ctx, j.to, j.limit)
	rtt := time.Since(start)
	if err != nil {
		return verdictTCP(rtt, err), s.classify(ctx, j.to, err)
	}
	defer c.Close()
	if c.LocalAddr().String() == c.RemoteAddr().String() {
		c.(*net.TCPConn).SetLinger(0)
		return verdictTCP(rtt, errno.Refused), nil
	}
	if s.secure != nil {
		return s.probeTLS(ctx, c, j, start)
	}
	return finding{state: Open, rtt: rtt}, nil
}

// probeTLS makes a handshake on a connection that was begun at start.
func (s *sweep) probeTLS(ctx context.Context, c net.Conn, j job, start time.Time) (finding, error) {
	limited, cancel := context.WithDeadline(ctx, start.Add(j.limit))
	defer cancel()
	err := s.secure(limited, c, j.to)
	rtt := time.Since(start)
	switch {
	case ctx.Err() != nil:
		return finding{}, ctx.Err()
	case err == nil:
		return finding{state: Open, rtt: rtt}, nil
	case limited.Err() != nil:
		return finding{Filtered, rtt, os.ErrDeadlineExceeded}, nil
	}
	return finding{Closed, rtt, err}, nil
}

// dial opens a connection, or a connected UDP socket, that belongs to the
// caller.
func (s *sweep) dial(ctx context.Context, to netip.AddrPort, limit time.Duration) (net.Conn, error) {
	from, _ := s.sources.Of(to.Addr())
	d := net.Dialer{Timeout: limit, KeepAlive: -1, Control: sockopt.Control(s.allOptions(from))}
	switch {
	case !from.IsValid():
	case s.network == "udp":
		d.LocalAddr = net.UDPAddrFromAddrPort(from)
	default:
		d.LocalAddr = net.TCPAddrFromAddrPort(from)
	}
	return d.DialContext(ctx, s.network, to.String())
}

// allOptions returns the options of a socket that connects from from. Datagrams
// to broadcast addresses are refused unless an option allows them: net allows
// them by itself. An error of a given option is an *optionError.
func (s *sweep) allOptions(from netip.AddrPort) []sockopt.Option {
	opts := make([]sockopt.Option, 0, len(s.options)+1)
	if from.Port() != 0 {
		opts = append(opts, shareSourcePort)
	}
	if s.network == "udp" {
		opts = append(opts, sockopt.NoBroadcast())
	}
	for _, opt := range s.options {
		opts = append(opts, func(network string, fd uintptr) error {
			if err := opt(network, fd); err != nil {
				return &optionError{err}
			}
			return nil
		})
	}
	return opts
}

// An optionError is an option that could not be set.
type optionError struct{ err error }

func (e *optionError) Error() string { return e.err.Error() }
func (e *optionError) Unwrap() error { return e.err }

// A shortageError is an error that says nothing of the port, only that this
// system is short of something for the moment.
type shortageError struct{ err error }

func (e *shortageError) Error() string { return e.err.Error() }
func (e *shortageError) Unwrap() error { return e.err }

// classify returns nil if err, met on the way to a connection, is the answer
// of the port or of the network; a *shortageError if the job has to be done
// again; otherwise the error that ends the scan, because every other port
// would meet it too.
func (s *sweep) classify(ctx context.Context, to netip.AddrPort, err error) error {
	var step *os.SyscallError
	bind := errors.As(err, &step) && step.Syscall == "bind"
	var option *optionError
	used := errors.Is(err, errno.AddrInUse) || errors.Is(err, errno.AddrNotAvail)
	from, _ := s.sources.Of(to.Addr())
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case deadlinePassed(ctx):
		return context.DeadlineExceeded
	case errors.As(err, &option):
		return err
	case errno.IsShortage(err),
		bind && errors.Is(err, errno.AddrInUse) && from.Port() == 0,
		!bind && used && addr.HasSource(to):
		return &shortageError{err}
	case bind:
		return err
	}
	return nil
}

// verdictTCP returns the finding of a connect that ended with err.
func verdictTCP(rtt time.Duration, err error) finding {
	switch {
	case err == nil, errors.Is(err, errno.Reset), errors.Is(err, errno.Pipe):
		// A reset comes from a peer that had accepted; a connection that is
		// not accepted is refused.
		return finding{state: Open, rtt: rtt}
	case errors.Is(err, errno.Refused):
		return finding{Closed, rtt, errno.Refused}
	}
	return finding{Filtered, rtt, bare(err)}
}

// bare takes off what the net package has wrapped around the reason.
func bare(err error) error {
	var number syscall.Errno
	var timeout interface{ Timeout() bool }
	switch {
	case errors.As(err, &number):
		return number
	case errors.As(err, &timeout) && timeout.Timeout():
		return os.ErrDeadlineExceeded
	}
	return err
}

// deadlinePassed reports whether the deadline of ctx is over: the net package keeps it
// by itself, and may be faster than ctx.
func deadlinePassed(ctx context.Context) bool {
	deadline, ok := ctx.Deadline()
	return ok && !time.Now().Before(deadline)
}
