package cli

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"gonc/internal/testutil"
)

// Each function here finds out what a cell of man/comparison.md says.

func seeFullOutput(t *testing.T, o tool) string {
	p := accept(t, "tcp")
	client := o.process(o.connect, p.port(), nil)
	client.cmd.Stdout = open(t, "/dev/full", os.O_WRONLY)
	begin(t, client)
	check(t, p.send([]byte("data\n")))
	check(t, connection(t, p).Close())
	wantEnd(t, client)
	return "status " + client.status()
}

func seeReset(t *testing.T, o tool) string {
	p := accept(t, "tcp")
	client := o.process(o.connect, p.port(), nil)
	idlePipe(t, client)
	begin(t, client)
	want := payload(60000)
	resetUnread(t, client, p, want)
	wantEnd(t, client)
	wrote := fmt.Sprintf("%d bytes written", len(client.stdout.String()))
	switch len(client.stdout.String()) {
	case 1:
		wrote = "nothing written"
	case len(want):
		wrote = "all written"
	}
	return wrote + ", status " + client.status()
}

func seeSendOnly(t *testing.T, o tool) string {
	args := map[string][]string{
		"gonc": {"--send-only", "127.0.0.1", "PORT"}, "nc.openbsd": o.connect,
		"ncat": {"--send-only", "127.0.0.1", "PORT"}, "socat": {"-u", "STDIN", "TCP:127.0.0.1:PORT"},
	}
	want := payload(5 << 20)
	p := accept(t, "tcp")
	client := begin(t, o.process(args[o.name], p.port(), fileWith(t, want)))
	c := connection(t, p).(*net.TCPConn)
	check(t, c.SetReadBuffer(64<<10))
	got, _ := talkBack(c)
	wantEnd(t, client)
	if bytes.Equal(got, want) && client.status() == "0" {
		return "all"
	}
	return "cut short, status " + client.status()
}

func seeLateAnswer(t *testing.T, o tool) string {
	p := accept(t, "udp")
	client := begin(t, o.process(o.udpConnect, p.port(), strings.NewReader("x\n")))
	check(t, p.recv([]byte("x\n")))
	time.Sleep(200 * time.Millisecond)
	p.send([]byte("answer\n"))
	select {
	case <-client.ended:
	case <-time.After(3 * time.Second):
	}
	if client.stdout.String() != "answer\n" {
		return "not printed"
	}
	select {
	case <-client.ended:
		return "printed, ends"
	default:
		return "printed, never ends"
	}
}

func seeDatagrams(t *testing.T, o tool) string {
	p := accept(t, "udp")
	client := begin(t, o.process(o.udpConnect, p.port(), fileWith(t, payload(60000))))
	c := connection(t, p)
	b := make([]byte, 1<<16)
	n, err := c.Read(b)
	check(t, err)
	client.kill()
	if n == 60000 {
		return "one datagram"
	}
	return fmt.Sprintf("%d KiB pieces", n>>10)
}

func seeBusyPort(t *testing.T, o tool) string {
	port := testutil.FreePort(t)
	begin(t, o.process(o.listen, port, nil))
	bound(t, "tcp", port)
	second := o.process(append([]string{"-v"}, o.listen...), port, nil)
	if o.name == "socat" {
		second = o.process(o.listen, port, nil)
	}
	begin(t, second)
	_, err := second.await(&second.stderr, `(?i)Address already in use|^Listening on`)
	check(t, err)
	if strings.HasPrefix(second.stderr.String(), "Listening") {
		return "shared with another nc"
	}
	wantEnd(t, second)
	if second.status() == "0" {
		return "status 0"
	}
	if strings.Contains(second.stderr.String(), "pid ") {
		return "error that names the owner"
	}
	return "error"
}

func seeFileInTheWay(t *testing.T, o tool) string {
	path := filepath.Join(t.TempDir(), "file")
	check(t, os.WriteFile(path, []byte("precious"), 0o600))
	args := []string{"-lU", path}
	if o.name == "socat" {
		args = []string{"STDIO", "UNIX-LISTEN:" + path}
	}
	p := begin(t, newProcess(o.name, args...))
	for late := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) {
		if info, err := os.Stat(path); err == nil && info.Mode().Type() == os.ModeSocket {
			return "file is replaced"
		}
		select {
		case <-p.ended:
			if text, err := os.ReadFile(path); err == nil && string(text) == "precious" {
				return "left alone"
			}
			return "file is gone"
		default:
		}
		if time.Now().After(late) {
			t.Fatalf("it neither listens nor ends\n%s", p)
		}
	}
}

// manyOf begins a listener that serves many; socat copies a file.
func manyOf(t *testing.T, o tool, stdin io.Reader) (p *process, port string) {
	t.Helper()
	port = testutil.FreePort(t)
	args := append([]string{"-k"}, o.listen...)
	if o.name == "socat" {
		args = []string{"TCP-LISTEN:PORT,bind=127.0.0.1,fork", "STDIO"}
	}
	if o.name == "nc.openbsd" {
		args = []string{"-k", "-l", "127.0.0.1", "PORT"}
	}
	p = begin(t, o.process(args, port, stdin))
	bound(t, "tcp", port)
	return p, port
}

func seeMany(t *testing.T, o tool) string {
	hold := newProcess("sh") // its pipe is the listener's input, which stays open
	idlePipe(t, hold)
	p, port := manyOf(t, o, hold.cmd.Stdin)
	first := dial(t, "tcp", port)
	check(t, first.send([]byte("first\n")))
	awaitPrinted(t, p, "first")
	check(t, dial(t, "tcp", port).send([]byte("second\n")))
	atOnce := false
	for late := time.Now().Add(2 * time.Second); !atOnce && time.Now().Before(late); time.Sleep(10 * time.Millisecond) {
		atOnce = strings.Contains(p.stdout.String(), "second")
	}
	first.close()
	awaitPrinted(t, p, "second")
	if atOnce {
		return "yes"
	}
	return "one after another"
}

func seeOneStalls(t *testing.T, o tool) string {
	if o.name == "nc.openbsd" {
		return "–" // it has one at a time, as the row above shows
	}
	p, port := manyOf(t, o, open(t, "/dev/zero", os.O_RDONLY))
	slow, fast := dial(t, "tcp", port), dial(t, "tcp", port)
	connection(t, slow)
	c := connection(t, fast)
	for range 64 {
		c.SetReadDeadline(time.Now().Add(3 * time.Second))
		if _, err := io.CopyN(io.Discard, c, 1<<20); err != nil {
			return "stalls all"
		}
	}
	if children(t, p) == 2 {
		return "a process each"
	}
	m, err := io.Copy(io.Discard, slow.c)
	if !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("the slow one received %d bytes, then %v", m, err)
	}
	p.cmd.Process.Signal(syscall.SIGTERM)
	return "reset when 1 MiB behind"
}

func children(t *testing.T, p *process) int {
	t.Helper()
	pid := strconv.Itoa(p.cmd.Process.Pid)
	text, err := os.ReadFile("/proc/" + pid + "/task/" + pid + "/children")
	check(t, err)
	return len(strings.Fields(string(text)))
}

// Two ports that do not answer within three seconds: tried together they take
// three seconds, one after the other six. That gonc tries 512 is tested in conn/scan.
func seeScan(t *testing.T, o tool) string {
	if o.name == "socat" {
		return "–"
	}
	var args []string
	for range 2 {
		p := accept(t, "tcp")
		check(t, p.fill())
		args = append(args, p.port())
	}
	p := complete(t, newProcess(o.name, append([]string{"-z", "-w", "3", "127.0.0.1"}, args...)...))
	switch {
	case strings.Contains(p.stderr.String(), "more than one port"):
		return "no ranges"
	case p.took < 5900*time.Millisecond:
		return "512"
	default:
		return "1"
	}
}

func seeTLS(t *testing.T, o tool) string {
	dir := tlsFiles(t)
	_, port := listening(t, strings.NewReader("hello\n"), "-k", "--ssl-cert", dir+"/self.pem", "--ssl-key", dir+"/self.key")
	args := map[string][]string{
		"gonc": {"--ssl", "127.0.0.1", "PORT"}, "ncat": {"--ssl", "127.0.0.1", "PORT"},
		"socat": {"STDIO", "OPENSSL:127.0.0.1:PORT"},
	}
	if args[o.name] == nil {
		return seeHelp(claim{"yes", `(?i)ssl|tls`})(t, o)
	}
	client := complete(t, o.process(args[o.name], port, nil))
	if client.stdout.String() == "hello\n" {
		return "yes, not verified by default"
	}
	if !strings.Contains(client.stderr.String(), "certificate") {
		t.Errorf("it failed for another reason: %s", client)
	}
	return "yes, verified by default"
}

func seeCommandOutput(t *testing.T, o tool) string {
	const size = 20_000_000
	command := fmt.Sprintf("cat; head -c %d /dev/zero", size)
	args := map[string][]string{
		"gonc": {"-l", "127.0.0.1", "PORT", "-c", command}, "ncat": {"-l", "127.0.0.1", "PORT", "-c", command},
		"socat": {"-t20", "TCP-LISTEN:PORT,bind=127.0.0.1", "SYSTEM:" + command},
	}
	if args[o.name] == nil {
		return "–"
	}
	port := testutil.FreePort(t)
	begin(t, o.process(args[o.name], port, nil))
	bound(t, "tcp", port)
	p := dial(t, "tcp", port)
	check(t, p.shut())
	n, _ := io.Copy(io.Discard, connection(t, p))
	if n == size {
		return "all"
	}
	return "lost"
}

// seeProxyServer asks a proxy server for a connection in each protocol.
func seeProxyServer(t *testing.T, o tool) string {
	args := map[string][]string{
		"gonc": {"-l", "-k", "--proxy-server", "127.0.0.1", "PORT"},
		"ncat": {"-l", "-k", "--proxy-type", "http", "127.0.0.1", "PORT"},
	}
	if args[o.name] == nil {
		return "–"
	}
	port := testutil.FreePort(t)
	begin(t, o.process(args[o.name], port, nil))
	bound(t, "tcp", port)
	target := accept(t, "tcp").port()
	n, err := strconv.Atoi(target)
	check(t, err)
	socks4 := binary.BigEndian.AppendUint16([]byte{4, 1}, uint16(n))
	var has []string
	for _, a := range []struct{ protocol, request, granted string }{
		{"HTTP", "CONNECT 127.0.0.1:" + target + " HTTP/1.0\r\n\r\n", " 200"},
		{"SOCKS 4", string(socks4) + "\x7f\x00\x00\x01\x00", "\x00\x5a"},
		{"4a", string(socks4) + "\x00\x00\x00\x01\x00localhost\x00", "\x00\x5a"},
		{"5", "\x05\x01\x00", "\x05\x00"},
	} {
		p := dial(t, "tcp", port)
		check(t, p.send([]byte(a.request)))
		if a.protocol != "HTTP" {
			check(t, p.shut()) // a server that waits for a line of HTTP then ends
		}
		b := make([]byte, 100)
		m, _ := connection(t, p).Read(b)
		if strings.Contains(string(b[:m]), a.granted) {
			has = append(has, a.protocol)
		}
	}
	return strings.Join(has, ", ")
}

// seeAccessLists tries which forms of a list admit and keep out 127.0.0.1.
func seeAccessLists(t *testing.T, o tool) string {
	if o.name == "nc.openbsd" {
		return "–"
	}
	var has []string
	for _, f := range []struct{ form, admits, refuses string }{
		{"hosts", "127.0.0.1", "127.0.0.2"},
		{"networks", "127.0.0.0/8", "192.0.2.0/24"},
		{"ranges", "127.0.0.1-3", "127.0.0.2-3"},
		{"names", "localhost", "ip6-localhost"},
	} {
		if admitted(t, o, f.admits) && !admitted(t, o, f.refuses) {
			has = append(has, f.form)
		}
	}
	return strings.Join(has, ", ")
}

// admitted reports whether a listener with a list serves 127.0.0.1.
func admitted(t *testing.T, o tool, list string) bool {
	t.Helper()
	port := testutil.FreePort(t)
	args := append(slices.Clone(o.listen), "-k", "--allow", list)
	if o.name == "socat" {
		args = []string{"STDIO", "TCP-LISTEN:PORT,bind=127.0.0.1,fork,range=" + list}
	}
	listener := begin(t, o.process(args, port, strings.NewReader("served\n")))
	for late := time.Now().Add(patience); time.Now().Before(late); time.Sleep(5 * time.Millisecond) {
		select {
		case <-listener.ended: // it does not know this form
			return false
		default:
		}
		c, err := net.Dial("tcp", "127.0.0.1:"+port)
		if err != nil {
			continue
		}
		defer c.Close()
		c.SetDeadline(time.Now().Add(patience))
		n, _ := c.Read(make([]byte, 1))
		return n == 1
	}
	t.Fatalf("it does not listen\n%s", listener)
	return false
}
