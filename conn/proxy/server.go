package proxy

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"strconv"
	"sync/atomic"
	"time"

	"gonc/conn/addr"
	"gonc/conn/deadline"
	"gonc/internal/http1"
)

// A Server takes the requests of proxy clients: SOCKS 4, 4a and 5, CONNECT and
// absolute-form requests of HTTP, told apart by their first byte. Its zero
// value takes all of them and asks for no login. It neither dials nor relays:
// Accept returns what a client wants, and the caller does it and answers by
// the methods of the Request.
type Server struct {
	// Type is the only protocol to take: socks4 (which takes 4a as well),
	// socks5 or http. Empty means all.
	Type string

	// User and Password are the login to ask for (RFC 1929; RFC 7617). Both
	// empty: none. SOCKS 4 has no login, so its clients are refused then.
	User, Password string

	// Name stands in HTTP requests and responses that are passed on, in
	// their Via (RFC 9110 section 7.6.3). Empty means "gonc".
	Name string

	firstBytes, requests deadline.Queue
}

// The limits of time, those of the HTTP page.
const (
	firstByteTime = 60 * time.Second // to the first byte of a request
	requestTime   = 10 * time.Second // from there to its last
	lingerTime    = 2 * time.Second  // for what a refused client still sends
	lingerMax     = 8 << 20
)

// A Kind says what a client wants.
type Kind uint8

const (
	KindConnect   Kind = iota // a connection to Target
	KindForward               // an HTTP request to be passed on to Target
	KindAssociate             // datagrams to be relayed; Target is where they will come from, if it is known
)

// A Request is what a client wants. One of Connected, Forward, Associate and
// Refuse has to be called, once.
type Request struct {
	Protocol string // "socks4", "socks4a", "socks5" or "http"
	Kind     Kind
	Target   addr.Addr // its port is a number

	server *Server
	c      net.Conn
	in     *input
	head   http1.Head // of an HTTP request; its bytes are in.buf[in.r:]
	path   string     // of KindForward: what to ask the target for

	badBody  atomic.Bool // its framing is wrong
	unsent   error       // why the target did not take all of it; to be read when it is sent no longer
	untilEOF bool        // the response lasts until the EOF of the target
}

// A ClientError is a client that asked for nothing that it can have.
type ClientError struct {
	Protocol string // as in Request; empty: not even that is known
	Login    bool   // it did not log in, or wrongly
	Why      string // a phrase that follows "the client": "sent no request in time"
	Err      error  // what reading said; nil when its bytes were wrong
}

func (e *ClientError) Error() string {
	if e.Err != nil {
		return fmt.Sprintf("%s: %v", e.Why, e.Err)
	}
	return e.Why
}

func (e *ClientError) Unwrap() error { return e.Err }

// Accept reads the request that c begins with. It ends when ctx is done, and
// when the client takes too long. A client whose request is refused here has
// had its answer, and what it was still sending was dropped for a moment, so
// that closing c does not take that answer away. An error is a *ClientError,
// or io.EOF of a client that left without a byte. c is the caller's to close.
func (s *Server) Accept(ctx context.Context, c net.Conn) (*Request, error) {
	r := &Request{server: s, c: c, in: &input{c: c}}
	err := r.first(ctx)
	if err == nil {
		err = r.rest(ctx)
	}
	if err == nil {
		return r, nil
	}
	if err == io.EOF && r.in.w == 0 {
		return nil, err
	}
	e, ok := errors.AsType[*ClientError](err)
	switch {
	case ok:
		r.linger(ctx)
	case errors.Is(err, context.DeadlineExceeded):
		e = &ClientError{Why: "did not send its request in time", Err: err}
		if r.Protocol == "http" && r.answerHTTP(408, "") == nil {
			r.linger(ctx)
		}
	default:
		e = &ClientError{Why: "did not send its request", Err: err}
	}
	e.Protocol = r.Protocol
	return nil, e
}

// first waits for the first bytes, and learns the protocol of them.
func (r *Request) first(ctx context.Context) error {
	ctx, cancel := r.server.firstBytes.WithTimeout(ctx, firstByteTime)
	defer cancel()
	err := deadline.Within(ctx, r.c, r.in.fill)
	if r.in.w == 0 {
		return err
	}
	switch r.in.buf[0] {
	case 4:
		r.Protocol = "socks4"
	case 5:
		r.Protocol = "socks5"
	default:
		r.Protocol = "http"
	}
	return nil
}

// rest reads the request.
func (r *Request) rest(ctx context.Context) error {
	ctx, cancel := r.server.requests.WithTimeout(ctx, requestTime)
	defer cancel()
	return deadline.Within(ctx, r.c, func() error {
		switch r.Protocol {
		case "socks4":
			return r.readSOCKS4()
		case "socks5":
			return r.readSOCKS5()
		}
		return r.readHTTP()
	})
}

// takes reports whether the server takes requests of protocol.
func (s *Server) takes(protocol string) bool { return s.Type == "" || s.Type == protocol }

// login reports whether the server asks for a login.
func (s *Server) login() bool { return s.User != "" || s.Password != "" }

// admits reports whether a login is the right one. How long it takes says
// nothing about how much of it is right.
func (s *Server) admits(user, password string) bool {
	got, want := sha256.Sum256([]byte(user)), sha256.Sum256([]byte(s.User))
	right := subtle.ConstantTimeCompare(got[:], want[:])
	got, want = sha256.Sum256([]byte(password)), sha256.Sum256([]byte(s.Password))
	return right&subtle.ConstantTimeCompare(got[:], want[:]) == 1
}

// setTarget makes Target of a host, which may be anything, and a port.
func (r *Request) setTarget(host string, port uint16) error {
	h, err := parseHop(addr.Addr{Host: host, Port: strconv.Itoa(int(port))})
	switch {
	case err != nil:
		return &ClientError{Why: "asked for an invalid target: " + err.Error()}
	case h.ip.IsValid() && h.ip.Zone() != "":
		return &ClientError{Why: "asked for an address with a zone, which means nothing here"}
	}
	r.Target = addr.Addr{Host: host, Port: strconv.Itoa(int(port))}
	if h.ip.IsValid() {
		r.Target.Host = h.ip.String()
	}
	return nil
}

// port returns the port of Target.
func (r *Request) port() uint16 {
	n, _ := strconv.ParseUint(r.Target.Port, 10, 16)
	return uint16(n)
}

// Client returns the address of the client; not valid for a Unix socket.
func (r *Request) Client() netip.Addr { return ipOf(r.c.RemoteAddr()) }

// ipOf returns the address in a.
func ipOf(a net.Addr) netip.Addr {
	at, _ := netip.ParseAddrPort(a.String())
	return at.Addr().Unmap()
}

// Connected tells the client that it is connected to Target, from the address
// bound (nil: unknown), and returns the connection to the client, which goes
// on with what the client sends to the target.
func (r *Request) Connected(bound net.Addr) (net.Conn, error) {
	var answer []byte
	switch r.Protocol {
	case "socks5":
		answer = socks5Answer(0, bound)
	case "http":
		answer = []byte("HTTP/1.1 200 Connection established\r\n\r\n")
	default:
		answer = socks4Answer(socks4Granted)
	}
	if _, err := r.c.Write(answer); err != nil {
		return nil, err
	}
	return r.in.unread(r.c), nil
}

// Refuse tells the client why Target could not be reached: err is what dialing
// said, or what forbade it. What the client still sends is dropped for a
// moment, so that closing the connection does not take that answer away. The
// error is of writing.
func (r *Request) Refuse(ctx context.Context, err error) error {
	why := failureOf(err)
	switch r.Protocol {
	case "socks5":
		_, err = r.c.Write(socks5Answer(why.socks5(), nil))
	case "http":
		err = r.answerHTTP(why.http(), "")
	default:
		_, err = r.c.Write(socks4Answer(socks4Rejected))
	}
	if err == nil {
		r.linger(ctx)
	}
	return err
}

// linger closes the sending half and drops what comes until the client's EOF:
// input that is left unread would make the close a reset, which may take the
// last answer with it (RFC 9112 section 9.6).
func (r *Request) linger(ctx context.Context) {
	half, ok := r.c.(interface{ CloseWrite() error })
	if !ok || half.CloseWrite() != nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, lingerTime)
	defer cancel()
	r.c.SetReadDeadline(time.Time{})
	deadline.Within(ctx, r.c, func() error {
		_, err := io.CopyBuffer(io.Discard, io.LimitReader(onlyReader{r.c}, lingerMax), make([]byte, 4<<10))
		return err
	})
}

// An onlyReader hides every method but Read.
type onlyReader struct{ io.Reader }

// isTimeout reports whether err says that something took too long.
func isTimeout(err error) bool {
	t, ok := errors.AsType[net.Error](err)
	return ok && t.Timeout() || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded)
}

// past is a deadline that has passed: it ends reads and writes under way.
var past = time.Unix(1, 0)
