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
		steps: []string{"recv 6", "send reply\\n", "close"}},
	{name: "half-close at the end of standard input", args: "127.0.0.1 $PORT", stdin: "hello\n", peer: "tcp",
		steps: []string{"all", "send late\\n", "close"}},
	{name: "--no-shutdown", args: "--no-shutdown 127.0.0.1 $PORT", stdin: "hello\n", peer: "tcp",
		steps: []string{"recv 6", "silent", "send late\\n", "stdout late", "close"}},
	{name: "--send-only", args: "--send-only 127.0.0.1 $PORT", stdin: "hello\n", peer: "tcp", steps: []string{"all", "close"}},
	{name: "--recv-only", args: "--recv-only 127.0.0.1 $PORT", stdin: "secret\n", peer: "tcp",
		steps: []string{"silent", "send x\\n", "close"}},
	{name: "shortened names", args: "--recv --verb --wai 3 -- 127.0.0.1 $PORT", peer: "tcp", steps: []string{"send x\\n", "close"}},
	{name: "a name", args: "-4 localhost $PORT", stdin: "hello\n", peer: "tcp", steps: []string{"recv 6", "close"}},
	{name: "-n with a name", args: "-n localhost $PORT"},
	{name: "an unknown host", args: "no.such.host.invalid 80"},
	{name: "refused", args: "127.0.0.1 $P1"},
	{name: "refused -v", args: "-v 127.0.0.1 $P1"},
	{name: "refused over IPv6", args: "-6 ::1 $P1"},
	{name: "timed out", args: "-w 1 127.0.0.1 $PORT", peer: "full", steps: []string{"took 900ms"}},
	{name: "-v", args: "-v 127.0.0.1 $PORT", stdin: "hello\n", peer: "tcp", steps: []string{"all", "send reply\\n", "close"}},
	{name: "-i ends an idle connection", args: "-i 500ms 127.0.0.1 $PORT", stdin: "-", peer: "tcp",
		steps: []string{"send x\\n", "stdout x", "took 400ms"}},
	{name: "-C", args: "-C 127.0.0.1 $PORT", stdin: "a\nb\n", peer: "tcp", steps: []string{"all", "close"}},
	{name: "-p source port", args: "-p $P2 127.0.0.1 $PORT", peer: "tcp", steps: []string{"close"}},
	{name: "-s source address", args: "-s 127.0.0.7 127.0.0.1 $PORT", peer: "tcp", steps: []string{"close"}},
	{name: "-t", args: "-t --recv-only 127.0.0.1 $PORT", peer: "tcp",
		steps: []string{`send \xff\xfd\x18\xff\xfb\x01`, "recv 6", "close"},
		fault: "ncat 7.93 lets the negotiation through to the output", want: []string{"status 0", `received "\xff\xfc\x18\xff\xfe\x01"`}},
	{name: "-z open", args: "-z 127.0.0.1 $P2", open: "2"},
	{name: "-z closed", args: "-z 127.0.0.1 $P2"},
	{name: "-z -v open", args: "-z -v 127.0.0.1 $P2", open: "2",
		fault: "gonc has no totals of a scan, which moves nothing", want: []string{"status 0", `stderr "Ncat: Connected to 127.0.0.1:$P2.\n"`}},
	{name: "the peer resets", args: "127.0.0.1 $PORT", stdin: "-", peer: "tcp",
		steps: []string{"send x\\n", "stdout x", "reset"}},
	{name: "Unix", args: "-U $SOCK", stdin: "hello\n", peer: "unix", steps: []string{"all", "send reply\\n", "close"}},
	{name: "no Unix socket there", args: "-U $DIR/none"},
	{name: "SIGTERM", args: "127.0.0.1 $PORT", stdin: "-", peer: "tcp", steps: []string{"send x\\n", "stdout x", "signal 15"}},

	{name: "listen", args: "-l 127.0.0.1 $PORT", stdin: "hello\n", peer: "dial tcp", steps: []string{"all", "send reply\\n", "close"}},
	{name: "listen with -p", args: "-l -p $PORT", stdin: "hello\n", peer: "dial tcp", steps: []string{"all", "send reply\\n", "close"}},
	{name: "listen -v", args: "-lv 127.0.0.1 $PORT", stdin: "hello\n", peer: "dial tcp", steps: []string{"all", "send reply\\n", "close"}},
	{name: "listen -k", args: "-lk 127.0.0.1 $PORT", stdin: "-", peer: "dial tcp",
		steps: []string{"send a\\n", "stdout a", "dial", "send b\\n", "stdout b", "stays"}},
	{name: "listen, recv-only", args: "-l --recv-only 127.0.0.1 $PORT", stdin: "secret\n", peer: "dial tcp", steps: []string{"silent", "send x\\n", "close"},
		fault: "ncat half-closes at once, which many clients take for the end", want: []string{"status 0", `stdout "x\n"`}},
	{name: "listen on a busy port", args: "-l 127.0.0.1 $P2", open: "2"},
	{name: "listen on an address of another machine", args: "-l 192.0.2.1 $P2"},
	{name: "listen on a Unix socket", args: "-lU $SOCK", stdin: "hello\n", peer: "dial unix", steps: []string{"all", "send reply\\n", "close"}},
	{name: "-m refuses", args: "-lkv -m 1 127.0.0.1 $PORT", stdin: "-", peer: "dial tcp",
		steps: []string{"send a\\n", "stdout a", "dial", "all", "stays"}},
	{name: "-c as a client", args: "-c 'read l; echo got $l' 127.0.0.1 $PORT", peer: "tcp", steps: []string{"send x\\n", "all", "close"}},
	{name: "-e as a client", args: "-e '/bin/echo one two' 127.0.0.1 $PORT", peer: "tcp", steps: []string{"all", "close"}},
	{name: "-c as a listener", args: "-l -c 'read l; echo got $l' 127.0.0.1 $PORT", peer: "dial tcp", steps: []string{"send x\\n", "all", "close"}},
	{name: "-k -e as a listener", args: "-lk -e /bin/cat 127.0.0.1 $PORT", peer: "dial tcp",
		steps: []string{"send x\\n", "recv 2", "dial", "send y\\n", "recv 2", "stays"}},
	{name: "a command's environment", args: "-c 'echo $NCAT_REMOTE_ADDR $NCAT_REMOTE_PORT $NCAT_LOCAL_ADDR $NCAT_PROTO' 127.0.0.1 $PORT", peer: "tcp", steps: []string{"all", "close"}},
	{name: "a command that fails", args: "-c 'exit 7' 127.0.0.1 $PORT", peer: "tcp", steps: []string{"all", "close"}},
	{name: "-k in connect mode", args: "-k 127.0.0.1 $PORT", stdin: "-", peer: "tcp",
		steps: []string{"feed a\\n", "recv 2", "send bye\\n", "shut", "stdout bye", "feed more\\n", "recv 5", "feedeof"},
		fault: "ncat has it since 7.96", want: []string{"status 0", `received "more\n"`}},
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
