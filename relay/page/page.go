// Package page answers HTTP/1 requests with one page: the test page of gonc, or
// a file. Page.Serve consumes one connection; each connection is served by the
// one goroutine that calls it, and on Unix holds no buffer while it waits for a
// request.
//
// The framing of requests is read by package http1. What a client can make grow
// is limited: the head, the body, the time for each of them, and the memory for
// unfinished heads of all connections together.
package page

import (
	"context"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"gonc/relay"
)

// A Page answers HTTP/1 requests with one page, whatever is asked for: the
// way to see whether a path through a network works. It is not a web server:
// no directories, no ranges, no conditional requests, nothing is run.
//
// The zero Page serves the test page. A Page may serve many connections at
// once; its fields must not be changed, nor the Page copied, after the first
// call of Serve.
type Page struct {
	// Server is the value of the Server field of every answer. Empty means
	// "gonc". It must not have control characters in it.
	Server string

	// File, unless empty, names the file that is the page. It is opened
	// anew for each request, so that a changed or a replaced file is seen
	// at once; what may have become of it meanwhile is answered with 404
	// (it is gone), 503 (descriptors are used up) or 500. CheckFile
	// says beforehand whether it can be served.
	File string

	// Body is the page when File is empty; nil means the test page. It is
	// kept, not copied.
	Body []byte

	// Type is the Content-Type. Empty means what the extension of File's
	// name says (application/octet-stream if that says nothing), and for a
	// Body text/html; charset=utf-8.
	Type string

	// Log, unless nil, is called for each request when its answer has been
	// handed to the network. It is called from the connection's goroutine,
	// and so from many at once; while it blocks, so does its client. r and
	// what it points to are valid only until Log returns. Requests answered
	// together in one write when Log is nil are then answered one by one.
	Log func(r *Request)

	// OnEnd, unless nil, is called for each connection when it has ended,
	// with what was sent and received. It is called like Log.
	OnEnd func(remote net.Addr, t relay.Totals)

	once   sync.Once
	server string // the Server field line
	head   string // what follows the Date of a 200; for a File up to the length
	date   atomic.Pointer[dateLine]
	stops  stopGroups

	claimed atomic.Int64 // bytes of heads that are larger than the first buffer
}

// The limits of a Page.
const (
	idleTime  = 60 * time.Second // without a request, also before the first one
	headTime  = 10 * time.Second // from the first byte of a head to its last
	bodyTime  = 60 * time.Second // from the end of a head to that of its body
	graceTime = 2 * time.Second  // for an answer under way when told to stop, and for a lingering close
	idleSlack = time.Second      // by which an idle limit may be late, see arm

	bodyMax  = 1 << 20 // the data of a body
	drainMax = 8 << 20 // what a lingering close reads and drops

	claimedMax = 16 << 20 // unfinished heads of all connections that need more than the first buffer
)

var testPage = []byte(`<!DOCTYPE html><html lang="ja"><body><p>Test Server</p></body></html>`)

// Serve answers the requests of one connection until the client is done, a
// limit is reached or ctx is done. It is a Handler: it owns c and closes it.
//
// When ctx is done a connection without a request is closed at once, and an
// answer under way has 2 s to be finished. Connections whose contexts share
// one Done channel share one watcher, so pass the same ctx to all.
//
// If c has a SyscallConn method its Read must do nothing but read from that
// descriptor: Serve then waits without holding a buffer. The error is what
// the network said; a client that leaves between requests or is late with
// one, and the end of ctx, are no errors.
func (p *Page) Serve(ctx context.Context, c net.Conn) error {
	p.once.Do(p.prepare)
	s := &conn{page: p, c: c, fd: -1, active: time.Now()}
	if p.OnEnd != nil {
		s.totals = &relay.Totals{Began: s.active}
	}
	s.rawInit()
	err := s.serve(ctx)
	s.release()
	c.Close()
	if s.totals != nil {
		p.OnEnd(c.RemoteAddr(), *s.totals)
	}
	return err
}

// serve answers the requests of s until it ends or ctx is done.
func (s *conn) serve(ctx context.Context) (err error) {
	if !s.page.stops.add(ctx, s) {
		return nil
	}
	defer s.page.stops.remove(s)
	if s.raw != nil {
		err = s.serveRaw()
	} else {
		err = s.servePlain()
	}
	if err == errDone {
		err = s.finish()
	}
	return err
}
