package relay

import (
	"crypto/tls"
	"io"
	"strings"
	"testing"
	"time"

	"gonc/internal/testutil"
	"gonc/relay/tcpinfo"
)

// A TLS server that closes altogether after its answer refuses the close_notify
// of its client. Nothing is lost by that.
func TestCloseNotifyRefused(t *testing.T) {
	testutil.CheckLeaks(t)
	for range 20 {
		a, b := connected(t, "tcp")
		served := make(chan error, 1)
		go func() {
			server := tls.Server(b, &tls.Config{Certificates: []tls.Certificate{testCertificate()}})
			_, err := server.Read(make([]byte, 8))
			io.WriteString(server, "answer")
			server.CloseWrite()
			b.Close()
			served <- err
		}()
		client := tls.Client(a, &tls.Config{InsecureSkipVerify: true})
		var out strings.Builder
		// Local has its EOF when the server has closed.
		r, w := io.Pipe()
		go func() {
			io.WriteString(w, "question")
			<-served
			for end := time.Now().Add(testutil.Timeout); !tcpinfo.PeerHasClosed(a) && time.Now().Before(end); {
				time.Sleep(time.Millisecond)
			}
			w.Close()
		}()
		local, remote := End{R: r, W: &out}, Conn(client)
		_, err := newReferee(&local, &remote, Policy{}).join(t.Context())
		if err != nil || out.String() != "answer" {
			t.Fatalf("%q, %v", out.String(), err)
		}
		a.Close()
	}
}
