package main

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// names are all names of a row as they are typed. The parser wants a long
// name for each; where that is the letter, there is none.
func (r row) names() (all []string) {
	for _, long := range []string{r.long, r.alias} {
		if long != "" && long != r.letter {
			all = append(all, "--"+long)
		}
	}
	if r.letter != "" {
		all = append(all, "-"+r.letter)
	}
	return all
}

// allNames are the names of the whole table, sorted.
func allNames() (all []string) {
	for _, r := range table {
		all = append(all, r.names()...)
	}
	slices.Sort(all)
	return all
}

func TestTable(t *testing.T) {
	all := allNames()
	if len(slices.Compact(slices.Clone(all))) != len(all) {
		t.Errorf("a name is there twice in %v", all)
	}
	for _, r := range table {
		switch {
		case r.long == "" || r.help == "" || r.value == nil:
			t.Errorf("the row of %q is not whole", r.long)
		case len(r.letter) > 1:
			t.Errorf("--%s has the letter %q", r.long, r.letter)
		case r.help != strings.TrimSpace(r.help) || strings.HasSuffix(r.help, "."):
			t.Errorf("the help of --%s is %q", r.long, r.help)
		}
	}
}

// Every name sets what its row says: the help, the parser and the table
// cannot disagree about which options take an argument.
func TestEveryNameParses(t *testing.T) {
	for _, r := range table {
		for _, name := range r.names() {
			args := []string{name}
			if r.arg != "" {
				args = append(args, example(r.arg))
			}
			_, err := parseOptions(append(args, "-h"), dialects[0])
			if err != nil {
				t.Errorf("%v: %v", args, err)
			}
			if r.arg == "" {
				continue
			}
			if _, err := parseOptions([]string{name}, dialects[0]); err == nil || !strings.Contains(err.Error(), "needs an argument") {
				t.Errorf("%s alone: %v", name, err)
			}
		}
	}
}

// example is an argument of the kind that the help calls arg.
func example(arg string) string {
	switch arg {
	case "n", "port", "bytes":
		return "1"
	case "keyword":
		return "lowdelay"
	case "time":
		return "1.5"
	}
	return "x"
}

// The help has one line for each row, with all of its names, or two, and fits
// a terminal of 80 columns.
func TestHelpHasEveryOption(t *testing.T) {
	text := helpText(dialects[0])
	for line := range strings.Lines(text) {
		if len(line) > 81 {
			t.Errorf("%d columns: %s", len(line)-1, line)
		}
	}
	text = strings.ReplaceAll(text, "\n"+strings.Repeat(" ", helpColumn), " ")
	_, list, _ := strings.Cut(text, "\n\n")
	list, _, _ = strings.Cut(list, "\n\n")
	rows := strings.Split(list, "\n")
	if len(rows) != len(table) {
		t.Fatalf("%d lines for %d options", len(rows), len(table))
	}
	for i, r := range table {
		words := strings.FieldsFunc(rows[i], func(c rune) bool { return c == ' ' || c == ',' })
		for _, name := range r.names() {
			if !slices.Contains(words, name) {
				t.Errorf("%q lacks %s", rows[i], name)
			}
		}
	}
}

// What is said about options of other netcats must not be about our own.
func TestElsewhere(t *testing.T) {
	for _, name := range allNames() {
		if hint := elsewhere(name); hint != "" {
			t.Errorf("gonc has %s, and says of it: %s", name, hint)
		}
	}
}

func TestParseTime(t *testing.T) {
	for text, want := range map[string]string{
		"1": "1s", "0": "0s", "1.5": "1.5s", ".5": "500ms", "500ms": "500ms", "2m": "2m0s", "1h": "1h0m0s",
		"-1": "-1s", "+3": "3s", "1.5h": "1h30m0s", "0.001ms": "1µs",
	} {
		if d, err := parseTime(text); err != nil || d.String() != want {
			t.Errorf("%q is %v, %v; not %s", text, d, err, want)
		}
	}
	for _, text := range []string{"", "s", "ms", "1d", "1 s", "1e3", "0x10", "NaN", "Inf", "1.2.3", "1ms2", "--1", "1_0", "٣"} {
		if d, err := parseTime(text); err == nil {
			t.Errorf("%q is %v", text, d)
		}
	}
}

// A command line is options, or a sentence and perhaps a hint: a line each,
// with nothing in them that a terminal would obey.
func FuzzParseOptions(f *testing.F) {
	f.Add("-l\x00-p\x009999")
	f.Add("-zvw1\x00host\x0022-80")
	f.Add("-lvnp\x009999\x00--http")
	f.Add("host:port\x00--\x00-1")
	f.Add("\x1b[2J\x00-\x1b")
	f.Add("-w\x001e400")
	message := regexp.MustCompile(`^gonc: [^\n]+\n(gonc: hint: [^\n]+\n)?$`)
	f.Fuzz(func(t *testing.T, line string) {
		o, err := parseOptions(strings.Split(line, "\x00"), dialects[0])
		if err == nil {
			if _, err := o.target(); err != nil && !o.help && !o.version {
				t.Errorf("parsed, but then %v", err)
			}
			return
		}
		var said strings.Builder
		(&speaker{dialect: dialects[0], w: &said}).fail(err)
		text := said.String()
		if !message.MatchString(text) || strings.ContainsFunc(text, func(r rune) bool { return r != '\n' && !strconv.IsPrint(r) }) {
			t.Errorf("%q", text)
		}
	})
}
