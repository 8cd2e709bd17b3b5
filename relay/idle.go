package relay

import (
	"sync"
	"sync/atomic"
	"time"
)

// lateBy is how late a timer has to be for this process to have been stopped,
// or to have had no processor: what has come in time was not taken yet then,
// and gets as long to be.
const lateBy = 20 * time.Millisecond

// A watchdog calls a function once nothing has touched it for a time. The
// zero watchdog is not armed, and a touch of it costs one load.
type watchdog struct {
	last atomic.Int64 // of touch, nanoseconds since began; 0: not armed

	mu    sync.Mutex
	began time.Time
	timer *time.Timer
}

// start arms w anew: fire is called, in a goroutine of its own, when limit
// has passed since the last touch. A limit that is not positive does nothing.
func (w *watchdog) start(limit time.Duration, fire func()) {
	if limit <= 0 {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.timer != nil {
		w.timer.Stop()
	}
	if w.began.IsZero() {
		w.began = time.Now()
	}
	w.last.Store(max(1, int64(time.Since(w.began))))
	w.arm(limit, limit, fire)
}

// again arms w anew after it has fired, to look again after wait. Nothing has
// touched it by that. A watchdog that was stopped stays so.
func (w *watchdog) again(wait, limit time.Duration, fire func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.timer != nil {
		w.arm(wait, limit, fire)
	}
}

// arm sets the timer.
func (w *watchdog) arm(wait, limit time.Duration, fire func()) {
	var timer *time.Timer
	due := time.Now().Add(wait)
	timer = time.AfterFunc(wait, func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		if w.timer != timer {
			return
		}
		left := w.left(limit)
		if left <= 0 && time.Since(due) > lateBy {
			left = lateBy
		}
		if left > 0 {
			due = time.Now().Add(left)
			timer.Reset(left)
			return
		}
		go fire()
	})
	w.timer = timer
}

// left returns how much of limit is left since the last touch of a watchdog
// that is armed.
func (w *watchdog) left(limit time.Duration) time.Duration {
	return limit - (time.Since(w.began) - time.Duration(w.last.Load()))
}

// armed reports whether touches matter.
func (w *watchdog) armed() bool { return w.last.Load() != 0 }

func (w *watchdog) touch() {
	if w.armed() {
		w.last.Store(max(1, int64(time.Since(w.began))))
	}
}

func (w *watchdog) stop() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.timer != nil {
		w.timer.Stop()
		w.timer = nil
	}
}
