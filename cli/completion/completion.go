// Package completion makes the scripts by which shells complete the options of
// gonc, of the option table.
package completion

import (
	"fmt"
	"strings"

	"gonc/cli/option"
)

// Script returns the completion script for bash, zsh or fish. g is the grammar
// that gonc has under its own name, topics are those of its help.
func Script(shell string, g *option.Grammar, topics []string) string {
	switch opts := options(g, topics); shell {
	case "bash":
		return bash(opts)
	case "zsh":
		return zsh(opts)
	default:
		return fish(opts)
	}
}

// A kind says what completes the argument of an option.
type kind int

const (
	none kind = iota // the option takes no argument
	free             // nothing completes it
	file
	host
	port
	device // a network interface
	words
	topic // one of words may follow as an operand
)

// An opt is an option as a completion script needs it.
type opt struct {
	letter string   // without its dash; empty: none
	long   []string // without their dashes
	help   string
	kind   kind
	arg    string   // what the argument is called
	words  []string // of kinds words and topic
	equals bool     // the argument, which may be left out, follows an equals sign
}

// options returns what can be used, in the order of the help.
func options(g *option.Grammar, topics []string) []opt {
	var opts []opt
	for id := range option.NumIDs {
		if !id.IsBuilt() {
			continue
		}
		row := option.RowOf(id)
		o := opt{long: g.NamesOf(id), help: row.Help, arg: row.Arg, equals: row.Kind == option.OptionalText}
		if l := g.LetterOf(id); l != 0 {
			o.letter = string(rune(l))
		}
		o.kind, o.words = argument(id, row)
		if id == option.Help {
			o.kind, o.words, o.arg = topic, topics, "topic"
		}
		opts = append(opts, o)
	}
	return opts
}

// argument returns what completes the argument of an option.
func argument(id option.ID, row *option.Row) (kind, []string) {
	switch {
	case row.Kind < option.OptionalText:
		return none, nil
	case row.Kind == option.Choice:
		return words, row.Choices()
	case row.Arg == "file":
		return file, nil
	}
	switch id {
	case option.ProxyType:
		return words, []string{"4", "4a", "5", "connect", "socks4", "socks4a", "socks5", "http"}
	case option.Dialect:
		return words, []string{"gonc", "nc", "ncat"}
	case option.TOS:
		return words, []string{"critical", "ef", "inetcontrol", "lowcost", "lowdelay", "netcontrol", "reliability", "throughput"}
	case option.Progress:
		return words, []string{"plain"}
	case option.SourcePort:
		return port, nil
	case option.Interface:
		return device, nil
	case option.SOCKS, option.Proxy, option.To, option.Allow, option.Deny:
		return host, nil
	case option.Exec, option.ShExec:
		return file, nil
	}
	return free, nil
}

// names returns every spelling of o, with dashes.
func (o *opt) names() []string {
	var names []string
	if o.letter != "" {
		names = append(names, "-"+o.letter)
	}
	for _, long := range o.long {
		names = append(names, "--"+long)
	}
	return names
}

// fill replaces each @NAME@ of a script.
func fill(script string, with ...string) string { return strings.NewReplacer(with...).Replace(script) }

// quoted returns s between single quotes, as shells have them.
func quoted(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

// bash returns a script for bash 4 and later.
func bash(opts []opt) string {
	var all, cases, optional, valued []string
	byKind := map[kind][]string{}
	for _, o := range opts {
		all = append(all, o.names()...)
		if o.kind == none {
			continue
		}
		if o.equals {
			optional = append(optional, fmt.Sprintf("        %s) _gonc_words '%s' ;;", strings.Join(o.names(), " | "), strings.Join(o.words, " ")))
			continue
		}
		if o.kind != topic {
			valued = append(valued, o.names()...)
		}
		if o.kind == words || o.kind == topic {
			cases = append(cases, fmt.Sprintf("    %s) _gonc_words '%s' ;;", strings.Join(o.names(), " | "), strings.Join(o.words, " ")))
			continue
		}
		byKind[o.kind] = append(byKind[o.kind], o.names()...)
	}
	for _, k := range []struct {
		kind kind
		does string
	}{{file, "_gonc_files"}, {host, "_gonc_hosts"}, {port, "_gonc_ports"}, {device, "_gonc_devices"}, {free, ":"}} {
		if names := byKind[k.kind]; names != nil {
			cases = append(cases, fmt.Sprintf("    %s) %s ;;", strings.Join(names, " | "), k.does))
		}
	}
	return fill(bashScript, "@ALL@", strings.Join(all, " "), "@VALUED@", strings.Join(valued, " | "), "@CASES@", strings.Join(cases, "\n"), "@OPTIONAL@", strings.Join(optional, "\n"))
}

const bashScript = `# bash completion for gonc

_gonc_words() { mapfile -t COMPREPLY < <(compgen -W "$1" -- "$cur"); }

_gonc_files() {
    compopt -o filenames 2>/dev/null
    mapfile -t COMPREPLY < <(compgen -f -- "$cur")
}

# Hosts of hosts(5) and of ssh's known_hosts that are not hashed.
_gonc_hosts() {
    local known
    known=$(sed -n -e '/^[@|#]/d' -e 's/[ ,].*//p' ~/.ssh/known_hosts 2>/dev/null | tr -d '[]' | sed 's/:[0-9]*$//')
    mapfile -t COMPREPLY < <({ compgen -A hostname -- "$cur"; compgen -W "localhost $known" -- "$cur"; } | sort -u)
}

_gonc_devices() { _gonc_words "$(ls /sys/class/net 2>/dev/null)"; }

_gonc_ports() { mapfile -t COMPREPLY < <(compgen -A service -- "$cur"); }

_gonc() {
    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} word operands=0 skip= unix= equals= i
    COMPREPLY=()
    # --name=value comes as three words, and so does host:port.
    if [[ $cur == = ]]; then
        cur='' equals=1
    elif [[ $prev == = && COMP_CWORD -gt 1 ]]; then
        prev=${COMP_WORDS[COMP_CWORD - 2]} equals=1
    fi
    if [[ $equals ]]; then
        case $prev in
@OPTIONAL@
        *) false ;;
        esac && return
    fi
    case $prev in
@CASES@
    *) false ;;
    esac && return
    if [[ $cur == -* ]]; then
        _gonc_words '@ALL@'
        return
    fi
    for ((i = 1; i < COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        if [[ $word == [=:] ]]; then
            skip=1
            continue
        fi
        if [[ $skip ]]; then
            skip=
            continue
        fi
        case $word in
        @VALUED@) skip=1 ;;
        --unixsock) unix=1 ;;
        --*) ;;
        -*U*) unix=1 ;;
        -*) ;;
        *) operands=$((operands + 1)) ;;
        esac
    done
    if [[ $unix ]]; then
        _gonc_files
    elif ((operands == 0)); then
        _gonc_hosts
    else
        _gonc_ports
    fi
}

complete -F _gonc gonc
`

// zsh returns a script for the function path of zsh.
func zsh(opts []opt) string {
	var specs []string
	for _, o := range opts {
		specs = append(specs, "        "+zshSpec(o)+" \\")
	}
	return fill(zshScript, "@SPECS@", strings.Join(specs, "\n"))
}

// zshSpec returns an argument of _arguments.
func zshSpec(o opt) string {
	var names []string
	for _, name := range o.names() {
		if o.equals {
			name += "=-"
		} else if o.kind != none && o.kind != topic && strings.HasPrefix(name, "--") {
			name += "="
		}
		names = append(names, name)
	}
	help := strings.NewReplacer("[", "(", "]", ")").Replace(o.help)
	spec := quoted("*") + quoted(names[0]+"["+help+"]"+zshAction(o))
	if len(names) > 1 {
		spec = quoted("*") + "{" + strings.Join(names, ",") + "}" + quoted("["+help+"]"+zshAction(o))
	}
	return spec
}

// zshAction returns what _arguments does for the argument of o.
func zshAction(o opt) string {
	name := ":" + strings.NewReplacer(":", " ", "[", "", "]", "").Replace(o.arg) + ":"
	if o.equals {
		name = ":" + name
	}
	switch o.kind {
	case none:
		return ""
	case file:
		return name + "_files"
	case host:
		return name + "_hosts"
	case port:
		return name + "_ports"
	case device:
		return name + "_net_interfaces"
	case words, topic:
		return name + "(" + strings.Join(o.words, " ") + ")"
	}
	return name
}

const zshScript = `#compdef gonc

_gonc() {
    _arguments -s -S \
@SPECS@
        '1: :_gonc_first' \
        '*: :_ports'
}

# The first operand is a host, or with -U the path of a socket.
_gonc_first() {
    if (( ${words[(I)-*U*]} )); then
        _files
    else
        _hosts
    fi
}

if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
    _gonc "$@"
else
    compdef _gonc gonc
fi
`

// fish returns a script for fish 3 and later.
func fish(opts []opt) string {
	var b strings.Builder
	b.WriteString(fishHead)
	for _, o := range opts {
		b.WriteString("complete -c gonc")
		if o.letter != "" {
			b.WriteString(" -s " + o.letter)
		}
		for _, long := range o.long {
			b.WriteString(" -l " + long)
		}
		b.WriteString(fishArgument(o) + " -d " + fishQuoted(o.help) + "\n")
		if o.kind == topic {
			b.WriteString("complete -c gonc -n __gonc_help -a " + fishQuoted(strings.Join(o.words, " ")) + "\n")
		}
	}
	return b.String()
}

// fishArgument returns the flags of complete for the argument of o.
func fishArgument(o opt) string {
	switch {
	case o.kind == none, o.kind == topic:
		return ""
	case o.equals:
		return " -a " + fishQuoted(strings.Join(o.words, " "))
	case o.kind == file:
		return " -r -F"
	case o.kind == host:
		return " -x -a 'localhost (__fish_print_hostnames)'"
	case o.kind == port:
		return " -x -a '(__gonc_services)'"
	case o.kind == device:
		return " -x -a '(__fish_print_interfaces)'"
	case o.kind == words:
		return " -x -a " + fishQuoted(strings.Join(o.words, " "))
	}
	return " -x"
}

// fishQuoted returns s between single quotes, in which fish has escapes.
func fishQuoted(s string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, "'", `\'`).Replace(s) + "'"
}

const fishHead = `# fish completion for gonc

function __gonc_services
    test -r /etc/services; and string match -rg '^([a-z][\w-]*)\s' </etc/services | sort -u
end

# Whether the line has an operand already.
function __gonc_has_operand
    set -l words (commandline -opc)
    for word in $words[2..]
        string match -q -- '-*' $word; or return 0
    end
    return 1
end

# Whether the word before is the option that asks for help.
function __gonc_help
    contains -- (commandline -opc)[-1] -h --help
end

function __gonc_unix
    commandline -opc | string match -qr -- '^-[^-]*U|^--unixsock$'
end

complete -c gonc -f
complete -c gonc -n __gonc_unix -F
complete -c gonc -n 'not __gonc_unix; and not __gonc_help; and not __gonc_has_operand' -a 'localhost (__fish_print_hostnames)'
complete -c gonc -n 'not __gonc_unix; and __gonc_has_operand' -a '(__gonc_services)'
`
