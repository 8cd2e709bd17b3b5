package message

import (
	"fmt"
	"slices"
	"strings"

	"gonc/cli/event"
	"gonc/cli/option"
	"gonc/conn/path"
)

// explained returns the lines of a step.
func explained(e event.Explained) []event.Line {
	f := e.Facts
	switch e.Step {
	case path.StepRoute:
		if e.Scan && f.Own {
			return named(whereText(f))
		}
		return named(routeTexts(f)...)
	case path.StepNeighbour:
		return named(neighbourText(f))
	case path.StepAnswer:
		return named(answerText(f))
	case path.StepOthers:
		return named(othersTexts(f)...)
	case path.StepCause:
		v := judge(f)
		switch {
		case v.likely == "":
			return named("the cause was not found")
		case e.Scan:
			of := portsText(f.Port, e.More)
			return named(of+": likely: "+v.likely, of+": try: "+v.try)
		}
		return named("likely: "+v.likely, "try: "+v.try)
	}
	return nil
}

// portsText names ports of a scan that have one cause.
func portsText(port uint16, more int) string {
	switch more {
	case 0:
		return fmt.Sprintf("port %d", port)
	case 1:
		return fmt.Sprintf("port %d and 1 other", port)
	}
	return fmt.Sprintf("port %d and %d others", port, more)
}

func named(texts ...string) (lines []event.Line) {
	for _, text := range texts {
		if text != "" {
			lines = append(lines, event.Named("%s", event.Printable(text)))
		}
	}
	return lines
}

// explainedName says what a name stands for.
func explainedName(e event.ExplainedName) []event.Line {
	var texts []string
	for i, ip := range e.Addrs {
		from := "from the name service"
		if o := e.Origins[i]; o.File != "" {
			from = fmt.Sprintf("from line %d of %s", o.Line, o.File)
		}
		texts = append(texts, fmt.Sprintf("%s is %s, %s", e.Host, ip, from))
	}
	return named(texts...)
}

// routeTexts say where an address is and how packets get there.
func routeTexts(f *path.Facts) (texts []string) {
	texts = append(texts, whereText(f), routeText(f))
	if f.Firewall != nil {
		texts = append(texts, fmt.Sprintf("this machine's own firewall %s what is sent there (%s)", does(f.Firewall), ruleText(f.Firewall)))
	}
	if !path.Complete {
		texts = append(texts, "routers, neighbours and ICMP errors are not seen on this system")
	}
	return texts
}

func whereText(f *path.Facts) string {
	kind := kindText(f.Like)
	switch {
	case f.Own && f.Like == path.Loopback:
		return f.To.String() + " is this machine itself (loopback)"
	case f.Own:
		return f.To.String() + " is an address of this machine itself"
	case f.On != nil:
		return fmt.Sprintf("%s is on a network of this machine: %s", f.To, networkText(*f.On))
	case f.Like.Closed():
		return fmt.Sprintf("%s is on no network of this machine, and in the range of %s", f.To, kind)
	case f.Private():
		return fmt.Sprintf("%s is a private address on no network of this machine: only a router that has a route to it can reach it", f.To)
	}
	return fmt.Sprintf("%s is on no network of this machine", f.To)
}

func routeText(f *path.Facts) string {
	r := f.Route
	switch r.Kind {
	case path.NoRoute:
		return fmt.Sprintf("there is no route to it: %s", networksText(f.Networks))
	case path.Blocked:
		return "a route of this machine blocks it"
	case path.Unicast:
		by := "directly"
		if r.Gateway.IsValid() {
			by = fmt.Sprintf("through the gateway %s", r.Gateway)
		}
		if r.Interface == "" {
			return fmt.Sprintf("packets leave from %s", r.Source)
		}
		return fmt.Sprintf("packets leave on %s from %s, %s", r.Interface, r.Source, by)
	case path.ToSelf:
		if len(f.Listening) > 0 {
			return fmt.Sprintf("port %d has a listener here at %s", f.Port, listText(f.Listening))
		}
		if path.Complete {
			return fmt.Sprintf("no process here listens on port %d", f.Port)
		}
	}
	return ""
}

func neighbourText(f *path.Facts) string {
	machine := f.Neighbour.Addr.String()
	if f.Route.Gateway.IsValid() {
		machine = "the gateway " + machine
	}
	switch f.Neighbour.State {
	case path.Answers:
		return fmt.Sprintf("%s answers %s: it is on", machine, asking(f))
	case path.Mute:
		return fmt.Sprintf("%s does not answer %s: no machine there has that address, or it is off", machine, asking(f))
	case path.Asking:
		return fmt.Sprintf("%s has not answered %s yet", machine, asking(f))
	}
	return ""
}

func answerText(f *path.Facts) string {
	a := f.Answer
	took := event.Span(a.Took)
	from := "a router, " + a.ICMP.From.String() + ","
	switch {
	case a.ICMP.From == f.To:
		from = f.To.String() + " itself"
	case f.SentHere():
		from = "this machine itself"
	}
	switch {
	case a.Outcome == path.Accepted && f.Network == "udp":
		return "UDP makes no connection: no answer does not mean that nothing arrives"
	case a.Outcome == path.Accepted:
		return "connected after " + took
	case a.ICMP.From.IsValid() && f.Neighbour.State != path.Mute:
		return fmt.Sprintf("%s sent %s after %s", from, icmpText(a.ICMP), took)
	case a.Outcome == path.Refused && f.Network == "tcp" && !f.Own:
		return fmt.Sprintf("%s refused the connection after %s (TCP reset): it is on", f.To, took)
	case a.Outcome == path.Refused:
		return fmt.Sprintf("%s refused it", f.To)
	case a.Outcome == path.Silent:
		return fmt.Sprintf("no answer within %s", took)
	case a.Outcome == path.Unreachable:
		return fmt.Sprintf("unreachable after %s", took)
	case a.Outcome == path.Denied:
		return "this machine did not send it: permission denied"
	}
	return ""
}

// othersTexts say how other ports and addresses answered.
func othersTexts(f *path.Facts) (texts []string) {
	var ports [3][]string // taken, refused, silent
	for _, o := range f.Others {
		if o.Addr.Addr() != f.To {
			texts = append(texts, fmt.Sprintf("at %s, another address of that machine, port %d %s", o.Addr.Addr(), o.Addr.Port(), oneAnswer(o)))
			continue
		}
		i := 2
		switch o.Outcome {
		case path.Accepted:
			i = 0
		case path.Refused:
			i = 1
		}
		ports[i] = append(ports[i], fmt.Sprint(o.Addr.Port()))
	}
	var parts []string
	for i, words := range [...][2]string{{"takes connections", "take connections"}, {"refuses", "refuse"}, {"does not answer", "do not answer"}} {
		switch n := len(ports[i]); {
		case n == 1:
			parts = append(parts, "port "+ports[i][0]+" "+words[0])
		case n > 1:
			parts = append(parts, "ports "+strings.Join(ports[i][:n-1], ", ")+" and "+ports[i][n-1]+" "+words[1])
		}
	}
	if len(parts) == 0 {
		return texts
	}
	return slices.Insert(texts, 0, "tried for comparison on "+f.To.String()+": "+strings.Join(parts, ", "))
}

func oneAnswer(a path.Answer) string {
	switch a.Outcome {
	case path.Accepted:
		return "takes connections"
	case path.Refused:
		return "refuses too"
	}
	return "does not answer either"
}

// silence says that an attempt has had no answer, and what that means.
func (t *Text) silence(e event.Silence) []event.Line {
	limit := ""
	if !e.Limited {
		limit = " (" + t.spell(option.Timeout) + " limits this)"
	}
	line := event.Named("no answer from %s after %s, still trying%s", e.To.Addr(), event.Span(e.After), limit)
	return append(one(line), t.hint(pathHint(e.Facts))...)
}

// stepName returns the name of a step.
func stepName(s path.Step) string {
	switch s {
	case path.StepRoute:
		return "route"
	case path.StepAnswer:
		return "answer"
	case path.StepNeighbour:
		return "neighbour"
	case path.StepOthers:
		return "others"
	}
	return "cause"
}
