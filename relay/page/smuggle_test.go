package page

import (
	"strings"
	"testing"
)

// smuggled ends every attempt: a server that takes the framing for something else than
// the sender answers it as a request of its own.
const smuggled = "GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n"

// smuggledTo tries requests, each before a smuggled one. All that makes two
// recipients see different requests must end in one answer that refuses, and a
// close.
func smuggledTo(t *testing.T, want string, attempts []string) {
	p := &Page{}
	addr := serve(t, p)
	for _, in := range attempts {
		t.Run(in, func(t *testing.T) { checkRule(t, p, addr, in+smuggled, want) })
	}
}

const post, cl, te = "POST / HTTP/1.1\r\nHost: x\r\n", "Content-Length: ", "Transfer-Encoding: "

func TestSmugglingHead(t *testing.T) {
	smuggledTo(t, "400 close", []string{
		// both lengths, RFC 9112 section 6.1
		post + cl + "4\r\n" + te + "chunked\r\n\r\n0\r\n\r\n",
		post + te + "chunked\r\n" + cl + "4\r\n\r\n0\r\n\r\n",
		post + te + "chunked\r\n" + cl + "0\r\n\r\n0\r\n\r\n",
		// a coding that is not exactly chunked, section 6.3
		post + te + "xchunked\r\n\r\n0\r\n\r\n",
		post + te + "chunked, chunked\r\n\r\n0\r\n\r\n",
		post + te + "chunked, identity\r\n\r\n0\r\n\r\n",
		post + te + "identity\r\n\r\n0\r\n\r\n",
		post + te + "gzip\r\n\r\n0\r\n\r\n",
		post + te + "\"chunked\"\r\n\r\n0\r\n\r\n",
		post + te + "chunked;a=b\r\n\r\n0\r\n\r\n",
		post + te + ", chunked\r\n\r\n0\r\n\r\n",
		post + te + "chunked,\r\n\r\n0\r\n\r\n",
		post + te + "\r\n\r\n0\r\n\r\n",
		post + te + "\x0bchunked\r\n\r\n0\r\n\r\n",
		post + te + "chunked\r\n" + te + "chunked\r\n\r\n0\r\n\r\n",
		post + te + "chunked\r\n" + te + "identity\r\n\r\n0\r\n\r\n",
		post + te + "gzip\r\n" + te + "chunked\r\n\r\n0\r\n\r\n",
		"POST / HTTP/1.0\r\nHost: x\r\n" + te + "chunked\r\n\r\n0\r\n\r\n",
		"POST / HTTP/1.0\r\nHost: x\r\nConnection: keep-alive\r\n" + te + "gzip, chunked\r\n\r\n0\r\n\r\n",
		post + cl + "4\r\n" + te + "gzip, chunked\r\n\r\n0\r\n\r\n",
		// field names with odd spacing and other bytes, section 5.1
		post + "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
		post + "Transfer-Encoding\t: chunked\r\n\r\n0\r\n\r\n",
		post + " Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		post + "X: a\r\n Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		post + "X: a\r\n\tb\r\n\r\n",
		"POST / HTTP/1.1\r\n Host: x\r\n\r\n",
		post + "Transfer-Encoding\x00: chunked\r\n\r\n",
		post + "Transfer\xffEncoding: chunked\r\n\r\n",
		post + "Transfer-Encoding\r\n: chunked\r\n\r\n",
		post + ": chunked\r\n\r\n",
		post + "(a): b\r\n\r\n",
		post + "no colon\r\n\r\n",
		// bare CR and NUL, section 2.2 and RFC 9110 section 5.5
		post + "A: b\rTransfer-Encoding: chunked\r\n\r\n",
		post + "A: b\r\r\n\r\n",
		post + "A: b\x00c\r\n\r\n",
		post + "A\r: b\r\n\r\n",
		post + te + "chunked\r\r\n\r\n0\r\n\r\n",
		"POST /\r HTTP/1.1\r\nHost: x\r\n\r\n",
		"POST / HTTP/1.1\r\r\nHost: x\r\n\r\n",
		post + "\r\r\n",
		// lengths, RFC 9110 section 8.6
		post + cl + "3\r\n" + cl + "3\r\n\r\nabc",
		post + cl + "3\r\n" + cl + "4\r\n\r\nabc",
		post + cl + "3, 3\r\n\r\nabc",
		post + cl + "+3\r\n\r\nabc",
		post + cl + "-3\r\n\r\nabc",
		post + cl + "0x3\r\n\r\nabc",
		post + cl + "3 0\r\n\r\nabc",
		post + cl + "3.0\r\n\r\nabc",
		post + cl + "\r\n\r\nabc",
		post + cl + "٣\r\n\r\nabc",
	})
}

// RFC 9112 section 6.1
func TestSmugglingCoding(t *testing.T) {
	smuggledTo(t, "501 close", []string{
		post + te + "gzip, chunked\r\n\r\n0\r\n\r\n",
		post + te + "foo;a=b , chunked\r\n\r\n0\r\n\r\n",
	})
}

func TestSmugglingBody(t *testing.T) {
	bodies := []string{
		// chunk sizes, section 7.1
		"\r\n", "x\r\n", "+1\r\nx\r\n0\r\n\r\n", "-1\r\nx\r\n0\r\n\r\n", "0x1\r\nx\r\n0\r\n\r\n", " 1\r\nx\r\n0\r\n\r\n",
		"1 \r\nx\r\n0\r\n\r\n", "1 1\r\nx\r\n0\r\n\r\n", "1_0\r\nx\r\n0\r\n\r\n", "\u0661\r\nx\r\n0\r\n\r\n",
		"00000000000000001\r\nx\r\n0\r\n\r\n", "10000000000000001\r\nx\r\n0\r\n\r\n",
		// chunk extensions
		"1;a\nx\r\n0\r\n\r\n", "1;a\rb\r\nx\r\n0\r\n\r\n", "1;a\x00\r\nx\r\n0\r\n\r\n",
		"1;" + strings.Repeat("a", 256) + "\r\nx\r\n0\r\n\r\n",
		// line ends
		"1\nx\n0\n\n", "1\r\nx\n0\r\n\r\n", "1\r\nx\r\n0\n\r\n", "1\r\nx\r\n0\r\n\n", "1\rx\r\n0\r\n\r\n", "1\r\nx\r0\r\n\r\n",
		"1\r\nxy\r\n0\r\n\r\n", "1\r\nx0\r\n\r\n",
		// trailer fields
		"0\r\nA : b\r\n\r\n", "0\r\n A: b\r\n\r\n", "0\r\nA\r\n\r\n", "0\r\n: b\r\n\r\n", "0\r\nA: b\x00\r\n\r\n",
		"0\r\nA: b\n\r\n", "0\r\nA: b\rc\r\n\r\n", "0\r\nA: b\r\n c\r\n\r\n",
	}
	for i := range bodies {
		bodies[i] = post + te + "chunked\r\n\r\n" + bodies[i]
	}
	smuggledTo(t, "400 close", bodies)
}
