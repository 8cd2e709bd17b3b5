package tlsconn

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// The most bytes of texts of a peer that are shown.
const (
	maxName = 128 // of one name
	maxText = 512 // of a subject, of what a peer said
)

// printable returns the beginning of s, as much as fits into limit bytes, with
// everything that a terminal might obey written as escapes of Go.
func printable(s string, limit int) string {
	var b strings.Builder
	for len(s) > 0 {
		r, size := utf8.DecodeRuneInString(s)
		piece := s[:size]
		switch {
		case r == utf8.RuneError && size == 1:
			piece = `\x` + string(hexDigits[s[0]>>4]) + string(hexDigits[s[0]&15])
		case r == '\\' || !strconv.IsPrint(r):
			quoted := strconv.QuoteRune(r)
			piece = quoted[1 : len(quoted)-1]
		}
		if b.Len()+len(piece) > limit {
			b.WriteString("...")
			break
		}
		b.WriteString(piece)
		s = s[size:]
	}
	return b.String()
}

const hexDigits = "0123456789abcdef"
