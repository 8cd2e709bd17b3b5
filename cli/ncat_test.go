package cli

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Command lines that ncat cannot carry out get the same words and the same
// status of both programs.
func TestNcatUsage(t *testing.T) {
	theirs, err := exec.LookPath("ncat")
	if err != nil {
		t.Skip("ncat is not installed")
	}
	ours, err := exec.LookPath("gonc")
	if err != nil {
		t.Fatal(err)
	}
	for _, args := range []string{
		"", "-Q", "-lQ", "-p", "-lp", "--qq", "--wait", "--wai", "--udp=1 127.0.0.1 1", "--ud=1 127.0.0.1 1", "--no",
		"-w 1x 127.0.0.1 1", "-w 0 127.0.0.1 1", "-w -1 127.0.0.1 1", "--wait=0 127.0.0.1 1", "-w 100 127.0.0.1 1", "--wai 250 127.0.0.1 1", "-i 0 127.0.0.1 1", "-i x 127.0.0.1 1", "-i 100 127.0.0.1 1",
		"-d 0 127.0.0.1 1", "-d 1z 127.0.0.1 1", "-d 300 127.0.0.1 1", "-p 70000 127.0.0.1 1", "--source-po 65536 127.0.0.1 1",
		"127.0.0.1 http", "127.0.0.1 70000", "127.0.0.1 1x", "127.0.0.1 1-2", "127.0.0.1 -- -1",
		"-z -t 127.0.0.1 1", "-l -s 127.0.0.1", "-l -p 1 -s 127.0.0.1", "-U -p 5 /nosuch",
		"-m 3 127.0.0.1 1", "--proxy-type socks6 --proxy p 127.0.0.1 1", "--proxy-type http 127.0.0.1 1",
		"-e a -c b 127.0.0.1 1", "--exec a --sh-exec b 127.0.0.1 1", "-z -e /bin/cat 127.0.0.1 1", "-z -c x 127.0.0.1 1",
		"--ssl-key k 127.0.0.1 1", "--ssl=1 127.0.0.1 1", "-e", "--exe", "-m", "--max",
		"--source-port", "--proxy", "--proxy-d", "-G", "-o", "-x", "--ssl-cert", "--ssl-alpn", "--ssl-ciphers", "--allow", "--proxy-auth",
		"--allow 10.0.0.1 127.0.0.1 1", "-U", "-lU", "--chat 127.0.0.1 1", "-l --broker -c x 127.0.0.1 1", "-l --broker -e x 127.0.0.1 1",
		"-l --chat -e x 127.0.0.1 1", "--proxy 127.0.0.1:x h 1", "--proxy 127.0.0.1:1 --proxy-dns x h 1", "-U --proxy p /x",
		"-6 127.0.0.1 1", "-4 ::1 1", "-n localhost 1", "-l --allowfile /nosuch 1",
	} {
		fields := strings.Fields(args)
		wantText, wantStatus := runNcat(t, theirs, fields)
		text, status := runNcat(t, ours, fields, "GONC_DIALECT=ncat")
		if text != wantText || status != wantStatus {
			t.Errorf("ncat %s\n--- ncat %d\n%s--- gonc %d\n%s", args, wantStatus, wantText, status, text)
		}
	}
}

// runNcat returns what a program prints on standard error, and its status.
func runNcat(t *testing.T, path string, args []string, env ...string) (string, int) {
	t.Helper()
	cmd := exec.Command(path, args...)
	if filepath.Base(path) == "ncat" {
		cmd.Args[0] = "ncat"
	}
	cmd.Env = append(os.Environ(), env...)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	if err := cmd.Run(); err == nil || cmd.ProcessState == nil {
		t.Errorf("ncat %q: %v", args, err)
	}
	return stderr.String(), cmd.ProcessState.ExitCode()
}
