package dialect

import (
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"gonc/cli/option"
)

func TestChoose(t *testing.T) {
	for _, tt := range []struct {
		env  string
		argv string
		want string // the dialect and what is left
		err  bool
	}{
		{"", "gonc a b", "gonc a b", false},
		{"", "/usr/bin/nc a", "nc a", false},
		{"", "nc.openbsd a", "nc a", false},
		{"", "netcat.exe a", "nc a", false},
		{"", "ncat -l", "ncat -l", false},
		{"", "other a", "gonc a", false},
		{"nc", "gonc a", "nc a", false},
		{"nc", "ncat --dialect gonc a", "gonc a", false},
		{"", "gonc --dialect=nc a", "nc a", false},
		{"", "gonc -l --reply --dialect=zz 0", "gonc -l --reply --dialect=zz 0", false},
		{"", "gonc --dialect=zz a", "gonc a", true},
		{"", "gonc --dialect= a", "gonc a", true},
		{"nc", "gonc --dialect= a", "gonc a", true},
		{"zz", "nc a", "nc a", true},
		{"", "gonc --dialect", "gonc --dialect", false},
		{"", "", "gonc", false},
	} {
		t.Setenv("GONC_DIALECT", tt.env)
		d, args, err := Choose(strings.Fields(tt.argv))
		got := strings.Join(append([]string{d.Name}, args...), " ")
		if got != tt.want || (err != nil) != tt.err {
			t.Errorf("%s %s: %q, %v", tt.env, tt.argv, got, err)
		}
	}
}

// No letter and no name is listed twice, and each letter has an option that
// exists.
func TestGrammars(t *testing.T) {
	for _, d := range all {
		letters, names := map[byte]bool{}, map[string]bool{}
		for _, l := range d.Grammar.Letters {
			if letters[l.Letter] || l.ID >= option.NumIDs {
				t.Errorf("%s: -%c is there twice, or nothing", d.Name, l.Letter)
			}
			letters[l.Letter] = true
		}
		for _, n := range d.Grammar.Names {
			if names[n.Name] || n.ID >= option.NumIDs {
				t.Errorf("%s: --%s is there twice, or nothing", d.Name, n.Name)
			}
			names[n.Name] = true
		}
	}
}

// Every option of the real ncat's help is in the dialect, with a letter and an
// argument where ncat has one.
func TestNcatHasEveryOption(t *testing.T) {
	help, err := exec.Command("ncat", "--help").Output()
	if err != nil {
		t.Skip("ncat is not installed")
	}
	noArg := []string{ // of the help, which does not show it
		"allow", "allowfile", "deny", "denyfile", "ssl-cert", "ssl-key", "ssl-trustfile", "ssl-ciphers", "ssl-servername", "ssl-alpn",
	}
	line := regexp.MustCompile(`^  (?:-(\w))?(?:, | +)?(?:--([\w-]+))?( <.*?>| port| addr| hop1.*?| <n>)?(?:  +|$)`)
	count := 0
	for text := range strings.Lines(string(help)) {
		m := line.FindStringSubmatch(strings.TrimRight(text, "\n"))
		if m == nil || m[1] == "" && m[2] == "" {
			continue
		}
		count++
		takesArg := m[3] != "" || slices.Contains(noArg, m[2])
		for _, l := range ncat.Grammar.Letters {
			if m[1] == string(rune(l.Letter)) {
				checkArg(t, "-"+m[1], l.ID, takesArg)
				m[1] = ""
			}
		}
		for _, n := range ncat.Grammar.Names {
			if m[2] == n.Name {
				checkArg(t, "--"+m[2], n.ID, takesArg)
				m[2] = ""
			}
		}
		if m[1] != "" || m[2] != "" {
			t.Errorf("missing: %s", strings.TrimSpace(text))
		}
	}
	if count < 50 {
		t.Errorf("the help has %d options", count)
	}
}

func checkArg(t *testing.T, name string, id option.ID, want bool) {
	if got := option.RowOf(id).Arg != ""; got != want {
		t.Errorf("%s takes an argument: %v, and with ncat %v", name, got, want)
	}
}
