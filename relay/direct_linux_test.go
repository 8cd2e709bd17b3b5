package relay

import (
	"context"
	"errors"
	"io"
	"syscall"
	"testing"
	"time"
)

// A conversation of many small pieces, both ways, to its end.
func TestDirectTalk(t *testing.T) {
	for _, network := range []string{"tcp", "unix"} {
		t.Run(network, func(t *testing.T) {
			checkLeaks(t)
			here, there := connected(t, network)
			in, w := stdinPipe(t)
			r, out := stdoutPipe(t)
			relay := piping(context.Background(), files(t, in, out), Conn(here), Policy{})
			go func() {
				io.CopyBuffer(struct{ io.Writer }{there}, struct{ io.Reader }{there}, make([]byte, 100))
				there.Close()
			}()
			const rounds = 10 * manyReads
			b := make([]byte, 10)
			for i := range byte(rounds) {
				must(w.Write([]byte{i, i, i}))
				if n, err := io.ReadFull(r, b[:3]); err != nil || b[0] != i || b[2] != i {
					t.Fatalf("round %d: %v, %v", i, b[:n], err)
				}
			}
			w.Close()
			if n, err := r.Read(b); n > 0 || err != io.EOF {
				t.Errorf("at the end: %d bytes, %v", n, err)
			}
			expectTotals(t, await(t, relay, "the relay"), 3*rounds, 3*rounds)
		})
	}
}

// What a direct says of an end, a reset, a deadline, and how it writes more
// than there is room for.
func TestDirect(t *testing.T) {
	checkLeaks(t)
	here, there := tcpPair(t)
	r, w := directReader(here), directWriter(here)
	if _, ok := r.(*direct); !ok {
		t.Fatalf("a TCP connection is read by %T", r)
	}
	const n = 8 << 20
	got := inBackground(func() arrival { return must(arrivalOf(io.LimitReader(there, n))) })
	if k, err := w.Write(bytesOf(n)); k != n || err != nil {
		t.Errorf("wrote %d, %v", k, err)
	}
	expectData(t, "the peer", await(t, got, "all of it"), n)

	b := make([]byte, 10)
	here.SetDeadline(time.Now().Add(time.Millisecond))
	if k, err := r.Read(b); k != 0 || !interrupted(err) {
		t.Errorf("after the deadline: read %d, %v", k, err)
	}
	if k, err := w.Write(b); k != 0 || !interrupted(err) {
		t.Errorf("after the deadline: wrote %d, %v", k, err)
	}
	here.SetDeadline(time.Now().Add(patience))
	there.CloseWrite()
	if k, err := r.Read(b); k != 0 || err != io.EOF {
		t.Errorf("at the end: read %d, %v", k, err)
	}
	reset(t, there)
	eventually(t, "the reset is seen", func() bool { return gone(here) })
	_, err := w.Write(b)
	expectReset(t, err)
}

// A pipe without a reader is an error of the write.
func TestDirectPipe(t *testing.T) {
	checkLeaks(t)
	r, out := stdoutPipe(t)
	w := directWriter(files(t, nil, out).W)
	if _, ok := w.(*direct); !ok {
		t.Fatalf("a pipe is written by %T", w)
	}
	r.Close()
	if n, err := w.Write(make([]byte, 10)); n != 0 || !errors.Is(err, syscall.EPIPE) {
		t.Errorf("wrote %d, %v", n, err)
	}
}

// What may block, or is no bare descriptor, is left to its own methods.
func TestDirectNot(t *testing.T) {
	checkLeaks(t)
	in, _ := stdioSocket(t)
	polled := files(t, in, nil).R
	file := tempFile(t, 0)
	wrapped := struct{ io.Reader }{file}
	for _, r := range []io.Reader{polled, file, wrapped, stdoutNull(t), dataOf(1)} {
		if got := directReader(r); got != r {
			t.Errorf("%T is read by %T", r, got)
		}
	}
	if w := directWriter(nil); w != nil {
		t.Errorf("nothing is written by %T", w)
	}
}
