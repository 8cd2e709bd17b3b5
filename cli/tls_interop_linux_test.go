package cli

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gonc/internal/testutil"
)

// A tlsTool is another program that speaks TLS. In its arguments {PORT} is a
// port of loopback, {CERT} a certificate, {KEY} its key, {BOTH} both of them and
// {CA} what has signed the certificate.
type tlsTool struct {
	name            string
	listen, connect []string

	// cuts says that it ends without close_notify, which is a failure to us.
	cuts bool
	// sendsOnlyFrom is "" where it can send from either role, or the role in
	// which it does that and ends.
	sendsOnlyFrom string
}

var tlsTools = []tlsTool{
	{
		name:    "openssl",
		listen:  []string{"s_server", "-accept", "127.0.0.1:{PORT}", "-cert", "{CERT}", "-cert_chain", "{CERT}", "-key", "{KEY}", "-quiet", "-naccept", "1"},
		connect: []string{"s_client", "-connect", "127.0.0.1:{PORT}", "-servername", "localhost", "-CAfile", "{CA}", "-verify_return_error", "-quiet", "-no_ign_eof", "-nocommands"},
		// s_server does not notice the end of its standard input.
		sendsOnlyFrom: "connects",
	}, {
		name:    "ncat",
		listen:  []string{"-l", "--ssl", "--ssl-cert", "{CERT}", "--ssl-key", "{KEY}", "127.0.0.1", "{PORT}"},
		connect: []string{"--ssl", "--ssl-trustfile", "{CA}", "localhost", "{PORT}"},
		cuts:    true,
	}, {
		name:    "socat",
		listen:  []string{"STDIO", "OPENSSL-LISTEN:{PORT},bind=127.0.0.1,cert={BOTH},verify=0"},
		connect: []string{"STDIO", "OPENSSL:localhost:{PORT},pf=ip4,cafile={CA}"},
	}, {
		name:    "python3",
		listen:  []string{"testdata/tlscat.py", "listen", "{PORT}", "{BOTH}"},
		connect: []string{"testdata/tlscat.py", "connect", "{PORT}", "{CA}"},
	},
}

// process returns the tool with its arguments filled in; kind names the certificate.
func (o tlsTool) process(args []string, dir, kind, port string, stdin io.Reader) *process {
	at := func(name string) string { return filepath.Join(dir, name) }
	fill := strings.NewReplacer("{PORT}", port, "{CERT}", at(kind+".pem"), "{KEY}", at(kind+".key"), "{BOTH}", at(kind+".both"), "{CA}", at("ca.pem"))
	var filled []string
	for _, a := range args {
		filled = append(filled, fill.Replace(a))
	}
	p := newProcess(o.name, filled...)
	p.cmd.Stdin = stdin
	p.cmd.Env = append(os.Environ(), "OPENSSL_CONF=/dev/null")
	return p
}

// TestTLSWithOtherTools moves data over TLS to and from other programs, in
// both roles, with certificates of all kinds and both versions. A program that
// only receives has an idle pipe for its standard input: the end of that would
// end some of them.
func TestTLSWithOtherTools(t *testing.T) {
	skipShort(t)
	dir := tlsFiles(t)
	data := payload(3 << 20)
	for _, o := range tlsTools {
		for _, kind := range []string{"server", "rsa", "ed25519"} {
			for _, version := range []string{"1.2", "1.3"} {
				t.Run(o.name+" "+kind+" "+version, func(t *testing.T) {
					t.Parallel()
					need(t, o.name)
					c := tlsCase{o, dir, kind, version, data}
					t.Run("receives and listens", c.receivesAndListens)
					t.Run("receives and connects", c.receivesAndConnects)
					if c.tool.sendsOnlyFrom != "connects" { // else it does not end
						t.Run("sends and listens", c.sendsAndListens)
					}
					t.Run("sends and connects", c.sendsAndConnects)
				})
			}
		}
	}
}

type tlsCase struct {
	tool               tlsTool
	dir, kind, version string
	data               []byte
}

// client returns our client.
func (c tlsCase) client(stdin io.Reader, port string) *process {
	return gonc(stdin, "-v", "--ssl-trustfile", filepath.Join(c.dir, "ca.pem"), "--ssl-servername", "localhost", "--ssl-max", c.version, "127.0.0.1", port)
}

// listening begins our listener.
func (c tlsCase) listening(t *testing.T, stdin io.Reader) (we *process, port string) {
	t.Helper()
	we = gonc(stdin, "-v", "-l", "--ssl-cert", filepath.Join(c.dir, c.kind+".both"), "--ssl-max", c.version, "127.0.0.1", "0")
	if stdin == nil {
		idlePipe(t, we)
	}
	port = beginListening(t, we)
	return we, port
}

func (c tlsCase) receivesAndListens(t *testing.T) {
	port := testutil.FreePort(t)
	they := c.tool.process(c.tool.listen, c.dir, c.kind, port, nil)
	if c.tool.name == "python3" {
		they.cmd.Stdin = nil
	} else {
		idlePipe(t, they)
	}
	begin(t, they)
	bound(t, "tcp", port)
	we := complete(t, c.client(fileWith(t, c.data), port))
	wantEnd(t, they)
	wantPrinted(t, they, c.data)
	if !c.tool.cuts {
		wantStatus(t, we, "0")
	}
	wantSaid(t, we, "gonc: TLS "+c.version+", ")
}

func (c tlsCase) receivesAndConnects(t *testing.T) {
	we, port := c.listening(t, fileWith(t, c.data))
	they := c.tool.process(c.tool.connect, c.dir, c.kind, port, nil)
	if c.tool.name != "python3" && c.tool.name != "ncat" {
		idlePipe(t, they)
	}
	begin(t, they)
	wantEnd(t, they)
	wantPrinted(t, they, c.data)
	wantEnd(t, we)
	if !c.tool.cuts {
		wantStatus(t, we, "0")
	}
}

func (c tlsCase) sendsAndListens(t *testing.T) {
	port := testutil.FreePort(t)
	they := begin(t, c.tool.process(c.tool.listen, c.dir, c.kind, port, fileWith(t, c.data)))
	bound(t, "tcp", port)
	client := c.client(nil, port)
	idlePipe(t, client)
	c.received(t, complete(t, client))
	wantEnd(t, they)
}

func (c tlsCase) sendsAndConnects(t *testing.T) {
	we, port := c.listening(t, nil)
	they := begin(t, c.tool.process(c.tool.connect, c.dir, c.kind, port, fileWith(t, c.data)))
	wantEnd(t, we)
	c.received(t, we)
	wantEnd(t, they)
}

// received checks what we received and the status.
func (c tlsCase) received(t *testing.T, we *process) {
	t.Helper()
	wantPrinted(t, we, c.data)
	if c.tool.cuts {
		wantStatus(t, we, "1")
		wantSaid(t, we, "without close_notify")
		return
	}
	wantStatus(t, we, "0")
}

// curl and Chromium fetch the test page.
func TestTLSPage(t *testing.T) {
	dir := tlsFiles(t)
	server, port := listening(t, nil, "--http", "--ssl-cert", filepath.Join(dir, "server.both"))
	pin := await(t, server, `gonc: pin (sha256//\S+)`)[1]
	url := "https://127.0.0.1:" + port + "/"
	t.Run("curl", func(t *testing.T) {
		need(t, "curl")
		for _, args := range [][]string{{"--cacert", filepath.Join(dir, "ca.pem")}, {"-k", "--pinnedpubkey", pin},
			{"--cacert", filepath.Join(dir, "ca.pem"), "--tls-max", "1.2", "--http1.0"}} {
			p := complete(t, newProcess("curl", append([]string{"-sS", "--noproxy", "*", url}, args...)...))
			wantStatus(t, p, "0")
			if got := p.stdout.String(); !strings.Contains(got, pageText) {
				t.Errorf("curl %v: %q", args, got)
			}
		}
		p := complete(t, newProcess("curl", "-sS", "--noproxy", "*", url))
		wantStatus(t, p, "60") // it does not trust the certificate
	})
	t.Run("chromium", func(t *testing.T) {
		skipShort(t)
		need(t, "chromium")
		if dom := browseURL(t, url, "--ignore-certificate-errors", "--dump-dom").stdout.String(); !strings.Contains(dom, pageText) {
			t.Errorf("the document is %q", dom)
		}
	})
}
