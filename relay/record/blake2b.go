package record

import (
	"encoding/binary"
	"math/bits"
)

// blake2b is BLAKE2b with a digest of 512 bits and no key, RFC 7693. It is
// here because golang.org/x/crypto/blake2b would bring an initialization that
// every start of the program pays for, also those that make no digest.
type blake2b struct {
	h       [8]uint64
	counter [2]uint64 // bytes compressed, low word first
	buf     [blake2bBlock]byte
	n       int // bytes in buf
}

const (
	blake2bBlock = 128
	blake2bSize  = 64
)

// blake2bIV is the initialization vector of RFC 7693 section 2.6.
var blake2bIV = [8]uint64{
	0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1,
	0x510e527fade682d1, 0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179,
}

// blake2bSigma is the message schedule of RFC 7693 section 2.7.
var blake2bSigma = [10][16]byte{
	{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
	{14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3},
	{11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4},
	{7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8},
	{9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13},
	{2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9},
	{12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11},
	{13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10},
	{6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5},
	{10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0},
}

func newBlake2b() *blake2b {
	d := &blake2b{}
	d.Reset()
	return d
}

func (d *blake2b) Size() int      { return blake2bSize }
func (d *blake2b) BlockSize() int { return blake2bBlock }

func (d *blake2b) Reset() {
	*d = blake2b{h: blake2bIV}
	d.h[0] ^= 0x01010000 ^ blake2bSize
}

// Write adds p to the digest. A full block stays in the buffer until more
// comes, since the last block is compressed in its own way.
func (d *blake2b) Write(p []byte) (int, error) {
	written := len(p)
	for len(p) > 0 {
		if d.n == blake2bBlock {
			d.compress(blake2bBlock, 0)
			d.n = 0
		}
		n := copy(d.buf[d.n:], p)
		d.n += n
		p = p[n:]
	}
	return written, nil
}

// Sum appends the digest to b. More may be written after it.
func (d *blake2b) Sum(b []byte) []byte {
	last := *d
	clear(last.buf[last.n:])
	last.compress(uint64(last.n), ^uint64(0))
	for _, word := range last.h {
		b = binary.LittleEndian.AppendUint64(b, word)
	}
	return b
}

// compress is the function F of RFC 7693 section 3.2 on the buffer, which
// holds n bytes. final has all bits set for the last block.
func (d *blake2b) compress(n, final uint64) {
	var carry uint64
	d.counter[0], carry = bits.Add64(d.counter[0], n, 0)
	d.counter[1] += carry
	var m, v [16]uint64
	for i := range m {
		m[i] = binary.LittleEndian.Uint64(d.buf[8*i:])
	}
	copy(v[:8], d.h[:])
	copy(v[8:], blake2bIV[:])
	v[12] ^= d.counter[0]
	v[13] ^= d.counter[1]
	v[14] ^= final
	for round := range 12 {
		s := &blake2bSigma[round%10]
		mix(&v, 0, 4, 8, 12, m[s[0]&15], m[s[1]&15])
		mix(&v, 1, 5, 9, 13, m[s[2]&15], m[s[3]&15])
		mix(&v, 2, 6, 10, 14, m[s[4]&15], m[s[5]&15])
		mix(&v, 3, 7, 11, 15, m[s[6]&15], m[s[7]&15])
		mix(&v, 0, 5, 10, 15, m[s[8]&15], m[s[9]&15])
		mix(&v, 1, 6, 11, 12, m[s[10]&15], m[s[11]&15])
		mix(&v, 2, 7, 8, 13, m[s[12]&15], m[s[13]&15])
		mix(&v, 3, 4, 9, 14, m[s[14]&15], m[s[15]&15])
	}
	for i := range d.h {
		d.h[i] ^= v[i] ^ v[i+8]
	}
}

// mix is the function G of RFC 7693 section 3.1.
func mix(v *[16]uint64, a, b, c, d int, x, y uint64) {
	v[a] += v[b] + x
	v[d] = bits.RotateLeft64(v[d]^v[a], -32)
	v[c] += v[d]
	v[b] = bits.RotateLeft64(v[b]^v[c], -24)
	v[a] += v[b] + y
	v[d] = bits.RotateLeft64(v[d]^v[a], -16)
	v[c] += v[d]
	v[b] = bits.RotateLeft64(v[b]^v[c], -63)
}
