package relay

import (
	"os"
	"syscall"
	"time"
)

// unreadAfter is how old a relay has to be for it to be watched whether
// somebody reads standard output. Most are over by then.
const unreadAfter = 100 * time.Millisecond

// watchReader ends the relay when nobody reads any more what local writes to
// a pipe, which would else be known at the next byte only. But what local
// gives is sent to its end. To be called is what watchReader returns, when
// the relay is over.
func (x *pipe) watchReader() (stop func()) {
	f, ok := x.local.W.(*os.File)
	if !ok || x.remote.R == nil {
		return func() {}
	}
	ended := make(chan struct{})
	timer := time.AfterFunc(unreadAfter, func() {
		defer close(ended)
		if awaitUnread(f) == nil {
			x.localUnread()
		}
	})
	return func() {
		if timer.Stop() {
			return
		}
		f.SetReadDeadline(past)
		<-ended
	}
}

// localUnread comes when nobody reads what local writes any more. It is no
// matter once all has come.
func (x *pipe) localUnread() {
	x.mu.Lock()
	x.unread = !x.received
	unread, done := x.unread, x.sent || x.local.R == nil
	x.mu.Unlock()
	switch at := x.policy.AtRemoteEOF; {
	case !unread:
	case done, at == Finish, at == FinishIfIdle && x.localIdle():
		x.endUnread()
	}
}

func (x *pipe) endUnread() {
	x.stop(&LocalError{"write", syscall.EPIPE})
}
