package option_test

import (
	"gonc/cli/dialect"

	. "gonc/cli/option"
)

var (
	goncGrammar = grammarOf("gonc")
	ncGrammar   = grammarOf("nc")
	ncatGrammar = grammarOf("ncat")
)

// grammarOf returns the grammar of a dialect.
func grammarOf(name string) Grammar {
	d, _, err := dialect.Choose([]string{name, "--dialect", name})
	if err != nil {
		panic(err)
	}
	return d.Grammar
}
