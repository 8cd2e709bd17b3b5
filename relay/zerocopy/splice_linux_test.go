package zerocopy

import (
	"bytes"
	"io"
	"net"
	"os"
	"path/filepath"
	"testing"

	"gonc/internal/testutil"

	"golang.org/x/sys/unix"
)

func newPipe(t *testing.T) *os.File {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close(); w.Close() })
	return r
}

func mustPipe(t *testing.T, src *fd) *splicePipe {
	t.Helper()
	p, err := newSplicePipe(src, &fd{num: -1})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// A plainFlow keeps what is written plainly, and counts what is written.
type plainFlow struct {
	bytes.Buffer
	written int64
}

func (*plainFlow) Stopped() bool         { return false }
func (*plainFlow) NoteRead()             {}
func (*plainFlow) SetWriting(bool)       {}
func (f *plainFlow) NoteWritten(n int64) { f.written += n }

func (f *plainFlow) WriteAll(b []byte) error {
	f.written += int64(len(b))
	_, err := f.Write(b)
	return err
}

// Where there is no pipe to be had, a file is sent over TCP all the same.
func TestNoSplicePipe(t *testing.T) {
	noSplicePipe = true
	defer func() { noSplicePipe = false }()
	name := filepath.Join(t.TempDir(), "f")
	data := bytes.Repeat([]byte("0123456789"), 1<<18)
	if err := os.WriteFile(name, data, 0o600); err != nil {
		t.Fatal(err)
	}
	file, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	got := testutil.Background(func() []byte {
		c, err := ln.Accept()
		if err != nil {
			return nil
		}
		defer c.Close()
		b, _ := io.ReadAll(c)
		return b
	})
	c, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	f := &plainFlow{}
	handled, left, rerr, werr := Copy(f, file, c, make([]byte, 64<<10))
	c.Close()
	if !handled || left != 0 || rerr != nil || werr != nil || f.written != int64(len(data)) || f.Len() > 0 {
		t.Errorf("handled %v, %d left, %v, %v; %d bytes written, %d of them plainly", handled, left, rerr, werr, f.written, f.Len())
	}
	if b := testutil.Await(t, got, "the peer"); !bytes.Equal(b, data) {
		t.Errorf("the peer got %d bytes", len(b))
	}
}

// What a splicePipe holds can be read plainly.
func TestDrainPlain(t *testing.T) {
	testutil.CheckLeaks(t)
	p := mustPipe(t, &fd{num: -1})
	defer p.close()
	const n = 50_000
	data := bytes.Repeat([]byte("0123456789"), n/10)
	if k, err := unix.Write(p.w, data); k != n {
		t.Fatal(k, err)
	}
	got := &plainFlow{}
	s := splicer{Flow: got, buf: make([]byte, 64<<10)}
	if err := s.drainPlain(p, n); err != nil || !bytes.Equal(got.Bytes(), data) || got.written != n {
		t.Errorf("got %d bytes, %v", got.Len(), err)
	}
}

// The pipes of the caller are left alone where little is moved, and ours is large.
func TestPipeSizes(t *testing.T) {
	testutil.CheckLeaks(t)
	r := newPipe(t)
	d := inspect(r)
	before := pipeCapacity(d.num)
	var e enlargement
	e.note(enlargeAfter-1, &d)
	if got := pipeCapacity(d.num); got != before {
		t.Errorf("the caller's pipe holds %d bytes, held %d", got, before)
	}
	for _, c := range []struct {
		src  *fd
		want int
	}{{&d, callerPipeSize}, {&fd{num: -1}, pipeSize}} {
		p := mustPipe(t, c.src)
		if got := pipeCapacity(p.w); got != c.want {
			t.Errorf("our pipe holds %d bytes, want %d", got, c.want)
		}
		p.close()
	}
}

// A pipe that got its size from another program meanwhile keeps it.
func TestPipeOfAnotherSize(t *testing.T) {
	r := newPipe(t)
	d := inspect(r)
	var e enlargement
	e.note(enlargeAfter, &d)
	if got := pipeCapacity(d.num); got != callerPipeSize {
		t.Fatalf("the pipe holds %d bytes", got)
	}
	enlarge(d.num, 2*callerPipeSize)
	e.giveBack()
	if got := pipeCapacity(d.num); got != 2*callerPipeSize {
		t.Errorf("the pipe holds %d bytes", got)
	}
}
