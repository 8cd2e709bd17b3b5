// Package chat names the sender of each line that connections send to each other,
// announces those that come and go, and escapes what a terminal would obey, in the
// words of ncat.
package chat

import (
	"bytes"
	"fmt"
	"net"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"
)

const (
	// serverID is the number in the name of local, as in ncat.
	serverID = 0

	// firstID is that of the first connection, as it mostly is in ncat, where
	// it is a descriptor.
	firstID = 4

	// maxLine is how much of a line a chat keeps until it is complete.
	maxLine = 4 << 10

	// lineWait is how long the end of a line is waited for.
	lineWait = 100 * time.Millisecond

	// maxNames is how many of those present are named to a new one.
	maxNames = 100
)

// A Chat knows the connections that are present.
type Chat struct {
	announce func([]byte)

	mu    sync.Mutex
	last  int // the number given last
	users []user
}

type user struct {
	id   int
	addr string
}

// New returns a Chat without connections. announce is called with each
// announcement; it must not block.
func New(announce func([]byte)) *Chat { return &Chat{announce: announce, last: firstID - 1} }

// Host returns what takes the bytes of the server itself, which is not announced,
// and has put called with its lines. leave puts what there is of a line.
func (h *Chat) Host(put func([]byte)) (add func([]byte), leave func()) {
	l := newLines(serverID, put)
	return l.add, l.end
}

// Join announces a new user. It returns what takes the bytes of the user, and has
// put called with the lines. leave announces the end, once: also of a user that can
// only listen any more, since most that are at EOF have gone, and what they are sent
// then brings that to light.
func (h *Chat) Join(put func([]byte), from net.Addr, datagram bool) (add func([]byte), leave func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.last++
	u := user{h.last, hostOf(from)}
	h.announce(fmt.Appendf(nil, "<announce> %s is connected as <user%d>.\n<announce> already connected: %s.\n", u.addr, u.id, h.names()))
	h.users = append(h.users, u)
	l := newLines(u.id, put)
	add = l.add
	if datagram {
		add = func(p []byte) { l.add(p); l.flush() }
	}
	return add, sync.OnceFunc(func() { l.end(); h.leave(u) })
}

func (h *Chat) leave(u user) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for i := range h.users {
		if h.users[i].id == u.id {
			h.users = append(h.users[:i], h.users[i+1:]...)
			break
		}
	}
	h.announce(fmt.Appendf(nil, "<announce> <user%d> is disconnected.\n", u.id))
}

// names lists the users.
func (h *Chat) names() string {
	if len(h.users) == 0 {
		return "nobody"
	}
	var list strings.Builder
	for i, u := range h.users[:min(len(h.users), maxNames)] {
		if i > 0 {
			list.WriteString(", ")
		}
		fmt.Fprintf(&list, "%s as <user%d>", u.addr, u.id)
	}
	if more := len(h.users) - maxNames; more > 0 {
		fmt.Fprintf(&list, ", and %d more", more)
	}
	return list.String()
}

// hostOf returns the name of a peer: its host. A Unix socket's is this one.
func hostOf(a net.Addr) string {
	if _, ok := a.(*net.UnixAddr); ok || a == nil {
		return "localhost"
	}
	host, _, err := net.SplitHostPort(a.String())
	if err != nil {
		host = a.String()
	}
	return string(appendVisible(nil, []byte(host)))
}

// lines makes lines of what a user sends. The rest of a line that does not come is
// not waited for long: what there is becomes a line.
type lines struct {
	prefix string
	put    func([]byte)

	mu    sync.Mutex
	line  []byte
	timer *time.Timer // nil: not started yet
	over  bool
}

// newLines returns what makes the lines of a user, each with its name.
func newLines(id int, put func([]byte)) *lines {
	return &lines{prefix: fmt.Sprintf("<user%d> ", id), put: put}
}

// add adds p to the line, and puts those that are complete.
func (l *lines) add(p []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for len(p) > 0 {
		n := bytes.IndexByte(p, '\n') + 1
		complete := n > 0
		if !complete {
			n = len(p)
		}
		n = min(n, maxLine-len(l.line))
		complete = complete && p[n-1] == '\n'
		l.line = append(l.line, p[:n]...)
		p = p[n:]
		if complete || len(l.line) == maxLine {
			l.putLine()
		}
	}
	if len(l.line) > 0 {
		l.await()
	}
}

// await has what there is put in a while.
func (l *lines) await() {
	if l.timer == nil {
		l.timer = time.AfterFunc(lineWait, l.flush)
	} else {
		l.timer.Reset(lineWait)
	}
}

// putLine puts the line, whole or not.
func (l *lines) putLine() {
	if len(l.line) == 0 {
		return
	}
	line := append([]byte(l.prefix), appendVisible(nil, bytes.TrimRight(l.line, "\r\n"))...)
	l.put(append(line, '\n'))
	l.line = l.line[:0]
}

// flush puts what there is of a line.
func (l *lines) flush() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.over {
		l.putLine()
	}
}

// end puts what there is of a line. Nothing is put afterwards.
func (l *lines) end() {
	l.flush()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.over = true
	if l.timer != nil {
		l.timer.Stop()
	}
}

// appendVisible appends b to dst, with whatever is not text, so that a
// terminal might obey it, in the octal notation of ncat.
func appendVisible(dst, b []byte) []byte {
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		if r == '\t' || unicode.IsPrint(r) && !(r == utf8.RuneError && n == 1) {
			dst = append(dst, b[:n]...)
		} else {
			for _, c := range b[:n] {
				dst = fmt.Appendf(dst, `\%03o`, c)
			}
		}
		b = b[n:]
	}
	return dst
}
