package option_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os/exec"
	"slices"
	"strings"
	"testing"

	. "gonc/cli/option"
)

// A getopt is the getopt(1) of util-linux with the options of a grammar.
type getopt struct {
	g       *Grammar
	letters string
	longs   []string
}

func newGetopt(g *Grammar) *getopt {
	o := &getopt{g: g}
	for _, l := range g.Letters {
		if id, ok := g.ByLetter(l.Letter); ok {
			o.letters += string(rune(l.Letter)) + colons(id, ":")
		}
	}
	if g.Abbreviations {
		for _, n := range g.Names {
			if n.ID.Exists() {
				o.longs = append(o.longs, n.Name+colons(n.ID, ":"))
			}
		}
		return o
	}
	for id := range NumIDs {
		for _, name := range g.NamesOf(id) {
			if id.IsBuilt() {
				o.longs = append(o.longs, name+colons(id, ":"))
			}
		}
	}
	return o
}

// colons returns what getopt writes behind the name of an option.
func colons(id ID, one string) string {
	switch {
	case RowOf(id).Kind == OptionalText:
		return one + one
	case id.TakesArg():
		return one
	}
	return ""
}

// split returns what getopt makes of args: one option or operand a line.
func (o *getopt) split(t *testing.T, args []string) ([]string, bool) {
	script := `s=$(getopt -q -o "$0" -l "$1" -- "${@:2}") || exit 1; eval "set -- $s"; printf '%s\0' "$@"`
	argv := append([]string{"-c", script, o.letters, strings.Join(o.longs, ",")}, args...)
	out, err := exec.Command("bash", argv...).Output()
	if _, failed := err.(*exec.ExitError); failed {
		return nil, false
	}
	if err != nil {
		t.Fatal(err)
	}
	fields := bytes.Split(bytes.TrimSuffix(out, []byte{0}), []byte{0})
	var lines []string
	for i := 0; i < len(fields); i++ {
		text := string(fields[i])
		if text == "--" {
			for _, f := range fields[i+1:] {
				lines = append(lines, "operand "+string(f))
			}
			break
		}
		id, ok := o.id(text)
		if !ok {
			t.Fatalf("getopt answers %q for %q", fields, args)
		}
		line := fmt.Sprint("option ", id)
		if id.TakesArg() || RowOf(id).Kind == OptionalText {
			i++
			line += fmt.Sprintf(" %q", fields[i])
		}
		lines = append(lines, line)
	}
	return lines, true
}

func (o *getopt) id(text string) (ID, bool) {
	if name, ok := strings.CutPrefix(text, "--"); ok {
		return o.g.ByName(name)
	}
	return o.g.ByLetter(text[1])
}

// ours returns the same from this package.
func ours(args []string, g *Grammar) ([]string, bool) {
	var lines []string
	operands, err := Split(args, g, func(id ID, _, value string, hasValue bool) {
		line := fmt.Sprint("option ", id)
		if hasValue || RowOf(id).Kind == OptionalText {
			line += fmt.Sprintf(" %q", value)
		}
		lines = append(lines, line)
	})
	for _, op := range operands {
		lines = append(lines, "operand "+op)
	}
	return lines, err == nil
}

// random returns a command line of options, values, operands and rubbish.
func (o *getopt) random(r *rand.Rand) []string {
	var args []string
	for range 1 + r.IntN(6) {
		args = append(args, o.randomArg(r))
	}
	return args
}

func (o *getopt) randomArg(r *rand.Rand) string {
	letters := strings.ReplaceAll(o.letters, ":", "") + "?Qj9"
	long := strings.TrimRight(o.longs[r.IntN(len(o.longs))], ":")
	if o.g.Abbreviations && r.IntN(2) == 0 {
		long = long[:1+r.IntN(len(long))]
	}
	switch r.IntN(10) {
	case 0, 1, 2:
		bundle := "-"
		for range 1 + r.IntN(4) {
			bundle += string(letters[r.IntN(len(letters))])
		}
		return bundle
	case 3, 4:
		return "--" + long
	case 5, 6:
		return "--" + long + "=" + []string{"", "1", "a=b", "-l", "x y"}[r.IntN(5)]
	case 7:
		return []string{"--", "-", "", "---", "--qqq", "--qqq=1", "-=", "--=", "-l=1"}[r.IntN(9)]
	}
	return []string{"host", "80", "-1", "a b", "9999", "x'y", "\t"}[r.IntN(7)]
}

// The parser reads random command lines as getopt_long(3) of the C library
// does, seen through getopt(1).
func TestAgainstGetopt(t *testing.T) {
	if out, err := exec.Command("getopt", "-V").Output(); err != nil || !strings.Contains(string(out), "util-linux") {
		t.Skip("the getopt(1) of util-linux is not installed")
	}
	runs := 300
	if testing.Short() {
		runs = 50
	}
	defer BuildAll()()
	for _, tt := range []struct {
		name string
		g    Grammar
	}{{"gonc", goncGrammar}, {"ncat", ncatGrammar}} {
		t.Run(tt.name, func(t *testing.T) {
			g := tt.g
			g.StopAtHelp = false // getopt(1) can't
			o := newGetopt(&g)
			seed := rand.Uint64()
			r := rand.New(rand.NewPCG(seed, 0))
			for range runs {
				args := o.random(r)
				want, wantOK := o.split(t, args)
				got, gotOK := ours(args, &g)
				if gotOK != wantOK || gotOK && !slices.Equal(got, want) {
					t.Fatalf("%q (seed %d):\nours   %v %q\ngetopt %v %q", args, seed, gotOK, got, wantOK, want)
				}
			}
		})
	}
}
