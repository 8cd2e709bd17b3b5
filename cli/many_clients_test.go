//go:build linux

package cli

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// manyClients begins a server with a pipe for its standard input and n
// clients that it serves.
func manyClients(t *testing.T, n int) (server *process, clients []*peer) {
	t.Helper()
	server = gonc(nil, "-v", "-l", "-k", "127.0.0.1", "0")
	idlePipe(t, server)
	port := beginListening(t, server)
	for i := range n {
		p := dial(t, "tcp", port)
		check(t, p.send([]byte("x"))) // it is served once this shows
		awaitLength(t, server, i+1)
		clients = append(clients, p)
	}
	return server, clients
}

// Clients that all read what comes get all of it, however the processor is
// shared out among what serves them.
func TestFastClientsOfMany(t *testing.T) {
	server, clients := manyClients(t, 3)
	want := payload(32 << 20)
	go func() {
		server.stdin.Write(want)
		server.stdin.Close()
	}()
	var all sync.WaitGroup
	for _, p := range clients {
		c := connection(t, p)
		all.Go(func() {
			got, _ := io.ReadAll(c)
			wantSame(t, "received", got, want)
		})
	}
	all.Wait()
	if text := server.stderr.String(); strings.Contains(text, "behind") {
		t.Errorf("it said %q", text)
	}
}

// A client of ncat -k that does not read stalls all others.
func TestSlowClientOfMany(t *testing.T) {
	server, clients := manyClients(t, 2)
	slow, fast := clients[0], clients[1]
	want := payload(64 << 20)
	go func() {
		server.stdin.Write(want)
		server.stdin.Close()
	}()
	got, err := io.ReadAll(connection(t, fast))
	check(t, err)
	wantSame(t, "the fast one received", got, want)
	await(t, server, `^gonc: connection from 127\.0\.0\.1 \d+: .*1 MiB behind`)
	if n, err := io.Copy(io.Discard, connection(t, slow)); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("the slow one received %d bytes, and then %v: it cannot know that some are missing", n, err)
	}
}

// One client alone is never behind: it gets everything, however slow.
func TestSlowClientAlone(t *testing.T) {
	want := payload(16 << 20)
	_, port := listening(t, fileWith(t, want), "-k")
	c := connection(t, dial(t, "tcp", port))
	time.Sleep(300 * time.Millisecond) // so much later than everything else
	got, err := io.ReadAll(c)
	check(t, err)
	wantSame(t, "received", got, want)
}

// An accept that finds no descriptor free waits for one, without spinning;
// OpenBSD nc ends.
func TestDescriptorsUsedUp(t *testing.T) {
	server := shell(`ulimit -n 24 && exec "$@"`, "-v", "-l", "-k", "127.0.0.1", "0")
	port := beginListening(t, server)
	var peers []*peer
	for i := range 40 {
		p := dial(t, "tcp", port)
		check(t, p.send(fmt.Appendf(nil, "client %d\n", i)))
		peers = append(peers, p)
	}
	await(t, server, "^gonc: cannot accept: Too many open files")
	awaitRest(t, server)
	for i, p := range peers {
		awaitPrinted(t, server, fmt.Sprintf("^client %d$", i))
		p.close()
	}
	server.cmd.Process.Signal(syscall.SIGTERM)
	wantStatus(t, server, "terminated")
}
