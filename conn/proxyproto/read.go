package proxyproto

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"net"
	"net/netip"
	"strconv"
	"strings"

	"gonc/conn/deadline"
)

const (
	shortest = len("PROXY UNKNOWN\r\n") // of all headers
	longest  = 107                      // of version 1, with its CRLF
)

// Read reads the header that c begins with, and not one byte more. It ends when
// ctx is done; there is no other limit on the time. An error is an *Error.
func Read(ctx context.Context, c net.Conn) (h Header, err error) {
	err = deadline.Within(ctx, c, func() (err error) {
		h, err = read(c)
		return err
	})
	if err == nil {
		return h, nil
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return Header{}, e
	}
	e := &Error{Why: "sent no PROXY header", Err: err}
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		e.Why = "sent no PROXY header in time"
	case errors.Is(err, io.ErrUnexpectedEOF):
		e.Why = "ended in the middle of its PROXY header"
	}
	return Header{}, e
}

// read reads the header that r begins with. An error is an *Error or of r.
func read(r io.Reader) (Header, error) {
	var buf [longest]byte
	n := 0
	for n < shortest {
		m, err := r.Read(buf[n:shortest])
		n += m
		switch {
		case !begins(buf[:n]):
			return Header{}, &Error{Why: "sent no PROXY header", Got: bytes.Clone(buf[:n])}
		case n >= shortest:
		case err == io.EOF && n > 0:
			return Header{}, io.ErrUnexpectedEOF
		case err != nil:
			return Header{}, err
		}
	}
	if buf[0] == signature[0] {
		return readV2(r, buf[:shortest:shortest])
	}
	return readV1(r, buf[:], n)
}

// begins reports whether b begins as a header of either version does, so that
// a client that sends something else is refused at once.
func begins(b []byte) bool {
	for _, begin := range []string{"PROXY ", signature} {
		n := min(len(b), len(begin))
		if string(b[:n]) == begin[:n] {
			return true
		}
	}
	return false
}

// readV1 reads the rest of a line, of which buf has n bytes. As nothing behind
// the line may be read, it asks each time for as many bytes as are missing at
// least.
func readV1(r io.Reader, buf []byte, n int) (Header, error) {
	for !bytes.HasSuffix(buf[:n], []byte("\r\n")) {
		if n == len(buf) || bytes.IndexByte(buf[:n], '\n') >= 0 {
			return Header{}, badLine(buf[:n])
		}
		m, err := io.ReadFull(r, buf[n:min(n+missing(buf[:n]), len(buf))])
		n += m
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			return Header{}, err
		}
	}
	return parseV1(buf[:n])
}

// missing returns how many bytes a line that begins with b lacks at least: of one
// with addresses, fields of a byte each and CRLF.
func missing(b []byte) int {
	if b[len(b)-1] == '\r' {
		return 1
	}
	n := 2
	if bytes.HasPrefix(b, []byte("PROXY TCP")) {
		n += 2 * max(5-bytes.Count(b, []byte(" ")), 0)
		if b[len(b)-1] == ' ' {
			n++
		}
	}
	return n
}

func badLine(line []byte) error {
	return &Error{Why: "sent a PROXY header that is not version 1", Got: bytes.Clone(line)}
}

// parseV1 reads a line with its end.
func parseV1(line []byte) (h Header, err error) {
	f := strings.Split(string(line[:len(line)-2]), " ")
	if len(f) > 1 && f[1] == "UNKNOWN" {
		return h, nil // what follows is to be ignored
	}
	if len(f) != 6 || f[1] != "TCP4" && f[1] != "TCP6" {
		return h, badLine(line)
	}
	from, ok1 := endpoint(f[2], f[4], f[1] == "TCP4")
	to, ok2 := endpoint(f[3], f[5], f[1] == "TCP4")
	if !ok1 || !ok2 {
		return h, badLine(line)
	}
	return Header{Source: netAddr(from, transportStream), Destination: netAddr(to, transportStream)}, nil
}

func endpoint(host, port string, is4 bool) (at netip.AddrPort, ok bool) {
	ip, err := netip.ParseAddr(host)
	n, err2 := strconv.ParseUint(port, 10, 16)
	ok = err == nil && err2 == nil && ip.Is4() == is4 && ip.Zone() == "" && (len(port) == 1 || port[0] != '0')
	return netip.AddrPortFrom(ip.Unmap(), uint16(n)), ok
}

// readV2 reads the rest of a binary header, of which start holds the shortest
// part that every header has.
func readV2(r io.Reader, start []byte) (Header, error) {
	const fixed = len(signature) + 4
	b := append(start, 0)
	if _, err := io.ReadFull(r, b[len(start):]); err != nil {
		return Header{}, midway(err)
	}
	if b[12]>>4 != 2 {
		return Header{}, badHeader("has the unknown version " + strconv.Itoa(int(b[12]>>4)))
	}
	length := int(binary.BigEndian.Uint16(b[fixed-2:]))
	b = append(b, make([]byte, length)...)
	if _, err := io.ReadFull(r, b[fixed:]); err != nil {
		return Header{}, midway(err)
	}
	return parseV2(b)
}

// parseV2 reads a whole header, whose signature, version and length are right.
// A family or transport that is unknown here names no address, as UNSPEC does;
// the connection is as good as any.
func parseV2(b []byte) (h Header, err error) {
	command, family, transport := b[12]&0xf, b[13]&0xf0, b[13]&0xf
	rest := b[16:]
	size := 0
	switch family {
	case familyInet:
		size = 12
	case familyInet6:
		size = 36
	case familyUnix:
		size = 2 * unixPath
	}
	switch {
	case command > 1:
		return h, badHeader("has an unknown command")
	case command == 0:
		// What a proxy says of itself may be cut anywhere.
		return Header{Local: true}, nil
	case len(rest) < size:
		return h, badHeader("is too short for its addresses")
	}
	if err := checkExtensions(b, 16+size); err != nil {
		return h, err
	}
	if transport != transportStream && transport != transportDatagram {
		return h, nil
	}
	switch family {
	case familyInet, familyInet6:
		n := (size - 4) / 2
		from, _ := netip.AddrFromSlice(rest[:n])
		to, _ := netip.AddrFromSlice(rest[n : 2*n])
		h.Source = netAddr(netip.AddrPortFrom(from.Unmap(), binary.BigEndian.Uint16(rest[2*n:])), transport)
		h.Destination = netAddr(netip.AddrPortFrom(to.Unmap(), binary.BigEndian.Uint16(rest[2*n+2:])), transport)
	case familyUnix:
		h.Source, h.Destination = unixAddr(rest[:unixPath], transport), unixAddr(rest[unixPath:size], transport)
	}
	return h, nil
}

func badHeader(why string) error { return &Error{Why: "sent a PROXY header that " + why} }

// unixAddr reads a path, or an abstract name, which begins with a zero byte
// (unix(7)).
func unixAddr(b []byte, transport byte) net.Addr {
	network := "unix"
	if transport == transportDatagram {
		network = "unixgram"
	}
	name := b
	if b[0] == 0 {
		name = b[1:]
	}
	if i := bytes.IndexByte(name, 0); i >= 0 {
		name = name[:i]
	}
	if b[0] == 0 && len(name) > 0 {
		return &net.UnixAddr{Name: "@" + string(name), Net: network}
	}
	return &net.UnixAddr{Name: string(name), Net: network}
}

// checkExtensions walks through the type-length-values of header b from i on:
// they have to fill it, and a checksum among them has to be right.
func checkExtensions(b []byte, i int) error {
	const typeCRC32C = 3
	for i < len(b) {
		if len(b)-i < 3 || len(b)-i-3 < int(binary.BigEndian.Uint16(b[i+1:])) {
			return badHeader("has an extension that is longer than it")
		}
		value := b[i+3 : i+3+int(binary.BigEndian.Uint16(b[i+1:]))]
		if b[i] == typeCRC32C {
			if len(value) != 4 {
				return badHeader("has a checksum of the wrong length")
			}
			want := binary.BigEndian.Uint32(value)
			clear(value)
			if crc32.Checksum(b, crc32.MakeTable(crc32.Castagnoli)) != want {
				return badHeader("has a wrong checksum")
			}
		}
		i += 3 + len(value)
	}
	return nil
}

func midway(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}
