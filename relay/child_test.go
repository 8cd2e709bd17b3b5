package relay

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"testing"

	"gonc/internal/testutil"
)

// childEnv, in the environment of a test binary, makes it a relay between its
// standard input and output and the TCP address that it says.
const childEnv = "GONC_RELAY_CHILD"

// child runs in such a process. It prints on standard error how it ended.
func child() int {
	c, err := net.Dial("tcp", os.Getenv(childEnv))
	if err == nil {
		s := &Stdio{Local: Files(os.Stdin, os.Stdout)}
		err = s.Serve(context.Background(), c)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// startChild starts a relay between in and out and a connection, of which it
// returns the other end. A nil in is /dev/null.
func startChild(t testing.TB, in, out *os.File) (*exec.Cmd, net.Conn) {
	t.Helper()
	ln := listen(t, "tcp")
	defer ln.Close()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childEnv+"="+ln.Addr().String())
	if in != nil {
		cmd.Stdin = in
	}
	if out != nil {
		cmd.Stdout = out
	}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	c := testutil.Await(t, testutil.Background(func() net.Conn { return must(ln.Accept()) }), "the child")
	t.Cleanup(func() { c.Close() })
	return cmd, c
}
