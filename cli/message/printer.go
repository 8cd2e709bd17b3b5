// Package message prints what happened. A Printer gets events, which are
// facts, and makes lines of text of them in the words of a dialect (Text), or
// something else: another renderer is one more type in one more file.
//
// An error is one line that begins with the program's name, has no capital and
// no full stop, and may be followed by a hint that says what to try. The words
// are OpenBSD's where it has any; lines about connections bear no name.
package message

import (
	"errors"
	"io"
	"strings"
	"sync"

	"gonc/cli/dialect"
	"gonc/cli/event"
	"gonc/cli/option"
)

// A Printer prints events. It may be used by several goroutines.
type Printer interface {
	// Print prints an event, or not, if it is one that was not asked for.
	Print(e event.Event)

	// Level returns up to which level events are printed, so that nothing is
	// found out for an event that is not.
	Level() int
}

// Text is a Printer of lines of text.
type Text struct {
	Dialect  *dialect.Dialect
	Verbose  int       // how often -v was given
	Terminal bool      // W is a terminal, so that a person reads it
	W        io.Writer // gets whole lines
	NoDNS    bool      // services are not named either

	mu    sync.Mutex
	drawn bool   // the last line is that of a progress, and not ended
	given string // the last hint
}

// Level returns how often -v was given.
func (t *Text) Level() int { return t.Verbose }

// Print prints the lines of e, in one write.
func (t *Text) Print(e event.Event) {
	if e.Level() > t.Verbose && !t.onTerminal(e) {
		return
	}
	var b strings.Builder
	for _, line := range t.lines(e) {
		if !line.Bare {
			b.WriteString(t.Dialect.Program)
			b.WriteString(": ")
		}
		b.WriteString(line.Text)
		b.WriteByte('\n')
	}
	if b.Len() == 0 {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	io.WriteString(t.W, t.overLine(e, b.String()))
}

// Sequences that a terminal obeys (ECMA-48).
const (
	lineStart = "\r"
	clearLine = "\x1b[K" // to its end
)

// overLine returns what prints the lines of e where the line of a progress may
// be drawn: it takes the place of that, and another progress stays open.
func (t *Text) overLine(e event.Event, lines string) string {
	if t.drawn {
		lines = lineStart + clearLine + lines
	}
	p, ok := e.(event.Progress)
	t.drawn = ok && p.Redraw && !p.Done
	if t.drawn {
		lines = strings.TrimSuffix(lines, "\n")
	}
	return lines
}

// onTerminal reports whether e is printed on a terminal even without -v.
func (t *Text) onTerminal(e event.Event) bool {
	if !t.Terminal || !t.Dialect.OnTerminal {
		return false
	}
	switch e.(type) {
	case event.Listening, event.Silence, event.ClosedAtOnce, event.Dropped:
		return true
	}
	return false
}

// lines returns e in the words of the dialect.
func (t *Text) lines(e event.Event) []event.Line {
	if e, ok := e.(event.Failed); ok && errors.As(e.Err, new(ReportedError)) {
		return nil
	}
	if t.Dialect.Event != nil {
		if own, ok := t.Dialect.Event(e, t.Verbose); ok {
			return own
		}
	}
	switch e := e.(type) {
	case event.Failed:
		return t.failed(e.Err)
	case event.SessionFailed:
		return t.sessionFailed(e)
	case event.Listening:
		return t.listening(e)
	}
	return t.progress(e)
}

// A ReportedError is an error that was printed already.
type ReportedError struct{ error }

// Reported returns err as one that was printed already.
func Reported(err error) error { return ReportedError{err} }

func (e ReportedError) Unwrap() error { return e.error }

// failed returns what err is, and what may help.
func (t *Text) failed(err error) (lines []event.Line) {
	text, hint := t.describe(err)
	if text != "" {
		lines = append(lines, event.Named("%s", event.Printable(text+t.ending(err))))
	}
	if t.Dialect.Usage != "" && isShape(err) {
		lines = append(lines, event.Bare("%s", strings.TrimSuffix(t.Dialect.Usage, "\n")))
	}
	return append(lines, t.hint(hint)...)
}

// ending returns what the text of an error ends with in the dialect.
func (t *Text) ending(err error) string {
	if t.Dialect.Ending == nil {
		return ""
	}
	return t.Dialect.Ending(err)
}

// hint returns the line of a hint, if there is one and the dialect has hints.
// One hint for many ports or clients in a row is given once.
func (t *Text) hint(hint string) []event.Line {
	if hint == "" || !t.Dialect.Hints {
		return nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if hint == t.given {
		return nil
	}
	t.given = hint
	return []event.Line{event.Named("hint: %s", event.Printable(hint))}
}

// spell returns an option as the dialect writes it.
func (t *Text) spell(id option.ID) string { return t.Dialect.Grammar.Spell(id) }
