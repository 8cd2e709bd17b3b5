package filter

import (
	"bytes"
	"io"
	"testing"
)

// The negotiation is taken out and refused, wherever the reads are cut.
func TestTelnet(t *testing.T) {
	for _, c := range []struct{ in, data, refusals string }{
		{"", "", ""},
		{"plain", "plain", ""},
		{"a\xff\xffb", "a\xffb", ""},
		{"a\xff\xfd\x01b", "ab", "\xff\xfc\x01"},
		{"\xff\xfb\x03\xff\xfd\x18a", "a", "\xff\xfe\x03\xff\xfc\x18"},
		{"\xff\xfc\x01\xff\xfe\x01a", "a", ""},
		{"\xff\xfa\x18\x01\xff\xff\xf0\xff\xf0a", "a", ""},
		{"\xff\xf1a\xff", "a", ""},
	} {
		for _, cuts := range [][]byte{nil, {1}, {2, 1}} {
			data, refusals := throughTelnet(t, []byte(c.in), cuts)
			if string(data) != c.data || string(refusals) != c.refusals {
				t.Errorf("%q in pieces of %v: %q, refused with %q", c.in, cuts, data, refusals)
			}
		}
	}
}

// throughTelnet returns what becomes of b, in pieces.
func throughTelnet(t *testing.T, b, cuts []byte) (data, refusals []byte) {
	t.Helper()
	var sent bytes.Buffer
	r := Telnet(&cut{b: b, cuts: cuts}, &sent, nil)
	data, err := io.ReadAll(r)
	r.Finish()
	if err != nil {
		t.Errorf("%q: %v", b, err)
	}
	return data, sent.Bytes()
}

// Where the reads are cut makes no difference, and no demand is left without
// a refusal, unless there are more than may wait.
func FuzzTelnet(f *testing.F) {
	f.Add([]byte("a\xff\xfd\x01b\xff\xff"), []byte{1})
	f.Add([]byte("\xff\xfa\x01\xff\xf0\xff\xfb\x01"), []byte{2, 3})
	f.Fuzz(func(t *testing.T, b, cuts []byte) {
		b = b[:min(len(b), maxRefusals)]
		data, refusals := throughTelnet(t, b, nil)
		cutData, cutRefusals := throughTelnet(t, b, append(bytes.Clone(cuts), 1))
		if !bytes.Equal(data, cutData) || !bytes.Equal(refusals, cutRefusals) {
			t.Errorf("%q gave %q, %q, and in pieces %q, %q", b, data, refusals, cutData, cutRefusals)
		}
		if len(data)+len(refusals) > len(b) || len(refusals)%3 > 0 {
			t.Errorf("%q gave %q, %q", b, data, refusals)
		}
	})
}
