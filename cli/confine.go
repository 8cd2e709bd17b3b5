package cli

import (
	"os"
	"path/filepath"
	"time"

	"gonc/cli/event"
	"gonc/cli/option"
	"gonc/cli/sandbox"
)

// confineAfter is the age of a client's connection at which the program is
// confined. That takes a quarter of a millisecond, since every thread has to
// take part, and many sessions are over before.
const confineAfter = 10 * time.Millisecond

// confineSoon confines a client that has its connection. The caller must call
// the returned function at the end of the session.
func (o *invocation) confineSoon() (stop func()) {
	done := make(chan struct{})
	timer := time.AfterFunc(confineAfter, func() {
		defer close(done)
		o.confine()
	})
	return func() {
		if !timer.Stop() {
			<-done
		}
	}
}

// confine gives up what the program does not need any more, now that everything
// is open. Commands are not confined, so nothing is with them.
func (o *invocation) confine() {
	for _, id := range [...]option.ID{option.NoSandbox, option.Exec, option.ShExec} {
		if o.Has(id) {
			return
		}
	}
	if o.out.Level() > 0 {
		_, _ = time.Now().Zone() // the log of the page is in local time, whose file is read once
	}
	names, err := sandbox.Enter(o.needs())
	o.out.Print(event.Confined{By: names, Err: err})
}

// needs returns what serving connections still takes.
func (o *invocation) needs() sandbox.Needs {
	n := sandbox.Needs{Connect: o.handler.dials, Listen: o.handler.dials && o.Source != ""} // bind(2) sets a source
	if o.Has(option.Page) && o.Page != "-" {
		// Its folder: a file that takes its place is another file.
		n.Read = append(n.Read, filepath.Dir(o.Page))
	}
	if o.Has(option.Unix) {
		n.Remove = append(n.Remove, filepath.Dir(o.Target.Path), filepath.Dir(o.Source), os.TempDir())
	}
	return n
}
