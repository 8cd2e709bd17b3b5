package chat

import (
	"fmt"
	"testing"
)

// What a line holds cannot end it, fake another's name or move the cursor.
func TestChatEscapes(t *testing.T) {
	for in, want := range map[string]string{
		"text ~": "text ~", "Grüße 你好 👋": "Grüße 你好 👋", "\t": "\t",
		"a\rb": `a\015b`, "\x00\x7f": `\000\177`, "\xff\xc3": `\377\303`, "\u0085": `\302\205`, // NEL
		"\u202e": `\342\200\256`, "\u009b1m": `\302\2331m`, "\ufffd": "\ufffd", "\u2028": `\342\200\250`,
	} {
		if got := string(appendVisible(nil, []byte(in))); got != want {
			t.Errorf("%q became %q, want %q", in, got, want)
		}
	}
}

// A line that comes in pieces is one line.
func TestChatPieces(t *testing.T) {
	var got []string
	l := newLines(9, func(b []byte) { got = append(got, string(b)) })
	for _, piece := range []string{"a", "b\nc", "", "d\n", "\n"} {
		l.add([]byte(piece))
	}
	l.end()
	if fmt.Sprint(got) != fmt.Sprint([]string{"<user9> ab\n", "<user9> cd\n", "<user9> \n"}) {
		t.Errorf("%q", got)
	}
}
