package conn

import (
	"context"
	"fmt"
	"net"
	"sync"
	"time"

	"gonc/conn/sockopt"
)

// evictWait bounds the wait for the slot of a connection that was evicted.
const evictWait = time.Second

// An EvictedError is the cause with which the context of a handler ends, and the
// error of its connection, when the connection was ended to make room: as many
// as MaxConns were served, and the peer had closed its side. TCP does not tell
// whether such a peer still receives.
type EvictedError struct{ Limit int }

func (e *EvictedError) Error() string {
	return fmt.Sprintf("evicted: limit of %d connections reached, and the peer had closed its side", e.Limit)
}

// OneConnection reports that the end of the context is about one connection, not
// about the server.
func (e *EvictedError) OneConnection() bool { return true }

// holders are the connections that hold a slot and may be evicted.
type holders struct {
	mu  sync.Mutex
	all map[*holder]struct{}
}

// A holder is a connection that holds a slot.
type holder struct {
	bare net.Conn
	end  context.CancelCauseFunc
}

// hold returns the context of the handler of c, and what the caller must call
// when the handler has returned.
func (s *server) hold(ctx context.Context, c net.Conn) (held context.Context, release func()) {
	held, end := context.WithCancelCause(ctx)
	h := &holder{sockopt.Bare(c), end}
	s.holders.mu.Lock()
	defer s.holders.mu.Unlock()
	if s.holders.all == nil {
		s.holders.all = make(map[*holder]struct{})
	}
	s.holders.all[h] = struct{}{}
	return held, func() {
		s.holders.mu.Lock()
		defer s.holders.mu.Unlock()
		delete(s.holders.all, h)
		end(nil)
	}
}

// evict ends the connection whose peer has closed its side and has been silent
// longest since then. It reports whether there was one.
func (s *server) evict() bool {
	s.holders.mu.Lock()
	defer s.holders.mu.Unlock()
	var last *holder
	longest := time.Duration(-1)
	for h := range s.holders.all {
		if silent, closed := closedByPeer(h.bare); closed && silent > longest {
			last, longest = h, silent
		}
	}
	if last == nil {
		return false
	}
	delete(s.holders.all, last)
	last.end(&EvictedError{s.l.slots()})
	return true
}
