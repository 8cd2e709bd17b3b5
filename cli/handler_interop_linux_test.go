package cli

import (
	"fmt"
	"io"
	"net"
	"regexp"
	"strings"
	"testing"
	"time"
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
			wantSum(t, they, want)
			wantStatus(t, we, "0")
		})
		t.Run("of a client", func(t *testing.T) {
			they, we := o.withListener(t, fileWith(t, question), nil, "-c", shout)
			wantStatus(t, we, "0")
			wantEnd(t, they)
			wantSum(t, they, want)
		})
	})
}

// A command of another netcat and one of ours talk to each other.
func TestCommandWithCommandOfNcat(t *testing.T) {
	need(t, "ncat")
	port := freePort(t)
	they := begin(t, newProcess("ncat", "-l", "127.0.0.1", port, "-c", "read x; echo answer to $x"))
	bound(t, "tcp", port)
	we := begin(t, gonc(nil, "-c", "echo question; read x; echo $x >&2", "127.0.0.1", port))
	wantStatus(t, we, "0")
	wantEnd(t, they)
	if got := we.stderr.String(); got != "answer to question\n" {
		t.Errorf("the command read %q", got)
	}
}

// A command learns the same about its connection as from ncat.
func TestCommandEnvironmentOfNcat(t *testing.T) {
	need(t, "ncat")
	const line = "env | grep ^NCAT_ | sed s/PORT=.*/PORT=n/ | sort"
	environment := func(listener *process, port string) string {
		client := begin(t, newProcess("ncat", "--recv-only", "127.0.0.1", port))
		wantEnd(t, client)
		return client.stdout.String()
	}
	port := freePort(t)
	they := begin(t, newProcess("ncat", "-l", "127.0.0.1", port, "-c", line))
	bound(t, "tcp", port)
	want := environment(they, port)
	we, port := listening(t, nil, "-c", line)
	if got := environment(we, port); got != want || !strings.Contains(got, "NCAT_PROTO=TCP") {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

// The clients of a chat see the same from gonc as from ncat.
func TestChatOfNcat(t *testing.T) {
	need(t, "ncat")
	port := freePort(t)
	begin(t, newProcess("ncat", "-l", "--chat", "127.0.0.1", port))
	bound(t, "tcp", port)
	want := chatTranscript(t, port)
	we := begin(t, gonc(nil, "-v", "-l", "--chat", "127.0.0.1", "0"))
	port, err := we.port()
	check(t, err)
	if got := chatTranscript(t, port); got != want {
		t.Errorf("gonc's chat\n%sncat's\n%s", got, want)
	}
}

// chatTranscript returns what the first of three clients sees, with the users
// numbered from 1 on.
func chatTranscript(t *testing.T, port string) string {
	t.Helper()
	var got strings.Builder
	first := chatClient(t, port)
	see := func(end string) {
		t.Helper()
		for b := make([]byte, 1); !strings.HasSuffix(got.String(), end); got.Write(b) {
			if _, err := first.Read(b); err != nil {
				t.Fatalf("%v after %q", err, got.String())
			}
		}
	}
	see("nobody.\n")
	second := chatClient(t, port)
	see(">.\n")
	see(">.\n")
	io.WriteString(second, "hello\x01\x1b[1m\ttab\\\x7f\n")
	see("tab\\\\177\n")
	third := chatClient(t, port)
	see(">.\n")
	see(">.\n")
	io.WriteString(third, "from the third\n")
	see("third\n")
	second.Close()
	see("disconnected.\n")
	return number(got.String())
}

func chatClient(t *testing.T, port string) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", net.JoinHostPort("127.0.0.1", port))
	check(t, err)
	t.Cleanup(func() { c.Close() })
	check(t, c.SetDeadline(time.Now().Add(patience)))
	return c
}

// number replaces the numbers of users by those of their order.
func number(text string) string {
	var seen []string
	return regexp.MustCompile(`user\d+`).ReplaceAllStringFunc(text, func(name string) string {
		for i, s := range seen {
			if s == name {
				return fmt.Sprintf("user#%d", i+1)
			}
		}
		seen = append(seen, name)
		return fmt.Sprintf("user#%d", len(seen))
	})
}

// Clients of ncat hear each other through gonc's broker, and clients of gonc
// through that of ncat.
func TestBrokerWithNcat(t *testing.T) {
	need(t, "ncat")
	we := begin(t, gonc(nil, "-v", "--broker", "127.0.0.1", "0"))
	ours, err := we.port()
	check(t, err)
	theirs := freePort(t)
	begin(t, newProcess("ncat", "-l", "--broker", "127.0.0.1", theirs))
	bound(t, "tcp", theirs)
	for _, c := range []struct{ client, port string }{{"ncat", ours}, {"gonc", theirs}, {"gonc", ours}} {
		listener := newProcess(c.client, "127.0.0.1", c.port)
		in, err := listener.cmd.StdinPipe()
		check(t, err)
		begin(t, listener)
		speaker := chatClient(t, c.port)
		for late := time.Now().Add(patience); !strings.Contains(listener.stdout.String(), "heard"); time.Sleep(10 * time.Millisecond) {
			io.WriteString(speaker, "heard\n") // until the other one has joined
			if time.Now().After(late) {
				t.Fatalf("%s heard nothing through port %s", c.client, c.port)
			}
		}
		in.Close()
		speaker.Close()
		listener.kill()
	}
}
