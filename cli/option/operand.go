package option

import (
	"errors"
	"math/rand/v2"
	"strconv"
	"strings"

	"gonc/conn/addr"
)

// readTarget reads the operands, and what options say about the target.
func (o *Options) readTarget(g *Grammar) (err error) {
	for i, op := range o.Operands {
		if op == "" {
			return &OperandError{Problem: EmptyOperand, Other: strings.Join(o.Operands[i+1:], " ")}
		}
	}
	switch {
	case o.Has(SocketActivation):
		return o.refuseOperands(0, TooMany)
	case o.Has(Unix):
		o.Target.Path, err = o.unixPath()
		return err
	case o.Has(Listen):
		o.Target.Addr, err = o.listenAddr(g)
	default:
		err = o.connectTarget(g)
	}
	if err == nil {
		err = o.checkPorts(g)
	}
	return err
}

// refuseOperands returns an error if there are more than n operands.
func (o *Options) refuseOperands(n int, problem OperandProblem) error {
	if len(o.Operands) <= n {
		return nil
	}
	return &OperandError{Problem: problem, Text: o.Operands[n]}
}

// checkPorts looks at the ports before anything is opened.
func (o *Options) checkPorts(g *Grammar) error {
	if o.Has(SourcePort) {
		if _, err := o.parsePort(g, o.SourcePort); err != nil {
			return &ValueError{ID: SourcePort, Name: o.Name(SourcePort), Text: o.SourcePort, Err: err}
		}
	}
	if len(o.Target.Ports) > 0 {
		return nil
	}
	n, err := o.parsePort(g, o.Target.Port)
	if err == nil && n == 0 && !o.Has(Listen) {
		err = &addr.PortError{Text: o.Target.Port, Why: "too small"}
	}
	return badOperand(o.Target.Port, err)
}

// parsePort reads a port: a number, or in most dialects the name of a service.
func (o *Options) parsePort(g *Grammar, s string) (uint16, error) {
	if g.OnePort && strings.Trim(s, "0123456789") != "" {
		return 0, &addr.PortError{Text: s, Why: "invalid"}
	}
	return addr.ParsePort(o.Protocol(), s)
}

// badOperand returns an *OperandError for what package addr found wrong with
// text, or nil.
func badOperand(text string, err error) error {
	var done *OperandError
	if err == nil || errors.As(err, &done) {
		return err
	}
	return &OperandError{Problem: BadOperand, Text: text, Err: err}
}

func (o *Options) unixPath() (string, error) {
	switch {
	case len(o.Operands) > 0:
		return o.Operands[0], o.refuseOperands(1, TooManyPaths)
	case o.Has(Listen) && o.Source != "":
		return o.Source, nil
	case o.Has(Listen):
		return "", &OperandError{Problem: NoListenPath}
	}
	return "", &OperandError{Problem: NoPath}
}

// connectTarget reads host port, host:port, and for several ports, one after
// another, host port... and lo-hi.
func (o *Options) connectTarget(g *Grammar) error {
	ops := o.Operands
	switch {
	case len(ops) == 0:
		return &OperandError{Problem: NoHostAndPort}
	case len(ops) == 1:
		return o.hostAndPort(ops[0], g)
	case len(ops) > 2 && g.OnePort:
		return o.refuseOperands(2, TooMany)
	}
	if a, err := addr.Split(ops[0]); err == nil && a.Host != "" && isPort(a.Port) {
		return &OperandError{Problem: PortTwice, Text: ops[1], Other: ops[0]}
	}
	o.Target.Addr = addr.Addr{Host: addr.ParseHost(ops[0]), Port: ops[1]}
	if len(ops) == 2 && !o.Has(Scan) {
		if _, err := o.parsePort(g, ops[1]); err == nil || g.OnePort {
			return badOperand(ops[1], err)
		}
	}
	return o.readPorts(ops[1:])
}

// readPorts reads lists and ranges of ports.
func (o *Options) readPorts(texts []string) (err error) {
	t := &o.Target
	if t.Ports, err = addr.ParsePorts(o.Protocol(), texts); err != nil {
		return badOperand(texts[0], err)
	}
	if o.Has(RandomPorts) {
		rand.Shuffle(len(t.Ports), func(i, j int) { t.Ports[i], t.Ports[j] = t.Ports[j], t.Ports[i] })
	}
	if len(t.Ports) > 0 {
		t.Port = strconv.Itoa(int(t.Ports[0]))
	}
	return nil
}

// hostAndPort reads both from one operand.
func (o *Options) hostAndPort(s string, g *Grammar) error {
	a, err := addr.Split(s)
	var bad *addr.Error
	switch {
	case g.DefaultPort != "" && (err != nil || !isPort(a.Port)):
		o.Target.Addr = addr.Addr{Host: addr.ParseHost(s), Port: g.DefaultPort}
		return nil
	case errors.As(err, &bad) && !strings.Contains(s, ":"):
		return &OperandError{Problem: NoPort, Text: s}
	case err == nil && a.Host == "":
		return &OperandError{Problem: NoHost, Text: s, Other: a.Port}
	}
	o.Target.Addr = a
	if err != nil || !o.Has(Scan) {
		return badOperand(s, err)
	}
	return o.readPorts([]string{a.Port})
}

func isPort(s string) bool {
	_, err := strconv.ParseUint(s, 10, 16)
	return err == nil
}

// listenAddr reads [host] port, host:port, and both parts from the options for
// the source, which mean the address to listen on unless there is another side
// to connect to.
func (o *Options) listenAddr(g *Grammar) (a addr.Addr, err error) {
	if err := o.refuseOperands(2, TooMany); err != nil {
		return a, err
	}
	a.Port = o.SourcePort
	switch ops := o.Operands; {
	case len(ops) == 2 && a.Port != "":
		return a, &OperandError{Problem: ListenPortTwice, Text: ops[1], Other: a.Port}
	case len(ops) == 1 && a.Port != "" && isPort(ops[0]):
		return a, &OperandError{Problem: ListenPortTwice, Text: ops[0], Other: a.Port}
	case len(ops) == 2:
		a.Host, a.Port = addr.ParseHost(ops[0]), ops[1]
	case len(ops) == 1 && a.Port != "":
		a.Host = addr.ParseHost(ops[0])
	case len(ops) == 1 && g.DefaultPort != "" && !isDigits(ops[0]):
		a.Host = addr.ParseHost(ops[0])
	case len(ops) == 1 && strings.Contains(ops[0], ":"):
		if a, err = addr.Split(ops[0]); err != nil {
			return a, badOperand(ops[0], err)
		}
	case len(ops) == 1:
		a.Port = ops[0]
	}
	if a.Port == "" {
		a.Port = o.defaultListenPort(g)
	}
	switch {
	case a.Port == "":
		return a, &OperandError{Problem: NoListenPort}
	case o.Source == "" || o.Has(To) || o.Has(ProxyServer):
	case a.Host != "":
		return a, &OperandError{Problem: AddressTwice, Text: a.Host, Other: o.Source}
	default:
		a.Host = addr.ParseHost(o.Source)
	}
	return a, nil
}

// defaultListenPort returns the port that the dialect listens on if none is
// given; empty: it has none.
func (o *Options) defaultListenPort(g *Grammar) string {
	if o.Has(ProxyServer) && g.DefaultProxyServerPort != "" {
		return g.DefaultProxyServerPort
	}
	return g.DefaultPort
}

func isDigits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }
