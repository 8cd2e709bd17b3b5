package message

import (
	"errors"
	"fmt"
	"strconv"

	"gonc/cli/event"
	"gonc/cli/option"
	"gonc/conn"
	"gonc/conn/access"
	"gonc/conn/proxy"
	"gonc/conn/proxyproto"
)

// aboutClient returns the lines of an event about a client that is not served,
// or that is taken somewhere else.
func (t *Text) aboutClient(e event.Event) []event.Line {
	switch e := e.(type) {
	case event.Denied:
		return t.denied(e.Rejection)
	case event.Requested:
		return one(event.Named("%s asks for %s (%s)", connectionFrom(e.Client), wanted(e), e.Protocol))
	case event.ClientFailed:
		text, hint := t.describe(e.Err)
		return append(one(event.Named("%s %s", connectionFrom(e.Client), event.Printable(text))), t.hint(hint)...)
	case event.TargetFailed:
		text, hint := t.describe(e.Err)
		return append(one(event.Named("%s: %s", connectionFrom(e.Client), event.Printable(text))), t.hint(hint)...)
	}
	return nil
}

// wanted describes the target that a client of the proxy server asks for.
func wanted(e event.Requested) string {
	if e.Datagrams {
		return "datagrams"
	}
	return event.Printable(e.Target.String())
}

// denied says why a connection was not admitted.
func (t *Text) denied(r conn.Rejection) []event.Line {
	text, hint := t.describe(r.Err)
	line := connectionFrom(r.Remote) + " denied: " + text
	if r.More > 0 {
		line += fmt.Sprintf(" (and %d others)", r.More)
	}
	return append(one(event.Named("%s", event.Printable(line))), t.hint(hint)...)
}

// describeAccess describes what lists and protocols keep out. ok is false for
// another error.
func (t *Text) describeAccess(err error) (text, hint string, ok bool) {
	var (
		client *access.DeniedError
		target *access.TargetError
		header *proxyproto.Error
		asked  *proxy.ClientError
	)
	switch {
	case errors.As(err, &client) && client.Listed:
		return "it is listed in " + t.spell(option.Deny), "", true
	case errors.As(err, &client):
		return "it is not listed in " + t.spell(option.Allow), "", true
	case errors.As(err, &target):
		text, hint = t.describeTarget(target)
		return text, hint, true
	case errors.As(err, &header):
		return describeHeader(header), t.spell(option.AcceptProxyProtocol) + " is for clients that are proxies and send a PROXY header", true
	case errors.As(err, &asked) && asked.Err != nil:
		return asked.Why + ": " + event.Reason(asked.Err), "", true
	case errors.As(err, &asked):
		return asked.Why, "", true
	}
	return "", "", false
}

// describeTarget says why a client is not taken to a target.
func (t *Text) describeTarget(e *access.TargetError) (text, hint string) {
	at := placeOfTarget(e)
	switch e.Reason {
	case access.ForbiddenDenied:
		return at + " is listed in " + t.spell(option.DenyTo), ""
	case access.ForbiddenNotAllowed:
		return at + " is not listed in " + t.spell(option.AllowTo), ""
	case access.ForbiddenItself:
		return at + " is this listener itself", "a connection to it would come back here, without end"
	}
	return at + " is refused: it is local to this machine, and the client is not", "allow it with " + t.spell(option.AllowTo)
}

// placeOfTarget names a target, with its address if it has another name.
func placeOfTarget(e *access.TargetError) string {
	host := e.Host
	if !e.Addr.IsValid() && e.Addr.Port() == 0 {
		return host
	}
	if e.Addr.Addr().IsValid() {
		host = event.HostAndAddr(e.Host, e.Addr.Addr())
	}
	return host + " port " + strconv.Itoa(int(e.Addr.Port()))
}

func describeHeader(e *proxyproto.Error) string {
	switch {
	case event.TimedOut(e.Err):
		return e.Why
	case e.Err != nil:
		return e.Why + ": " + event.Reason(e.Err)
	case len(e.Got) > 0:
		return e.Why + ", but " + strconv.Quote(string(e.Got))
	}
	return e.Why
}
