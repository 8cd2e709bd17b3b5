package option_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	. "gonc/cli/option"
)

// The manual's "Not with" lists are the conflicts of the table, both ways:
// each pair is said at both of its options.
func TestManualConflicts(t *testing.T) {
	items := manualItems(t)
	want := map[ID]map[ID]bool{}
	maybe := map[[2]ID]bool{}
	AllConflicts(func(c Conflict) bool {
		switch {
		case c.Reason.IsNeed() || !c.A.IsBuilt() || !c.B.IsBuilt():
		case c.Unless != nil:
			maybe[[2]ID{c.A, c.B}], maybe[[2]ID{c.B, c.A}] = true, true
		default:
			for _, p := range [][2]ID{{c.A, c.B}, {c.B, c.A}} {
				if want[p[0]] == nil {
					want[p[0]] = map[ID]bool{}
				}
				want[p[0]][p[1]] = true
			}
		}
		return true
	})
	for id := range NumIDs {
		if !id.IsBuilt() {
			continue
		}
		text, ok := items[id]
		if !ok {
			t.Errorf("the manual lacks %s", goncGrammar.Spell(id))
			continue
		}
		got := notWith(id, text)
		for other := range NumIDs {
			if want[id][other] && !got[other] {
				t.Errorf("%s: the manual does not say that it is not with %s", goncGrammar.Spell(id), goncGrammar.Spell(other))
			}
			if got[other] && !want[id][other] && !maybe[[2]ID{id, other}] {
				t.Errorf("%s: the manual says that it is not with %s", goncGrammar.Spell(id), goncGrammar.Spell(other))
			}
		}
	}
}

// An option that needs another one names it, or one that does as well, in the
// manual.
func TestManualNeeds(t *testing.T) {
	items := manualItems(t)
	AllConflicts(func(c Conflict) bool {
		if !c.Reason.IsNeed() || !c.A.IsBuilt() || !c.B.IsBuilt() {
			return true
		}
		text := items[c.A]
		if slices.ContainsFunc(append(c.Unless, c.B), ID.IsProxy) && strings.Contains(text, "Needs a proxy") {
			return true
		}
		for line := range strings.Lines(text) {
			flags, isFlags := strings.CutPrefix(line, ".Fl ")
			for _, word := range strings.Fields(flags) {
				id, ok := byFlag(word)
				if isFlags && ok && (id == c.B || slices.Contains(c.Unless, id)) {
					return true
				}
			}
		}
		t.Errorf("%s: the manual does not say that it needs %s", goncGrammar.Spell(c.A), goncGrammar.Spell(c.B))
		return true
	})
}

// manualItems returns the text of each option in the manual.
func manualItems(t *testing.T) map[ID]string {
	page, err := os.ReadFile("../../man/gonc.1")
	if err != nil {
		t.Fatal(err)
	}
	items := map[ID]string{}
	for _, item := range strings.Split(string(page), "\n.It Fl ")[1:] {
		head, text, _ := strings.Cut(item, "\n")
		name, _, _ := strings.Cut(head, " ")
		id, ok := byFlag(name)
		if !ok {
			continue // of another list
		}
		text, _, _ = strings.Cut(text, "\n.El")
		if _, twice := items[id]; !twice {
			items[id] = text
		}
	}
	return items
}

// byFlag finds an option by the argument of an .Fl macro.
func byFlag(name string) (ID, bool) {
	if long, ok := strings.CutPrefix(name, "-"); ok {
		return goncGrammar.ByName(long)
	}
	if len(name) != 1 {
		return 0, false
	}
	return goncGrammar.ByLetter(name[0])
}

var notWithSentence = regexp.MustCompile(`(?ms)[Nn]ot with\b(.*?)(?:[ \w]\.$|, and with$|\z)`)

// notWith returns the options that the sentence "Not with" of self lists.
func notWith(self ID, text string) map[ID]bool {
	got := map[ID]bool{}
	m := notWithSentence.FindStringSubmatch(text + "\n")
	if m == nil {
		return got
	}
	sentence := strings.TrimSuffix(m[0], ".")
	for line := range strings.Lines(sentence) {
		flags, isFlags := strings.CutPrefix(line, ".Fl ")
		for _, word := range strings.Fields(flags) {
			if id, ok := byFlag(word); ok && isFlags {
				got[id] = true
			}
		}
	}
	add := func(phrase string, ok func(ID) bool) {
		if !strings.Contains(sentence, phrase) {
			return
		}
		for id := range NumIDs {
			if id.IsBuilt() && ok(id) {
				got[id] = true
			}
		}
	}
	add("a proxy", ID.IsProxy)
	add("a handler", ID.IsHandler)
	add("another handler", func(id ID) bool { return id != self && id.IsHandler() })
	add("a relay option", func(id ID) bool { return slices.Contains(RelayOptions[:], id) })
	return got
}
