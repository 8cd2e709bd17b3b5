package main

import (
	"errors"
	"math/rand/v2"
	"strconv"
	"strings"

	"gonc/conn"
)

// A target is where to connect or to listen, and the ports of it that are
// meant; only Address.Port if ports is empty.
type target struct {
	conn.Address
	ports []uint16
}

// target reads the operands.
func (o *options) target() (target, error) {
	var t target
	var err error
	switch {
	case o.unix:
		t.Address, err = o.unixAddress()
		return t, err
	case o.listen:
		t.Address, err = o.listenAddress()
	default:
		t, err = o.connectTarget()
	}
	if err == nil {
		err = o.checkPorts(t)
	}
	return t, asUsage(err)
}

// checkPorts looks at the ports before anything is opened.
func (o *options) checkPorts(t target) error {
	if o.sourcePort != "" {
		if _, err := conn.ParsePort(o.protocol(), o.sourcePort); err != nil {
			return err
		}
	}
	if len(t.ports) > 0 {
		return nil
	}
	n, err := conn.ParsePort(o.protocol(), t.Port)
	if err == nil && n == 0 && !o.listen {
		err = &conn.PortError{Text: t.Port, Why: "too small"}
	}
	return err
}

// asUsage makes usage errors of what conn finds wrong in an operand.
func asUsage(err error) error {
	var bad *conn.AddressError
	var port *conn.PortError
	switch {
	case errors.As(err, &bad):
		return &usageError{text: "%s", args: []any{bad}, hint: bad.Hint}
	case errors.As(err, &port) && port.Why == "too large":
		return &usageError{text: "%s", args: []any{port}, hint: "ports end at 65535"}
	case errors.As(err, &port) && strings.Contains(port.Text, ","):
		return &usageError{text: "%s", args: []any{port}, hint: "write ports apart, 22 80, or as a range, 22-80"}
	case errors.As(err, &port) && isRange(port.Text):
		return &usageError{text: "%s", args: []any{port}, hint: "a range of ports is for connecting; here it is one"}
	case errors.As(err, &port):
		return &usageError{text: "%s", args: []any{port}, hint: "a port is a number from 1 to 65535, or the name of a service"}
	}
	return err
}

func (o *options) unixAddress() (conn.Address, error) {
	switch {
	case len(o.operands) == 1:
		return conn.Address{Path: o.operands[0]}, nil
	case len(o.operands) == 0 && o.listen && o.source != "":
		return conn.Address{Path: o.source}, nil
	case len(o.operands) == 0 && o.listen:
		return conn.Address{}, &usageError{text: "missing path of the Unix socket to listen on", hint: "write gonc -lU path"}
	case len(o.operands) == 0:
		return conn.Address{}, &usageError{text: "missing path of the Unix socket", hint: "write gonc -U path", shape: true}
	}
	return conn.Address{}, usagef("one path is enough, and %s came after it", quote(o.operands[1]))
}

// connectTarget reads host port, host:port, and for several ports, one after
// another, host port… and lo-hi.
func (o *options) connectTarget() (target, error) {
	ops := o.operands
	switch len(ops) {
	case 0:
		return target{}, &usageError{text: "missing host and port", hint: "gonc -h shows how to call it", shape: true}
	case 1:
		a, err := o.hostPort(ops[0])
		if err != nil || !o.scan {
			return target{Address: a}, err
		}
		ports, err := conn.ParsePorts(o.protocol(), []string{a.Port})
		return target{Address: a, ports: ports}, err
	}
	if a, err := conn.SplitHostPort(ops[0]); err == nil && a.Host != "" && isPort(a.Port) {
		return target{}, usagef("the port is given twice: %s in %s, and %s", a.Port, quote(ops[0]), quote(ops[1]))
	}
	t := target{Address: conn.Address{Host: conn.ParseHost(ops[0]), Port: ops[1]}}
	_, err := conn.ParsePort(o.protocol(), ops[1])
	if len(ops) == 2 && err == nil && !o.scan {
		return t, nil
	}
	t.ports, err = conn.ParsePorts(o.protocol(), ops[1:])
	if o.random {
		rand.Shuffle(len(t.ports), func(i, j int) { t.ports[i], t.ports[j] = t.ports[j], t.ports[i] })
	}
	if len(t.ports) > 0 {
		t.Port = strconv.Itoa(int(t.ports[0]))
	}
	return t, err
}

// hostPort reads both from one operand.
func (o *options) hostPort(s string) (conn.Address, error) {
	a, err := conn.SplitHostPort(s)
	var bad *conn.AddressError
	switch {
	case errors.As(err, &bad) && !strings.Contains(s, ":"):
		return a, &usageError{text: "missing port number", hint: loneHint(s)}
	case err == nil && a.Host == "":
		return a, &usageError{text: "missing host before the colon", hint: "write localhost:" + a.Port}
	}
	return a, err
}

func isRange(s string) bool {
	lo, hi, ok := strings.Cut(s, "-")
	return ok && isPort(lo) && isPort(hi)
}

func isPort(s string) bool {
	_, err := strconv.ParseUint(s, 10, 16)
	return err == nil
}

// loneHint says what may be missing beside one operand.
func loneHint(operand string) string {
	if isPort(operand) {
		return "write gonc host " + operand + ", or gonc -l " + operand + " to listen"
	}
	return "write gonc " + operand + " port"
}

// listenAddress reads [host] port, host:port, and both parts from -s and -p.
func (o *options) listenAddress() (a conn.Address, err error) {
	a.Port = o.sourcePort
	switch ops := o.operands; {
	case len(ops) > 2:
		return a, &usageError{text: "one address and one port are enough, and %s came after them", args: []any{quote(ops[2])}, shape: true}
	case len(ops) == 2 && a.Port != "":
		return a, usagef("the port is given twice: -p %s and %s", a.Port, ops[1])
	case len(ops) == 1 && a.Port != "" && isPort(ops[0]):
		return a, usagef("the port is given twice: -p %s and %s", a.Port, ops[0])
	case len(ops) == 2:
		a.Host, a.Port = conn.ParseHost(ops[0]), ops[1]
	case len(ops) == 1 && a.Port != "":
		a.Host = conn.ParseHost(ops[0])
	case len(ops) == 1 && strings.Contains(ops[0], ":"):
		if a, err = conn.SplitHostPort(ops[0]); err != nil {
			return a, err
		}
	case len(ops) == 1:
		a.Port = ops[0]
	}
	switch {
	case a.Port == "":
		return a, &usageError{text: "missing port number", hint: "write gonc -l 9999; port 0 is one of the system's choice"}
	case o.source != "" && a.Host != "":
		return a, usagef("the address to listen on is given twice: -s %s and %s", o.source, a.Host)
	case o.source != "":
		a.Host = conn.ParseHost(o.source)
	}
	return a, nil
}
