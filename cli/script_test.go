package cli

import (
	"io"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"gonc/internal/testutil"
)

type scriptKey struct{}

// TestScripts runs testdata/script/*.txtar; commands_test.go has the commands.
func TestScripts(t *testing.T) {
	tlsDir := tlsFiles(t)
	scripts := newCrowd(t, 6)
	defer scripts.wait()
	deadline, _ := t.Deadline()
	testscript.RunT(scriptT{t, scripts}, testscript.Params{
		Deadline:            deadline,
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(e *testscript.Env) error {
			f := newFixture(e.WorkDir)
			e.Values[scriptKey{}] = f
			e.Defer(f.close)
			e.Setenv("TLS", tlsDir)
			return nil
		},
		Cmds: scriptCommands(),
		Condition: func(cond string) (bool, error) {
			return cond == "ipv6" && testutil.HasIPv6(), nil
		},
	})
}

// A scriptT is a test that runs scripts, or one script, as testscript has it.
type scriptT struct {
	*testing.T
	scripts *crowd
}

func (t scriptT) Run(name string, f func(testscript.T)) {
	t.scripts.run(name, func(sub *testing.T) { f(scriptT{sub, t.scripts}) })
}

func (scriptT) Parallel() {}

func (scriptT) Verbose() bool { return testing.Verbose() }

// scriptCommands makes commands of a script of ours.
func scriptCommands() map[string]func(*testscript.TestScript, bool, []string) {
	all := map[string]func(*testscript.TestScript, bool, []string){}
	for _, c := range commands {
		all[c.name] = func(ts *testscript.TestScript, neg bool, args []string) {
			if neg {
				ts.Fatalf("%s cannot be negated", c.name)
			}
			f := ts.Value(scriptKey{}).(*fixture)
			f.env = ts
			before := f.last
			shown, err := f.do(c.name, args)
			if shown != "" {
				io.WriteString(ts.Stdout(), shown)
			}
			if f.last != before {
				io.WriteString(ts.Stdout(), f.last.stdout.String())
				io.WriteString(ts.Stderr(), f.last.stderr.String())
			}
			ts.Check(err)
		}
	}
	return all
}
