package cli

import (
	"crypto/sha256"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"gonc/internal/testutil"
)

// bigPage returns a web server on loopback with one large file.
func bigPage(t *testing.T) (url, sum string) {
	t.Helper()
	name, hash := pageFile(t, 8)
	at := serveHTTP(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			h := sha256.New()
			io.Copy(h, r.Body)
			fmt.Fprintf(w, "%x", h.Sum(nil))
			return
		}
		http.ServeFile(w, r, name)
	}))
	return "http://" + at + "/", string(hash[:])
}

// serveHTTP returns where a web server is on loopback.
func serveHTTP(t *testing.T, h http.Handler) (at string) {
	t.Helper()
	ln := listenTCP(t)
	s := &http.Server{Handler: h}
	go s.Serve(ln)
	t.Cleanup(func() { s.Close() })
	return ln.Addr().String()
}

// download runs a program that writes the page to standard output.
func download(t *testing.T, sum string, env []string, name string, args ...string) {
	t.Helper()
	p := newProcess(name, args...)
	p.cmd.Env = append(os.Environ(), env...)
	complete(t, p)
	if got := sha256.Sum256([]byte(p.stdout.String())); string(got[:]) != sum {
		t.Errorf("%s %v: %d bytes came, and they are others; status %s\n%s", name, args, len(p.stdout.String()), p.status(), p.stderr.String())
	}
}

// A proxyVisit is what clients of other makers go through the proxy server to.
type proxyVisit struct {
	url, sum     string // of the page
	port, locked string // of the server, and of one that wants a login
}

// Clients of other makers go through the proxy server, in every protocol.
func TestProxyServerClients(t *testing.T) {
	skipShort(t)
	var v proxyVisit
	v.url, v.sum = bigPage(t)
	_, v.port = listening(t, nil, "--proxy-server")
	_, v.locked = listening(t, nil, "--proxy-server", "--proxy-auth", "me:secret")
	t.Run("curl", v.curl)
	t.Run("wget", v.wget)
	t.Run("gonc", v.gonc)
	t.Run("other netcats", v.netcats)
	t.Run("chromium", v.chromium)
	t.Run("git", v.git)
}

func (v *proxyVisit) curl(t *testing.T) {
	need(t, "curl")
	for _, scheme := range []string{"http", "socks4", "socks4a", "socks5", "socks5h"} {
		download(t, v.sum, nil, "curl", "-sS", "-x", scheme+"://"+loopback4(v.port), v.url)
		download(t, v.sum, nil, "curl", "-sS", "-p", "-x", scheme+"://"+loopback4(v.port), strings.Replace(v.url, "127.0.0.1", "localhost", 1))
	}
	for _, scheme := range []string{"http", "socks5"} {
		download(t, v.sum, nil, "curl", "-sS", "-x", scheme+"://me:secret@"+loopback4(v.locked), v.url)
		p := complete(t, newProcess("curl", "-sS", "-p", "-x", scheme+"://me:wrong@"+loopback4(v.locked), v.url))
		if p.status() == "0" {
			t.Errorf("%s: a wrong login is good", scheme)
		}
	}
	file, hash := pageFile(t, 5)
	for _, framing := range []string{"Content-Length:", "Transfer-Encoding: chunked"} {
		args := []string{"-sS", "-x", "http://" + loopback4(v.port), "--data-binary", "@" + file, v.url}
		if !strings.HasSuffix(framing, ":") {
			args = append(args, "-H", framing)
		}
		p := complete(t, newProcess("curl", args...))
		if got := p.stdout.String(); got != fmt.Sprintf("%x", hash) {
			t.Errorf("upload with %s: %q\n%s", framing, got, p.stderr.String())
		}
	}
}

func (v *proxyVisit) wget(t *testing.T) {
	need(t, "wget")
	download(t, v.sum, []string{"http_proxy=http://" + loopback4(v.port)}, "wget", "-qO-", v.url)
	download(t, v.sum, []string{"http_proxy=http://me:secret@" + loopback4(v.locked)}, "wget", "-qO-", v.url)
}

func (v *proxyVisit) gonc(t *testing.T) {
	target := echo(t)
	host, at, _ := strings.Cut(target, ":")
	for _, scheme := range []string{"socks4", "socks4a", "socks5", "http"} {
		p := complete(t, gonc(strings.NewReader("through"), "--proxy", scheme+"://"+loopback4(v.port), host, at))
		if p.stdout.String() != "through" || p.status() != "0" {
			t.Errorf("%s: %s", scheme, p)
		}
	}
}

func (v *proxyVisit) netcats(t *testing.T) {
	host, at, _ := strings.Cut(echo(t), ":")
	for _, args := range [][]string{{"nc.openbsd", "-N", "-X", "5", "-x"}, {"nc.openbsd", "-N", "-X", "4", "-x"}, {"nc.openbsd", "-N", "-X", "connect", "-x"},
		{"ncat", "--proxy-type", "http", "--proxy"}, {"ncat", "--proxy-type", "socks5", "--proxy"}, {"ncat", "--proxy-type", "socks4", "--proxy"}} {
		if _, err := exec.LookPath(args[0]); err != nil {
			continue
		}
		p := newProcess(args[0], append(args[1:], loopback4(v.port), host, at)...)
		p.cmd.Stdin = strings.NewReader("through")
		if complete(t, p); p.stdout.String() != "through" {
			t.Errorf("%v: %s", args, p)
		}
	}
}

func (v *proxyVisit) chromium(t *testing.T) {
	need(t, "chromium")
	_, page := listening(t, nil, "--http")
	for _, scheme := range []string{"http", "socks5"} {
		p := browse(t, page, "--dump-dom", "--proxy-server="+scheme+"://"+loopback4(v.port), "--proxy-bypass-list=<-loopback>")
		if !strings.Contains(p.stdout.String(), pageText) {
			t.Errorf("%s: %q", scheme, p.stdout.String())
		}
	}
}

func (v *proxyVisit) git(t *testing.T) {
	need(t, "git")
	dir := t.TempDir()
	run := func(args ...string) {
		p := newProcess("git", args...)
		p.cmd.Dir = dir
		p.cmd.Env = append(os.Environ(), "HOME="+dir, "GIT_CONFIG_NOSYSTEM=1")
		wantStatus(t, complete(t, p), "0")
	}
	run("init", "-q", "repo")
	check(t, os.WriteFile(filepath.Join(dir, "repo", "file"), []byte("content"), 0o600))
	run("-C", "repo", "add", ".")
	run("-C", "repo", "-c", "user.name=x", "-c", "user.email=x@example.com", "commit", "-qm", "x")
	run("-C", "repo", "update-server-info")
	at := serveHTTP(t, http.FileServer(http.Dir(filepath.Join(dir, "repo"))))
	for _, scheme := range []string{"http", "socks5h"} {
		run("-c", "http.proxy="+scheme+"://"+loopback4(v.port), "clone", "-q", "http://"+at+"/.git", "clone-"+scheme)
		if b, _ := os.ReadFile(filepath.Join(dir, "clone-"+scheme, "file")); string(b) != "content" {
			t.Errorf("%s: %q", scheme, b)
		}
	}
}

// The proxy server goes on through proxies of other makers.
func TestProxyServerUpstream(t *testing.T) {
	url, sum := bigPage(t)
	for _, up := range []struct {
		name, scheme string
		run          func(t *testing.T, port string) *process
	}{
		{"tinyproxy", "http", func(t *testing.T, port string) *process {
			conf := filepath.Join(t.TempDir(), "conf")
			check(t, os.WriteFile(conf, []byte("Port "+port+"\nListen 127.0.0.1\nAllow 127.0.0.1\nMaxClients 20\nLogLevel Critical\n"), 0o600))
			return newProcess("tinyproxy", "-d", "-c", conf)
		}},
		{"microsocks", "socks5", func(t *testing.T, port string) *process {
			return newProcess("microsocks", "-i", "127.0.0.1", "-p", port)
		}},
		{"danted", "socks5", func(t *testing.T, port string) *process {
			conf := filepath.Join(t.TempDir(), "conf")
			text := "logoutput: stderr\ninternal: 127.0.0.1 port = " + port + "\nexternal: lo\nclientmethod: none\nsocksmethod: none\n" +
				"client pass { from: 0/0 to: 0/0 }\nsocks pass { from: 0/0 to: 0/0 }\n"
			check(t, os.WriteFile(conf, []byte(text), 0o600))
			return newProcess("danted", "-f", conf)
		}},
		{"ncat", "http", func(t *testing.T, port string) *process {
			return newProcess("ncat", "-l", "-k", "--proxy-type", "http", "127.0.0.1", port)
		}},
	} {
		t.Run(up.name, func(t *testing.T) {
			need(t, up.name)
			need(t, "curl")
			there := testutil.FreePort(t)
			begin(t, up.run(t, there))
			dial(t, "tcp", there).close()
			_, port := listening(t, nil, "--proxy-server", "--proxy", up.scheme+"://"+loopback4(there))
			for _, scheme := range []string{"http", "socks5h", "socks4a"} {
				download(t, sum, nil, "curl", "-sS", "-p", "-x", scheme+"://"+loopback4(port), url)
			}
			download(t, sum, nil, "curl", "-sS", "-x", "http://"+loopback4(port), url)
		})
	}
}

// Forwarders of other makers stand before and behind gonc, which passes ends on.
func TestForwardOthers(t *testing.T) {
	skipShort(t)
	target := echo(t)
	host, at, _ := strings.Cut(target, ":")
	for _, f := range []struct {
		name string
		run  func(t *testing.T, port, to string) *process
	}{
		{"socat", func(t *testing.T, port, to string) *process {
			return newProcess("socat", "-t20", "TCP-LISTEN:"+port+",bind=127.0.0.1,fork,reuseaddr", "TCP:"+to)
		}},
		{"haproxy", func(t *testing.T, port, to string) *process {
			conf := filepath.Join(t.TempDir(), "conf")
			check(t, os.WriteFile(conf, []byte("defaults\n mode tcp\n timeout connect 20s\n timeout client 20s\n timeout server 20s\nlisten x\n bind 127.0.0.1:"+port+"\n server s "+to+"\n"), 0o600))
			return newProcess("haproxy", "-db", "-f", conf)
		}},
		{"nginx", func(t *testing.T, port, to string) *process {
			module := "/usr/lib/nginx/modules/ngx_stream_module.so"
			if _, err := os.Stat(module); err != nil {
				t.Skip("nginx has no stream module")
			}
			dir := t.TempDir()
			conf := filepath.Join(dir, "conf")
			check(t, os.WriteFile(conf, []byte("load_module "+module+"; daemon off; master_process off; pid "+dir+"/pid; error_log /dev/null; events {}\n"+
				"stream { server { listen 127.0.0.1:"+port+"; proxy_pass "+to+"; proxy_half_close on; } }\n"), 0o600))
			return newProcess("nginx", "-c", conf)
		}},
	} {
		t.Run(f.name, func(t *testing.T) {
			need(t, f.name)
			text := strings.Repeat("0123456789abcdef", 1<<16)
			behind := testutil.FreePort(t)
			begin(t, f.run(t, behind, target))
			dial(t, "tcp", behind).close()
			_, port := listening(t, nil, "-k", "--to", loopback4(behind))
			if err := echoed(loopback4(port), text); err != nil {
				t.Errorf("behind gonc: %v", err)
			}
			_, back := listening(t, nil, "-k", "--to", host+":"+at)
			before := testutil.FreePort(t)
			begin(t, f.run(t, before, loopback4(back)))
			dial(t, "tcp", before).close()
			if err := echoed(loopback4(before), text); err != nil {
				t.Errorf("before gonc: %v", err)
			}
		})
	}
}

// Clients that send their requests slowly, or none, do not keep others out.
func TestProxyServerSlowClients(t *testing.T) {
	target := echo(t)
	p := gonc(nil, "-v", "-l", "--proxy-server", "--max-conns", "3000", "0")
	port := beginListening(t, p)
	before := footprintOf(t, p)
	starts := []string{"", "\x05", "\x05\xff", "\x04\x01\x00", "CONNECT ", "GET http://x/ HTTP/1.1\r\nA: ", "\x05\x01\x00\x05\x01\x00\x03\xff"}
	var slow []net.Conn
	for i := range 2000 {
		c := connection(t, dial(t, "tcp", port))
		slow = append(slow, c)
		io.WriteString(c, starts[i%len(starts)])
	}
	began := time.Now()
	var wg sync.WaitGroup
	for _, scheme := range []string{"http", "socks5", "socks4a"} {
		wg.Go(func() {
			host, at, _ := strings.Cut(target, ":")
			g := gonc(strings.NewReader("through"), "--proxy", scheme+"://"+loopback4(port), host, at)
			if complete(t, g); g.stdout.String() != "through" {
				t.Errorf("%s: %s", scheme, g)
			}
		})
	}
	wg.Wait()
	during := footprintOf(t, p)
	t.Logf("2,000 slow clients: before %v, after %v: %d KiB each; others took %v", before, during, (during.rss-before.rss)/2000, time.Since(began))
	for _, c := range slow {
		c.Close()
	}
	before.rss = during.rss
	backTo(t, p, before, 8<<10)
}

// Datagrams are relayed for a client of SOCKS 5, by address and by name, in the
// confined program, and only to what it may reach.
func TestProxyServerDatagrams(t *testing.T) {
	target, err := net.ListenPacket("udp", "127.0.0.1:0")
	check(t, err)
	defer target.Close()
	_, there, _ := net.SplitHostPort(target.LocalAddr().String())
	p, port := listening(t, nil, "--proxy-server", "--deny-to", "127.0.0.1:1-2")
	c := connection(t, dial(t, "tcp", port))
	io.WriteString(c, "\x05\x01\x00\x05\x03\x00\x01\x00\x00\x00\x00\x00\x00")
	answer := make([]byte, 12)
	_, err = io.ReadFull(c, answer)
	check(t, err)
	relay := &net.UDPAddr{IP: answer[6:10], Port: int(answer[10])<<8 | int(answer[11])}
	client, err := net.DialUDP("udp", nil, relay)
	check(t, err)
	defer client.Close()
	client.SetDeadline(time.Now().Add(patience))
	at, _ := net.LookupPort("udp", there)
	tail := string([]byte{byte(at >> 8), byte(at)})
	io.WriteString(client, "\x00\x00\x00\x01\x7f\x00\x00\x01\x00\x01denied")
	for _, head := range []string{"\x00\x00\x00\x01\x7f\x00\x00\x01" + tail, "\x00\x00\x00\x03\x09localhost" + tail} {
		io.WriteString(client, head+"question")
		b := make([]byte, 100)
		target.SetDeadline(time.Now().Add(patience))
		n, from, err := target.ReadFrom(b)
		check(t, err)
		if string(b[:n]) != "question" {
			t.Errorf("the target got %q", b[:n])
		}
		target.WriteTo([]byte("answer"), from)
		n, err = client.Read(b)
		check(t, err)
		if want := "\x00\x00\x00\x01\x7f\x00\x00\x01" + tail + "answer"; string(b[:n]) != want {
			t.Errorf("the client got %q, want %q", b[:n], want)
		}
	}
	c.Close()
	await(t, p, `closed: 16 bytes sent, 12 bytes received$`)
}
