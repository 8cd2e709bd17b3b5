//go:build unix

package proxy

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"gonc/conn/addr"
	"gonc/internal/testutil"
)

// startProxy runs a proxy that other people wrote, on a loopback port that is
// free, and returns where it is once it accepts connections. "PORT" in args
// and in config, whose file "CONFIG" in args is, stands for the port.
func startProxy(t *testing.T, config, name string, args ...string) addr.Addr {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		path = "/usr/sbin/" + name
	}
	if _, err := os.Stat(path); err != nil {
		t.Skipf("%s is not installed", name)
	}
	a := addr.Addr{Host: "127.0.0.1", Port: testutil.FreePort(t)}
	file := filepath.Join(t.TempDir(), "config")
	if err := os.WriteFile(file, []byte(strings.ReplaceAll(config, "PORT", a.Port)), 0o644); err != nil {
		t.Fatal(err)
	}
	for i := range args {
		args[i] = strings.NewReplacer("PORT", a.Port, "CONFIG", file).Replace(args[i])
	}
	var said strings.Builder
	cmd := exec.Command(path, args...)
	cmd.Stdout, cmd.Stderr = &said, &said
	cmd.WaitDelay = time.Second
	// Dante forks: the group goes as a whole.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		if cmd.Wait(); t.Failed() {
			t.Log(said.String())
		}
	})
	if !accepts(a) {
		t.Fatalf("%s does not listen", name)
	}
	return a
}

// accepts waits until a server listens at a.
func accepts(a addr.Addr) bool {
	try := time.NewTicker(5 * time.Millisecond)
	defer try.Stop()
	for end := time.Now().Add(testutil.Timeout); time.Now().Before(end); {
		if c, err := net.Dial("tcp", a.String()); err == nil {
			c.Close()
			return true
		}
		<-try.C
	}
	return false
}

// startTarget runs a server that speaks first and then echoes.
func startTarget(t *testing.T, host string) addr.Addr {
	at := testutil.ServeTCP(t, host, func(c *net.TCPConn) {
		io.WriteString(c, "target:")
		io.Copy(c, c)
	})
	return addr.Addr{Host: host, Port: strconv.Itoa(int(at.Port()))}
}

// through connects to target by a chain of proxies, as a Dialer does.
func through(t *testing.T, target addr.Addr, chain ...Proxy) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(t.Context(), testutil.Timeout)
	t.Cleanup(cancel)
	c, err := net.Dial("tcp", chain[0].Address.String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	for i := range chain {
		next := target
		if i+1 < len(chain) {
			next = chain[i+1].Address
		}
		next, err := chain[i].Resolve(ctx, "ip", next, net.DefaultResolver.LookupNetIP)
		if err == nil {
			err = chain[i].Connect(ctx, c, next)
		}
		if err != nil {
			return nil, err
		}
	}
	return c, nil
}

// checkThrough sends and receives over a chain.
func checkThrough(t *testing.T, target addr.Addr, chain ...Proxy) {
	t.Helper()
	c, err := through(t, target, chain...)
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Repeat("0123456789abcdef", 1<<12)
	go io.WriteString(c, text)
	got := make([]byte, len("target:")+len(text))
	if _, err := io.ReadFull(c, got); err != nil || string(got) != "target:"+text {
		t.Fatalf("%v, %.20q", err, got)
	}
}

// checkRefused looks for code, or for a login that is wanted, in the error.
func checkRefused(t *testing.T, target addr.Addr, p Proxy, code int, login bool) {
	t.Helper()
	_, err := through(t, target, p)
	var e *Error
	if !errors.As(err, &e) || e.Code != code || e.Login != login {
		t.Fatalf("%#v, want code %d, login %v", err, code, login)
	}
	t.Log(e)
}

var noLogin = Proxy{}

// asProxy returns the proxy at a, with the login of login.
func asProxy(kind string, a addr.Addr, login Proxy) Proxy {
	return Proxy{Type: kind, Address: a, User: login.User, Password: login.Password}
}

// checkTargets asks for a target by its IPv4 address, its name and its IPv6
// address, as far as kind can carry it.
func checkTargets(t *testing.T, p Proxy) {
	for _, host := range []string{"127.0.0.1", "localhost", "::1"} {
		if host == "::1" && strings.HasPrefix(p.Type, "socks4") {
			continue
		}
		t.Run(p.Type+" "+host, func(t *testing.T) {
			listen := host
			if host == "localhost" {
				listen = "127.0.0.1"
			}
			target := startTarget(t, listen)
			target.Host = host
			checkThrough(t, target, p)
		})
	}
}

func TestMicrosocks(t *testing.T) {
	t.Parallel()
	a := startProxy(t, "", "microsocks", "-i", "127.0.0.1", "-p", "PORT")
	p := asProxy("socks5", a, noLogin)
	checkTargets(t, p)
	checkRefused(t, addr.Addr{Host: "127.0.0.1", Port: testutil.FreePort(t)}, p, 5, false)
	checkRefused(t, addr.Addr{Host: "no-such-name.invalid", Port: "80"}, p, 1, false)
}

func TestMicrosocksLogin(t *testing.T) {
	t.Parallel()
	a := startProxy(t, "", "microsocks", "-i", "127.0.0.1", "-p", "PORT", "-u", "me", "-P", "secret")
	target := startTarget(t, "127.0.0.1")
	checkThrough(t, target, asProxy("socks5", a, Proxy{User: "me", Password: "secret"}))
	checkRefused(t, target, asProxy("socks5", a, noLogin), 0, true)
	checkRefused(t, target, asProxy("socks5", a, Proxy{User: "me", Password: "wrong"}), 0, true)
}

const dante = `
logoutput: stderr
internal: 127.0.0.1 port = PORT
external: lo
clientmethod: none
socksmethod: none
user.privileged: root
user.unprivileged: nobody
client pass { from: 0/0 to: 0/0 }
socks block { from: 0/0 to: 0/0 port = 9 }
socks pass { from: 0/0 to: 0/0 }
`

// TestDante tests SOCKS4, SOCKS4A and SOCKS5 on one port.
func TestDante(t *testing.T) {
	t.Parallel()
	a := startProxy(t, dante, "danted", "-f", "CONFIG")
	for _, kind := range []string{"socks4", "socks4a", "socks5"} {
		p := asProxy(kind, a, noLogin)
		target := startTarget(t, "127.0.0.1")
		checkThrough(t, target, p)
		// Dante 1.4.2 answers 91 to every name in SOCKS4A, curl's too.
		if target.Host = "localhost"; kind != "socks4a" {
			checkThrough(t, target, p)
		}
		refused, blocked := 91, 91
		if kind == "socks5" {
			refused, blocked = 5, 2
		}
		checkRefused(t, addr.Addr{Host: "127.0.0.1", Port: testutil.FreePort(t)}, p, refused, false)
		checkRefused(t, addr.Addr{Host: "127.0.0.1", Port: "9"}, p, blocked, false)
	}
}

const tinyproxy = `
Port PORT
Listen 127.0.0.1
Timeout 60
`

func TestTinyproxy(t *testing.T) {
	t.Parallel()
	a := startProxy(t, tinyproxy, "tinyproxy", "-d", "-c", "CONFIG")
	p := asProxy("http", a, noLogin)
	checkTargets(t, p)
	checkRefused(t, addr.Addr{Host: "127.0.0.1", Port: testutil.FreePort(t)}, p, 500, false)
}

func TestTinyproxyLogin(t *testing.T) {
	t.Parallel()
	a := startProxy(t, tinyproxy+"BasicAuth me secret\n", "tinyproxy", "-d", "-c", "CONFIG")
	target := startTarget(t, "127.0.0.1")
	checkThrough(t, target, asProxy("http", a, Proxy{User: "me", Password: "secret"}))
	checkRefused(t, target, asProxy("http", a, noLogin), 407, true)
	checkRefused(t, target, asProxy("http", a, Proxy{User: "me", Password: "wrong"}), 401, true)
}

func TestNcatProxy(t *testing.T) {
	t.Parallel()
	a := startProxy(t, "", "ncat", "-l", "--proxy-type", "http", "127.0.0.1", "PORT")
	p := asProxy("http", a, noLogin)
	checkTargets(t, p)
	checkRefused(t, addr.Addr{Host: "127.0.0.1", Port: testutil.FreePort(t)}, p, 504, false)
}

func TestNcatProxyLogin(t *testing.T) {
	t.Parallel()
	a := startProxy(t, "", "ncat", "-l", "--proxy-type", "http", "--proxy-auth", "me:secret", "127.0.0.1", "PORT")
	target := startTarget(t, "127.0.0.1")
	checkThrough(t, target, asProxy("http", a, Proxy{User: "me", Password: "secret"}))
	checkRefused(t, target, asProxy("http", a, noLogin), 407, true)
	checkRefused(t, target, asProxy("http", a, Proxy{User: "me", Password: "wrong"}), 407, true)
}

// TestProxyChain goes through three proxies of three kinds.
func TestProxyChain(t *testing.T) {
	t.Parallel()
	chain := []Proxy{
		asProxy("socks5", startProxy(t, "", "microsocks", "-i", "127.0.0.1", "-p", "PORT"), noLogin),
		asProxy("http", startProxy(t, tinyproxy, "tinyproxy", "-d", "-c", "CONFIG"), noLogin),
		asProxy("socks4a", startProxy(t, dante, "danted", "-f", "CONFIG"), noLogin),
	}
	target := startTarget(t, "127.0.0.1")
	checkThrough(t, target, chain...)
	chain[1].Address.Port = testutil.FreePort(t)
	_, err := through(t, target, chain...)
	want := fmt.Sprintf("proxy %s (socks5) did not connect to %s: connection refused", chain[0].Address, chain[1].Address)
	if err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}

// TestProxyMistaken asks proxies in another's protocol: they may answer,
// close or, which a limit of time ends, wait for more.
func TestProxyMistaken(t *testing.T) {
	t.Parallel()
	a := startProxy(t, tinyproxy, "tinyproxy", "-d", "-c", "CONFIG")
	for _, kind := range []string{"socks4", "socks5"} {
		c, err := net.Dial("tcp", a.String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		defer cancel()
		p := asProxy(kind, a, noLogin)
		err = p.Connect(ctx, c, addr.Addr{Host: "127.0.0.1", Port: "80"})
		var e *Error
		if !errors.As(err, &e) {
			t.Error(err)
		}
		t.Log(err)
	}
}
