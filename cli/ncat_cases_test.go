//go:build linux

package cli

import (
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// ncatCases lists common uses of ncat.
var ncatCases = []dialectCase{
	{name: "send and receive", args: "127.0.0.1 $PORT", stdin: "hello\n", peer: "tcp",
		steps: []string{"read peer 6", "send peer reply\\n", "close peer"}},
	{name: "half-close at the end of standard input", args: "127.0.0.1 $PORT", stdin: "hello\n", peer: "tcp",
		steps: []string{"read peer all", "send peer late\\n", "close peer"}},
	{name: "--no-shutdown", args: "--no-shutdown 127.0.0.1 $PORT", stdin: "hello\n", peer: "tcp",
		steps: []string{"read peer 6", "silent peer 300ms", "send peer late\\n", "await ncat stdout late", "close peer"}},
	{name: "--send-only", args: "--send-only 127.0.0.1 $PORT", stdin: "hello\n", peer: "tcp", steps: []string{"read peer all", "close peer"}},
	{name: "--recv-only", args: "--recv-only 127.0.0.1 $PORT", stdin: "secret\n", peer: "tcp",
		steps: []string{"silent peer 300ms", "send peer x\\n", "close peer"}},
	{name: "shortened names", args: "--recv --verb --wai 3 -- 127.0.0.1 $PORT", peer: "tcp", steps: []string{"send peer x\\n", "close peer"}},
	{name: "a name", args: "-4 localhost $PORT", stdin: "hello\n", peer: "tcp", steps: []string{"read peer 6", "close peer"}},
	{name: "-n with a name", args: "-n localhost $PORT"},
	{name: "an unknown host", args: "no.such.host.invalid 80"},
	{name: "refused", args: "127.0.0.1 $P1"},
	{name: "refused -v", args: "-v 127.0.0.1 $P1"},
	{name: "refused over IPv6", args: "-6 ::1 $P1"},
	{name: "timed out", args: "-w 1 127.0.0.1 $PORT", peer: "full", steps: []string{"end ncat", "took 900ms"}},
	{name: "-v", args: "-v 127.0.0.1 $PORT", stdin: "hello\n", peer: "tcp", steps: []string{"read peer all", "send peer reply\\n", "close peer"}},
	{name: "-i ends an idle connection", args: "-i 3 127.0.0.1 $PORT", stdin: "-", peer: "tcp",
		steps: []string{"send peer x\\n", "await ncat stdout x", "end ncat", "took 2900ms"}},
	{name: "-C", args: "-C 127.0.0.1 $PORT", stdin: "a\nb\n", peer: "tcp", steps: []string{"read peer all", "close peer"}},
	{name: "-p source port", args: "-p $P2 127.0.0.1 $PORT", peer: "tcp", steps: []string{"connected peer", "close peer"}},
	{name: "-s source address", args: "-s 127.0.0.7 127.0.0.1 $PORT", peer: "tcp", steps: []string{"connected peer", "close peer"}},
	{name: "-t", args: "-t --recv-only 127.0.0.1 $PORT", peer: "tcp",
		steps: []string{"send peer \\xff\\xfd\\x18\\xff\\xfb\\x01", "read peer 6", "close peer"},
		fault: "ncat 7.93 lets the negotiation through to the output", want: []string{"status 0", `read peer 6: "\xff\xfc\x18\xff\xfe\x01"`}},
	{name: "-z open", args: "-z 127.0.0.1 $P2", open: "2"},
	{name: "-z closed", args: "-z 127.0.0.1 $P2"},
	{name: "-z -v open", args: "-z -v 127.0.0.1 $P2", open: "2",
		fault: "gonc has no totals of a scan, which moves nothing", want: []string{"status 0", `stderr "Ncat: Connected to 127.0.0.1:$P2.\n"`}},
	{name: "the peer resets", args: "127.0.0.1 $PORT", stdin: "-", peer: "tcp",
		steps: []string{"send peer x\\n", "await ncat stdout x", "reset peer"}},
	{name: "Unix", args: "-U $SOCK", stdin: "hello\n", peer: "unix", steps: []string{"read peer all", "send peer reply\\n", "close peer"}},
	{name: "no Unix socket there", args: "-U $DIR/none"},
	{name: "SIGTERM", args: "127.0.0.1 $PORT", stdin: "-", peer: "tcp", steps: []string{"send peer x\\n", "await ncat stdout x", "signal ncat SIGTERM"}},

	{name: "listen", args: "-l 127.0.0.1 $PORT", stdin: "hello\n", peer: "dial tcp", steps: []string{"read peer all", "send peer reply\\n", "close peer"}},
	{name: "listen with -p", args: "-l -p $PORT", stdin: "hello\n", peer: "dial tcp", steps: []string{"read peer all", "send peer reply\\n", "close peer"}},
	{name: "listen -v", args: "-lv 127.0.0.1 $PORT", stdin: "hello\n", peer: "dial tcp", steps: []string{"read peer all", "send peer reply\\n", "close peer"}},
	{name: "listen -k", args: "-lk 127.0.0.1 $PORT", stdin: "-", peer: "dial tcp",
		steps: []string{"send peer a\\n", "await ncat stdout a", "dial peer2 tcp $PORT", "send peer2 b\\n", "await ncat stdout b", "stays ncat 300ms"}},
	{name: "listen, recv-only", args: "-l --recv-only 127.0.0.1 $PORT", stdin: "secret\n", peer: "dial tcp", steps: []string{"silent peer 300ms", "send peer x\\n", "close peer"},
		fault: "ncat half-closes at once, which many clients take for the end", want: []string{"status 0", `stdout "x\n"`}},
	{name: "listen on a busy port", args: "-l 127.0.0.1 $P2", open: "2"},
	{name: "listen on an address of another machine", args: "-l 192.0.2.1 $P2"},
	{name: "listen on a Unix socket", args: "-lU $SOCK", stdin: "hello\n", peer: "dial unix", steps: []string{"read peer all", "send peer reply\\n", "close peer"}},
	{name: "-m refuses", args: "-lkv -m 1 127.0.0.1 $PORT", stdin: "-", peer: "dial tcp",
		steps: []string{"send peer a\\n", "await ncat stdout a", "dial peer2 tcp $PORT", "read peer2 all", "stays ncat 300ms"}},
	{name: "-c as a client", args: "-c 'read l; echo got $l' 127.0.0.1 $PORT", peer: "tcp", steps: []string{"send peer x\\n", "read peer all", "close peer"}},
	{name: "-e as a client", args: "-e '/bin/echo one two' 127.0.0.1 $PORT", peer: "tcp", steps: []string{"read peer all", "close peer"}},
	{name: "-c as a listener", args: "-l -c 'read l; echo got $l' 127.0.0.1 $PORT", peer: "dial tcp", steps: []string{"send peer x\\n", "read peer all", "close peer"}},
	{name: "-k -e as a listener", args: "-lk -e /bin/cat 127.0.0.1 $PORT", peer: "dial tcp",
		steps: []string{"send peer x\\n", "read peer 2", "dial peer2 tcp $PORT", "send peer2 y\\n", "read peer2 2", "stays ncat 300ms"}},
	{name: "a command's environment", args: "-c 'echo $NCAT_REMOTE_ADDR $NCAT_REMOTE_PORT $NCAT_LOCAL_ADDR $NCAT_PROTO' 127.0.0.1 $PORT", peer: "tcp", steps: []string{"read peer all", "close peer"}},
	{name: "a command that fails", args: "-c 'exit 7' 127.0.0.1 $PORT", peer: "tcp", steps: []string{"read peer all", "close peer"}},
	{name: "-k in connect mode", args: "-k 127.0.0.1 $PORT", stdin: "-", peer: "tcp",
		steps: []string{"feed ncat a\\n", "read peer 2", "send peer bye\\n", "shut peer", "await ncat stdout bye", "feed ncat more\\n", "read peer 5", "feedeof ncat"},
		fault: "ncat has it since 7.96", want: []string{"status 0", `read peer 5: "more\n"`}},
}

// TestNcat runs every case against both programs. All that they write and
// return, and all that the peer sees, has to be the same.
func TestNcat(t *testing.T) {
	skipShort(t)
	theirs, err := exec.LookPath("ncat")
	if err != nil {
		t.Skip("ncat is not installed")
	}
	ours, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("REAL", theirs) // for scripts
	compareDialect(t, slices.Concat(ncatCases, ncatConnectCases, ncatListenCases, ncatProxyCases, ncatScripts),
		dialectProgram{programNamed(t, "ncat", theirs), "ncat"}, dialectProgram{programNamed(t, "ncat", ours), "ncat"})
}

var (
	ncatConnect = regexp.MustCompile(`(CONNECT \S+ HTTP/1\.)1\\r\\nHost: \S+?\\r\\n`)
	ncatIPv6    = regexp.MustCompile(`(Connected to |Listening on |Connection from )(::1?):`)
	ncatClient  = regexp.MustCompile(`(Connection from [\d.]+|Connection from \[::1\]):\d+\.`)
	ncatUser    = regexp.MustCompile(`<user\d+>`)
	ncatTraces  = regexp.MustCompile(`(?m)^stderr "(libnsock|NCAT DEBUG:) .*\n`)
)

// ofAnyNcat returns text without what differs between versions of ncat: 7.93
// prints a client twice, of UDP without its port, an IPv6 address without
// brackets, and with -vv what its library does. It also has requests to a proxy
// as HTTP/1.0 has them, and the number of a user is a descriptor's.
func ofAnyNcat(text string) string {
	text = ncatTraces.ReplaceAllString(text, "")
	text = ncatIPv6.ReplaceAllString(text, "$1[$2]:")
	text = ncatConnect.ReplaceAllString(text, "${1}0\\r\\n")
	text = ncatUser.ReplaceAllString(text, "<userN>")
	lines := strings.SplitAfter(text, "\n")
	var b strings.Builder
	for i, line := range lines {
		isClient := strings.HasPrefix(line, `stderr "Ncat: Connection from `)
		if isClient && (strings.Contains(line, "from .") || !ncatClient.MatchString(line) && ncatClient.MatchString(lines[i+1])) {
			continue
		}
		b.WriteString(ncatClient.ReplaceAllString(line, "$1."))
	}
	return strings.NewReplacer("from ::1.", "from [::1].").Replace(b.String())
}
