package option_test

import (
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"gonc/conn/addr"

	. "gonc/cli/option"
)

func TestParse(t *testing.T) {
	defer BuildAll()()
	for _, tt := range []struct {
		line string
		want Options // the fields that are set
		has  []ID
	}{
		{"host 80", Options{Target: at("host", "80")}, nil},
		{"host:80", Options{Target: at("host", "80")}, nil},
		{"[::1]:domain -u", Options{Target: at("::1", "domain")}, []ID{UDP}},
		{"-lvnp 9999", Options{Target: at("", "9999"), SourcePort: "9999", Verbose: 1}, []ID{Listen, Verbose, NoDNS, SourcePort}},
		{"-l -p9999 -vvv", Options{Target: at("", "9999"), SourcePort: "9999", Verbose: 3}, []ID{Listen, Verbose, SourcePort}},
		{"--listen --source-port=9999", Options{Target: at("", "9999"), SourcePort: "9999"}, []ID{Listen, SourcePort}},
		{"-l -s ::1 -p 1", Options{Target: at("::1", "1"), Source: "::1", SourcePort: "1"}, []ID{Listen, Source, SourcePort}},
		{"host 80 -w1.5", Options{Target: at("host", "80"), Timeout: 1500 * time.Millisecond}, []ID{Timeout}},
		{"-- -host 80", Options{Target: at("-host", "80")}, nil},
		{"- 80", Options{Target: at("-", "80")}, nil},
		{"-q -1 h 1", Options{Target: at("h", "1"), QuitAfter: -time.Second}, []ID{QuitAfter}},
		{"-zvw1 h 22-24", Options{Target: ports("h", 22, 23, 24), Timeout: time.Second, Verbose: 1}, []ID{Scan, Verbose, Timeout}},
		{"h 22 23", Options{Target: ports("h", 22, 23)}, nil},
		{"-l --http 8000", Options{Target: at("", "8000")}, []ID{Listen, HTTP}},
		{"-l --reply --dialect=zz 0", Options{Target: at("", "0"), Reply: "--dialect=zz"}, []ID{Listen, Reply}},
		{"-l --reply= 0", Options{Target: at("", "0")}, []ID{Listen, Reply}},
		{"-U /a", Options{Target: path("/a")}, []ID{Unix}},
		{"-lU @a", Options{Target: path("@a")}, []ID{Unix, Listen}},
		{"-lU -s /a", Options{Target: path("/a"), Source: "/a"}, []ID{Unix, Listen, Source}},
		{"--ssl-max 1.1 --tls-min=1.0 h 1", Options{Target: at("h", "1"), TLSMin: 0x301, TLSMax: 0x302}, []ID{TLS, TLSMin, TLSMax}},
		{"--insecure h 1", Options{Target: at("h", "1")}, []ID{TLS, TLSNoVerify}},
		{"--ssl-alpn h2,http/1.1 --ssl-ciphers A:B,C h 1", Options{Target: at("h", "1"), TLSALPN: []string{"h2", "http/1.1"}, TLSCiphers: []string{"A", "B", "C"}}, []ID{TLS, TLSALPN, TLSCiphers}},
		{`-e a"b"'c' h 1`, Options{Target: at("h", "1"), Exec: []string{"abc"}}, []ID{Exec}},
		{"--broker 1", Options{Target: at("", "1")}, []ID{Broker, Listen}},
		{"--progress h 1", Options{Target: at("h", "1")}, []ID{Progress}},
		{"--progress=plain h 1", Options{Target: at("h", "1"), ProgressPlain: true}, []ID{Progress}},
		{"--limit-rate 1.5M/s h 1", Options{Target: at("h", "1"), LimitRate: 3 << 19}, []ID{LimitRate}},
		{"--keepalive 10,500ms,3 h 1", Options{Target: at("h", "1"), KeepAlive: KeepAliveTimes{10 * time.Second, time.Second / 2, 3}}, []ID{KeepAlive}},
		{"-M 64 -T 0x10 -I 5 h 1", Options{Target: at("h", "1"), TTL: 64, TOS: 16, RecvBuffer: 5}, []ID{TTL, TOS, RecvBuffer}},
		{"-l 1 --to tls:h:2,ca=f,name=n --to unix:/a --proxy-protocol v2",
			Options{Target: at("", "1"), ProxyProtocol: 2, To: []Forward{
				{Network: "tcp", Addr: addr.Addr{Host: "h", Port: "2"}, TLS: true, TrustFile: "f", ServerName: "n"},
				{Network: "unix", Addr: addr.Addr{Path: "/a"}}}}, []ID{Listen, To, ProxyProtocol}},
		{"-l -s 1.2.3.4 1 --to udp:[::1]:2", Options{Target: at("", "1"), Source: "1.2.3.4",
			To: []Forward{{Network: "udp", Addr: addr.Addr{Host: "::1", Port: "2"}}}}, []ID{Listen, Source, To}},
		{"--allow a --allow b -l 1", Options{Target: at("", "1"), Allow: []string{"a", "b"}}, []ID{Allow, Listen}},
		{"--completion zsh -Z", Options{}, nil},
		{"-h all --http", Options{Operands: []string{"all"}}, []ID{Help, HTTP}},
	} {
		o, err := Parse(strings.Fields(tt.line), &goncGrammar)
		if tt.line == "--completion zsh -Z" {
			if _, ok := err.(*UnknownError); !ok {
				t.Errorf("%s: %v", tt.line, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", tt.line, err)
			continue
		}
		checkOptions(t, tt.line, o, &tt.want, tt.has)
	}
}

func at(host, port string) Target { return Target{Addr: addr.Addr{Host: host, Port: port}} }

func path(p string) Target { return Target{Addr: addr.Addr{Path: p}} }

func ports(host string, ports ...uint16) Target {
	return Target{Addr: addr.Addr{Host: host, Port: strconv.Itoa(int(ports[0]))}, Ports: ports}
}

// checkOptions compares the exported fields of got and want, and what was
// given.
func checkOptions(t *testing.T, line string, got, want *Options, has []ID) {
	t.Helper()
	g, w := reflect.ValueOf(got).Elem(), reflect.ValueOf(want).Elem()
	for i := range g.NumField() {
		f := g.Type().Field(i)
		if !f.IsExported() || f.Name == "Operands" && w.Field(i).IsNil() {
			continue
		}
		if !reflect.DeepEqual(g.Field(i).Interface(), w.Field(i).Interface()) {
			t.Errorf("%s: %s is %#v, want %#v", line, f.Name, g.Field(i), w.Field(i))
		}
	}
	given := map[ID]bool{}
	for _, id := range has {
		given[id] = true
	}
	for id := range NumIDs {
		if got.Has(id) != given[id] {
			t.Errorf("%s: Has(%s) is %v", line, goncGrammar.Spell(id), got.Has(id))
		}
	}
}

// What is empty is not what is absent: a variable of a script may be unset.
func TestEmptyValues(t *testing.T) {
	defer BuildAll()()
	for id := range NumIDs {
		name := goncGrammar.Spell(id)
		if name == "" || !id.TakesArg() || id == Dialect {
			continue
		}
		_, err := Parse([]string{name, "", "-l", "1"}, &goncGrammar)
		bad, ok := err.(*ValueError)
		switch {
		case id == Reply && err == nil:
		case !ok || bad.ID != id || bad.Name != name || bad.Why != Empty:
			t.Errorf("%s \"\": %v", name, err)
		}
	}
	for _, args := range [][]string{{"", "1"}, {"h", ""}, {"-l", "", "1"}, {"-l", ""}, {"-U", ""}, {"-lU", ""}, {"-z", "h", "", "1"}} {
		_, err := Parse(args, &goncGrammar)
		if bad, ok := err.(*OperandError); !ok || bad.Problem != EmptyOperand {
			t.Errorf("%q: %v", args, err)
		}
	}
}

func TestTimes(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"1": time.Second, "0": 0, "1.5": 1500 * time.Millisecond, ".5": 500 * time.Millisecond, "500ms": 500 * time.Millisecond,
		"2m": 2 * time.Minute, "1h": time.Hour, "+3": 3 * time.Second, "1.5h": 90 * time.Minute, "0.001ms": time.Microsecond,
		"0.0000000001": 1,
	} {
		if o, err := Parse([]string{"-w", text, "h", "1"}, &goncGrammar); err != nil || o.Timeout != want {
			t.Errorf("%q: %v", text, err)
		}
	}
	for _, text := range []string{"s", "ms", "1d", "1 s", "1e3", "0x10", "NaN", "Inf", "1.2.3", "1ms2", "--1", "1_0", "٣"} {
		_, err := Parse([]string{"-w", text, "h", "1"}, &goncGrammar)
		if bad, ok := err.(*ValueError); !ok || bad.Why != Invalid {
			t.Errorf("%q: %v", text, err)
		}
	}
	for text, why := range map[string]Why{"100": NeedsUnit, "99": Invalid, "100s": Invalid, "0": NotPositive, "-1": NotPositive, "9999999h": TooLarge} {
		_, err := Parse([]string{"-w", text, "h", "1"}, &ncatGrammar)
		bad, ok := err.(*ValueError)
		if ok != (why != Invalid) || ok && bad.Why != why {
			t.Errorf("ncat, %q: %v", text, err)
		}
	}
}

// Very many arguments and very long ones are no problem.
func TestLargeCommandLines(t *testing.T) {
	args := []string{"-z", "h"}
	for range 10000 {
		args = append(args, "-v", "22")
	}
	o, err := Parse(args, &goncGrammar)
	if err != nil || o.Verbose != 10000 || len(o.Target.Ports) != 10000 {
		t.Errorf("10,000 arguments: %v", err)
	}
	long := strings.Repeat("v", 1<<20)
	if o, err := Parse([]string{"-" + long, "h", "1"}, &goncGrammar); err != nil || o.Verbose != 1<<20 {
		t.Errorf("1 MiB of letters: %v", err)
	}
	for _, args := range [][]string{{"--" + long}, {long}, {"-w", long, "h", "1"}, {"-p" + long}, {"h", long}, {"-x", long, "h", "1"}, {"-T", long, "h", "1"}} {
		for _, g := range []*Grammar{&goncGrammar, &ncatGrammar} {
			if _, err := Parse(args, g); err == nil && g == &goncGrammar {
				t.Errorf("1 MiB in %.5q is accepted", args[0])
			}
		}
	}
}

func TestLenient(t *testing.T) {
	o, err := Parse(strings.Fields("-ut h 1 -X 5 -P me"), &ncGrammar)
	if err != nil || o.Has(Telnet) || o.Has(ProxyType) || o.Has(ProxyUser) {
		t.Error(err)
	}
	o, err = Parse(strings.Fields("-F -i 3 -W 2 -C h 1"), &ncGrammar)
	if err != nil || o.Has(Interval) || o.Interval != 0 || o.RecvLimit != 0 || o.Has(CRLF) {
		t.Error(err)
	}
	if o, err = Parse([]string{"-help", "--junk"}, &ncGrammar); err != nil || !o.Has(Help) {
		t.Error(err)
	}
}

func TestNcat(t *testing.T) {
	defer BuildAll()()
	for _, tt := range []struct{ line, want string }{
		{"h", "none"}, {"--wai 3 h 1", "none"}, {"-l", "none"}, {"-l 1", "none"}, {"-l h", "none"},
		{"--s 1 h", "Ambiguous Name:--s Candidates:[--sh-exec --source-port --source --send-only --sctp --ssl --ssl-cert --ssl-key --ssl-verify --ssl-trustfile --ssl-ciphers --ssl-servername --ssl-alpn]"},
		{"--half-close h 1", "none"},
		{"-N h 1", "Unknown Name:-N"},
		{"--lua x h 1", "Unsupported ID: Name:--lua Foreign:"},
		{"-l -s a 1", "Conflict A:-s B:-l NameA:-s NameB:-l Reason:ForConnecting"},
		{"h 1 2", "Operand Problem:TooMany Text:2"},
		{"h http", "Operand Problem:BadOperand Text:http Err"},
		{"h 1-2", "Operand Problem:BadOperand Text:1-2 Err"},
		{"--nsock-engine poll --test h 1", "none"}, {"-k h 1", "none"}, {"-l -w 3 1", "none"},
	} {
		o, err := Parse(strings.Fields(tt.line), &ncatGrammar)
		if got := describe(err, &goncGrammar); got != tt.want && !(strings.HasSuffix(tt.want, "Foreign:") && strings.HasPrefix(got, tt.want)) {
			t.Errorf("%s:\n got %s\nwant %s", tt.line, got, tt.want)
		}
		if tt.line == "h" && o.Target.Port != "31337" {
			t.Errorf("%+v", o.Target)
		}
	}
	o, err := Parse(strings.Fields("-l --proxy-type http 127.0.0.1"), &ncatGrammar)
	if err != nil || !o.Has(ProxyServer) || o.Target.Port != "3128" || o.Target.Host != "127.0.0.1" {
		t.Errorf("%v", err)
	}
}

// A command line is options, or one of the errors of this package.
func FuzzParse(f *testing.F) {
	f.Add("-l\x00-p\x009999", uint8(0))
	f.Add("-zvw1\x00host\x0022-80", uint8(1))
	f.Add("-lvnp\x009999\x00--http", uint8(2))
	f.Add("host:port\x00--\x00-1", uint8(2))
	f.Add("\x1b[2J\x00-\x1b", uint8(0))
	f.Add("-w\x001e400", uint8(0))
	f.Add("-l\x00--to\x00tls:h:1,ca=x\x00--progress=plain\x00-e\x00a 'b'", uint8(0))
	defer BuildAll()()
	grammars := []*Grammar{&goncGrammar, &ncGrammar, &ncatGrammar}
	f.Fuzz(func(t *testing.T, line string, which uint8) {
		o, err := Parse(strings.Split(line, "\x00"), grammars[int(which)%len(grammars)])
		if err == nil {
			if !o.Has(Help) && !o.Has(Version) && !o.Has(Completion) && !o.Has(SocketActivation) && o.Target.Path == "" && o.Target.Port == "" {
				t.Errorf("no target: %+v", o)
			}
			return
		}
		switch err.(type) {
		case *UnknownError, *UnsupportedError, *MissingArgumentError, *UnwantedArgumentError, *AmbiguousError,
			*MisplacedError, *ValueError, *ConflictError, *OperandError:
		default:
			t.Errorf("%T: %v", err, err)
		}
	})
}

// A line of help fits beside the names in 80 columns, also of an option that
// is not there yet, and is a phrase.
func TestTable(t *testing.T) {
	names := map[string]bool{}
	for id := range NumIDs {
		row := RowOf(id)
		for _, name := range row.Names {
			if names[name] {
				t.Errorf("--%s is there twice", name)
			}
			names[name] = true
		}
		if id >= SourceRoute { // of other netcats
			continue
		}
		if row.Help == "" || len(row.Help) > 50 || strings.HasSuffix(row.Help, ".") || row.Help != strings.TrimSpace(row.Help) {
			t.Errorf("the help of %s is %q", goncGrammar.Spell(id), row.Help)
		}
		if goncGrammar.Spell(id) == "" {
			t.Errorf("option %d, %q, has no name", id, row.Help)
		}
		if (row.Arg != "") != (id.TakesArg() || row.Kind == OptionalText) {
			t.Errorf("%s: argument %q, kind %d", goncGrammar.Spell(id), row.Arg, row.Kind)
		}
	}
}
