package page

import (
	"strconv"
	"sync"
	"time"

	"gonc/internal/http1"
)

// A output is answers that wait to be written.
type output struct{ buf []byte }

var outputs = sync.Pool{New: func() any { return new(output) }}

const (
	// flushAt is how much may wait to be written while there are more
	// requests to answer: what pipelining costs in memory.
	flushAt = 16 << 10

	// pieceSize is how much of a long page is written before the deadline
	// is moved. A client has to take in that much within idleTime.
	pieceSize = 256 << 10

	// stretchSize is how much of a file is tried at once, with no more than
	// pieceSize asked for: pieces of that size took about a tenth more of the
	// processor.
	stretchSize = 4 << 20
)

// A dateLine is the Date field of one second (RFC 9110 section 5.6.7).
type dateLine struct {
	second int64
	text   []byte
}

// dateAt returns the Date field for now. It is made once a second, if anyone
// asks.
func (p *Page) dateAt(now time.Time) []byte {
	d := p.date.Load()
	if second := now.Unix(); d == nil || d.second != second {
		d = &dateLine{second, now.UTC().AppendFormat(nil, "Date: Mon, 02 Jan 2006 15:04:05 GMT\r\n")}
		p.date.Store(d)
	}
	return d.text
}

// prepare makes what is the same in every answer.
func (p *Page) prepare() {
	server, kind, body := p.Server, p.Type, p.body()
	if server == "" {
		server = "gonc"
	}
	if kind == "" {
		kind = contentType(p.File)
	}
	p.server = "Server: " + server + "\r\n"
	p.head = p.server + "Content-Type: " + kind + "\r\nContent-Length: "
	if p.File == "" {
		p.head += strconv.Itoa(len(body)) + "\r\n"
	}
}

func (p *Page) body() []byte {
	if p.Body == nil {
		return testPage
	}
	return p.Body
}

// output returns s.out, taking one if there is none.
func (s *conn) output() *output {
	if s.out == nil {
		s.out = outputs.Get().(*output)
	}
	return s.out
}

// begin appends the first lines of an answer to the output.
func (s *conn) begin(statusLine string) *output {
	s.active = s.now
	out := s.output()
	out.buf = append(out.buf, statusLine...)
	out.buf = append(out.buf, s.page.dateAt(s.now)...)
	return out
}

// connection returns the end of a head. A client of HTTP/1.0 has to be told that
// the connection persists (RFC 9112 appendix C.2.2).
func (in *input) connection() string {
	switch {
	case !in.persist:
		return "Connection: close\r\n\r\n"
	case in.head.Minor == 0:
		return "Connection: keep-alive\r\n\r\n"
	}
	return "\r\n"
}

// answerBody answers with a page that is in memory.
func (s *conn) answerBody() error {
	out := s.begin("HTTP/1.1 200 OK\r\n")
	out.buf = append(out.buf, s.page.head...)
	out.buf = append(out.buf, s.in.connection()...)
	if s.in.head.Method == http1.MethodHead {
		return s.answered(200, 0)
	}
	body := s.page.body()
	if len(body) > flushAt {
		if err := s.writeLong(body); err != nil {
			return err
		}
	} else {
		out.buf = append(out.buf, body...)
	}
	return s.answered(200, int64(len(body)))
}

// writeLong writes what is due and then body, without a copy of it.
func (s *conn) writeLong(body []byte) error {
	for len(body) > 0 {
		if err := s.flush(); err != nil {
			return err
		}
		s.arm(time.Time{})
		n, err := s.c.Write(body[:min(len(body), pieceSize)])
		s.sent(int64(n))
		if err != nil {
			return err
		}
		s.wrote()
		body = body[n:]
	}
	return nil
}

// answerStatus answers with a status that is not 200, and a body that names
// it for people.
func (s *conn) answerStatus(status int) error {
	text := strconv.Itoa(status) + " " + http1.StatusText(status)
	out := s.begin("HTTP/1.1 " + text + "\r\n")
	b := append(out.buf, s.page.server...)
	if status == 405 {
		b = append(b, "Allow: GET, HEAD\r\n"...) // RFC 9110 section 15.5.6
	}
	b = append(b, "Content-Type: text/plain; charset=utf-8\r\nContent-Length: "...)
	b = strconv.AppendInt(b, int64(len(text)+1), 10)
	b = append(b, "\r\n"...)
	b = append(b, s.in.connection()...)
	sent := 0
	if s.in.head.Method != http1.MethodHead { // RFC 9110 section 9.3.2
		b = append(b, text...)
		b = append(b, '\n')
		sent = len(text) + 1
	}
	out.buf = b
	return s.answered(status, int64(sent))
}

// answered is called when an answer of sent body bytes is in the output, or
// has been written. Log is called no sooner than the network has it.
func (s *conn) answered(status int, sent int64) error {
	if s.page.Log == nil {
		if s.out != nil && len(s.out.buf) >= flushAt {
			return s.flush()
		}
		return nil
	}
	if err := s.flush(); err != nil {
		return err
	}
	s.in.logged.Status, s.in.logged.Bytes = status, sent
	s.page.Log(s.in.logged)
	return nil
}

// flush writes what is due.
func (s *conn) flush() (err error) {
	out := s.out
	if out == nil {
		return nil
	}
	if len(out.buf) > 0 {
		err = s.write(out.buf)
	}
	out.buf = out.buf[:0]
	outputs.Put(out)
	s.out = nil
	return err
}

// write writes b, waiting only for what can't be written at once.
func (s *conn) write(b []byte) error {
	n, err := s.rawWrite(b)
	s.sent(int64(n))
	if err != nil || n == len(b) {
		return err
	}
	s.arm(time.Time{})
	n, err = s.c.Write(b[n:])
	s.sent(int64(n))
	s.wrote()
	return err
}

// wrote is called after a write that may have waited.
func (s *conn) wrote() {
	s.now = time.Now()
	s.active = s.now
}
