package relay

import "sync"

// A oneWay tells whether a relay moves bytes in bulk, and only one way.
type oneWay struct {
	tell func(bool) // nil: nobody wants to know

	mu sync.Mutex
	is bool // what was told last
}

// streams comes when a flow has moved gatherFirst bytes; back is the other one.
func (o *oneWay) streams(back *flow) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.tell != nil && back.moved.Load() == 0 {
		o.is = true
		o.tell(true)
	}
}

// over comes with the first bytes of a flow, and when both have ended.
func (o *oneWay) over() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.is {
		o.is = false
		o.tell(false)
	}
}
