package cli

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// compared are the programs of the columns of man/comparison.md.
var compared = []tool{
	{
		name:   "gonc",
		listen: []string{"-l", "127.0.0.1", "PORT"}, connect: []string{"127.0.0.1", "PORT"},
		udpConnect: []string{"-u", "127.0.0.1", "PORT"},
	}, {
		name:   "nc.openbsd",
		listen: []string{"-N", "-l", "127.0.0.1", "PORT"}, connect: []string{"-N", "127.0.0.1", "PORT"},
		udpConnect: []string{"-u", "127.0.0.1", "PORT"},
	}, {
		name:   "ncat",
		listen: []string{"-l", "127.0.0.1", "PORT"}, connect: []string{"127.0.0.1", "PORT"},
		udpConnect: []string{"-u", "127.0.0.1", "PORT"},
	}, {
		name:   "socat",
		listen: []string{"STDIO", "TCP-LISTEN:PORT,bind=127.0.0.1"}, connect: []string{"STDIO", "TCP:127.0.0.1:PORT"},
		udpConnect: []string{"STDIO", "UDP:127.0.0.1:PORT"},
	},
}

// A comparedRow is a row of man/comparison.md. see returns what the cell of a
// program has to say, by running it; remarks in parentheses are left out.
type comparedRow struct {
	title string
	see   func(*testing.T, tool) string
}

var comparedRows = []comparedRow{
	{"standard output cannot be written (`>/dev/full`)", seeFullOutput},
	{"the peer sends 60,000 bytes, then resets", seeReset},
	{"send only, to a peer that talks back (5 MB)", seeSendOnly},
	{"`echo x \\| … -u`, the answer takes 0.2 s", seeLateAnswer},
	{"standard input of 60,000 bytes over UDP", seeDatagrams},
	{"a busy port", seeBusyPort},
	{"`-lU path` where a regular file is", seeFileInTheWay},
	{"many connections at once", seeMany},
	{"one of them does not read", seeOneStalls},
	{"ports of a range tried at once", seeScan},
	{"proxies as a client", seeHelp(
		claim{"SOCKS 4", `socks4\b|"4", "5" \(SOCKS\)`}, claim{"4a", `socks4a\b`},
		claim{"5", `socks5\b|"5" \(SOCKS\)`}, claim{"HTTP", `\bhttp\b|"connect"|proxy:<`}, claim{"chains", `again: a chain`})},
	{"test page, fixed answer", seeFirst(claim{"yes", `--http `}, claim{"by a command", `--sh-exec|system:<`})},
	{"TLS", seeTLS},
	{"run a command", seeHelp(claim{"yes", `--sh-exec|system:<`})},
	{"a command's output (20 MB) when the client half-closed first", seeCommandOutput},
	{"forward to another address, with PROXY headers", seeFirst(
		claim{"yes", `(?s)--to address.*--proxy-protocol`}, claim{"by a command", `--sh-exec`},
		claim{"yes, without headers", `<bi-address> <bi-address>`})},
	{"be a proxy", seeProxyServer},
	{"access lists", seeAccessLists},
	{"record or dump of the traffic", seeHelp(claim{"yes", `--hex-dump|hexadecimal dump`})},
	{"other kinds of sockets, terminals, files", seeFirst(
		claim{"DCCP", `DCCP`}, claim{"SCTP, vsock", `(?s)--vsock.*--sctp`}, claim{"many", `(?s)gopen:.*sctp-listen.*vsock-listen`})},
}

// TestComparison runs what man/comparison.md says of gonc and its peers.
func TestComparison(t *testing.T) {
	skipShort(t)
	table := comparisonTable(t, "../man/comparison.md")
	for title := range table {
		if !slices.ContainsFunc(comparedRows, func(r comparedRow) bool { return r.title == title }) {
			t.Errorf("no test for the row %q", title)
		}
	}
	for _, r := range comparedRows {
		cells := table[r.title]
		if len(cells) != len(compared) {
			t.Errorf("row %q has the cells %q", r.title, cells)
			continue
		}
		for i, o := range compared {
			t.Run(r.title+"/"+o.name, func(t *testing.T) {
				t.Parallel()
				need(t, o.name)
				if got, want := r.see(t, o), remark.ReplaceAllString(cells[i], ""); got != want {
					t.Errorf("the table says %q of %s, which shows %q", want, o.name, got)
				}
			})
		}
	}
}

// TestComparisonOfReadme: each row of the README but the measured one is a row
// of man/comparison.md.
func TestComparisonOfReadme(t *testing.T) {
	table := comparisonTable(t, "../man/comparison.md")
	short := comparisonTable(t, "../README.md")
	if len(short) < 5 {
		t.Errorf("the README has %d rows", len(short))
	}
	for title, cells := range short {
		if !strings.HasSuffix(title, "GB/s") && !slices.Equal(cells, table[title]) {
			t.Errorf("row %q is %q in the README and %q in the comparison", title, cells, table[title])
		}
	}
}

var (
	remark   = regexp.MustCompile(` \([^)]*\)`)
	cellEdge = regexp.MustCompile(` \| `)
)

// comparisonTable returns the cells of the table of a file by the title of
// their row.
func comparisonTable(t *testing.T, name string) map[string][]string {
	t.Helper()
	text, err := os.ReadFile(name)
	check(t, err)
	table := map[string][]string{}
	for line := range strings.Lines(string(text)) {
		line, found := strings.CutPrefix(strings.TrimSpace(line), "| ")
		if !found || strings.HasPrefix(line, "| gonc ") {
			continue
		}
		cells := cellEdge.Split(strings.TrimSuffix(line, " |"), -1)
		table[cells[0]] = cells[1:]
	}
	return table
}

// A claim is what a cell says when the help of a program matches pattern.
type claim struct{ says, pattern string }

// seeHelp lists the claims that hold for a program.
func seeHelp(claims ...claim) func(*testing.T, tool) string {
	return func(t *testing.T, o tool) string {
		if said := holding(t, o, claims); said != nil {
			return strings.Join(said, ", ")
		}
		return "–"
	}
}

// seeFirst is the first claim that holds for a program.
func seeFirst(claims ...claim) func(*testing.T, tool) string {
	return func(t *testing.T, o tool) string {
		if said := holding(t, o, claims); said != nil {
			return said[0]
		}
		return "–"
	}
}

func holding(t *testing.T, o tool, claims []claim) (said []string) {
	t.Helper()
	help := helpOf(t, o)
	for _, c := range claims {
		if regexp.MustCompile(c.pattern).MatchString(help) {
			said = append(said, c.says)
		}
	}
	return said
}

// helpOf returns what a program prints of its options.
func helpOf(t *testing.T, o tool) string {
	t.Helper()
	args := map[string][]string{"gonc": {"-h", "all"}, "nc.openbsd": {"-h"}, "ncat": {"--help"}, "socat": {"-hh"}}
	p := complete(t, newProcess(o.name, args[o.name]...))
	return p.stdout.String() + p.stderr.String()
}
