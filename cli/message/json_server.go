package message

import (
	"strings"
	"time"

	"gonc/cli/event"
	"gonc/conn/tlsconn"
)

// A tlsObject is what a handshake agreed on, and the peer's certificate.
type tlsObject struct {
	Version  string `json:"version"`
	Suite    string `json:"suite"`
	Group    string `json:"group,omitempty"`
	ALPN     string `json:"alpn,omitempty"`
	Name     string `json:"name,omitempty"`
	Verified string `json:"verified"` // chain, pin, no

	Subject  string `json:"subject,omitempty"`
	Issuer   string `json:"issuer,omitempty"`
	NotAfter string `json:"not_after,omitempty"`
	Pin      string `json:"pin,omitempty"`
}

// secured returns what a handshake made.
func secured(i *tlsconn.Info) *tlsObject {
	o := &tlsObject{Version: i.Version, Suite: i.Suite, Group: i.Group, ALPN: i.Protocol, Name: i.Name, Verified: "no"}
	switch i.Verified {
	case tlsconn.ByChain:
		o.Verified = "chain"
	case tlsconn.ByPin:
		o.Verified = "pin"
	}
	if len(i.Chain) > 0 {
		c := &i.Chain[0]
		o.Subject, o.Issuer, o.Pin = c.Subject, c.Issuer, c.Pin
		o.NotAfter = c.NotAfter.Format(time.RFC3339)
	}
	return o
}

// server returns the object of an event about a handshake or a handler.
func (j *JSON) server(e event.Event) (o object, ok bool) {
	switch e := e.(type) {
	case event.Secured:
		return object{Event: "tls", Remote: addressText(e.Remote), Duration: ms(e.Info.Took), TLS: secured(&e.Info)}, true
	case event.Denied:
		return j.said(e, object{Event: "denied", Remote: addressText(e.Remote), More: e.More}), true
	case event.HandshakeFailed:
		return j.said(e, object{Event: "error", Remote: addressText(e.Remote), More: e.More}), true
	case event.Requested:
		return object{Event: "requested", Protocol: e.Protocol, Remote: addressText(e.Client), Target: wanted(e)}, true
	case event.ClientFailed:
		return j.said(e, object{Event: "error", Remote: addressText(e.Client)}), true
	case event.TargetFailed:
		return j.said(e, object{Event: "error", Remote: addressText(e.Client), Target: e.Target.String()}), true
	case event.CommandEnded:
		return j.said(e, object{Event: "command", Remote: addressText(e.Remote)}), true
	case event.Unanswered:
		return object{Event: "unanswered", Remote: addressText(e.Remote), Hint: j.Text.unanswered()}, true
	case event.Warned:
		return j.said(e, object{Event: "warning"}), true
	case event.Dropped:
		return object{Event: "dropped", Count: e.Datagrams}, true
	}
	return o, false
}

// said adds the line that e is as the reason, and its hint.
func (j *JSON) said(e event.Event, o object) object {
	for _, line := range j.Text.lines(e) {
		if hint, ok := strings.CutPrefix(line.Text, "hint: "); ok {
			o.Hint = hint
		} else if o.Reason == "" {
			o.Reason = line.Text
		}
	}
	return o
}
