package record

import (
	"encoding/hex"
	"testing"
)

// TestBlake2bRFC tests the example of RFC 7693 appendix A.
func TestBlake2bRFC(t *testing.T) {
	const want = "ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d1" +
		"7d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923"
	d := newBlake2b()
	d.Write([]byte("abc"))
	if got := hex.EncodeToString(d.Sum(nil)); got != want {
		t.Errorf("BLAKE2b(abc) = %s, want %s", got, want)
	}
}

func BenchmarkBlake2b(b *testing.B) {
	d := newBlake2b()
	p := make([]byte, 64<<10)
	b.SetBytes(int64(len(p)))
	for b.Loop() {
		d.Write(p)
	}
}
