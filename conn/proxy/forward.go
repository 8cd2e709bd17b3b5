package proxy

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"gonc/conn/sockopt"
	"gonc/internal/http1"
)

// ErrIdle says that nothing moved for as long as Forward was to wait.
var ErrIdle = errors.New("idle timeout")

// Forward passes an HTTP request on to target, a connection to Target, and the
// response back. It ends when the response has ended, when ctx is done, or when
// nothing has moved for as long as idle, unless that is 0: one request a
// connection, so that nothing of what a client sends can be taken for another
// request. It returns how many bytes went each way. The caller closes both
// connections; that of a client whose response was cut short is reset then, so
// that the client does not take it for a whole one.
func (r *Request) Forward(ctx context.Context, target net.Conn, idle time.Duration) (up, down int64, err error) {
	up, down, err = r.forwardUntil(ctx, target, idle)
	switch {
	case err != nil && down > 0:
		resetOnClose(r.c)
	case err == ErrIdle:
		r.c.SetDeadline(time.Time{})
		if r.answerHTTP(504, "") == nil {
			r.linger(ctx)
		}
	}
	return up, down, err
}

// forwardUntil forwards like Forward, but does not answer the client after an
// error.
func (r *Request) forwardUntil(ctx context.Context, target net.Conn, idle time.Duration) (up, down int64, err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	interrupted := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		r.c.SetDeadline(past)
		target.SetDeadline(past)
		close(interrupted)
	})
	defer func() {
		if !stop() {
			<-interrupted // so that no deadline comes later
		}
	}()
	in := &input{c: target}
	if idle > 0 {
		timer := time.AfterFunc(idle, func() { cancel(ErrIdle) })
		defer timer.Stop()
		r.in.active = func() { timer.Reset(idle) }
		in.active = r.in.active
	}
	return r.exchange(ctx, target, in)
}

// exchange sends the request, of which the client may still be sending the
// body, and passes the response on, which in reads.
func (r *Request) exchange(ctx context.Context, target net.Conn, in *input) (up, down int64, err error) {
	head := r.requestHead()
	r.in.r += r.head.Len
	if _, err := target.Write(head); err != nil {
		return 0, 0, r.gatewayFailed(ctx, err)
	}
	var sending sync.WaitGroup
	sending.Go(func() { up = r.sendBody(target) })
	down, err = r.passResponse(ctx, in)
	// A target that has answered needs no more of the request.
	r.c.SetReadDeadline(past)
	target.Close()
	sending.Wait()
	if err == nil {
		err = r.reset()
	}
	up += int64(len(head))
	switch {
	case ctx.Err() != nil:
		return up, down, context.Cause(ctx)
	case err != nil && r.badBody.Load():
		return up, down, &ClientError{Protocol: r.Protocol, Why: "sent a body with bad framing"}
	case err == nil:
		r.linger(ctx)
	}
	return up, down, err
}

// resetOnClose makes the close of c a reset.
func resetOnClose(c net.Conn) {
	if l, ok := sockopt.Bare(c).(interface{ SetLinger(int) error }); ok {
		l.SetLinger(0)
	}
}

// requestHead returns the head to send to the target: what it gets is this server's
// own framing, and of the client's fields those that are for the target.
func (r *Request) requestHead() []byte {
	head := r.in.buf[r.in.r : r.in.r+r.head.Len]
	method, _, _ := bytes.Cut(head, []byte(" "))
	// RFC 9110 section 2.5 lets the version be lowered: a client of HTTP/1.0
	// can't read the chunks of an answer to 1.1.
	version := min(r.head.Minor, 1)
	b := fmt.Appendf(make([]byte, 0, len(head)+128), "%s %s HTTP/1.%d\r\nHost: %s\r\n", method, r.path, version, r.authority())
	b = appendFields(b, head, []string{"host", "content-length", "transfer-encoding"})
	switch {
	case r.head.Chunked:
		b = append(b, "Transfer-Encoding: chunked\r\n"...)
	case r.head.Counted:
		b = fmt.Appendf(b, "Content-Length: %d\r\n", r.head.Length)
	}
	return fmt.Appendf(b, "Via: 1.%d %s\r\nConnection: close\r\n\r\n", version, r.via())
}

// authority returns Target in the form of a Host field.
func (r *Request) authority() string {
	if r.Target.Port == "80" {
		if strings.Contains(r.Target.Host, ":") {
			return "[" + r.Target.Host + "]"
		}
		return r.Target.Host
	}
	return r.Target.String()
}

func (r *Request) via() string {
	if r.server.Name != "" {
		return r.server.Name
	}
	return "gonc"
}

// appendFields appends the field lines of a head but for those with one of the
// names, those about this connection alone, and those that Connection lists
// (RFC 9110 section 7.6.1).
func appendFields(b, head []byte, but []string) []byte {
	but = append(but, "connection", "proxy-connection", "keep-alive", "te", "upgrade", "proxy-authorization", "proxy-authenticate")
	for name, value := range http1.Fields(head) {
		if !strings.EqualFold(string(name), "connection") {
			continue
		}
		for option := range strings.SplitSeq(string(value), ",") {
			but = append(but, strings.ToLower(strings.Trim(option, " \t")))
		}
	}
	for name, value := range http1.Fields(head) {
		if !listed(but, string(name)) {
			b = append(append(append(append(b, name...), ": "...), value...), "\r\n"...)
		}
	}
	return b
}

func listed(names []string, name string) bool {
	for _, n := range names {
		if strings.EqualFold(n, name) {
			return true
		}
	}
	return false
}

// sendBody passes the body of the request on as it comes, framing included,
// once that is known to be good. Then it drops what else the client sends,
// until it ends. A client that is gone, or whose body is bad, leaves the target
// without a connection, so that nothing looks whole which is not. A target that
// takes no more of it may have answered all the same.
func (r *Request) sendBody(target net.Conn) (n int64) {
	var err error
	if r.head.HasBody() {
		body := r.head.Body()
		n, err = passBody(&targetWriter{target, &r.unsent}, &body, r.in, func(int) error { r.badBody.Store(true); return errBadBody })
	}
	if err == nil {
		err = r.drop()
	}
	if err != nil && r.unsent == nil && !errors.Is(err, os.ErrDeadlineExceeded) {
		target.Close()
	}
	return n
}

// A targetWriter keeps the error of a write.
type targetWriter struct {
	net.Conn
	failed *error
}

func (w *targetWriter) Write(b []byte) (int, error) {
	n, err := w.Conn.Write(b)
	if err != nil {
		*w.failed = err
	}
	return n, err
}

var errBadBody = errors.New("bad framing of a body")

// drop reads what nothing is done with, some of it: a client that sends more
// has to wait for its answer.
func (r *Request) drop() error {
	_, err := io.CopyBuffer(io.Discard, io.LimitReader(onlyReader{r.c}, lingerMax), make([]byte, 512))
	return err
}

// passBody writes to w what belongs to body: first what in has of it, then what
// it reads. bad makes an error of what the framing deserves.
func passBody(w io.Writer, body *http1.Body, in *input, bad func(status int) error) (passed int64, err error) {
	for {
		n, done, status := body.Take(in.buf[in.r:in.w])
		if status != 0 {
			return passed, bad(status)
		}
		if n > 0 {
			if _, err := w.Write(in.buf[in.r : in.r+n]); err != nil {
				return passed, err
			}
			passed += int64(n)
			in.r += n
		}
		if done {
			return passed, nil
		}
		in.reuse(bodyBuffer)
		if err := in.fill(); err != nil {
			return passed, noEOF(err)
		}
	}
}

// bodyBuffer is the size of one read of a body.
const bodyBuffer = 32 << 10

// reuse makes a buffer whose bytes have all been used empty, and as large as n.
func (in *input) reuse(n int) {
	if len(in.buf) < n {
		in.buf = make([]byte, n)
	}
	in.r, in.w = 0, 0
}

// passResponse passes the responses to one request on: those with 1xx, and the
// final one.
func (r *Request) passResponse(ctx context.Context, in *input) (n int64, err error) {
	for {
		head, err := readResponse(in)
		if err != nil {
			if n == 0 {
				err = r.gatewayFailed(ctx, err)
			}
			return n, err
		}
		final := head.Status >= 200
		if final || r.head.Minor > 0 { // RFC 9110 section 15.2: no 1xx to HTTP/1.0
			b := r.responseHead(in.buf[in.r:in.r+head.Len], &head, final)
			if _, err := r.c.Write(b); err != nil {
				return n, err
			}
			n += int64(len(b))
		}
		in.r += head.Len
		if final {
			m, err := r.passResponseBody(in, &head)
			return n + m, err
		}
	}
}

// errNotHTTP is a target that does not answer in HTTP.
var errNotHTTP = errors.New("the target's answer is not valid HTTP")

// readResponse reads the head of a response.
func readResponse(in *input) (head http1.Head, err error) {
	for {
		if in.r < in.w {
			done, status := head.ParseResponse(in.buf[in.r:in.w])
			switch {
			case status != 0 || done && head.Status == 101: // nothing was to be upgraded
				return head, errNotHTTP
			case done:
				return head, nil
			}
		}
		if err := in.fill(); err != nil {
			return head, noEOF(err)
		}
	}
}

// responseHead returns the head to send to the client.
func (r *Request) responseHead(head []byte, h *http1.Head, final bool) []byte {
	line := bytes.TrimSuffix(head[:h.Line], []byte{'\r'})
	b := append(make([]byte, 0, len(head)+128), line...)
	b = append(b, "\r\n"...)
	b = appendFields(b, head, []string{"content-length", "transfer-encoding"})
	for name, value := range http1.Fields(head) {
		if strings.EqualFold(string(name), "transfer-encoding") {
			b = fmt.Appendf(b, "Transfer-Encoding: %s\r\n", value)
		}
	}
	if h.Counted {
		b = append(append(append(b, "Content-Length: "...), strconv.FormatInt(h.Length, 10)...), "\r\n"...)
	}
	b = fmt.Appendf(b, "Via: 1.%d %s\r\n", min(h.Minor, 1), r.via())
	if final {
		b = append(b, "Connection: close\r\n"...)
	}
	return append(b, "\r\n"...)
}

// passResponseBody passes the body of the final response on (RFC 9112 section
// 6.3).
func (r *Request) passResponseBody(in *input, h *http1.Head) (int64, error) {
	switch {
	case r.head.Method == http1.MethodHead || h.Status == 204 || h.Status == 304:
		return 0, nil
	case h.Chunked || h.Counted:
		body := h.Body()
		return passBody(r.c, &body, in, func(int) error { return errNotHTTP })
	}
	r.untilEOF = true
	return passToEnd(r.c, in)
}

// reset returns the reset of a response that lasted until the EOF of the target,
// if sending the request has met one. A socket reports a reset once: where a
// write took it, a read finds EOF. EPIPE says that the EOF came before.
func (r *Request) reset() error {
	var errno syscall.Errno
	if r.untilEOF && errors.As(r.unsent, &errno) && errno != syscall.EPIPE {
		return r.unsent
	}
	return nil
}

// passToEnd writes to w what in has and reads, until its EOF.
func passToEnd(w io.Writer, in *input) (passed int64, err error) {
	for {
		n, err := w.Write(in.buf[in.r:in.w])
		passed += int64(n)
		if err != nil {
			return passed, err
		}
		in.reuse(bodyBuffer)
		if err := in.fill(); err == io.EOF {
			return passed, nil
		} else if err != nil {
			return passed, err
		}
	}
}

// gatewayFailed answers a client whose target gave no answer, and returns err.
func (r *Request) gatewayFailed(ctx context.Context, err error) error {
	status := 502
	if r.badBody.Load() {
		status = 400
	}
	if ctx.Err() == nil && r.answerHTTP(status, "") == nil {
		r.linger(ctx)
	}
	return err
}
