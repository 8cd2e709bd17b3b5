package main

import (
	"errors"
	"strings"

	"gonc/conn"
)

// conflict returns the first reason why o cannot be carried out, or nil.
// Every pair of options that cannot go together has its sentence here, so
// that nothing is opened before the command line is known to be sound.
func (o *options) conflict() error {
	for _, c := range []struct {
		if_  bool
		text string
		hint string
	}{
		{o.ipv4 && o.ipv6, "-4 and -6 exclude each other", "without either both families are used"},
		{o.sendOnly && o.recvOnly, "--send-only and --recv-only exclude each other", ""},
		{o.sendOnly && o.noStdin, "--send-only and -d exclude each other: there would be nothing to send", ""},
		{o.halfClose && o.noShutdown, "-N and --no-shutdown exclude each other", ""},
		{o.http && !o.listen, "--http is for listening", "write gonc -l --http 8000"},
		{o.replySet && !o.listen, "--reply is for listening", "write gonc -l --reply text port"},
		{o.keepOpen && !o.listen, "-k is for listening", "add -l"},
		{o.acceptT.set && !o.listen, "--accept-timeout is for listening", "--connect-timeout limits connecting"},
		{o.connectT.set && o.listen, "--connect-timeout is for connecting", "--accept-timeout limits the wait for a connection"},
		{o.maxConns >= 0 && !o.keepOpen && !o.http, "--max-conns is for -k and --http", "add -k"},
		{o.page != "" && !o.http, "--page is for --http", "write gonc -l --http --page file 8000"},
		{o.http && o.replySet, "--http and --reply exclude each other", ""},
		{o.http && o.udp, "--http is not for UDP", ""},
	} {
		if c.if_ {
			return &usageError{c.text, c.hint}
		}
	}
	if err := o.handlerConflict(); err != nil {
		return err
	}
	_, err := o.address()
	return err
}

// handlerConflict finds options about standard input and output beside a
// handler that does not relay them.
func (o *options) handlerConflict() error {
	handler := "--http"
	switch {
	case o.replySet:
		handler = "--reply"
	case !o.http:
		return nil
	}
	for _, c := range []struct {
		given bool
		name  string
	}{
		{o.noStdin, "-d"}, {o.sendOnly, "--send-only"}, {o.recvOnly, "--recv-only"},
		{o.halfClose, "-N"}, {o.noShutdown, "--no-shutdown"}, {o.quitAfter.set, "-q"},
		{o.crlf, "-C"}, {o.interval.set, "-i"}, {o.recvLimit > 0, "-W"},
		{o.http && (o.timeout.set || o.idleT.set), "-w and --idle-timeout"},
	} {
		if c.given {
			return usagef("%s and %s exclude each other: nothing of standard input is sent", handler, c.name)
		}
	}
	return nil
}

// network is the first argument that net's functions would take.
func (o *options) network() string {
	n := "tcp"
	if o.udp {
		n = "udp"
	}
	switch {
	case o.ipv4:
		n += "4"
	case o.ipv6:
		n += "6"
	}
	return n
}

// address is where to connect or to listen.
func (o *options) address() (conn.Address, error) {
	parse := o.connectAddress
	if o.listen {
		parse = o.listenAddress
	}
	a, err := parse()
	if err != nil {
		return a, asUsage(err)
	}
	proto := "tcp"
	if o.udp {
		proto = "udp"
	}
	n, err := conn.ParsePort(proto, a.Port)
	if err == nil && n == 0 && !o.listen {
		err = &conn.PortError{Text: a.Port, Why: "invalid"}
	}
	if err == nil && o.sourcePort != "" {
		_, err = conn.ParsePort(proto, o.sourcePort)
	}
	return a, asUsage(err)
}

// asUsage makes usage errors of what conn finds wrong in an operand.
func asUsage(err error) error {
	var bad *conn.AddressError
	var port *conn.PortError
	switch {
	case errors.As(err, &bad):
		return &usageError{bad.Error(), bad.Hint}
	case errors.As(err, &port) && port.Why == "too large":
		return &usageError{port.Error(), "ports end at 65535"}
	case errors.As(err, &port):
		return &usageError{port.Error(), "a port is a number from 1 to 65535, or the name of a service"}
	}
	return err
}

func (o *options) connectAddress() (conn.Address, error) {
	switch len(o.operands) {
	case 0:
		return conn.Address{}, &usageError{"missing host and port", "gonc -h shows how to call it"}
	case 1:
		a, err := conn.SplitHostPort(o.operands[0])
		var bad *conn.AddressError
		if errors.As(err, &bad) && !strings.Contains(o.operands[0], ":") {
			return a, &usageError{"missing port number", "write gonc " + o.operands[0] + " port, or gonc -l " + o.operands[0] + " to listen"}
		}
		if err == nil && a.Host == "" {
			return a, &usageError{"missing host before the colon", "write localhost:" + a.Port}
		}
		return a, err
	case 2:
		return conn.Address{Host: conn.ParseHost(o.operands[0]), Port: o.operands[1]}, nil
	}
	return conn.Address{}, usagef("one host and one port are enough, and %s came after them", quote(o.operands[2]))
}

// listenAddress reads [host] port, host:port, and both parts from -s and -p.
func (o *options) listenAddress() (a conn.Address, err error) {
	a.Port = o.sourcePort
	switch ops := o.operands; {
	case len(ops) > 2:
		return a, usagef("one address and one port are enough, and %s came after them", quote(ops[2]))
	case len(ops) == 2 && a.Port != "":
		return a, usagef("the port is given twice: -p %s and %s", a.Port, ops[1])
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
		return a, &usageError{"missing port number", "write gonc -l 9999; port 0 is one of the system's choice"}
	case o.source != "" && a.Host != "":
		return a, usagef("the address to listen on is given twice: -s %s and %s", o.source, a.Host)
	case o.source != "":
		a.Host = conn.ParseHost(o.source)
	}
	return a, nil
}

// readsStdin reports whether standard input is for the connection.
func (o *options) readsStdin() bool {
	return !o.noStdin && !o.recvOnly && !o.http && !o.replySet
}
