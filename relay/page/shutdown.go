package page

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// stopGroups has the connections of a Page, grouped by what stops them. A
// context.AfterFunc for each connection would cost an allocation and a place
// in a map of the context; connections that share a Done channel share one.
// The zero stopGroups has none.
type stopGroups struct {
	mu sync.Mutex
	by map[<-chan struct{}]*stopGroup
}

// A stopGroup is the connections that one Done channel stops.
type stopGroup struct {
	done    <-chan struct{}
	unwatch func() bool
	first   *conn
	fired   atomic.Bool
	until   time.Time // for answers under way; set before fired
}

// add makes s stop when ctx is done. It reports false if that is so already.
func (ps *stopGroups) add(ctx context.Context, s *conn) bool {
	done := ctx.Done()
	if done == nil {
		return true
	}
	ps.mu.Lock()
	defer ps.mu.Unlock()
	st := ps.by[done]
	switch {
	case st == nil:
		if ctx.Err() != nil {
			return false
		}
		if ps.by == nil {
			ps.by = make(map[<-chan struct{}]*stopGroup)
		}
		st = &stopGroup{done: done}
		st.unwatch = context.AfterFunc(ctx, func() { ps.fire(st) })
		ps.by[done] = st
	case st.fired.Load():
		return false
	}
	s.stop, s.next = st, st.first
	if s.next != nil {
		s.next.prev = s
	}
	st.first = s
	return true
}

// remove undoes add. The last one to go takes the watch on the context along.
func (ps *stopGroups) remove(s *conn) {
	st := s.stop
	if st == nil {
		return
	}
	ps.mu.Lock()
	defer ps.mu.Unlock()
	if s.next != nil {
		s.next.prev = s.prev
	}
	if s.prev != nil {
		s.prev.next = s.next
		return
	}
	if st.first = s.next; st.first == nil {
		st.unwatch()
		delete(ps.by, st.done)
	}
}

// fire stops the connections of st.
func (ps *stopGroups) fire(st *stopGroup) {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	st.until = time.Now().Add(graceTime)
	st.fired.Store(true)
	for s := st.first; s != nil; s = s.next {
		st.hurry(s)
	}
}

// hurry ends the wait for a request, and gives an answer under way until
// st.until. A connection that sets a deadline of its own looks whether
// st has fired afterwards, and so never undoes this.
func (st *stopGroup) hurry(s *conn) {
	s.c.SetReadDeadline(time.Unix(1, 0))
	s.c.SetWriteDeadline(st.until)
}

// stopping reports whether the connection has been told to end.
func (s *conn) stopping() bool {
	return s.stop != nil && s.stop.fired.Load()
}
