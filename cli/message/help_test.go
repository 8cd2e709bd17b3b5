package message

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"gonc/cli/dialect"
	"gonc/cli/event"
	"gonc/cli/option"
)

// goncDialect returns the dialect of gonc's own.
func goncDialect() *dialect.Dialect { return dialectOf("gonc") }

func dialectOf(name string) *dialect.Dialect {
	d, _, err := dialect.Choose([]string{name})
	if err != nil {
		panic(err)
	}
	return d
}

// The help has a line for each option, with all of its names, or two, and fits
// a terminal of 80 columns.
func TestHelpHasEveryOption(t *testing.T) {
	for _, name := range dialect.Names() {
		d := dialectOf(name)
		text := Help(d, "devel")
		if d.Topics {
			text = Topic(d, "devel", "all")
		}
		for line := range strings.Lines(text) {
			if len(line) > 81 {
				t.Errorf("%s: %d columns: %s", name, len(line)-1, line)
			}
		}
		words := strings.FieldsFunc(text, func(c rune) bool { return c == ' ' || c == ',' || c == '[' || c == '\n' })
		for id := range option.NumIDs {
			if !id.IsBuilt() {
				continue
			}
			if s := d.Grammar.Spell(id); s != "" && !slices.Contains(words, s) {
				t.Errorf("the help of %s lacks %s", name, s)
			}
			for _, long := range d.Grammar.NamesOf(id) {
				if !slices.Contains(words, "--"+long) {
					t.Errorf("the help of %s lacks --%s", name, long)
				}
			}
		}
	}
}

// What is shown first fits a screen, and each option is in one topic.
func TestHelpTopics(t *testing.T) {
	d := goncDialect()
	common := Help(d, "devel")
	if n := strings.Count(common, "\n"); n > 50 {
		t.Errorf("the common help has %d lines", n)
	}
	for line := range strings.Lines(common) {
		if len(line) > 81 {
			t.Errorf("%d columns: %s", len(line)-1, line)
		}
	}
	in := make(map[option.ID]string)
	for i := range topics {
		for _, id := range slices.Concat(topics[i].common, topics[i].more) {
			if in[id] != "" {
				t.Errorf("%s is in the topics %s and %s", d.Grammar.Spell(id), in[id], topics[i].name)
			}
			in[id] = topics[i].name
		}
	}
	for id := range option.NumIDs {
		if id.IsBuilt() && in[id] == "" {
			t.Errorf("%s is in no topic", d.Grammar.Spell(id))
		}
	}
	if text := Topic(d, "devel", "scan"); !strings.Contains(text, "--random-ports") || strings.Contains(text, "--listen") {
		t.Errorf("the topic scan is\n%s", text)
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
		_, err := option.Parse(strings.Split(line, "\x00"), &goncDialect().Grammar)
		if err == nil {
			return
		}
		var said strings.Builder
		(&Text{Dialect: goncDialect(), W: &said}).Print(event.Failed{Err: err})
		text := said.String()
		if !message.MatchString(text) || strings.ContainsFunc(text, func(r rune) bool { return r != '\n' && !strconv.IsPrint(r) }) {
			t.Errorf("%q", text)
		}
	})
}
