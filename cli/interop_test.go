//go:build linux

package cli

import (
	"bufio"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"gonc/internal/testutil"
)

// These tests run gonc against the real other programs, as client and as
// server, so that what it says is not only understood by itself.

// A tool is another netcat. PORT in its arguments is a port of loopback.
type tool struct {
	name                  string
	listen, connect       []string // with half-close at the end of standard input
	udpListen, udpConnect []string // nil: it has no UDP

	// oneWay says that it ends at the other side's FIN and drops what it
	// has still to send, so that only one
	// direction at a time can be tested.
	oneWay bool
}

var tools = []tool{
	{
		name:      "nc.openbsd",
		listen:    []string{"-N", "-l", "127.0.0.1", "PORT"},
		connect:   []string{"-N", "127.0.0.1", "PORT"},
		udpListen: []string{"-u", "-l", "127.0.0.1", "PORT"}, udpConnect: []string{"-u", "127.0.0.1", "PORT"},
	}, {
		name:      "nc.traditional",
		listen:    []string{"-q", "5", "-l", "-s", "127.0.0.1", "-p", "PORT"},
		connect:   []string{"-q", "5", "127.0.0.1", "PORT"},
		udpListen: []string{"-u", "-l", "-s", "127.0.0.1", "-p", "PORT"}, udpConnect: []string{"-u", "127.0.0.1", "PORT"},
		oneWay: true,
	}, {
		name:      "ncat",
		listen:    []string{"-l", "127.0.0.1", "PORT"},
		connect:   []string{"127.0.0.1", "PORT"},
		udpListen: []string{"-u", "-l", "127.0.0.1", "PORT"}, udpConnect: []string{"-u", "127.0.0.1", "PORT"},
	}, {
		name:      "socat",
		listen:    []string{"-t20", "STDIO", "TCP-LISTEN:PORT,bind=127.0.0.1"},
		connect:   []string{"-t20", "STDIO", "TCP:127.0.0.1:PORT"},
		udpListen: []string{"STDIO", "UDP-LISTEN:PORT,bind=127.0.0.1"}, udpConnect: []string{"STDIO", "UDP:127.0.0.1:PORT"},
	}, {
		name:    "busybox",
		listen:  []string{"nc", "-l", "-p", "PORT", "127.0.0.1"},
		connect: []string{"nc", "127.0.0.1", "PORT"},
		oneWay:  true,
	}, {
		name:    "python3",
		listen:  []string{"testdata/netcat.py", "listen", "PORT"},
		connect: []string{"testdata/netcat.py", "connect", "PORT"},
	},
}

// process returns the tool with its port filled in.
func (o tool) process(args []string, port string, stdin io.Reader) *process {
	var filled []string
	for _, a := range args {
		filled = append(filled, strings.ReplaceAll(a, "PORT", port))
	}
	p := newProcess(o.name, filled...)
	p.cmd.Stdin = stdin
	return p
}

// eachTool runs f for every tool that is there.
func eachTool(t *testing.T, f func(*testing.T, tool)) {
	for _, o := range tools {
		t.Run(o.name, func(t *testing.T) {
			t.Parallel()
			need(t, o.name)
			f(t, o)
		})
	}
}

// bound waits until a port is in use.
func bound(t *testing.T, network, port string) {
	t.Helper()
	n, err := strconv.Atoi(port)
	check(t, err)
	state := "0A" // TCP_LISTEN
	if network == "udp" {
		state = "07" // TCP_CLOSE: not connected
	}
	testutil.Eventually(t, "a program listens on port "+port, func() bool {
		return inTable(network, state, n) || inTable(network+"6", state, n)
	})
}

// inTable looks for a port in a table of the kernel. Of TCP it begins with the
// listeners; what comes after them may be very long.
func inTable(network, state string, port int) bool {
	f, err := os.Open("/proc/net/" + network)
	if err != nil {
		return false // there is no IPv6
	}
	defer f.Close()
	rows := bufio.NewScanner(f)
	for rows.Scan(); rows.Scan(); {
		row := strings.Fields(rows.Text())
		if row[3] == state && strings.HasSuffix(row[1], fmt.Sprintf(":%04X", port)) {
			return true
		}
		if row[3] != state && strings.HasPrefix(network, "tcp") {
			return false
		}
	}
	return false
}

// withListener begins the tool as a listener and returns what connects to it.
func (o tool) withListener(t *testing.T, stdin io.Reader, us io.Reader, options ...string) (they, we *process) {
	t.Helper()
	port := testutil.FreePort(t)
	they = begin(t, o.process(o.listen, port, stdin))
	bound(t, "tcp", port)
	return they, begin(t, gonc(us, append(options, "127.0.0.1", port)...))
}

// withClient begins a listener of ours and the tool as its client.
func (o tool) withClient(t *testing.T, stdin io.Reader, us io.Reader, options ...string) (they, we *process) {
	t.Helper()
	we, port := listening(t, us, options...)
	return begin(t, o.process(o.connect, port, stdin)), we
}

func TestTransfersWithOtherTools(t *testing.T) {
	ours, theirs := payload(5<<20), payload(4<<20)
	eachTool(t, func(t *testing.T, o tool) {
		for role, with := range map[string]func(*testing.T, io.Reader, io.Reader, ...string) (they, we *process){
			"listens": o.withListener, "connects": o.withClient,
		} {
			t.Run("receives and "+role, func(t *testing.T) {
				they, we := with(t, nil, fileWith(t, ours))
				wantStatus(t, we, "0")
				wantEnd(t, they)
				wantPrinted(t, they, ours)
			})
			t.Run("sends and "+role, func(t *testing.T) {
				they, we := with(t, fileWith(t, theirs), nil, "-d")
				wantStatus(t, we, "0")
				wantEnd(t, they)
				wantPrinted(t, we, theirs)
			})
			if o.oneWay {
				continue
			}
			t.Run("does both and "+role, func(t *testing.T) {
				they, we := with(t, fileWith(t, theirs), fileWith(t, ours))
				wantStatus(t, we, "0")
				wantEnd(t, they)
				wantPrinted(t, we, theirs)
				wantPrinted(t, they, ours)
			})
		}
	})
}

// The answer to everything comes when gonc has half-closed.
func TestHalfCloseWithOtherTools(t *testing.T) {
	data := payload(3 << 20)
	want := fmt.Sprintf("%x  -\n", sha256.Sum256(data))
	sum, err := exec.LookPath("sha256sum")
	if err != nil {
		t.Skip("sha256sum is not installed: nothing else waits for the end of its input and answers")
	}
	for _, o := range []tool{
		{name: "socat", listen: []string{"TCP-LISTEN:PORT,bind=127.0.0.1", "EXEC:" + sum}},
		{name: "nc.traditional", listen: []string{"-l", "-s", "127.0.0.1", "-p", "PORT", "-e", sum}},
		{name: "busybox", listen: []string{"nc", "-l", "-p", "PORT", "127.0.0.1", "-e", sum}},
	} {
		t.Run(o.name, func(t *testing.T) {
			t.Parallel()
			need(t, o.name)
			_, we := o.withListener(t, nil, fileWith(t, data))
			wantStatus(t, we, "0")
			if got := we.stdout.String(); got != want {
				t.Errorf("the answer is %q, not %q", got, want)
			}
		})
	}
}

func TestUDPWithOtherTools(t *testing.T) {
	eachTool(t, func(t *testing.T, o tool) {
		if o.udpListen == nil {
			return
		}
		t.Run("listens", func(t *testing.T) {
			port := testutil.FreePort(t)
			they := o.process(o.udpListen, port, nil)
			idlePipe(t, they)
			begin(t, they)
			bound(t, "udp", port)
			we := gonc(nil, "-u", "127.0.0.1", port)
			idlePipe(t, we)
			exchange(t, begin(t, we), they)
		})
		t.Run("connects", func(t *testing.T) {
			we := gonc(nil, "-v", "-u", "-l", "127.0.0.1", "0")
			idlePipe(t, we)
			port := beginListening(t, we)
			they := o.process(o.udpConnect, port, nil)
			idlePipe(t, they)
			exchange(t, begin(t, they), we)
		})
	})
}

// exchange sends a datagram from one to the other and one back.
func exchange(t *testing.T, first, second *process) {
	t.Helper()
	first.stdin.Write([]byte("question\n"))
	awaitPrinted(t, second, "^question$")
	second.stdin.Write([]byte("answer\n"))
	awaitPrinted(t, first, "^answer$")
	first.stdin.Write([]byte("thanks\n"))
	awaitPrinted(t, second, "^question\nthanks$")
}

func TestCurl(t *testing.T) {
	need(t, "curl")
	_, port := listening(t, nil, "--http")
	url := "http://127.0.0.1:" + port + "/"
	const page = `<!DOCTYPE html><html lang="ja"><body><p>Test Server</p></body></html>`
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{url}, page},
		{[]string{"--http1.0", url}, page},
		{[]string{url + "any/path?query"}, page},
		{[]string{"-o", "-", "-o", "-", "-w", "%{num_connects}", url, url}, page + "1" + page + "0"},
		{[]string{"-o", os.DevNull, "-w", "%{http_code}", "-d", "data", url}, "405"},
		{[]string{"-o", os.DevNull, "-w", "%{http_code}", "-T", "main_test.go", url}, "405"},
		{[]string{"-o", os.DevNull, "-w", "%{http_code}", "-X", "BREW", url}, "501"},
		{[]string{"-o", os.DevNull, "-w", "%{http_code} %header{content-length}", "--head", url}, "200 69"},
	} {
		p := complete(t, newProcess("curl", append([]string{"-sS", "--noproxy", "*"}, c.args...)...))
		wantStatus(t, p, "0")
		if got := p.stdout.String(); got != c.want {
			t.Errorf("curl %v: %q, not %q", c.args, got, c.want)
		}
	}
}

// What users of netcat did before there was --http.
func TestCurlAndAFileOnStdin(t *testing.T) {
	need(t, "curl")
	body := payload(3 << 20)
	answer := append([]byte("HTTP/1.0 200 OK\r\n\r\n"), body...)
	server, port := listening(t, fileWith(t, answer))
	p := complete(t, newProcess("curl", "-sS", "--noproxy", "*", "http://127.0.0.1:"+port+"/"))
	wantStatus(t, p, "0")
	wantPrinted(t, p, body)
	wantStatus(t, server, "0")
	if lines(server.stdout.String(), "GET / HTTP/1.1") != 1 {
		t.Errorf("the request was %q", server.stdout.String())
	}
}

// note returns a program of testdata/notes, the notes that gonc began with: their
// four socket programs, in which nothing but address and port is changed.
func note(t *testing.T, name, port string) *process {
	t.Helper()
	need(t, "python3")
	text, err := os.ReadFile(filepath.Join("testdata/notes", name))
	check(t, err)
	set := regexp.MustCompile(`(?m)^(target_host|bind_ip)( *=).*$`).ReplaceAllString(string(text), `$1$2 "127.0.0.1"`)
	set = regexp.MustCompile(`(?m)^(target_port|bind_port)( *=).*$`).ReplaceAllString(set, "$1$2 "+port)
	file := filepath.Join(t.TempDir(), name)
	check(t, os.WriteFile(file, []byte(set), 0o600))
	return newProcess("python3", "-u", file)
}

func TestNotesTCPClient(t *testing.T) {
	const request = "GET / HTTP/1.1\r\nHost: google.com\r\n\r\n"
	for _, c := range []struct {
		options     []string
		stdin       string
		prints, got string
	}{
		{[]string{"--reply", "ACK!"}, "", "b'ACK!'\n", request},
		{nil, "hello", "b'hello'\n", request},
	} {
		server, port := listening(t, strings.NewReader(c.stdin), c.options...)
		client := complete(t, note(t, "tcpclient.py", port))
		wantStatus(t, client, "0")
		wantPrinted(t, client, c.prints)
		wantStatus(t, server, "0")
		wantPrinted(t, server, c.got)
	}
	_, port := listening(t, nil, "--http")
	client := complete(t, note(t, "tcpclient.py", port))
	wantStatus(t, client, "0")
	if !regexp.MustCompile(`^b'HTTP/1\.1 200 OK\\r\\n.*<p>Test Server</p></body></html>'\n$`).MatchString(client.stdout.String()) {
		t.Errorf("it printed %q", client.stdout.String())
	}
}

func TestNotesUDPClient(t *testing.T) {
	_, port := listening(t, nil, "-u", "-k", "--reply", "ACK!")
	client := complete(t, note(t, "udpclient.py", port))
	wantStatus(t, client, "0")
	wantPrinted(t, client, "b'ACK!'\n")
}

func TestNotesTCPServer(t *testing.T) {
	port := testutil.FreePort(t)
	server := begin(t, note(t, "tcpserver.py", port))
	awaitPrinted(t, server, `^\[\*\] Listening on 127\.0\.0\.1:`+port+`$`)
	for _, data := range []string{"AAABBBCCC", "again"} {
		client := complete(t, gonc(strings.NewReader(data), "127.0.0.1", port))
		wantStatus(t, client, "0")
		wantPrinted(t, client, "ACK!")
		awaitPrinted(t, server, `^\[\*\] Received:b'`+data+`'$`)
	}
}

// The server of the notes keeps each connection open until the next one comes
// (its variable client refers to it), so it is -q that ends gonc.
func TestNotesHTTPServer(t *testing.T) {
	port := testutil.FreePort(t)
	server := begin(t, note(t, "httpserver.py", port))
	awaitPrinted(t, server, `^\[\*\] Listening on 127\.0\.0\.1:`+port+`$`)
	for method, page := range map[string]bool{"GET": true, "HEAD": false} {
		client := complete(t, gonc(strings.NewReader(method+" / HTTP/1.0\r\n\r\n"), "-q", "3", "127.0.0.1", port))
		wantStatus(t, client, "0")
		got := client.stdout.String()
		if !strings.HasPrefix(got, "HTTP/1.0 200 OK\r\n") || strings.Contains(got, "Test Server<p>") != page {
			t.Errorf("%s: it printed %q", method, got)
		}
	}
}
