package message

import (
	"fmt"
	"strings"

	"gonc/cli/dialect"
	"gonc/cli/option"
)

const helpTail = `
Times are seconds, or have a unit: 500ms, 1.5, 2m, 1h.
`

// helpColumn is the width of the names in the help, so that a line fits a
// terminal of 80 columns.
const helpColumn = 27

// Help returns the help of a dialect. It is made of the table of options, so
// that it cannot miss one. Where there are topics it is the common part.
func Help(d *dialect.Dialect, version string) string {
	if d.Topics {
		return commonHelp(d, version)
	}
	var b strings.Builder
	b.WriteString(d.Head(version))
	for id := range option.NumIDs {
		writeOption(&b, d, id)
	}
	b.WriteString(helpTail)
	return b.String()
}

// writeOption writes the line of an option, or two if its names are long.
func writeOption(b *strings.Builder, d *dialect.Dialect, id option.ID) {
	names := title(d, id)
	if !id.IsBuilt() || names == "" {
		return
	}
	if len(names) > helpColumn {
		names += fmt.Sprintf("\n  %*s", helpColumn, "")
	}
	fmt.Fprintf(b, "  %-*s %s\n", helpColumn, names, helpLine(d, id))
}

// helpLine returns what the dialect says of an option.
func helpLine(d *dialect.Dialect, id option.ID) string {
	if d.HelpLine != nil {
		if own, ok := d.HelpLine(id); ok {
			return own
		}
	}
	return option.RowOf(id).Help
}

// title returns all names of an option, and its argument; nothing if the
// dialect does not have it.
func title(d *dialect.Dialect, id option.ID) string {
	var names []string
	if c := d.Grammar.LetterOf(id); c != 0 {
		names = append(names, "-"+string(rune(c)))
	}
	for _, name := range d.Grammar.NamesOf(id) {
		names = append(names, "--"+name)
	}
	if len(names) == 0 {
		return ""
	}
	text := strings.Join(names, ", ")
	if strings.HasPrefix(text, "--") {
		text = "    " + text
	}
	switch row := option.RowOf(id); {
	case row.Kind == option.OptionalText:
		text += "[=" + row.Arg + "]"
	case row.Arg != "":
		text += " " + row.Arg
	}
	return text
}
