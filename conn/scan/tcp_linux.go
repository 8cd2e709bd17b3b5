package scan

import (
	"container/list"
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"gonc/conn/addr"
	"gonc/conn/sockopt"
)

// sweepTCP scans TCP ports with bare sockets in one goroutine. For each port
// that loopback refuses a net.Dialer takes 100 µs, OpenBSD nc 16 and this 9.
func sweepTCP(ctx context.Context, s *sweep, q *queue) error {
	p, err := newPoller(s, q)
	if err != nil {
		return err
	}
	defer p.close()
	// The end of ctx becomes a deadline in the past for collect.
	stop := context.AfterFunc(ctx, func() { p.epoll.SetReadDeadline(time.Unix(1, 0)) })
	defer stop()
	return p.run(ctx)
}

// launchBatch is the number of connections that are begun before those under way get
// their turn, so that refusals, which come at once, never hold up the rest.
const launchBatch = 256

// A poller is a scan under way.
type poller struct {
	throttle
	sweep *sweep
	queue *queue

	// epoll is an epoll instance that is itself in the runtime's poller: so
	// it has a deadline, and waiting for it costs no thread.
	epoll *os.File
	raw   syscall.RawConn
	epfd  int
	ready [128]unix.EpollEvent

	// attempts are the connections under way, by descriptor and by the time
	// when they time out.
	attempts map[int32]*list.Element
	oldest   list.List

	// refused are sockets that can be used again, by whether they are IPv6:
	// after a refusal Linux has them as good as new, and a new one costs as
	// much as all the rest.
	refused map[bool]int

	zones []uint32 // of the addresses
}

// An attempt is a connection under way.
type attempt struct {
	job   job
	fd    int
	start time.Time
}

func (a attempt) deadline() time.Time { return a.start.Add(a.job.limit) }

func newPoller(s *sweep, q *queue) (*poller, error) {
	epfd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, os.NewSyscallError("epoll_create1", err)
	}
	unix.SetNonblock(epfd, true) // is how os.NewFile knows that it can be polled
	p := &poller{
		throttle: newThrottle(s.parallel), sweep: s, queue: q,
		epoll: os.NewFile(uintptr(epfd), "epoll"), epfd: epfd,
		attempts: make(map[int32]*list.Element), refused: make(map[bool]int),
	}
	for _, a := range s.targets {
		p.zones = append(p.zones, addr.ZoneIndex(a.Zone()))
	}
	if p.raw, err = p.epoll.SyscallConn(); err != nil {
		p.close()
		return nil, err
	}
	return p, nil
}

func (p *poller) close() {
	for e := p.oldest.Front(); e != nil; e = e.Next() {
		unix.Close(e.Value.(attempt).fd)
	}
	for _, fd := range p.refused {
		unix.Close(fd)
	}
	p.epoll.Close()
}

// run returns when the queue is empty and nothing is under way.
func (p *poller) run(ctx context.Context) error {
	for {
		more, err := p.launch(ctx)
		if err != nil {
			return err
		}
		if !more && p.oldest.Len() == 0 {
			return nil
		}
		if err := p.collect(ctx, more); err != nil {
			return err
		}
		now := time.Now()
		p.open(now)
		if err := p.expire(ctx, now); err != nil {
			return err
		}
	}
}

// launch begins connections and reports whether it could begin more.
func (p *poller) launch(ctx context.Context) (more bool, err error) {
	for range launchBatch {
		if err := ctx.Err(); err != nil {
			return false, err
		}
		if p.oldest.Len() >= p.limit {
			return false, nil
		}
		j, ok := p.queue.take()
		if !ok {
			return false, nil
		}
		if err := p.begin(ctx, j); err != nil {
			return false, err
		}
	}
	return true, nil
}

// begin begins one connection. Whether an address of this machine takes it is
// known already when connect returns, and asking at once spares epoll.
func (p *poller) begin(ctx context.Context, j job) error {
	fd, err := p.socket(j)
	if err != nil {
		return p.record(ctx, j, 0, err)
	}
	f := attempt{j, fd, time.Now()}
	if err = p.connect(f); isUnderWay(err) {
		err = p.connect(f)
	}
	switch {
	case isUnderWay(err):
		return p.watch(ctx, f)
	case err == unix.ECONNREFUSED:
		p.reuse(f)
		p.grow()
		p.queue.record(j, verdictTCP(time.Since(f.start), err))
		return nil
	}
	return p.finish(ctx, f, err)
}

// connect begins the connection of f, and asks for its state when it is under
// way: nil tells a connection that stands from one that is still to come,
// which SO_ERROR does not.
func (p *poller) connect(f attempt) error {
	return unix.Connect(f.fd, sockopt.ZonedSockaddr(f.job.to, p.zones[f.job.addr]))
}

func isUnderWay(err error) bool {
	return err == unix.EINPROGRESS || err == unix.EALREADY || err == unix.EINTR
}

// watch registers f with epoll; collect or expire finishes it.
func (p *poller) watch(ctx context.Context, f attempt) error {
	event := unix.EpollEvent{Events: unix.EPOLLOUT, Fd: int32(f.fd)}
	if err := unix.EpollCtl(p.epfd, unix.EPOLL_CTL_ADD, f.fd, &event); err != nil {
		unix.Close(f.fd)
		p.queue.putBack(f.job)
		return p.shrink(ctx, p.oldest.Len(), os.NewSyscallError("epoll_ctl", err))
	}
	p.attempts[event.Fd] = p.insert(f)
	return nil
}

// collect finishes the connections that have come to an end. Unless there is
// more to begin, it waits for one, or until the next one runs out of time.
func (p *poller) collect(ctx context.Context, more bool) error {
	n, err := unix.EpollWait(p.epfd, p.ready[:], 0)
	if n == 0 && !more {
		n, err = p.wait(ctx)
	}
	if err != nil && err != unix.EINTR {
		return err
	}
	for _, event := range p.ready[:max(n, 0)] {
		e := p.attempts[event.Fd]
		if err := p.connect(e.Value.(attempt)); !isUnderWay(err) {
			if err := p.finish(ctx, p.remove(e), err); err != nil {
				return err
			}
		}
	}
	return nil
}

func (p *poller) wait(ctx context.Context) (n int, err error) {
	deadline := p.oldest.Front().Value.(attempt).deadline()
	if !p.opens.IsZero() && p.opens.Before(deadline) {
		deadline = p.opens
	}
	if err := p.epoll.SetReadDeadline(deadline); err != nil {
		return 0, err
	}
	if err := ctx.Err(); err != nil { // its deadline may have been overwritten
		return 0, err
	}
	waited := p.raw.Read(func(uintptr) bool {
		n, err = unix.EpollWait(p.epfd, p.ready[:], 0)
		return n != 0
	})
	if waited != nil && !errors.Is(waited, os.ErrDeadlineExceeded) {
		return 0, waited
	}
	return n, err
}

// expire finishes the connections that have run out of time. It asks each a last
// time: the caller's report may have taken long.
func (p *poller) expire(ctx context.Context, now time.Time) error {
	for e := p.oldest.Front(); e != nil; e = p.oldest.Front() {
		f := e.Value.(attempt)
		if now.Before(f.deadline()) {
			return nil
		}
		err := p.connect(f)
		if isUnderWay(err) {
			err = os.ErrDeadlineExceeded
		}
		if err := p.finish(ctx, p.remove(e), err); err != nil {
			return err
		}
	}
	return nil
}

// insert puts an attempt into the order of deadlines. Most have the same limit,
// so that its place is at the end.
func (p *poller) insert(a attempt) *list.Element {
	for e := p.oldest.Back(); e != nil; e = e.Prev() {
		if !e.Value.(attempt).deadline().After(a.deadline()) {
			return p.oldest.InsertAfter(a, e)
		}
	}
	return p.oldest.PushFront(a)
}

func (p *poller) remove(e *list.Element) attempt {
	f := p.oldest.Remove(e).(attempt)
	delete(p.attempts, int32(f.fd))
	return f
}

// finish closes a connection that has come to an end and settles its job.
func (p *poller) finish(ctx context.Context, f attempt, err error) error {
	if err == nil && selfConnected(f) {
		err = unix.ECONNREFUSED
	}
	unix.Close(f.fd)
	return p.record(ctx, f.job, time.Since(f.start), err)
}

// record records a job that ended with err. A job that could not be done for
// a shortage is put back; what would meet every port ends the scan.
func (p *poller) record(ctx context.Context, j job, rtt time.Duration, err error) error {
	failed := error(nil)
	if err != nil {
		failed = p.sweep.classify(ctx, j.to, err)
	}
	var short *shortageError
	switch {
	case failed == nil:
		p.grow()
		p.queue.record(j, verdictTCP(rtt, err))
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.As(failed, &short):
		p.queue.putBack(j)
		return p.shrink(ctx, p.oldest.Len(), p.sweep.opError(j.to, short.err))
	}
	return p.sweep.opError(j.to, failed)
}

// opError wraps err as package net does.
func (s *sweep) opError(to netip.AddrPort, err error) error {
	e := &net.OpError{Op: "dial", Net: "tcp", Addr: net.TCPAddrFromAddrPort(to), Err: err}
	if from, _ := s.sources.Of(to.Addr()); from.IsValid() {
		e.Source = net.TCPAddrFromAddrPort(from)
	}
	return e
}
