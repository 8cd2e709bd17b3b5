package option

import "strings"

// Parse reads a command line, without the name of the program and without a
// --dialect in first place. It reads every argument once, in the way of
// getopt_long(3): letters bundle, a long name may have its value behind an
// equals sign, options may follow operands, and -- ends the options.
//
// An error is one of the error types of this package.
func Parse(args []string, g *Grammar) (*Options, error) {
	o := newOptions(g)
	p := &parser{g: g, rest: args, set: o.set}
	if err := p.run(); err != nil {
		return nil, err
	}
	o.Operands = p.operands
	if o.Has(Help) || o.Has(Version) || o.Has(Completion) {
		return o, nil
	}
	if err := o.settle(g); err != nil {
		return nil, err
	}
	return o, nil
}

// A parser splits arguments into options and operands.
type parser struct {
	g        *Grammar
	rest     []string // what has not been read yet
	operands []string
	stopped  bool // by an option after which nothing matters

	// set is called with each option as it was typed, with its value if it has
	// one.
	set func(id ID, name string, value string, hasValue bool) error
}

func (p *parser) run() error {
	for len(p.rest) > 0 && !p.stopped {
		if err := p.next(); err != nil {
			return err
		}
	}
	return nil
}

// next reads an argument, and the one after it if that is its value.
func (p *parser) next() error {
	arg := p.rest[0]
	p.rest = p.rest[1:]
	switch {
	case arg == "--":
		p.operands = append(p.operands, p.rest...)
		p.rest = nil
		return nil
	case strings.HasPrefix(arg, "--"):
		return p.long(arg)
	case len(arg) > 1 && arg[0] == '-':
		return p.letters(arg[1:])
	}
	p.operands = append(p.operands, arg)
	return nil
}

// long reads --name, --name=value or --name value.
func (p *parser) long(arg string) error {
	name, value, hasValue := strings.Cut(arg, "=")
	id, ok, candidates := p.g.byName(name[2:])
	switch {
	case candidates != nil:
		for i, c := range candidates {
			candidates[i] = "--" + c
		}
		return &AmbiguousError{name, candidates}
	case !ok:
		return &UnknownError{name, foreign(name), p.g.near(name)}
	}
	kind := table[id].Kind
	switch {
	case kind == OptionalText || hasValue && table[id].takesArg():
		return p.found(id, name, value, hasValue)
	case hasValue:
		return &UnwantedArgumentError{id, name, value}
	case !table[id].takesArg():
		return p.found(id, name, "", false)
	}
	return p.setNext(id, name)
}

// letters reads bundled letters, without their dash.
func (p *parser) letters(bundle string) error {
	for bundle != "" && !p.stopped {
		name := "-" + firstRune(bundle)
		id, ok := p.g.byLetter(bundle[0])
		if !ok {
			return &UnknownError{name, foreign(name), p.g.near(name)}
		}
		bundle = bundle[1:]
		var err error
		switch {
		case !table[id].takesArg():
			err = p.found(id, name, "", false)
		case bundle != "":
			return p.found(id, name, bundle, true)
		default:
			return p.setNext(id, name)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// firstRune returns the first character of s, which is not empty, so that a
// message does not cut one in pieces.
func firstRune(s string) string {
	for i := range s {
		if i > 0 {
			return s[:i]
		}
	}
	return s
}

// setNext sets an option whose value is the next argument.
func (p *parser) setNext(id ID, name string) error {
	if len(p.rest) == 0 {
		return &MissingArgumentError{id, name}
	}
	value := p.rest[0]
	p.rest = p.rest[1:]
	return p.found(id, name, value, true)
}

// found passes an option on. At -h a grammar may let the reading end.
func (p *parser) found(id ID, name, value string, hasValue bool) error {
	p.stopped = p.g.StopAtHelp && (id == Help || id == Version)
	return p.set(id, name, value, hasValue)
}
