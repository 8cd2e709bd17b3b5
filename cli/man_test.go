package main

import (
	"os"
	"slices"
	"strings"
	"testing"
)

// The man page describes every option of the table, under every name, and no
// other.
func TestManPage(t *testing.T) {
	page, err := os.ReadFile("man/gonc.1")
	if err != nil {
		t.Fatal(err)
	}
	described := manNames(string(page))
	for _, name := range allNames() {
		if !slices.Contains(described, name) {
			t.Errorf("man/gonc.1 does not describe %s (an item \".It Fl …\")", name)
		}
	}
	for _, name := range described {
		if !slices.Contains(allNames(), name) {
			t.Errorf("man/gonc.1 describes %s, which gonc does not have", name)
		}
	}
}

// manNames are the option names in the list items of an mdoc page: Fl v is
// -v, Fl Fl verbose and Fl -verbose are --verbose.
func manNames(page string) (all []string) {
	for line := range strings.Lines(page) {
		if !strings.HasPrefix(line, ".It Fl ") {
			continue
		}
		words := strings.Fields(strings.ReplaceAll(line, `\-`, "-"))
		for i := 1; i < len(words)-1; i++ {
			switch {
			case words[i] != "Fl":
			case words[i+1] == "Fl" && i+2 < len(words):
				all = append(all, "--"+words[i+2])
				i += 2
			default:
				all = append(all, "-"+words[i+1])
			}
		}
	}
	return all
}

func TestManNames(t *testing.T) {
	got := manNames(".It Fl v , Fl Fl verbose\n.It Fl Fl connect-timeout Ar time , Fl -wait Ar time\n.Fl x\n.It Fl w Ar time , Fl \\-timeout Ar time\n")
	want := []string{"-v", "--verbose", "--connect-timeout", "--wait", "-w", "--timeout"}
	if !slices.Equal(got, want) {
		t.Errorf("%q, not %q", got, want)
	}
}
