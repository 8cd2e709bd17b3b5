package path

import (
	"encoding/binary"
	"iter"
	"syscall"

	"golang.org/x/sys/unix"
)

// dumpLimit bounds what a dump of the kernel may make this program hold.
const dumpLimit = 16 << 20

// A netlinkMessage is what the kernel answers (netlink(7)).
type netlinkMessage struct {
	kind uint16
	body []byte
}

// netlink sends one request and returns what is answered: one message, or with
// NLM_F_DUMP all of them. An error is the kernel's errno.
func netlink(protocol int, kind uint16, flags uint16, body []byte) ([]netlinkMessage, error) {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, protocol)
	if err != nil {
		return nil, err
	}
	defer unix.Close(fd)
	patience := unix.Timeval{Sec: 1}
	if err := unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &patience); err != nil {
		return nil, err
	}
	head := binary.NativeEndian.AppendUint32(nil, uint32(unix.NLMSG_HDRLEN+len(body)))
	head = binary.NativeEndian.AppendUint16(head, kind)
	head = binary.NativeEndian.AppendUint16(head, unix.NLM_F_REQUEST|flags)
	head = append(head, make([]byte, 8)...) // sequence and port: one request a socket
	if err := unix.Sendto(fd, append(head, body...), 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		return nil, err
	}
	var all []netlinkMessage
	buf := make([]byte, 64<<10)
	for total := 0; total < dumpLimit; {
		n, _, err := unix.Recvfrom(fd, buf, 0)
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return nil, err
		}
		total += n
		some, done, err := messages(append([]byte(nil), buf[:n]...), flags&unix.NLM_F_DUMP != 0)
		all = append(all, some...)
		if done || err != nil {
			return all, err
		}
	}
	return all, unix.ENOBUFS
}

// messages splits what one read returned, and tells whether it was the end.
func messages(b []byte, dump bool) (some []netlinkMessage, done bool, err error) {
	for len(b) >= unix.NLMSG_HDRLEN {
		size := int(binary.NativeEndian.Uint32(b))
		if size < unix.NLMSG_HDRLEN || size > len(b) {
			return some, true, unix.EBADMSG
		}
		kind, body := binary.NativeEndian.Uint16(b[4:]), b[unix.NLMSG_HDRLEN:size]
		b = b[min(len(b), align(size)):]
		switch {
		case kind == unix.NLMSG_DONE:
			return some, true, nil
		case kind == unix.NLMSG_ERROR && len(body) >= 4:
			if code := int32(binary.NativeEndian.Uint32(body)); code != 0 {
				return some, true, syscall.Errno(-code)
			}
			return some, true, nil
		}
		some = append(some, netlinkMessage{kind, body})
		if !dump {
			return some, true, nil
		}
	}
	return some, false, nil
}

func align(n int) int { return (n + 3) &^ 3 }

// attributes yields the attributes of a message, without the flag that they
// are nested.
func attributes(b []byte) iter.Seq2[uint16, []byte] {
	return func(yield func(uint16, []byte) bool) {
		for len(b) >= 4 {
			size := int(binary.NativeEndian.Uint16(b))
			if size < 4 || size > len(b) {
				return
			}
			kind := binary.NativeEndian.Uint16(b[2:]) &^ (unix.NLA_F_NESTED | unix.NLA_F_NET_BYTEORDER)
			if !yield(kind, b[4:size]) {
				return
			}
			b = b[min(len(b), align(size)):]
		}
	}
}

// attribute returns the first attribute of a kind, or nil.
func attribute(b []byte, kind uint16) []byte {
	for k, v := range attributes(b) {
		if k == kind {
			return v
		}
	}
	return nil
}

// appendAttribute adds an attribute to a request.
func appendAttribute(b []byte, kind uint16, v []byte) []byte {
	b = binary.NativeEndian.AppendUint16(b, uint16(4+len(v)))
	b = binary.NativeEndian.AppendUint16(b, kind)
	b = append(b, v...)
	return append(b, make([]byte, align(len(v))-len(v))...)
}

// text returns the string in an attribute, which ends in a zero byte.
func text(v []byte) string { return unix.ByteSliceToString(v) }
