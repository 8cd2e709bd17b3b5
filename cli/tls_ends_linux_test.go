package cli

import (
	"bytes"
	"crypto/sha256"
	"crypto/tls"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gonc/internal/testutil"
)

// A tlsPeer is a peer that listens with TLS, for one client of ours.
type tlsPeer struct {
	dir, port string
	ln        net.Listener
}

func newTLSPeer(t *testing.T) *tlsPeer {
	t.Helper()
	s := &tlsPeer{dir: tlsFiles(t)}
	pair, err := tls.LoadX509KeyPair(filepath.Join(s.dir, "server.pem"), filepath.Join(s.dir, "server.key"))
	check(t, err)
	s.ln, err = tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{pair}})
	check(t, err)
	t.Cleanup(func() { s.ln.Close() })
	_, s.port, _ = net.SplitHostPort(s.ln.Addr().String())
	return s
}

// client returns a client of ours that connects to s.
func (s *tlsPeer) client(stdin io.Reader, how ...string) *process {
	return gonc(stdin, append(how, "--ssl-trustfile", filepath.Join(s.dir, "ca.pem"), "127.0.0.1", s.port)...)
}

// accept returns the connection, after the handshake.
func (s *tlsPeer) accept(t *testing.T) *tls.Conn {
	t.Helper()
	c, err := s.ln.Accept()
	check(t, err)
	t.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(patience))
	check(t, c.(*tls.Conn).Handshake())
	return c.(*tls.Conn)
}

// What is promised about bytes on their way holds below TLS as well: the peer
// talks while it reads slowly, and gets everything.
func TestTLSUploadToAPeerThatTalks(t *testing.T) {
	skipShort(t)
	want := payload(5 << 20)
	for _, how := range [][]string{nil, {"--send-only"}, {"-q", "0"}, {"-q", "5"}} {
		t.Run(strings.Join(how, " "), func(t *testing.T) {
			s := newTLSPeer(t)
			client := begin(t, s.client(fileWith(t, want), how...))
			got, err := talkBack(s.accept(t))
			check(t, err)
			wantStatus(t, client, "0")
			wantSame(t, "received", got, want)
		})
	}
}

// Bytes that the peer does not take show in the status.
func TestTLSUploadThatIsNotTaken(t *testing.T) {
	s := newTLSPeer(t)
	client := begin(t, s.client(fileWith(t, payload(20<<20)), "-w", "300ms"))
	s.accept(t)
	wantStatus(t, client, "1")
	wantSaid(t, client, "could not be delivered")
}

// What came before the end is written, whatever end it is.
func TestTLSEnds(t *testing.T) {
	want := payload(60000)
	for _, tt := range []struct {
		name   string
		end    func(*tls.Conn)
		status string
		says   string
	}{
		{"close_notify", func(c *tls.Conn) { c.Close() }, "0", ""},
		{"no close_notify", func(c *tls.Conn) { c.NetConn().Close() }, "1", "it ended without close_notify"},
		{"reset", func(c *tls.Conn) { c.NetConn().(*net.TCPConn).SetLinger(0); c.NetConn().Close() }, "1", "Connection reset by peer"},
		{"garbage", func(c *tls.Conn) {
			c.NetConn().Write([]byte("\x17\x03\x03\x00\x201234567890123456789012345678901234567890"))
		}, "1", "bad record MAC"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newTLSPeer(t)
			client := s.client(nil)
			idlePipe(t, client)
			begin(t, client)
			c := s.accept(t)
			c.Write(want)
			awaitLength(t, client, len(want))
			tt.end(c)
			wantStatus(t, client, tt.status)
			wantPrinted(t, client, want)
			if text := client.stderr.String(); !strings.Contains(text, tt.says) || tt.says == "" && text != "" {
				t.Errorf("it printed %q", text)
			}
		})
	}
}

// A reset amid an upload is a failure.
func TestTLSResetInTheMiddle(t *testing.T) {
	s := newTLSPeer(t)
	client := begin(t, s.client(fileWith(t, payload(20<<20))))
	c := s.accept(t)
	io.ReadFull(c, make([]byte, 1<<20))
	c.NetConn().(*net.TCPConn).SetLinger(0)
	c.NetConn().Close()
	wantStatus(t, client, "1")
}

// Either side may end its direction first.
func TestTLSHalfClose(t *testing.T) {
	want := payload(3 << 20)
	t.Run("client first", func(t *testing.T) {
		s := newTLSPeer(t)
		client := begin(t, s.client(strings.NewReader("request"), "-N"))
		c := s.accept(t)
		got, err := io.ReadAll(c)
		if string(got) != "request" || err != nil {
			t.Fatalf("%q, %v", got, err)
		}
		c.Write(want)
		c.Close()
		wantStatus(t, client, "0")
		wantPrinted(t, client, want)
	})
	t.Run("server first", func(t *testing.T) {
		s := newTLSPeer(t)
		client := s.client(nil)
		idlePipe(t, client)
		begin(t, client)
		c := s.accept(t)
		client.stdin.Write([]byte("begin"))
		io.ReadFull(c, make([]byte, 5))
		c.Write([]byte("go on"))
		check(t, c.CloseWrite())
		awaitPrinted(t, client, "go on")
		go func() { client.stdin.Write(want); client.stdin.Close() }()
		got, err := io.ReadAll(c)
		check(t, err)
		wantSame(t, "received", got, want)
		wantStatus(t, client, "0")
	})
}

// Standard output that is full ends client and listener with status 2.
func TestTLSStdoutFull(t *testing.T) {
	s := newTLSPeer(t)
	client := s.client(nil)
	idlePipe(t, client)
	client.cmd.Stdout = open(t, "/dev/full", os.O_WRONLY)
	begin(t, client)
	s.accept(t).Write([]byte("data"))
	wantStatus(t, client, "2")
	wantSaid(t, client, "standard output could not be written")
}

// TestTLSBulk tests the size of real transfers, both ways at once.
func TestTLSBulk(t *testing.T) {
	n := 200 << 20
	if testing.Short() || testutil.RaceEnabled {
		n = 10 << 20
	}
	up, down := payload(n), payload(n+1)
	server, port := listening(t, fileWith(t, down), "--ssl")
	pin := await(t, server, `gonc: pin (sha256//\S+)`)[1]
	sums := make([][]byte, 2)
	client := gonc(fileWith(t, up), "--ssl-pin", pin, "127.0.0.1", port)
	h := sha256.New()
	client.cmd.Stdout = h
	begin(t, client)
	wantStatus(t, client, "0")
	wantStatus(t, server, "0")
	sums[0] = h.Sum(nil)
	got := sha256.Sum256([]byte(server.stdout.String()))
	sums[1] = got[:]
	for i, want := range [][]byte{down, up} {
		if sum := sha256.Sum256(want); !bytes.Equal(sums[i], sum[:]) {
			t.Errorf("direction %d: other bytes arrived", i)
		}
	}
}
