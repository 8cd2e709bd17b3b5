//go:build unix

package relay

import (
	"context"
	"io"
	"net"
	"os"
	"sync"
	"testing"

	"gonc/internal/testutil"
)

// benchSize is what one session of BenchmarkPipe moves.
const benchSize = 32 << 20

// BenchmarkPipe moves bulk along every path, a session an operation.
func BenchmarkPipe(b *testing.B) {
	for _, c := range []struct {
		name string
		move func(c benchConn, b *testing.B)
		conn string
	}{
		{"file-tcp", (benchConn).fromFile, "tcp"},
		{"pipe-tcp", (benchConn).fromPipe, "tcp"},
		{"file-unix", (benchConn).fromFile, "unix"},
		{"pipe-unix", (benchConn).fromPipe, "unix"},
		{"tcp-pipe", (benchConn).toPipe, "tcp"},
		{"tcp-file", (benchConn).toFile, "tcp"},
		{"tcp-null", (benchConn).toNull, "tcp"},
		{"unix-pipe", (benchConn).toPipe, "unix"},
		{"unix-file", (benchConn).toFile, "unix"},
		{"unix-null", (benchConn).toNull, "unix"},
	} {
		run := moving(c.conn, c.move)
		b.Run(c.name, func(b *testing.B) {
			if zeroCopy != nil {
				b.Run("zerocopy", run)
			}
			b.Run("plain", func(b *testing.B) { plain(b); run(b) })
		})
	}
}

// moving returns the benchmark of one path.
func moving(network string, move func(benchConn, *testing.B)) func(*testing.B) {
	return func(b *testing.B) {
		b.SetBytes(benchSize)
		b.ReportAllocs()
		sample := sync.OnceValue(func() *os.File { return dataFile(b, benchSize) })
		for b.Loop() {
			b.StopTimer()
			here, there := connected(b, network)
			b.StartTimer()
			move(benchConn{here, there, sample}, b)
			b.StopTimer()
			here.Close()
			there.Close()
			b.StartTimer()
		}
	}
}

type benchConn struct {
	here, there net.Conn
	sample      func() *os.File // of benchSize bytes and some before, in memory
}

// send relays in to the connection, whose other side takes all.
func (c benchConn) send(b *testing.B, in *os.File) {
	c.there.(halfCloser).CloseWrite()
	got := testutil.Background(func() int64 {
		n, _ := io.CopyBuffer(struct{ io.Writer }{io.Discard}, struct{ io.Reader }{c.there}, make([]byte, 256<<10))
		return n
	})
	c.relay(b, files(b, in, nil))
	if n := <-got; n != benchSize {
		b.Fatalf("%d bytes arrived", n)
	}
}

// receive relays what the other side sends to out.
func (c benchConn) receive(b *testing.B, out *os.File) {
	feedBench(c.there)
	if totals := c.relay(b, files(b, nil, out)); totals.Received != benchSize {
		b.Fatalf("%d bytes arrived", totals.Received)
	}
}

func (c benchConn) relay(b *testing.B, local End) Totals {
	totals, err := Pipe(context.Background(), local, Conn(c.here), Policy{})
	if err != nil {
		b.Fatal(err)
	}
	return totals
}

func (c benchConn) fromFile(b *testing.B) {
	f := c.sample()
	must(f.Seek(-benchSize, io.SeekEnd))
	c.send(b, f)
}

func (c benchConn) fromPipe(b *testing.B) {
	in, w := stdinPipe(b)
	feedBench(w)
	c.send(b, in)
	in.Close()
}

func (c benchConn) toFile(b *testing.B) {
	f := tempFile(b, 0)
	c.receive(b, f)
	os.Remove(f.Name())
	f.Close()
}

func (c benchConn) toNull(b *testing.B) {
	f := stdoutNull(b)
	c.receive(b, f)
	f.Close()
}

func (c benchConn) toPipe(b *testing.B) {
	r, out := stdoutPipe(b)
	go io.CopyBuffer(struct{ io.Writer }{io.Discard}, struct{ io.Reader }{r}, make([]byte, 256<<10))
	c.receive(b, out)
	out.Close()
}

// feedBench writes benchSize bytes to w and closes it.
func feedBench(w io.WriteCloser) {
	go func() {
		piece := block[:1<<20]
		for range benchSize / len(piece) {
			w.Write(piece)
		}
		w.Close()
	}()
}

// BenchmarkRoundTrip sends a byte from standard input to an echo, and waits
// for it at standard output.
func BenchmarkRoundTrip(b *testing.B) {
	for _, network := range []string{"tcp", "unix"} {
		b.Run(network, func(b *testing.B) {
			here, there := connected(b, network)
			in, w := stdinPipe(b)
			r, out := stdoutPipe(b)
			relay := piping(context.Background(), files(b, in, out), Conn(here), Policy{})
			go func() {
				io.CopyBuffer(struct{ io.Writer }{there}, struct{ io.Reader }{there}, make([]byte, 16))
				there.Close()
			}()
			var c [1]byte
			b.ReportAllocs()
			for b.Loop() {
				w.Write(c[:])
				r.Read(c[:])
			}
			w.Close()
			testutil.Await(b, relay, "the relay")
		})
	}
}

// BenchmarkSession measures a short session, the connecting included: a question of
// 100 bytes and an answer.
func BenchmarkSession(b *testing.B) {
	ln := listen(b, "tcp")
	defer ln.Close()
	text := bytesOf(100)
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			go func() {
				io.Copy(io.Discard, struct{ io.Reader }{c})
				c.Write(text)
				c.Close()
			}()
		}
	}()
	b.ReportAllocs()
	for b.Loop() {
		here, err := net.Dial("tcp", ln.Addr().String())
		if err != nil {
			b.Fatal(err)
		}
		s := &Stdio{Local: End{R: dataOf(100), W: io.Discard}}
		if err := s.Serve(context.Background(), here); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkReply measures the same with a canned reply at the other side.
func BenchmarkReply(b *testing.B) {
	ln := listen(b, "tcp")
	defer ln.Close()
	r := &Reply{Text: bytesOf(100), Local: End{W: io.Discard}}
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			go r.Serve(context.Background(), c)
		}
	}()
	question := bytesOf(100)
	b.ReportAllocs()
	for b.Loop() {
		c, err := net.Dial("tcp", ln.Addr().String())
		if err != nil {
			b.Fatal(err)
		}
		c.Write(question)
		if n, err := io.Copy(io.Discard, struct{ io.Reader }{c}); n != 100 || err != nil {
			b.Fatal(n, err)
		}
		c.Close()
	}
}

// BenchmarkFanout gives one standard input to several connections.
func BenchmarkFanout(b *testing.B) {
	const members, size = 4, 1 << 20
	b.SetBytes(members * size)
	b.ReportAllocs()
	for b.Loop() {
		h := &Fanout{Local: End{R: dataOf(size)}}
		var ends []<-chan error
		for range members {
			here, there := connected(b, "tcp")
			there.(halfCloser).CloseWrite()
			go func() { io.Copy(io.Discard, struct{ io.Reader }{there}); there.Close() }()
			ends = append(ends, serving(context.Background(), h.Serve, here))
		}
		for _, ended := range ends {
			if err := testutil.Await(b, ended, "a session"); err != nil {
				b.Fatal(err)
			}
		}
		h.Close()
	}
}
