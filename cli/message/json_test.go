package message

import (
	"bytes"
	"encoding/json"
	"errors"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"gonc/cli/event"
	"gonc/conn"
	"gonc/conn/addr"
	"gonc/conn/path"
	"gonc/relay"
)

func TestJSON(t *testing.T) {
	peer := &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 80}
	at := netip.MustParseAddrPort("192.0.2.1:80")
	refused := &conn.DialError{Network: "tcp", Address: addr.Addr{Host: "db", Port: "80"}, Tried: []conn.Attempt{{Addr: at, Err: syscall.ECONNREFUSED}}}
	for _, c := range []struct {
		e    event.Event
		want string
	}{
		{event.Started{Version: "1"}, ""},
		{event.Failed{Err: Reported(refused)}, ""},
		{event.Resolved{Host: "db", Addrs: []netip.Addr{at.Addr()}, Took: 1500 * time.Microsecond}, `"event":"resolved","host":"db","addresses":["192.0.2.1"],"duration_ms":1.5`},
		{event.Connecting{Network: "tcp", To: at}, `"event":"connecting","protocol":"tcp","remote":"192.0.2.1:80"`},
		{event.Connected{Network: "tcp", To: addr.Addr{Host: "db"}, Addr: at}, `"event":"connected","protocol":"tcp","host":"db","remote":"192.0.2.1:80","duration_ms":0`},
		{event.ConnectedUnix{Network: "unix", Path: "a\nb"}, `"event":"connected","protocol":"unix","remote":"a\nb"`},
		{event.Failed{Err: refused}, `"event":"error","protocol":"tcp","host":"db","remote":"192.0.2.1:80","duration_ms":0,"reason":"connect to db (192.0.2.1) port 80 (tcp) failed: Connection refused","hint":"no process is listening on that port","status":1`},
		{event.SessionFailed{Remote: peer, Err: relay.ErrIdle}, `"event":"error","remote":"192.0.2.1:80","reason":"connection idle for too long"`},
		{event.Closed{Remote: peer, Totals: relay.Totals{Sent: 1}}, `"event":"closed","protocol":"tcp","remote":"192.0.2.1:80","sent":1,"received":0`},
		{event.Refused{Remote: peer, Limit: 7}, `"event":"refused","protocol":"tcp","remote":"192.0.2.1:80","limit":7`},
		{event.Silence{To: at, After: 3 * time.Second}, `"event":"silent","remote":"192.0.2.1:80","duration_ms":3000`},
		{event.Scanned{Open: 0, NotOpen: 2}, `"event":"scanned","open":0,"not_open":2`},
		{event.Rescanning{Ports: 2, For: time.Second}, `"event":"retrying","limit_ms":1000,"not_open":2`},
		{event.Waiting{Err: errors.New("no room")}, `"event":"error","reason":"cannot accept: no room","hint":"waiting until a connection ends"`},
		{event.Evicted{Remote: peer, Limit: 7}, `"event":"evicted","protocol":"tcp","remote":"192.0.2.1:80","limit":7`},
		{event.Unanswered{Remote: peer}, `"event":"unanswered","remote":"192.0.2.1:80","hint":"the peer closed without an answer`},
		{event.Dropped{Datagrams: 3}, `"event":"dropped","count":3`},
		{event.ClosedAtOnce{Facts: &path.Facts{Way: path.Way{To: at.Addr()}, Port: 80, Answer: path.Answer{Outcome: path.ResetLater}}}, `"event":"explained","remote":"192.0.2.1:80","step":"cause","hint":"the peer accepted the connection and reset it`},
	} {
		var b bytes.Buffer
		j := &JSON{Text: &Text{Dialect: goncDialect(), Verbose: 1}, W: &b}
		j.Print(c.e)
		if c.want == "" && b.Len() > 0 || !strings.Contains(b.String(), c.want) {
			t.Errorf("%T: %s\nwant %s", c.e, b.String(), c.want)
		}
		var o struct{ Time time.Time }
		if b.Len() > 0 && (json.Unmarshal(b.Bytes(), &o) != nil || time.Since(o.Time) > time.Minute || strings.Count(b.String(), "\n") != 1) {
			t.Errorf("%T: %s", c.e, b.String())
		}
	}
}

// The manual has every event and every field.
func TestJSONManual(t *testing.T) {
	manual, err := os.ReadFile("../../man/gonc.1")
	if err != nil {
		t.Fatal(err)
	}
	_, schema, _ := strings.Cut(string(manual), ".Sh EVENTS")
	schema, _, _ = strings.Cut(schema, ".Sh ")
	has := func(word string) bool { return regexp.MustCompile(`\b` + word + `\b`).MatchString(schema) }
	for _, o := range []any{object{}, tlsObject{}} {
		for i := range reflect.TypeOf(o).NumField() {
			if name, _, _ := strings.Cut(reflect.TypeOf(o).Field(i).Tag.Get("json"), ","); !has(name) {
				t.Errorf("the manual lacks the field %q", name)
			}
		}
	}
	files, _ := filepath.Glob("json*.go")
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`Event(?:: | = )"(\w+)"`).FindAllSubmatch(source, -1) {
			if !strings.Contains(schema, ".It Cm "+string(m[1])+"\n") {
				t.Errorf("the manual lacks the event %q", m[1])
			}
		}
	}
}

// Every cause of a failure has words, and each of them both a reason and what
// to try, in one line.
func TestCauseWords(t *testing.T) {
	at := netip.MustParseAddr("10.9.0.2")
	f := &path.Facts{Way: path.Way{To: at, Firewall: &path.Rule{Family: "inet", Table: "t", Chain: "c"}}, Network: "tcp", Port: 9999}
	words := func(c path.Cause) (v verdict) {
		for _, w := range wordings {
			if v = w(f, c); v.likely != "" {
				break
			}
		}
		return v
	}
	for c := path.Unknown + 1; c <= path.ResetThere; c++ {
		if v := words(c); v.likely == "" || v.try == "" || strings.ContainsAny(v.short(), "\n") || strings.HasSuffix(v.short(), ".") {
			t.Errorf("cause %d: %+v", c, v)
		}
	}
}
