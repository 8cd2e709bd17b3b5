package record

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// decodeHex reads a dump back, strictly.
func decodeHex(t *testing.T, dump string) (blocks []block) {
	t.Helper()
	lines := strings.Split(dump, "\n")
	if lines[len(lines)-1] != "" {
		t.Fatalf("the dump does not end with a line: %q", lines[len(lines)-1])
	}
	lines = lines[:len(lines)-1]
	for len(lines) > 0 {
		head := strings.Split(lines[0], " ")
		lines = lines[1:]
		if len(head) != 4 || len(head[0]) != 1 || !strings.Contains("<>", head[0]) {
			t.Fatalf("head %q", head)
		}
		at, err := time.Parse(time.RFC3339Nano, head[1])
		if err != nil {
			t.Fatal(err)
		}
		size, err := strconv.Atoi(head[3])
		if err != nil {
			t.Fatal(err)
		}
		b := block{direction: Direction(head[0][0]), at: at, peer: head[2], data: []byte{}}
		for len(b.data) < size {
			if len(lines) == 0 {
				t.Fatalf("the dump ends after %d of %d bytes", len(b.data), size)
			}
			b.data = append(b.data, decodeLine(t, lines[0], len(b.data))...)
			lines = lines[1:]
		}
		if len(b.data) != size {
			t.Fatalf("%d bytes, the head says %d", len(b.data), size)
		}
		blocks = append(blocks, b)
	}
	return blocks
}

// decodeLine reads one line of hex, whose offset and text must be right too.
func decodeLine(t *testing.T, line string, offset int) []byte {
	t.Helper()
	at, rest, ok := strings.Cut(line, "   ")
	if !ok || at != fmt.Sprintf("%04x", offset) || len(rest) < 51 {
		t.Fatalf("line %q at offset %x", line, offset)
	}
	data, err := hex.DecodeString(strings.ReplaceAll(rest[:50], " ", ""))
	if err != nil {
		t.Fatalf("line %q: %v", line, err)
	}
	text := rest[50:]
	if len(text) != len(data) {
		t.Fatalf("line %q has %d bytes and %d characters", line, len(data), len(text))
	}
	for i, c := range data {
		if printable := c >= ' ' && c <= '~'; printable && text[i] != c || !printable && text[i] != '.' {
			t.Errorf("line %q: byte %#x is shown as %q", line, c, text[i])
		}
	}
	return data
}

// TestHexLine tests what the manual shows.
func TestHexLine(t *testing.T) {
	at := time.Date(2026, 3, 1, 10, 0, 0, 123456789, time.FixedZone("", 3600))
	got := string(appendHex(nil, block{Sent, at, "192.0.2.1:80", []byte("GET / HTTP/1.1\r\n\r\n")}))
	want := "> 2026-03-01T10:00:00.123456+01:00 192.0.2.1:80 18\n" +
		"0000   47 45 54 20 2f 20 48 54  54 50 2f 31 2e 31 0d 0a  GET / HTTP/1.1..\n" +
		"0010   0d 0a                                             ..\n"
	if got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

// TestHexDecodesToWhatWentBy: reads and writes of all sizes, empty datagrams
// and those of 65535 bytes among them.
func TestHexDecodesToWhatWentBy(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	var dump bytes.Buffer
	l := Hex(&dump)
	var want []block
	var from bytes.Buffer
	r, w := l.Reader("[::1]:1", onePiece{&from}), l.Writer("[::1]:1", io.Discard)
	began := time.Now().Truncate(time.Microsecond)
	for i := range 300 {
		data := make([]byte, random.IntN(50))
		if i%50 == 0 {
			data = make([]byte, 65535-i/50)
		}
		for j := range data {
			data[j] = byte(random.Uint32())
		}
		d := Sent
		if random.IntN(2) == 0 {
			d = Received
			from.Write(data)
			r.Read(make([]byte, 65535))
		} else {
			w.Write(data)
		}
		want = append(want, block{d, time.Time{}, "[::1]:1", data})
	}
	got := decodeHex(t, dump.String())
	if len(got) != len(want) {
		t.Fatalf("%d blocks, want %d", len(got), len(want))
	}
	for i := range got {
		if got[i].at.Before(began) || time.Since(got[i].at) < 0 {
			t.Errorf("block %d at %v", i, got[i].at)
		}
		began = got[i].at
		if got[i].direction != want[i].direction || !bytes.Equal(got[i].data, want[i].data) || got[i].peer != want[i].peer {
			t.Fatalf("block %d is %c %q, want %c %q", i, got[i].direction, got[i].data, want[i].direction, want[i].data)
		}
	}
}

// onePiece reads what there is, also nothing, as datagrams do.
type onePiece struct{ b *bytes.Buffer }

func (p onePiece) Read(to []byte) (int, error) {
	n, _ := p.b.Read(to)
	return n, nil
}

// TestAnswerAfterQuestion: what was sent is recorded before the peer can
// answer it.
func TestAnswerAfterQuestion(t *testing.T) {
	var raw bytes.Buffer
	l := Raw(&raw)
	var r io.Reader
	w := l.Writer("", writerFunc(func(p []byte) (int, error) {
		r.Read(make([]byte, 10))
		return len(p), nil
	}))
	r = l.Reader("", strings.NewReader("pong"))
	w.Write([]byte("ping"))
	if raw.String() != "pingpong" {
		t.Errorf("recorded %q", raw.String())
	}
}

type writerFunc func(p []byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

// TestSeveralConnections: blocks of several connections stay whole.
func TestSeveralConnections(t *testing.T) {
	var dump bytes.Buffer
	l := Hex(&dump)
	var all sync.WaitGroup
	for i := range 8 {
		peer := strconv.Itoa(i)
		w := l.Writer(peer, io.Discard)
		all.Go(func() {
			for range 100 {
				w.Write([]byte(strings.Repeat(peer, 40)))
			}
		})
	}
	all.Wait()
	blocks := decodeHex(t, dump.String())
	if len(blocks) != 800 {
		t.Errorf("%d blocks", len(blocks))
	}
	for _, b := range blocks {
		if string(b.data) != strings.Repeat(b.peer, 40) {
			t.Errorf("%q in a block of %s", b.data, b.peer)
		}
	}
}

// TestFullDisk: it is reported once, and everything still passes.
func TestFullDisk(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip(err)
	}
	defer full.Close()
	for _, l := range []*Log{Raw(full), Hex(full)} {
		var reported []error
		l.OnError = func(err error) { reported = append(reported, err) }
		var passed bytes.Buffer
		w := l.Writer("", &passed)
		for range 3 {
			if n, err := w.Write([]byte("abc")); n != 3 || err != nil {
				t.Errorf("Write: %d, %v", n, err)
			}
		}
		got, err := io.ReadAll(l.Reader("", strings.NewReader("def")))
		if string(got) != "def" || err != nil || passed.String() != "abcabcabc" {
			t.Errorf("%q, %v read, %q written", got, err, passed.String())
		}
		var failed *LogError
		if len(reported) != 1 || !errors.As(l.Err(), &failed) || !errors.Is(l.Err(), syscall.ENOSPC) {
			t.Errorf("reported %v, Err is %v", reported, l.Err())
		}
	}
}

// TestCreateAndAppend: one empties the file, the other doesn't, and a new one
// is for its owner only.
func TestCreateAndAppend(t *testing.T) {
	name := filepath.Join(t.TempDir(), "session")
	write := func(open func(string) (*os.File, error), text string) {
		t.Helper()
		f, err := open(name)
		if err != nil {
			t.Fatal(err)
		}
		f.WriteString(text)
		f.Close()
	}
	write(Append, "1")
	write(Append, "2")
	if got, _ := os.ReadFile(name); string(got) != "12" {
		t.Errorf("appended: %q", got)
	}
	if info, err := os.Stat(name); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	write(Create, "3")
	if got, _ := os.ReadFile(name); string(got) != "3" {
		t.Errorf("created: %q", got)
	}
}

// TestTwoRecordsOfOneFile: neither overwrites the other.
func TestTwoRecordsOfOneFile(t *testing.T) {
	name := filepath.Join(t.TempDir(), "session")
	a, err := Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	b, err := Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	a.WriteString("one ")
	b.WriteString("two ")
	a.WriteString("three")
	if got, _ := os.ReadFile(name); string(got) != "one two three" {
		t.Errorf("%q", got)
	}
}
