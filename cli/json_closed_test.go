package cli

import (
	"io"
	"net"
	"path/filepath"
	"testing"

	"gonc/internal/testutil"
)

// With --json each connection that was accepted has its end, whatever is done
// with it, and with how many bytes.
func TestJSONClosed(t *testing.T) {
	t.Parallel()
	nothing := testutil.FreePort(t)
	for name, c := range map[string]struct {
		args []string
		send string
		want string // what closed has
	}{
		"http":         {[]string{"--http"}, "GET / HTTP/1.0\r\n\r\n", `"sent":\d{3},"received":18}`},
		"http refused": {[]string{"--http"}, "nonsense\r\n\r\n", `"sent":\d{3},"received":12}`},
		"http silent":  {[]string{"--http"}, "", `"sent":0,"received":0}`},
		"reply":        {[]string{"-k", "--reply", "ACK!"}, "hello", `"first_byte_ms":[\d.]+,"sent":4,"received":5}`},
		"command":      {[]string{"-k", "-e", filepath.Join(t.TempDir(), "none")}, "x", `"sent":0,"received":0}`},
		"forward":      {[]string{"-k", "--to", loopback4(nothing)}, "x", `"sent":0,"received":0}`},
		"proxy":        {[]string{"--proxy-server"}, "CONNECT " + loopback4(nothing) + " HTTP/1.0\r\n\r\n", `"sent":0,"received":0}`},
		"proxy silent": {[]string{"--proxy-server"}, "", `"sent":0,"received":0}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := begin(t, gonc(nil, append([]string{"--json", "-l", "127.0.0.1", "0"}, c.args...)...))
			port := await(t, server, `"addresses":\["127\.0\.0\.1:(\d+)"\]`)[1]
			client := connection(t, dial(t, "tcp", port))
			io.WriteString(client, c.send)
			client.(*net.TCPConn).CloseWrite()
			remote := await(t, server, `"event":"accepted".*"remote":"(127\.0\.0\.1:\d+)"}`)[1]
			io.Copy(io.Discard, client)
			await(t, server, `"event":"closed","protocol":"tcp","remote":"`+remote+`","duration_ms":[\d.]+,.*`+c.want+`$`)
		})
	}
}
