package cli

import (
	"context"
	"net"
	"os"
	"slices"
	"strings"

	"gonc/cli/event"
	"gonc/cli/option"
	"gonc/relay"
	program "gonc/relay/command"
)

// command runs a program for each connection. One that is not there is an
// error before anything is opened, except for a server, which goes on without it
// as long as it is missing.
func (o *invocation) command(_ context.Context, several bool) (serve relay.Handler, done func(), err error) {
	p := program.Direct(o.Exec)
	if o.Has(option.ShExec) {
		p = program.Shell(o.ShExec)
	}
	if !o.Has(option.Listen) || !several {
		if err := p.Check(); err != nil {
			return nil, nil, err
		}
	}
	p.Env = commandEnvironment()
	h := &relay.Command{Program: p, Remote: o.remote(), Idle: o.idleLimit(), OnEnd: o.onEnd(several)}
	if o.out.Level() > 0 {
		h.OnExit = func(remote net.Addr, state *os.ProcessState) {
			o.out.Print(event.CommandEnded{Remote: remote, Several: several, State: state})
		}
	}
	return h.Serve, nothing, nil
}

// secrets are the variables that hold passwords of ours. What a command prints
// may go to the network, so it does not get them.
var secrets = [...]string{"GONC_PROXY_AUTH", "NCAT_PROXY_AUTH", "GONC_PROXY_PASSWORD", "GONC_TCP_MD5"}

// commandEnvironment returns our environment without passwords.
func commandEnvironment() []string {
	return slices.DeleteFunc(os.Environ(), func(v string) bool {
		name, _, _ := strings.Cut(v, "=")
		return slices.Contains(secrets[:], name)
	})
}
