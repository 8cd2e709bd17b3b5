package main

import "runtime"

// shareProcessor has a server of many short connections use one processor.
// They wait for the kernel and for each other. A second processor would be
// woken for every hand-over between their goroutines, which costs more than
// it gives: with one, a connection took half the time.
func (o *options) shareProcessor() {
	if o.keepOpen && !o.http {
		runtime.GOMAXPROCS(1)
	}
}

// onOneWay is a Policy's OneWay. Bytes that go one way are moved by one
// goroutine. Whenever it has waited, a second processor would be woken to look
// for work, and find none: from pipe to pipe a tenth of all that was used. What
// comes the other way is to have it back. (While a call takes long the runtime
// looks for another use of its processor, and with one it finds none: to and
// from files one processor is slower.)
func onOneWay() func(bool) {
	all := runtime.GOMAXPROCS(0)
	return func(is bool) {
		if is {
			runtime.GOMAXPROCS(1)
		} else {
			runtime.GOMAXPROCS(all)
		}
	}
}
