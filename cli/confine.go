package cli

import (
	"os"
	"path/filepath"
	"time"

	"gonc/cli/event"
	"gonc/cli/option"
	"gonc/cli/sandbox"
)

// confine gives up what the program does not need any more, now that everything
// is open. Commands are not confined, so nothing is with them.
func (o *invocation) confine() {
	for _, id := range [...]option.ID{option.NoSandbox, option.Exec, option.ShExec} {
		if o.Has(id) {
			return
		}
	}
	if o.out.Level() > 0 {
		time.Now().Zone() // the log of the page is in local time, whose file is read once
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
