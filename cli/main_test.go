package cli

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestMain lets the test binary be gonc when it is run under that name, so
// that every test here runs the real program, with its descriptors, signals
// and exit status, and "go test -race" checks that program too.
func TestMain(m *testing.M) {
	program := func() {
		if other := os.Getenv("GONC_TEST_PROGRAM"); other != "" {
			fmt.Fprintln(os.Stderr, execOther(strings.Fields(other)))
			os.Exit(1)
		}
		os.Exit(Run(os.Args, "devel"))
	}
	programs := map[string]func(){"gonc": program, "nc": program}
	if filepath.Base(os.Args[0]) == "ncat" { // not in programs, which PATH finds first: the real ncat has to be found
		program()
	}
	if programs[filepath.Base(os.Args[0])] == nil { // this process runs the tests
		// The race detector sleeps a second at the end of each program.
		os.Setenv("GORACE", "atexit_sleep_ms=0 "+os.Getenv("GORACE"))
		for _, own := range []string{"GONC_DIALECT", "GONC_PROXY_AUTH", "NCAT_PROXY_AUTH", "GONC_TCP_MD5"} {
			os.Unsetenv(own)
		}
	}
	testscript.Main(cleaned{m}, programs)
}

// A cleaned runs all tests and then removes what they share.
type cleaned struct{ *testing.M }

func (m cleaned) Run() int {
	defer func() { os.RemoveAll(tlsDir) }()
	return m.M.Run()
}

// execOther makes this process run a gonc that was built for another system,
// by the command of GONC_TEST_PROGRAM, in which {name} is what gonc was called
// as. ".ci/run platforms" sets it. It returns if it fails.
func execOther(command []string) error {
	path, err := exec.LookPath(command[0])
	if err != nil {
		return err
	}
	for i, word := range command {
		command[i] = strings.ReplaceAll(word, "{name}", filepath.Base(os.Args[0]))
	}
	return fmt.Errorf("exec %s: %w", path, syscall.Exec(path, append(command, os.Args[1:]...), os.Environ()))
}
