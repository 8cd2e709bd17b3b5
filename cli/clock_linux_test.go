package cli

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"gonc/internal/testutil"
)

// Nothing that waits minds a clock that is set while the program runs: the
// scripts about time hold for a gonc whose clock is set to tomorrow, or to
// yesterday, when it has run for a third of a second.
func TestClockJumps(t *testing.T) {
	skipShort(t)
	if os.Getenv("GONC_TEST_PROGRAM") != "" {
		t.Skip("another program is tested")
	}
	need(t, "go")
	program := goncWhoseClockJumps(t)
	for _, to := range []string{"tomorrow", "yesterday"} {
		t.Run(to, func(t *testing.T) {
			t.Parallel()
			scripts := exec.Command(os.Args[0], "-test.run=^TestScripts$/^(connect_timeout|forward|interval|keep_open|no_shutdown|"+
				"one_way|page|proxy_server|quit_after|record|retry|timeouts|udp_sessions)$", "-test.v")
			scripts.Env = append(os.Environ(), "GONC_TEST_PROGRAM="+program, "GONC_TEST_CLOCK="+to)
			out, err := scripts.CombinedOutput()
			if n := strings.Count(string(out), "--- PASS: TestScripts/"); err != nil || n != 13 {
				t.Errorf("%d scripts passed: %v\n%s", n, err, regexp.MustCompile(`(?m)^=== .*\n`).ReplaceAll(out, nil))
			}
		})
	}
}

// clockJump is added to package time. The monotonic clock goes on as ever.
const clockJump = `package time

import "syscall"

func clockJump(mono int64) (sec int64) {
	to, _ := syscall.Getenv("GONC_TEST_CLOCK")
	switch {
	case mono-startNano < int64(Second/3):
		return 0
	case to == "tomorrow":
		return 24 * 60 * 60
	}
	return -24 * 60 * 60
}
`

// goncWhoseClockJumps builds a gonc with another time.Now.
func goncWhoseClockJumps(t *testing.T) (program string) {
	t.Helper()
	const now = "func Now() Time {\n\tsec, nsec, mono := runtimeNow()\n"
	root, err := exec.Command("go", "env", "GOROOT").Output()
	check(t, err)
	std := filepath.Join(strings.TrimSpace(string(root)), "src", "time")
	text, err := os.ReadFile(filepath.Join(std, "time.go"))
	check(t, err)
	changed := strings.Replace(string(text), now, now+"\tsec += clockJump(mono)\n", 1)
	if changed == string(text) {
		t.Fatal("time.Now is not as this test knows it")
	}
	overlay, err := json.Marshal(map[string]any{"Replace": map[string]string{
		filepath.Join(std, "time.go"):      testutil.WriteFile(t, "time.go", []byte(changed)),
		filepath.Join(std, "clockjump.go"): testutil.WriteFile(t, "clockjump.go", []byte(clockJump)),
	}})
	check(t, err)
	program = filepath.Join(t.TempDir(), "gonc")
	// time.Now is called where the race detector cannot be.
	build := exec.Command("go", "build", "-race=false", "-overlay", testutil.WriteFile(t, "overlay.json", overlay), "-o", program, "gonc")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return program
}
