package completion_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"gonc/cli/completion"
	"gonc/cli/dialect"
)

// script writes the completion script of a shell to a file of its own, in a
// home with hosts that ssh knows, and returns its path.
func script(t *testing.T, shell string) (path, home string) {
	t.Helper()
	if _, err := exec.LookPath(shell); err != nil {
		t.Skip(err)
	}
	d, _, err := dialect.Choose([]string{"gonc"})
	if err != nil {
		t.Fatal(err)
	}
	home = t.TempDir()
	path = filepath.Join(home, "_gonc")
	files := map[string]string{
		path:                                    completion.Script(shell, &d.Grammar, []string{"all", "scan"}),
		filepath.Join(home, ".ssh/known_hosts"): "build.example.net ssh-ed25519 AAAA\n[git.example.net]:2222,[::1]:2222 ssh-ed25519 AAAA\n|1|hashed= ssh-ed25519 AAAA\n",
		filepath.Join(home, "many/of-many"):     "",
	}
	for i := range 10000 {
		files[filepath.Join(home, "many", "file"+strconv.Itoa(i))] = ""
	}
	for name, text := range files {
		os.MkdirAll(filepath.Dir(name), 0o700)
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return path, home
}

// A completing shell returns what it offers for the last of the words.
type completing func(t *testing.T, words ...string) []string

var cases = []struct {
	line string
	want []string // offered, perhaps among others
	not  string   // not offered
}{
	{"gonc --keep", []string{"--keep-open"}, "--listen"},
	{"gonc -l --max", []string{"--max-conns"}, "--listen"},
	{"gonc --proxy-dns ", []string{"both", "local", "none", "remote"}, "--listen"},
	{"gonc --proxy-dns l", []string{"local"}, "none"},
	{"gonc -X so", []string{"socks4", "socks4a", "socks5"}, "http"},
	{"gonc -h ", []string{"all", "scan"}, "localhost"},
	{"gonc --help s", []string{"scan"}, "all"},
	{"gonc --interface ", []string{"lo"}, "localhost"},
	{"gonc --page many/of-", []string{"many/of-many"}, "many/file1"},
	{"gonc localho", []string{"localhost"}, "http"},
	{"gonc build", []string{"build.example.net"}, "git.example.net"},
	{"gonc localhost htt", []string{"http", "https"}, "ssh"},
	{"gonc -w 5 localhost ss", []string{"ssh"}, "http"},
	{"gonc -U many/of-", []string{"many/of-many"}, "localhost"},
}

func try(t *testing.T, complete completing) {
	for _, c := range cases {
		t.Run(c.line, func(t *testing.T) {
			words := strings.Split(c.line, " ")
			got := complete(t, words...)
			for _, want := range c.want {
				if !slices.Contains(got, want) {
					t.Errorf("%q is not offered, but %q", want, got)
				}
			}
			if slices.Contains(got, c.not) {
				t.Errorf("%q is offered", c.not)
			}
		})
	}
}

func run(t *testing.T, home string, args ...string) []string {
	t.Helper()
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Dir = home
	cmd.Env = append(os.Environ(), "HOME="+home, "XDG_CONFIG_HOME="+home, "TERM=dumb", "LC_ALL=C")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return strings.Split(strings.ReplaceAll(strings.TrimSpace(string(out)), "\r", ""), "\n")
}

func TestBash(t *testing.T) {
	path, home := script(t, "bash")
	try(t, func(t *testing.T, words ...string) []string {
		const ask = `. "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _gonc; printf '%s\n' "${COMPREPLY[@]}"`
		return run(t, home, append([]string{"bash", "-c", ask, path}, words...)...)
	})
	t.Run("equals sign", func(t *testing.T) {
		const ask = `. "$0"; COMP_WORDS=(gonc "$@"); COMP_CWORD=$#; _gonc; printf '%s\n' "${COMPREPLY[@]}"`
		for _, c := range []struct{ line, want string }{
			{"--proxy-dns = n", "none"},
			{"--progress =", "plain"},
			{"--progress = p", "plain"},
			{"--hash = sha256 --to = db : 80 localho", "localhost"},
		} {
			if got := run(t, home, append([]string{"bash", "-c", ask, path}, strings.Fields(c.line)...)...); !slices.Equal(got, []string{c.want}) {
				t.Errorf("%s: %q", c.line, got)
			}
		}
	})
}

func TestFish(t *testing.T) {
	path, home := script(t, "fish")
	try(t, func(t *testing.T, words ...string) []string {
		lines := run(t, home, "fish", "--no-config", "-c", "source $argv[1]; complete -C \"$argv[2]\"", path, strings.Join(words, " "))
		for i, line := range lines {
			lines[i], _, _ = strings.Cut(line, "\t") // the description
		}
		return lines
	})
}

// zshAsk has a zsh in a terminal of its own (zsh/zpty) complete a line, and
// prints what it offers. compadd is replaced by one that prints its matches.
const zshAsk = `
zmodload zsh/zpty
zpty shell "HOME=$HOME TERM=dumb zsh -f -i"
zpty -w shell "PS1=; autoload -Uz compinit; compinit -u -d $HOME/dump; . $1"
zpty -w shell 'zstyle ":completion:*" verbose no; bindkey "^I" complete-word; setopt no_beep
compadd() { local -a found; [[ " $* " == *" -[OAD] "* ]] && { builtin compadd "$@"; return }; builtin compadd -O found "$@"; (( $#found )) && print -rl -- "<offered>"$^found; builtin compadd "$@" }
over() { print over-$((6 * 7)) }
comppostfuncs=(over)
print ready-$((6 * 7))'
zpty -r -m shell line "*ready-42*"
zpty -w -n shell "$2"$'\t'
zpty -r -m shell line "*over-42*"
print -r -- "$line" | tr -d '\r' | sed -n 's/.*<offered>//p'
`

func TestZsh(t *testing.T) {
	path, home := script(t, "zsh")
	try(t, func(t *testing.T, words ...string) []string {
		offered := run(t, home, "zsh", "-f", "-c", zshAsk, "zsh", path, strings.Join(words, " "))
		// zsh keeps the directory of a path for itself.
		if dir, _, ok := strings.Cut(words[len(words)-1], "/"); ok {
			for i, file := range offered {
				offered[i] = dir + "/" + file
			}
		}
		return offered
	})
}
