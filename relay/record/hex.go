package record

import "strconv"

// timeFormat is RFC 3339 with microseconds.
const timeFormat = "2006-01-02T15:04:05.000000Z07:00"

const (
	hexDigits = "0123456789abcdef"
	lineBytes = 16 // of data on one line
)

// appendHex appends a block in hex to dst: a line with its direction (< was
// received, > was sent), its time, the peer and its size in bytes, and for
// every 16 bytes a line in the manner of ncat:
//
//	> 2026-03-01T10:00:00.123456+01:00 192.0.2.1:80 18
//	0000   47 45 54 20 2f 20 48 54  54 50 2f 31 2e 31 0d 0a  GET / HTTP/1.1..
//	0010   0d 0a                                             ..
//
// What is not printable ASCII is a dot in the text.
func appendHex(dst []byte, b block) []byte {
	dst = append(dst, byte(b.direction), ' ')
	dst = b.at.AppendFormat(dst, timeFormat)
	dst = append(dst, ' ')
	if b.peer != "" {
		dst = append(append(dst, b.peer...), ' ')
	}
	dst = append(strconv.AppendInt(dst, int64(len(b.data)), 10), '\n')
	for offset := 0; offset < len(b.data); offset += lineBytes {
		dst = appendHexLine(dst, offset, b.data[offset:min(offset+lineBytes, len(b.data))])
	}
	return dst
}

// appendPlainHex appends a block in hex to dst as ncat writes it: the lines
// alone, in which a space is a dot too and the text is filled up.
func appendPlainHex(dst []byte, b block) []byte {
	for offset := 0; offset < len(b.data); offset += lineBytes {
		data := b.data[offset:min(offset+lineBytes, len(b.data))]
		dst = appendHexLine(dst, offset, data)
		text := dst[len(dst)-1-len(data) : len(dst)-1]
		for i, c := range text {
			if c == ' ' {
				text[i] = '.'
			}
		}
		dst = dst[:len(dst)-1]
		for range lineBytes - len(data) {
			dst = append(dst, ' ')
		}
		dst = append(dst, '\n')
	}
	return dst
}

// appendHexLine appends the line of data, which is 1 to 16 bytes at offset.
func appendHexLine(dst []byte, offset int, data []byte) []byte {
	for shift := 28; shift >= 0; shift -= 4 {
		if digit := offset >> shift & 15; shift < 16 || offset>>shift != 0 {
			dst = append(dst, hexDigits[digit])
		}
	}
	dst = append(dst, ' ', ' ')
	for i := range lineBytes {
		if i%8 == 0 {
			dst = append(dst, ' ')
		}
		if i < len(data) {
			dst = append(dst, hexDigits[data[i]>>4], hexDigits[data[i]&15], ' ')
		} else {
			dst = append(dst, ' ', ' ', ' ')
		}
	}
	dst = append(dst, ' ')
	for _, c := range data {
		if c < 0x20 || c > 0x7e {
			c = '.'
		}
		dst = append(dst, c)
	}
	return append(dst, '\n')
}
