package record

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"os/exec"
	"strings"
	"testing"
)

// TestSumsAreThoseOfCoreutils compares with sha256sum, sha512sum and b2sum,
// for lengths around every block size and pieces of every size.
func TestSumsAreThoseOfCoreutils(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for _, name := range []string{"sha256", "sha512", "blake2b"} {
		tool := strings.Replace(name, "blake2b", "b2", 1) + "sum"
		if _, err := exec.LookPath(tool); err != nil {
			t.Skip(err)
		}
		newHash, err := ParseHash(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, size := range []int{0, 1, 63, 64, 65, 127, 128, 129, 255, 256, 257, 100_003} {
			data := make([]byte, size)
			for i := range data {
				data[i] = byte(random.Uint32())
			}
			cmd := exec.Command(tool)
			cmd.Stdin = bytes.NewReader(data)
			want, err := cmd.Output()
			if err != nil {
				t.Fatal(err)
			}
			received, sent := newHash(), newHash()
			r := HashReader(bytes.NewReader(data), received)
			w := HashWriter(io.Discard, sent)
			for rest := make([]byte, 1000); ; {
				n, err := r.Read(rest[:1+random.IntN(len(rest))])
				w.Write(rest[:n])
				if err != nil {
					break
				}
			}
			for _, h := range []string{SumLine(received), SumLine(sent)} {
				if h+"\n" != string(want) {
					t.Errorf("%s of %d bytes: %s, want %s", name, size, h, want)
				}
			}
		}
	}
}

// TestHashOfWhatWasTaken: what a writer refused is not in the digest.
func TestHashOfWhatWasTaken(t *testing.T) {
	newHash, _ := ParseHash("sha256")
	got, want := newHash(), newHash()
	w := HashWriter(threeBytes{}, got)
	w.Write([]byte("abcdef"))
	want.Write([]byte("abc"))
	if SumLine(got) != SumLine(want) {
		t.Error("the digest is not that of the three bytes that were taken")
	}
}

// threeBytes takes three bytes and fails.
type threeBytes struct{}

func (threeBytes) Write(p []byte) (int, error) { return 3, io.ErrShortWrite }

func TestUnknownHash(t *testing.T) {
	for _, name := range []string{"", "md5", "SHA256", "sha256 "} {
		var unknown *HashError
		if _, err := ParseHash(name); !errors.As(err, &unknown) || unknown.Name != name {
			t.Errorf("ParseHash(%q): %v", name, err)
		}
	}
}
