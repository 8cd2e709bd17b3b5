package option

import "strings"

// Parse reads a command line, without the name of the program and without a
// --dialect in first place. It reads every argument once, in the way of
// getopt_long(3): letters bundle, a long name may have its value behind an
// equals sign, options may follow operands, and -- ends the options.
//
// An error is one of the error types of this package.
func Parse(args []string, g *Grammar) (*Options, error) {
	p := &parser{g: g, o: newOptions(g), rest: args}
	for len(p.rest) > 0 && !p.stopped {
		if err := p.next(); err != nil {
			return nil, err
		}
	}
	if p.o.Has(Help) || p.o.Has(Version) || p.o.Has(Completion) {
		return p.o, nil
	}
	if err := p.o.settle(g); err != nil {
		return nil, err
	}
	return p.o, nil
}

type parser struct {
	g       *Grammar
	o       *Options
	rest    []string // what has not been read yet
	stopped bool     // by an option after which nothing matters
}

// next reads an argument, and the one after it if that is its value.
func (p *parser) next() error {
	arg := p.rest[0]
	p.rest = p.rest[1:]
	switch {
	case arg == "--":
		p.o.Operands = append(p.o.Operands, p.rest...)
		p.rest = nil
		return nil
	case strings.HasPrefix(arg, "--"):
		return p.long(arg)
	case len(arg) > 1 && arg[0] == '-':
		return p.letters(arg[1:])
	}
	p.o.Operands = append(p.o.Operands, arg)
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
		return &UnknownError{name, foreign(name)}
	}
	kind := table[id].Kind
	switch {
	case kind == OptionalText || hasValue && table[id].takesArg():
		return p.set(id, name, value, hasValue)
	case hasValue:
		return &UnwantedArgumentError{id, name, value}
	case !table[id].takesArg():
		return p.set(id, name, "", false)
	}
	return p.setNext(id, name)
}

// letters reads bundled letters, without their dash.
func (p *parser) letters(bundle string) error {
	for bundle != "" && !p.stopped {
		name := "-" + firstRune(bundle)
		id, ok := p.g.byLetter(bundle[0])
		if !ok {
			return &UnknownError{name, foreign(name)}
		}
		bundle = bundle[1:]
		var err error
		switch {
		case !table[id].takesArg():
			err = p.set(id, name, "", false)
		case bundle != "":
			return p.set(id, name, bundle, true)
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
	return p.set(id, name, value, true)
}

// set notes an option and its value. given tells a value from none where both
// are possible.
func (p *parser) set(id ID, name, value string, given bool) error {
	switch {
	case id == Dialect:
		return &MisplacedError{id, name}
	case id == Engine:
		return nil // there is nothing to choose from
	case id.isForeign():
		return &UnsupportedError{id, name, foreignOf(id)}
	}
	if table[id].takesArg() || given {
		if err := p.o.setValue(id, name, value, p.g); err != nil {
			return err
		}
	}
	if id == Verbose {
		p.o.Verbose++
	}
	p.o.mark(id, name)
	p.stopped = p.g.StopAtHelp && (id == Help || id == Version)
	return nil
}
