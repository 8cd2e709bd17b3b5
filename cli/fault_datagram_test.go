//go:build linux

package cli

import (
	"strings"
	"testing"
	"time"
)

// OpenBSD nc cuts datagrams at 16,384 bytes, traditional and
// socat at 8,192. An empty one ends most of them.
func TestDatagrams(t *testing.T) {
	sizes := []int{0, 60000, 0, 1, 65507, 0, 9000}
	t.Run("to a client", func(t *testing.T) {
		p := accept(t, "udp")
		client := gonc(strings.NewReader("x"), "-u", "127.0.0.1", p.port())
		begin(t, client)
		check(t, p.recv([]byte("x")))
		want := sendDatagrams(t, p, sizes)
		wantStatus(t, client, "0")
		wantPrinted(t, client, want)
	})
	for _, how := range [][]string{nil, {"-k"}} {
		t.Run("to a listener "+strings.Join(how, " "), func(t *testing.T) {
			server, port := listening(t, nil, append(how, "-u")...)
			want := sendDatagrams(t, dial(t, "udp", port), sizes)
			awaitLength(t, server, len(want))
			wantPrinted(t, server, want)
		})
	}
	t.Run("from a client", func(t *testing.T) {
		p := accept(t, "udp")
		want := payload(60000 + 65507)
		client := begin(t, gonc(fileWith(t, want), "-u", "127.0.0.1", p.port()))
		check(t, p.recv(want[:65507]))
		check(t, p.recv(want[65507:]))
		wantStatus(t, client, "0")
	})
	t.Run("from a listener", func(t *testing.T) {
		want := payload(60000)
		_, port := listening(t, fileWith(t, want), "-u")
		p := dial(t, "udp", port)
		check(t, p.send(nil))
		check(t, p.recv(want))
		check(t, p.silent(100*time.Millisecond))
	})
}

func sendDatagrams(t *testing.T, p *peer, sizes []int) (all []byte) {
	t.Helper()
	for _, n := range sizes {
		check(t, p.send(payload(n)))
		all = append(all, payload(n)...)
	}
	return all
}
