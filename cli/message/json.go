package message

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"sync"
	"time"

	"gonc/cli/event"
	"gonc/conn"
)

// JSON is a Printer that writes an object a line for each event, and nothing
// else. The fields are those of object; the manual has them as a schema.
type JSON struct {
	Text *Text     // has the words of reasons and hints
	W    io.Writer // gets whole lines

	mu sync.Mutex
}

// Level returns 2, so that whatever is an event is found out.
func (j *JSON) Level() int { return 2 }

// Print writes e, if it is an event of the schema.
func (j *JSON) Print(e event.Event) {
	o, ok := j.object(e)
	if !ok {
		return
	}
	o.Time = time.Now().Format("2006-01-02T15:04:05.000000Z07:00")
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false) // addresses and reasons stay as they are read
	if enc.Encode(o) != nil {
		return
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.W.Write(b.Bytes())
}

// An object is an event as it is written. What does not belong to an event is
// left out.
type object struct {
	Time  string `json:"time"`  // RFC 3339, to the microsecond
	Event string `json:"event"` // its name

	Protocol  string   `json:"protocol,omitempty"` // tcp, udp, unix, unixgram
	Host      string   `json:"host,omitempty"`     // as it was given
	Port      uint16   `json:"port,omitempty"`     // of the host, where no address is known
	Local     string   `json:"local,omitempty"`    // address and port, or path
	Remote    string   `json:"remote,omitempty"`
	Addresses []string `json:"addresses,omitempty"`

	Duration  *float64 `json:"duration_ms,omitempty"`
	FirstByte *float64 `json:"first_byte_ms,omitempty"` // since the connection began
	Sent      *int64   `json:"sent,omitempty"`          // bytes
	Received  *int64   `json:"received,omitempty"`
	Limit     int      `json:"limit,omitempty"`    // of connections
	LimitTime *float64 `json:"limit_ms,omitempty"` // of trying again
	Open      *int     `json:"open,omitempty"`     // ports
	NotOpen   *int     `json:"not_open,omitempty"`

	Line   string     `json:"line,omitempty"`   // of a request
	Target string     `json:"target,omitempty"` // that a client of the proxy server asked for
	TLS    *tlsObject `json:"tls,omitempty"`
	Count  uint64     `json:"count,omitempty"` // of datagrams
	More   int        `json:"more,omitempty"`  // others like it, which have no event of their own

	Step   string   `json:"step,omitempty"` // of an explanation
	Text   []string `json:"text,omitempty"` // its lines
	Reason string   `json:"reason,omitempty"`
	Hint   string   `json:"hint,omitempty"`
	Status int      `json:"status,omitempty"` // exit status, or that of HTTP
}

// object returns e as an object.
func (j *JSON) object(e event.Event) (o object, ok bool) {
	for _, kind := range [...]func(event.Event) (object, bool){j.attempt, j.listener, j.server, j.end, j.failure, j.explanation} {
		if o, ok = kind(e); ok {
			return o, true
		}
	}
	return j.other(e)
}

// other returns the object of an event without fields of its own: its lines.
func (j *JSON) other(e event.Event) (o object, ok bool) {
	switch e.(type) {
	case event.Started, event.Failed:
		return o, false
	}
	if e.Level() > max(1, j.Text.Verbose) {
		return o, false
	}
	lines := texts(j.Text.lines(e))
	return object{Event: "message", Text: lines}, len(lines) > 0
}

func texts(lines []event.Line) []string {
	all := make([]string, len(lines))
	for i, line := range lines {
		all[i] = line.Text
	}
	return all
}

// attempt returns the object of an event on the way to a connection.
func (j *JSON) attempt(e event.Event) (o object, ok bool) {
	switch e := e.(type) {
	case event.Resolved:
		return object{Event: "resolved", Host: e.Host, Addresses: addresses(e.Addrs), Duration: ms(e.Took)}, true
	case event.Connecting:
		return object{Event: "connecting", Protocol: e.Network, Remote: e.To.String()}, true
	case event.Connected:
		return object{Event: "connected", Protocol: e.Network, Host: e.To.Host, Remote: e.Addr.String(), Duration: ms(e.Took)}, true
	case event.Tunneled:
		return object{Event: "connected", Protocol: e.Network, Host: e.To.Host, Port: e.Port}, true
	case event.ConnectedUnix:
		return object{Event: "connected", Protocol: e.Network, Remote: e.Path}, true
	case event.AttemptFailed:
		return object{Event: "error", Protocol: e.Network, Host: e.To.Host, Remote: e.Attempt.Addr.String(), Duration: ms(e.Attempt.Took), Reason: event.Reason(e.Attempt.Err)}, true
	}
	return o, false
}

// listener returns the object of an event about connections that are accepted or
// refused.
func (j *JSON) listener(e event.Event) (o object, ok bool) {
	switch e := e.(type) {
	case event.Listening:
		o = object{Event: "listening", Protocol: e.Network}
		for _, a := range e.At {
			o.Addresses = append(o.Addresses, a.String())
		}
		o.Text = texts(j.Text.listening(e)[len(e.At):])
		return o, true
	case event.Accepted:
		o = object{Event: "accepted", Protocol: e.Local.Network(), Local: e.Local.String(), Remote: addressText(e.Remote)}
		if o.Protocol == "udp" || o.Protocol == "unixgram" {
			o.Event = "session"
		}
		return o, true
	case event.Refused:
		return object{Event: "refused", Protocol: e.Remote.Network(), Remote: addressText(e.Remote), Limit: e.Limit, More: e.More}, true
	case event.Evicted:
		return object{Event: "evicted", Protocol: e.Remote.Network(), Remote: addressText(e.Remote), Limit: e.Limit}, true
	}
	return o, false
}

// end returns the object of an event about the end of something.
func (j *JSON) end(e event.Event) (o object, ok bool) {
	switch e := e.(type) {
	case event.Closed:
		o = object{Event: "closed", Remote: addressText(e.Remote), Sent: &e.Totals.Sent, Received: &e.Totals.Received}
		if e.Remote != nil {
			o.Protocol = e.Remote.Network()
		}
		if !e.Totals.Began.IsZero() {
			o.Duration = ms(time.Since(e.Totals.Began))
		}
		if !e.Totals.FirstByte.IsZero() {
			o.FirstByte = ms(e.Totals.FirstByte.Sub(e.Totals.Began))
		}
		return o, true
	case event.Answered:
		r := e.Request
		return object{Event: "request", Protocol: "http", Remote: addressText(r.Remote), Line: string(r.Line), Status: r.Status, Sent: &r.Bytes}, true
	case event.Scanned:
		return object{Event: "scanned", Open: &e.Open, NotOpen: &e.NotOpen}, true
	}
	return o, false
}

// failure returns the object of an event about errors.
func (j *JSON) failure(e event.Event) (o object, ok bool) {
	switch e := e.(type) {
	case event.Failed:
		if errors.As(e.Err, new(ReportedError)) {
			return o, false
		}
		return j.failed(e.Err), true
	case event.PortFailed:
		return j.failed(e.Err), true
	case event.SessionFailed:
		o = j.failed(e.Err)
		o.Remote, o.Status = addressText(e.Remote), 0 // the program goes on
		return o, true
	case event.RecordFailed:
		o.Event = "error"
		o.Reason, o.Hint = describeRecord(e)
		return o, true
	case event.Waiting:
		return object{Event: "error", Reason: "cannot accept: " + event.Reason(e.Err), Hint: "waiting until a connection ends"}, true
	case event.Silence:
		return object{Event: "silent", Remote: e.To.String(), Duration: ms(e.After), Hint: pathHint(e.Facts)}, true
	case event.Retrying:
		reason, _ := j.Text.describe(e.Err)
		return object{Event: "retrying", Reason: reason, LimitTime: ms(e.For)}, true
	case event.Rescanning:
		return object{Event: "retrying", NotOpen: &e.Ports, LimitTime: ms(e.For)}, true
	}
	return o, false
}

func (j *JSON) failed(err error) object {
	o := object{Event: "error", Status: j.Text.Dialect.Status(err)}
	o.Reason, o.Hint = j.Text.describe(err)
	var dial *conn.DialError
	if errors.As(err, &dial) {
		last := dial.Tried[len(dial.Tried)-1]
		o.Protocol, o.Host, o.Remote, o.Duration = dial.Network, dial.Address.Host, last.Addr.String(), ms(last.Took)
	}
	return o
}

// explanation returns the object of a finding of --explain.
func (j *JSON) explanation(e event.Event) (o object, ok bool) {
	var lines []event.Line
	o = object{Event: "explained"}
	switch e := e.(type) {
	case event.Explained:
		o.Step, o.Remote = stepName(e.Step), netip.AddrPortFrom(e.Facts.To, e.Facts.Port).String()
		lines = explained(e)
	case event.ExplainedName:
		o.Step, o.Host, o.Addresses = "name", e.Host, addresses(e.Addrs)
		lines = explainedName(e)
	case event.ClosedAtOnce:
		o.Step, o.Remote = "cause", netip.AddrPortFrom(e.Facts.To, e.Facts.Port).String()
		o.Hint = pathHint(e.Facts)
		return o, true
	default:
		return o, false
	}
	o.Text = texts(lines)
	return o, true
}

func addresses(ips []netip.Addr) []string {
	texts := make([]string, len(ips))
	for i, ip := range ips {
		texts[i] = ip.String()
	}
	return texts
}

// addressText returns an address as text, or nothing for a socket without a name.
func addressText(a net.Addr) string {
	if a == nil || event.Unnamed(a) {
		return ""
	}
	return a.String()
}

// ms returns a time in milliseconds, to the microsecond.
func ms(d time.Duration) *float64 {
	n := float64(d.Round(time.Microsecond)) / float64(time.Millisecond)
	return &n
}

// LostJSON returns the line that says how many lines were dropped because
// standard error was not read.
func LostJSON(n int) string {
	return fmt.Sprintf(`{"time":"%s","event":"error","reason":"%d events lost: standard error was not read"}`+"\n", time.Now().Format("2006-01-02T15:04:05.000000Z07:00"), n)
}
