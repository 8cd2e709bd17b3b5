package command

import (
	"errors"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

func TestSplit(t *testing.T) {
	for _, c := range []struct {
		line string
		want []string
	}{
		{"/bin/cat", []string{"/bin/cat"}},
		{"  a\tb\n c\r\n", []string{"a", "b", "c"}},
		{`prog arg "two words"`, []string{"prog", "arg", "two words"}},
		{`a 'b "c" \ d' e`, []string{"a", `b "c" \ d`, "e"}},
		{`a "b 'c' \"d\" \\ \n"`, []string{"a", `b 'c' "d" \ \n`}},
		{`a"b c"d'e f'g`, []string{"ab cde fg"}},
		{`a "" ''`, []string{"a", "", ""}},
		{"a * $HOME `x` ; | > <", []string{"a", "*", "$HOME", "`x`", ";", "|", ">", "<"}},
		{"a Grüße\x00\xff", []string{"a", "Grüße\x00\xff"}},
	} {
		if got, err := Split(c.line); err != nil || !slices.Equal(got, c.want) {
			t.Errorf("Split(%q) = %q, %v, want %q", c.line, got, err, c.want)
		}
	}
	for line, want := range map[string]error{
		"": ErrEmpty, " \t\n": ErrEmpty, `""`: ErrEmpty, "'' a": ErrEmpty,
		"a 'b": ErrQuote, `a "b`: ErrQuote, `a "b\"`: ErrQuote, `"`: ErrQuote, `a ""'`: ErrQuote, `a "\`: ErrQuote,
	} {
		if got, err := Split(line); !errors.Is(err, want) {
			t.Errorf("Split(%q) = %q, %v, want %v", line, got, err, want)
		}
	}
}

func TestSplitBackslash(t *testing.T) {
	if !backslashQuotes {
		t.Skip("here a backslash is a character like others")
	}
	if got, err := Split(`a b\ c \"d \\ \'`); err != nil || !slices.Equal(got, []string{"a", "b c", `"d`, `\`, "'"}) {
		t.Errorf("%q, %v", got, err)
	}
	if _, err := Split(`a b\`); !errors.Is(err, ErrBackslash) {
		t.Errorf("at the end: %v", err)
	}
}

// FuzzSplitAgainstShell compares with /bin/sh, of lines without what only a
// shell knows.
func FuzzSplitAgainstShell(f *testing.F) {
	if _, err := exec.LookPath("/bin/sh"); err != nil || !backslashQuotes {
		f.Skip("no shell to compare with")
	}
	for _, line := range []string{`a "b c" 'd e' f\ g`, `"a\"b" '\' \\`, `a"b"c'd'`, ` a  b `, `"a\xb"`, `a '' ""`} {
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, line string) {
		if strings.ContainsAny(line, "\x00\r\n\v\f$`;&|<>()*?[]~#!{}=%") || strings.ContainsFunc(line, func(r rune) bool { return r > 0x7e || r < ' ' && r != '\t' }) {
			t.Skip()
		}
		got, err := Split(line)
		if errors.Is(err, ErrQuote) || errors.Is(err, ErrBackslash) || errors.Is(err, ErrEmpty) {
			return
		}
		out, err := exec.Command("/bin/sh", "-c", `printf '%s\n' `+line).Output()
		if err != nil {
			t.Skip(err)
		}
		if want := strings.Join(got, "\n") + "\n"; string(out) != want {
			t.Errorf("Split(%q) = %q, sh has %q", line, got, out)
		}
	})
}
