package option

import (
	"strings"
	"time"
)

// A Grammar is how a dialect writes the options. It is data: the zero value
// has no letters, the long names of the table and no rules of its own.
type Grammar struct {
	// Letters are the one-letter options. What follows a letter is its
	// argument if its option takes one.
	Letters []Letter

	// Names are long names that come before those of the table: a name that is
	// in both means what it means here.
	Names []Name

	// Abbreviations allows to shorten a long name in Names as long as it can
	// only mean one option.
	Abbreviations bool

	// StopAtHelp ends the reading at -h, so that whatever follows it does not
	// matter (nc -help).
	StopAtHelp bool

	// Lenient forgets options that have no effect beside others instead of
	// refusing them.
	Lenient bool

	// UnitFrom is the time from which a number needs a unit; zero: none does.
	UnitFrom time.Duration

	// PositiveTimes refuses times of zero.
	PositiveTimes bool

	// Conflicts are pairs beside those of every dialect.
	Conflicts []Conflict

	// Permits are pairs that other dialects refuse.
	Permits []Pair

	// DefaultPort is the port where none is given; empty: it is missing.
	DefaultPort string

	// DefaultProxyServerPort is the same for a proxy server.
	DefaultProxyServerPort string

	// ProxyTypeServes makes a listener with a type of proxy a proxy server.
	ProxyTypeServes bool

	// Explicit are options that do not bring another one with them here, though
	// they need it.
	Explicit []ID

	// OnePort refuses ranges and lists of ports, and names of services.
	OnePort bool
}

// A Letter is a one-letter option.
type Letter struct {
	Letter byte
	ID     ID
}

// A Name is a long option, without its dashes.
type Name struct {
	Name string
	ID   ID
}

// A Pair is the options of a Conflict.
type Pair struct{ A, B ID }

// permits reports whether c is no conflict in the dialect.
func (g *Grammar) permits(c Conflict) bool {
	for _, p := range g.Permits {
		if p == (Pair{c.A, c.B}) {
			return true
		}
	}
	return false
}

// LetterOf returns the letter of id, or 0.
func (g *Grammar) LetterOf(id ID) byte {
	for _, l := range g.Letters {
		if l.ID == id {
			return l.Letter
		}
	}
	return 0
}

// NamesOf returns the long names of id, without dashes, the usual one first.
func (g *Grammar) NamesOf(id ID) []string {
	var names []string
	for _, n := range g.Names {
		if n.ID == id && len(n.Name) > 1 {
			names = append(names, n.Name)
		}
	}
	for _, name := range table[id].Names {
		if other, ok := g.inTable(name); ok && other == id {
			names = append(names, name)
		}
	}
	return names
}

// Spell returns the usual spelling of id, with its dashes: its letter if it
// has one. It is empty if the dialect does not have the option.
func (g *Grammar) Spell(id ID) string {
	if l := g.LetterOf(id); l != 0 {
		return "-" + string(rune(l))
	}
	if names := g.NamesOf(id); len(names) > 0 {
		return "--" + names[0]
	}
	return ""
}

// byLetter finds the option of a letter.
func (g *Grammar) byLetter(c byte) (ID, bool) {
	for _, l := range g.Letters {
		if l.Letter == c {
			return l.ID, l.ID.built()
		}
	}
	return 0, false
}

// byName finds the option of a long name, which may be shortened where the
// grammar allows it. candidates are the names that a short one could stand for
// if it stands for several options.
func (g *Grammar) byName(name string) (id ID, ok bool, candidates []string) {
	for _, n := range g.Names {
		if n.Name == name {
			return n.ID, n.ID.built(), nil
		}
	}
	if id, ok := g.inTable(name); ok {
		return id, id.built(), nil
	}
	if !g.Abbreviations {
		return 0, false, nil
	}
	for _, n := range g.Names {
		if !strings.HasPrefix(n.Name, name) || !n.ID.built() {
			continue
		}
		if ok && n.ID == id {
			continue
		}
		id, ok = n.ID, true
		candidates = append(candidates, n.Name)
	}
	if len(candidates) == 1 {
		candidates = nil
	}
	return id, ok && candidates == nil, candidates
}

// inTable finds a long name of the table that the grammar leaves as it is.
func (g *Grammar) inTable(name string) (ID, bool) {
	for _, n := range g.Names {
		if n.Name == name {
			return 0, false
		}
	}
	for id := range NumIDs {
		for _, n := range table[id].Names {
			if n == name {
				return id, true
			}
		}
	}
	return 0, false
}
