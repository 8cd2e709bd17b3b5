package page

import (
	"bytes"
	"net"
	"strconv"
	"time"
)

// A Request is a request that has been answered. Line and Head are as
// they came from the network: do not show them but through AppendCommon and
// AppendHead.
type Request struct {
	Remote net.Addr
	Time   time.Time // when the last byte of the head was read
	Line   []byte    // the request line without its end; empty if none came
	Head   []byte    // the head with its line ends; of a refused one, what was read
	Status int
	Bytes  int64 // of the answer's body
}

// logged copies what Log is to be told, before the head is overwritten.
func (s *conn) logged() *Request {
	in := s.in
	head := bytes.Clone(in.buf[in.r : in.r+in.head.Seen()])
	line, _, _ := bytes.Cut(head, []byte{'\n'})
	return &Request{Remote: s.c.RemoteAddr(), Time: s.now, Line: bytes.TrimSuffix(line, []byte{'\r'}), Head: head}
}

// AppendCommon appends the line of the Common Log Format about r, without a
// line end. Whatever is not printable ASCII, and the quote and the backslash,
// are escaped as in C.
func (r *Request) AppendCommon(b []byte) []byte {
	b = append(b, remoteHost(r.Remote)...)
	b = r.Time.AppendFormat(append(b, " - - ["...), "02/Jan/2006:15:04:05 -0700")
	b = append(b, `] "`...)
	if len(r.Line) == 0 {
		b = append(b, '-')
	}
	b = append(appendEscaped(b, r.Line, '"'), `" `...)
	b = append(strconv.AppendInt(b, int64(r.Status), 10), ' ')
	if r.Bytes == 0 {
		return append(b, '-')
	}
	return strconv.AppendInt(b, r.Bytes, 10)
}

// AppendHead appends the head, each line with a line feed, escaped like a
// line of AppendCommon except for the quote. The empty line is left out.
func (r *Request) AppendHead(b []byte) []byte {
	for line := range bytes.Lines(r.Head) {
		line = bytes.TrimSuffix(bytes.TrimSuffix(line, []byte{'\n'}), []byte{'\r'})
		if len(line) > 0 {
			b = append(appendEscaped(b, line, '\\'), '\n')
		}
	}
	return b
}

// remoteHost returns the address without its port: a dash if it has none, as the
// client of a Unix socket.
func remoteHost(a net.Addr) string {
	if tcp, ok := a.(*net.TCPAddr); ok {
		return (&net.IPAddr{IP: tcp.IP, Zone: tcp.Zone}).String()
	}
	return "-"
}

// appendEscaped appends text with quote, the backslash and all that is not
// printable ASCII escaped, so that nothing from the network reaches a
// terminal as a control sequence or ends a quoted field.
func appendEscaped(b, text []byte, quote byte) []byte {
	const hex = "0123456789abcdef"
	for _, c := range text {
		switch {
		case c == quote || c == '\\':
			b = append(b, '\\', c)
		case c < ' ' || c > '~':
			b = append(b, '\\', 'x', hex[c>>4], hex[c&15])
		default:
			b = append(b, c)
		}
	}
	return b
}
