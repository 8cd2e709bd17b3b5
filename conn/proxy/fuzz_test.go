package proxy

import (
	"errors"
	"strings"
	"testing"
)

// fuzzAnswer has f fuzz a reader of answers with the law that it reads not one
// byte more than a prefix that end finds: success means all of such a prefix
// was read, and what follows it changes nothing. A refusal is fit to be
// printed.
func fuzzAnswer(f *testing.F, read func(r *strings.Reader) error, end func(answer string) int) {
	f.Fuzz(func(t *testing.T, answer string) {
		r := strings.NewReader(answer)
		err := read(r)
		n := len(answer) - r.Len()
		if want := end(answer); (err == nil) != (want >= 0) {
			t.Fatalf("%q: %v, whole after %d", answer, err, want)
		} else if err == nil && n != want {
			t.Fatalf("%q: %d bytes read, whole after %d", answer, n, want)
		}
		again := strings.NewReader(answer[:n] + "\x05\x00\r\n\r\n")
		if err2 := read(again); err == nil && (err2 != nil || again.Len() != 6) {
			t.Fatalf("%q: another tail makes it %v, %d", answer, err2, again.Len())
		}
		var e *Error
		if errors.As(err, &e) {
			checkText(t, e)
		}
	})
}

func FuzzSOCKS4Answer(f *testing.F) {
	f.Add(okSOCKS4 + "more")
	f.Add("\x00\x5b")
	fuzzAnswer(f, func(r *strings.Reader) error { return readSOCKS4(r) }, func(s string) int {
		if len(s) >= 8 && s[:2] == "\x00\x5a" {
			return 8
		}
		return -1
	})
}

func FuzzSOCKS5Answer(f *testing.F) {
	f.Add(okSOCKS5 + "more")
	f.Add("\x05\x00\x00\x03\x05proxy\x04\x38more")
	f.Add("\x05\x00\x00\x04" + strings.Repeat("x", 18))
	f.Add("\x05\x01")
	fuzzAnswer(f, func(r *strings.Reader) error { return readSOCKS5(r) }, func(s string) int {
		if len(s) < 5 || s[:2] != "\x05\x00" {
			return -1
		}
		n, ok := map[byte]int{1: 10, 3: 7 + int(s[4]), 4: 22}[s[3]]
		if !ok || len(s) < n {
			return -1
		}
		return n
	})
}

// FuzzConnectAnswer: no success without a 2xx, and none before its empty line.
func FuzzConnectAnswer(f *testing.F) {
	for _, k := range talks {
		if k.p.Type == "http" {
			f.Add(k.turns[0].answer + "more")
		}
	}
	f.Add("HTTP/1.1 407 x\r\nProxy-Authenticate: Basic\r\n\r\n")
	f.Add("HTTP/1.1 100 x\n\nHTTP/1.1 503 \x1b[0m\n\n")
	p := Proxy{Type: "http"}
	fuzzAnswer(f, func(r *strings.Reader) error { return p.readConnect(r) }, connectEnd)
}

// connectEnd finds the end of the first head that is not 1xx, if that is a
// 2xx, in another way than readConnect does: line by line, of the whole text.
func connectEnd(s string) int {
	at, status := 0, ""
	for line := range strings.SplitAfterSeq(s, "\n") {
		text, ended := strings.CutSuffix(line, "\n")
		if at += len(line); !ended || at > maxHead {
			return -1
		}
		text = strings.TrimSuffix(text, "\r")
		if status == "" {
			rest, ok := strings.CutPrefix(text, "HTTP/1.")
			if !ok || len(rest) < 5 || strings.Trim(rest[:1]+rest[2:5], "0123456789") != "" ||
				rest[1] != ' ' || strings.Trim(rest[5:min(6, len(rest))], " ") != "" {
				return -1
			}
			if status = rest[2:5]; status[0] != '1' && status[0] != '2' || status == "101" {
				return -1
			}
		} else if text == "" {
			if status[0] == '2' {
				return at
			}
			status = ""
		}
	}
	return -1
}
