package option

// Split calls set with each option of args and returns the operands.
func Split(args []string, g *Grammar, set func(id ID, name, value string, hasValue bool)) ([]string, error) {
	p := &parser{g: g, rest: args, set: func(id ID, name, value string, hasValue bool) error {
		set(id, name, value, hasValue)
		return nil
	}}
	err := p.run()
	return p.operands, err
}

// AllConflicts calls yield with each conflict that all dialects have.
func AllConflicts(yield func(Conflict) bool) { allConflicts(yield) }

// TakesArg reports whether an option has an argument.
func (id ID) TakesArg() bool { return table[id].takesArg() }

// ByLetter finds the option of a letter.
func (g *Grammar) ByLetter(c byte) (ID, bool) { return g.byLetter(c) }

// ByName finds the option of a long name.
func (g *Grammar) ByName(name string) (ID, bool) {
	id, ok, _ := g.byName(name)
	return id, ok
}

// Exists reports whether a dialect that lists the option has it.
func (id ID) Exists() bool { return id.built() }

// BuildAll makes all options known until the returned func is called.
func BuildAll() (restore func()) {
	old := unbuilt
	unbuilt = nil
	return func() { unbuilt = old }
}

// RelayOptions are the options that handlers do not heed by themselves.
var RelayOptions = relayOptions

// IsNeed reports whether the second option of a conflict is missing.
func (r Reason) IsNeed() bool { return r.isNeed() }

// IsHandler reports whether id says what is done with a connection.
func (id ID) IsHandler() bool {
	for i := range handlers {
		if handlers[i].id == id {
			return true
		}
	}
	return false
}
