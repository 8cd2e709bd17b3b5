package cli

import (
	"io"
	"strings"
	"testing"

	"gonc/internal/testutil"
)

// shout is a command that reads what it is sent to its EOF and writes more
// than a connection holds.
const shout = "cat; head -c 6000000 /dev/zero; echo end"

// The output of a command reaches every other netcat to the last byte, though
// each half-closed long before it comes.
func TestCommandsWithOtherTools(t *testing.T) {
	question := payload(100_000)
	want := append(append(append([]byte{}, question...), make([]byte, 6_000_000)...), "end\n"...)
	eachTool(t, func(t *testing.T, o tool) {
		if o.oneWay {
			return // it would end at our FIN, but it ends at its own EOF too
		}
		t.Run("of a server", func(t *testing.T) {
			they, we := o.withClient(t, fileWith(t, question), nil, "-c", shout)
			wantEnd(t, they)
			wantPrinted(t, they, want)
			wantStatus(t, we, "0")
		})
		t.Run("of a client", func(t *testing.T) {
			they, we := o.withListener(t, fileWith(t, question), nil, "-c", shout)
			wantStatus(t, we, "0")
			wantEnd(t, they)
			wantPrinted(t, they, want)
		})
	})
}

// A command of another netcat and one of ours talk to each other.
func TestCommandWithCommandOfNcat(t *testing.T) {
	need(t, "ncat")
	port := testutil.FreePort(t)
	they := begin(t, newProcess("ncat", "-l", "127.0.0.1", port, "-c", "read x; echo answer to $x"))
	bound(t, "tcp", port)
	we := begin(t, gonc(nil, "-c", "echo question; read x; echo $x >&2", "127.0.0.1", port))
	wantStatus(t, we, "0")
	wantEnd(t, they)
	if got := we.stderr.String(); got != "answer to question\n" {
		t.Errorf("the command read %q", got)
	}
}

// Clients of ncat hear each other through gonc's broker, and clients of gonc
// through that of ncat.
func TestBrokerWithNcat(t *testing.T) {
	need(t, "ncat")
	ours := beginListening(t, gonc(nil, "-v", "--broker", "127.0.0.1", "0"))
	theirs := testutil.FreePort(t)
	begin(t, newProcess("ncat", "-l", "--broker", "127.0.0.1", theirs))
	bound(t, "tcp", theirs)
	for _, c := range []struct{ client, port string }{{"ncat", ours}, {"gonc", theirs}, {"gonc", ours}} {
		listener := newProcess(c.client, "127.0.0.1", c.port)
		idlePipe(t, listener)
		begin(t, listener)
		speaker := connection(t, dial(t, "tcp", c.port))
		testutil.Eventually(t, c.client+" hears through port "+c.port, func() bool { // when it has joined
			io.WriteString(speaker, "heard\n")
			return strings.Contains(listener.stdout.String(), "heard")
		})
		listener.stdin.Close()
		speaker.Close()
		listener.kill()
	}
}
