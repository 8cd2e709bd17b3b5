package option_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	. "gonc/cli/option"
)

var parseErrors = []struct {
	line string
	want string // of the error: its type and the fields that are not zero
}{
	{"-Q", "Unknown Name:-Q"},
	{"-l€", "Unknown Name:-€"},
	{"--x addr", "Unknown Name:--x"},
	{"--list", "Unknown Name:--list"},
	{"--lisetn", "Unknown Name:--lisetn Near:--listen"},
	{"--keepopen", "Unknown Name:--keepopen Near:--keep-open"},
	{"--local-port=5", "Unknown Name:--local-port Near:-p"},
	{"--delay 1", "Unknown Name:--delay Near:-i"},
	{"-K", "Unknown Name:-K Near:--ssl-key"},
	{"--colour", "Unknown Name:--colour"},
	{"--qqq=1 h 1", "Unknown Name:--qqq"},
	{"--sctp", "Unknown Name:--sctp Foreign:NoSCTP"},
	{"-L 1", "Unknown Name:-L Foreign:KeepServing"},
	{"-lp", "MissingArgument ID:-p Name:-p"},
	{"--source-port", "MissingArgument ID:-p Name:--source-port"},
	{"--udp=1 h 1", "UnwantedArgument ID:-u Name:--udp Text:1"},
	{"--http=8000 -l", "UnwantedArgument ID:--http Name:--http Text:8000"},
	{"-l --dialect nc 1", "Misplaced ID:--dialect Name:--dialect"},
	{"-w x h 1", "Value ID:-w Name:-w Text:x"},
	{"--timeout=-1 h 1", "Value ID:-w Name:--timeout Text:-1 Why:TooSmall"},
	{"-W 0 h 1", "Value ID:-W Name:-W Text:0 Why:TooSmall Min:1 Max:2147483647"},
	{"-M 256 h 1", "Value ID:-M Name:-M Text:256 Why:TooLarge Max:255"},
	{"-M 0 h 1", "Value ID:-M Name:-M Text:0 Why:TooSmall Min:1 Max:255"},
	{"--ssl-min 1.3 --ssl-max 1.2 h 1", "Conflict A:--ssl-min B:--ssl-max NameA:--ssl-min NameB:--ssl-max Reason:MinAboveMax"},
	{"--ssl-key k h 1", "Conflict A:--ssl-key B:--ssl-cert NameA:--ssl-key NameB:--ssl-cert Reason:Needs"},
	{"--hash md5 h 1", "Value ID:--hash Name:--hash Text:md5 Why:NotAChoice"},
	{"--proxy-protocol v3 --to a:1 -l 1", "Value ID:--proxy-protocol Name:--proxy-protocol Text:v3 Why:NotAChoice"},
	{"--limit-rate 0 h 1", "Value ID:--limit-rate Name:--limit-rate Text:0 Err"},
	{"--limit-rate 10X h 1", "Value ID:--limit-rate Name:--limit-rate Text:10X Err"},
	{"-e 'a h 1", "Value ID:-e Name:-e Text:'a Err"},
	{"-l -z 1", "Conflict A:-z B:-l NameA:-z NameB:-l Reason:ForConnecting"},
	{"--ipv6 -4 h 1", "Conflict A:-4 B:-6 NameA:-4 NameB:--ipv6"},
	{"-k 1", "Conflict A:-k B:-l NameA:-k NameB:-l Reason:Needs"},
	{"--reply x 1", "Conflict A:--reply B:-l NameA:--reply NameB:-l Reason:Needs"},
	{"-l --http --half-close 1", "Conflict A:-N B:--http NameA:--half-close NameB:--http Reason:NoEffect"},
	{"-l --http --reply x 1", "Conflict A:--http B:--reply NameA:--http NameB:--reply Reason:OneHandler"},
	{"-l --http --to a:1 1", "Conflict A:--http B:--to NameA:--http NameB:--to Reason:OneHandler"},
	{"-e a -c b h 1", "Conflict A:-e B:-c NameA:-e NameB:-c Reason:OneHandler"},
	{"-l --http -w 1 1", "Conflict A:-w B:--http NameA:-w NameB:--http Reason:OwnLimits"},
	{"--ssl-cert c -u h 1", "Conflict A:--ssl B:-u NameA:--ssl-cert NameB:-u Reason:NoDTLS"},
	{"-X 5 h 1", "Conflict A:-X B:-x NameA:-X NameB:-x Reason:Needs"},
	{"-X 6 -x a h 1", "Value ID:-X Name:-X Text:6 Why:NotAChoice Err"},
	{"-x u:p@a h 1", "Value ID:-x Name:-x Err"},
	{"-x a:70000 h 1", "Value ID:-x Name:-x Err"},
	{"--to h -l 1", "Value ID:--to Name:--to Text:h Err"},
	{"--to :1 -l 1", "Value ID:--to Name:--to Text::1 Err"},
	{"--to tls:h:1,x=y -l 1", "Value ID:--to Name:--to Text:tls:h:1,x=y Err"},
	{"", "Operand"},
	{"h", "Operand Problem:NoPort Text:h"},
	{":80", "Operand Problem:NoHost Text::80 Other:80"},
	{"h:80 90", "Operand Problem:PortTwice Text:90 Other:h:80"},
	{"h 80x", "Operand Problem:BadOperand Text:80x Err"},
	{"h 0", "Operand Problem:BadOperand Text:0 Err"},
	{"-l", "Operand Problem:NoListenPort"},
	{"-l a 1 2", "Operand Problem:TooMany Text:2"},
	{"-l -p 1 2", "Operand Problem:ListenPortTwice Text:2 Other:1"},
	{"-l -s a b 1", "Operand Problem:AddressTwice Text:b Other:a"},
	{"-U", "Operand Problem:NoPath"},
	{"-lU", "Operand Problem:NoListenPath"},
	{"-U a b", "Operand Problem:TooManyPaths Text:b"},
	{"-p x h 1", "Value ID:-p Name:-p Text:x Err"},
}

func TestParseErrors(t *testing.T) {
	defer BuildAll()()
	for _, tt := range parseErrors {
		_, err := Parse(strings.Fields(tt.line), &goncGrammar)
		if got := describe(err, &goncGrammar); got != tt.want {
			t.Errorf("%s:\n got %s\nwant %s", tt.line, got, tt.want)
		}
	}
}

// describe writes an error with its fields.
func describe(err error, g *Grammar) string {
	if err == nil {
		return "none"
	}
	v := reflect.ValueOf(err).Elem()
	s := strings.TrimSuffix(v.Type().Name(), "Error")
	for i := range v.NumField() {
		name, f := v.Type().Field(i).Name, v.Field(i)
		if _, isID := f.Interface().(ID); f.IsZero() && !isID {
			continue
		}
		switch x := f.Interface().(type) {
		case error:
			s += " " + name
		case ID:
			s += " " + name + ":" + g.Spell(x)
		case Reason:
			s += " " + name + ":" + reasons[x]
		case Why:
			s += " " + name + ":" + whys[x]
		case OperandProblem:
			s += " " + name + ":" + problems[x]
		case Foreign:
			s += " " + name + ":" + map[Foreign]string{NoSCTP: "NoSCTP", KeepServing: "KeepServing"}[x]
		default:
			s += fmt.Sprintf(" %s:%v", name, x)
		}
	}
	return s
}

var (
	reasons = map[Reason]string{Needs: "Needs", NoEffect: "NoEffect", OneHandler: "OneHandler", OwnLimits: "OwnLimits",
		ForConnecting: "ForConnecting", NoDTLS: "NoDTLS", MinAboveMax: "MinAboveMax"}
	whys     = map[Why]string{TooSmall: "TooSmall", TooLarge: "TooLarge", Empty: "Empty", NotAChoice: "NotAChoice", NeedsUnit: "NeedsUnit", NotPositive: "NotPositive"}
	problems = map[OperandProblem]string{NoPort: "NoPort", NoHost: "NoHost", PortTwice: "PortTwice", BadOperand: "BadOperand",
		NoListenPort: "NoListenPort", TooMany: "TooMany", ListenPortTwice: "ListenPortTwice", AddressTwice: "AddressTwice",
		NoPath: "NoPath", NoListenPath: "NoListenPath", TooManyPaths: "TooManyPaths", EmptyOperand: "EmptyOperand"}
)
