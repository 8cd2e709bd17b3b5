//go:build linux

package cli

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// A dialectCase is one use of nc, which is shown to nc.openbsd and to gonc
// under the name nc.
//
// In args, script, stdin and steps stand $PORT for the port of the peer
// or of the listener under test, $P1 to $P5 for five ports in a row, of which
// those in open have a listener, $DIR for a fresh directory and $SOCK for a
// path in it.
type dialectCase struct {
	name   string
	args   string   // of nc; a field in '' may have spaces
	script string   // or a shell script, in which nc is the one under test
	stdin  string   // what a file that nc reads holds; "-": an idle pipe; empty: /dev/null
	peer   string   // "tcp", "udp6", "unix"… listens; "dial tcp"… connects; empty: none
	open   string   // "1 3": $P1 and $P3 take connections
	files  string   // made in $DIR before: "file folder/"
	fd     bool     // standard output is a Unix socket, for -F
	steps  []string // commands of commands_test.go; the program is nc or ncat, the first peer is peer

	// A fault of nc.openbsd that is not copied: why, and what gonc does, as
	// lines of what the test writes down: each step with what it shows or why it
	// failed, the status and the lines of both outputs. Every one has to be there.
	fault string
	want  []string
	hangs bool // nc.openbsd does not end, and is not waited for
	races bool // the fault does not always show
}

// TestDialect runs every case against both programs. All that they write and
// return, and all that the peer sees, has to be the same.
func TestDialect(t *testing.T) {
	skipShort(t)
	theirs, err := exec.LookPath("nc.openbsd")
	if err != nil {
		t.Skip("nc.openbsd (Debian's netcat-openbsd) is not installed")
	}
	ours, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	compareDialect(t, dialectCases, dialectProgram{programNamed(t, "nc", theirs), "nc"}, dialectProgram{programNamed(t, "nc", ours), "nc"})
}

// A dialectProgram is one of the two programs that are compared.
type dialectProgram struct {
	bin  string // the directory that has it
	name string // that it is run under
}

// compareDialect runs every case against both programs.
func compareDialect(t *testing.T, cases []dialectCase, theirs, ours dialectProgram) {
	all := newCrowd(t, 16)
	for _, c := range cases {
		all.run(c.name, func(t *testing.T) {
			want, got := playBoth(t, &c, theirs, ours)
			c.judge(t, ours.name, want, got)
		})
	}
	all.wait()
}

// judge compares what the two did.
func (c *dialectCase) judge(t *testing.T, name, want, got string) {
	t.Helper()
	switch {
	case c.fault == "" && want != got:
		t.Errorf("%s %s%s\n--- theirs\n%s--- gonc\n%s", name, c.args, c.script, want, got)
	case c.fault != "" && !c.races && want == got:
		t.Errorf("%s %s%s\nis no difference any longer:\n%s", name, c.args, c.script, got)
	}
	for _, line := range c.want {
		if !strings.Contains("\n"+got, "\n"+line+"\n") {
			t.Errorf("%s %s%s\nlacks %s:\n%s", name, c.args, c.script, line, got)
		}
	}
}

// programNamed returns a directory in which name is the program at path.
func programNamed(t *testing.T, name, path string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	if err := os.Symlink(path, filepath.Join(dir, name)); err != nil {
		t.Fatal(err)
	}
	return dir
}
