package deadline

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

// TestQueue has limits end in their order, whatever the order in which they
// began, each at its time.
func TestQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var q Queue
		began := time.Now()
		for _, limit := range []time.Duration{5, 1, 3, 3, 60, 2} {
			ctx, cancel := q.WithTimeout(t.Context(), limit*time.Second)
			defer cancel()
			if _, shown := ctx.Deadline(); shown {
				t.Error("a deadline is shown")
			}
			go func() {
				<-ctx.Done()
				if took := time.Since(began); took != limit*time.Second || ctx.Err() != context.DeadlineExceeded || context.Cause(ctx) != context.DeadlineExceeded {
					t.Errorf("%v after %v, not %d s", ctx.Err(), took, limit)
				}
			}()
		}
		time.Sleep(61 * time.Second)
		synctest.Wait()
		if !q.due.IsZero() || q.pending.Len() != 0 {
			t.Errorf("%d limits are left", q.pending.Len())
		}
	})
}

// TestQueueOver has operations end before their limit, by themselves or with
// their parent; the limit of a later one still counts.
func TestQueueOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var q Queue
		parent, end := context.WithCancel(t.Context())
		over, cancel := q.WithTimeout(parent, 10*time.Second)
		cancel()
		cancel()
		if over.Err() != context.Canceled {
			t.Error(over.Err(), "of one that is over")
		}
		child, cancel := q.WithTimeout(parent, 10*time.Second)
		defer cancel()
		time.Sleep(4 * time.Second)
		late, cancel := q.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		end()
		if child.Err() != context.Canceled {
			t.Error(child.Err(), "of one whose parent has ended")
		}
		time.Sleep(10*time.Second - 1)
		synctest.Wait()
		if late.Err() != nil {
			t.Error(late.Err(), "before its time")
		}
		time.Sleep(time.Nanosecond)
		synctest.Wait()
		if late.Err() != context.DeadlineExceeded {
			t.Error(late.Err(), "at its time")
		}
	})
}
