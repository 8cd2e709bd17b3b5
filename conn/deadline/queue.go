package deadline

import (
	"container/list"
	"context"
	"sync"
	"time"
)

// A Queue limits the time of many operations with one timer. The Go runtime wakes
// a thread for each timer that starts, which costs a server whose connections
// are short, and are connected to a target each, a tenth of its processor time.
// The zero value is ready to use.
type Queue struct {
	mu      sync.Mutex
	pending list.List   // of *limited: what ends first is in front
	timer   *time.Timer // nil: nothing was ever limited
	due     time.Time   // when timer fires; zero: it has stopped
}

// A limited is a context of a Queue.
type limited struct {
	context.Context
	cancel context.CancelCauseFunc
	due    time.Time
}

// Err returns the reason of the end as context.WithTimeout has it.
func (c *limited) Err() error {
	err := c.Context.Err()
	if err != nil && context.Cause(c.Context) == context.DeadlineExceeded {
		return context.DeadlineExceeded
	}
	return err
}

// WithTimeout returns a context that ends like one of context.WithTimeout. It
// shows no deadline, for which package net would start timers of its own.
func (q *Queue) WithTimeout(parent context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(parent)
	c := &limited{ctx, cancel, time.Now().Add(d)}
	place := q.add(c)
	return c, func() {
		q.mu.Lock()
		q.pending.Remove(place)
		q.mu.Unlock()
		cancel(nil)
	}
}

// add enters c. Most limits of a Queue are equally long, and go to its back.
func (q *Queue) add(c *limited) (place *list.Element) {
	q.mu.Lock()
	defer q.mu.Unlock()
	before := q.pending.Back()
	for before != nil && c.due.Before(before.Value.(*limited).due) {
		before = before.Prev()
	}
	if before == nil {
		place = q.pending.PushFront(c)
	} else {
		place = q.pending.InsertAfter(c, before)
	}
	if q.due.IsZero() || c.due.Before(q.due) {
		q.start(c.due)
	}
	return place
}

// start has the timer fire at due. It is not stopped when that turns out to be
// too early, but started again when it fires.
func (q *Queue) start(due time.Time) {
	q.due = due
	if wait := time.Until(due); q.timer == nil {
		q.timer = time.AfterFunc(wait, q.expire)
	} else {
		q.timer.Reset(wait)
	}
}

// expire ends what is due.
func (q *Queue) expire() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.due = time.Time{}
	for e := q.pending.Front(); e != nil; e = q.pending.Front() {
		c := e.Value.(*limited)
		if time.Until(c.due) > 0 {
			q.start(c.due)
			return
		}
		q.pending.Remove(e)
		c.cancel(context.DeadlineExceeded)
	}
}
