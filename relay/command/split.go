package command

import (
	"errors"
	"runtime"
	"strings"
)

// Errors of Split.
var (
	ErrEmpty     = errors.New("the command is empty")
	ErrQuote     = errors.New("a quote is not closed")
	ErrBackslash = errors.New("a backslash at the end quotes nothing")
)

// backslashQuotes says that a backslash outside quotes takes the next
// character as it is. On Windows it separates the parts of a path.
const backslashQuotes = runtime.GOOS != "windows"

// Split splits a command line into words, at blanks and ends of lines. As in
// a shell, what single quotes hold is taken as it is, in double quotes a
// backslash stands before a quote or another backslash, and outside quotes
// before any character. Nothing else has a meaning.
func Split(line string) ([]string, error) {
	s := splitter{rest: line}
	for {
		s.rest = strings.TrimLeft(s.rest, " \t\r\n")
		if s.rest == "" {
			break
		}
		if err := s.word(); err != nil {
			return nil, err
		}
	}
	if len(s.words) == 0 || s.words[0] == "" {
		return nil, ErrEmpty
	}
	return s.words, nil
}

type splitter struct {
	rest  string
	words []string
}

// word takes one word off the rest, which does not begin with a blank.
func (s *splitter) word() error {
	var word strings.Builder
	for s.rest != "" {
		c := s.rest[0]
		if strings.IndexByte(" \t\r\n", c) >= 0 {
			break
		}
		s.rest = s.rest[1:]
		var err error
		switch {
		case c == '\'':
			err = s.singleQuoted(&word)
		case c == '"':
			err = s.doubleQuoted(&word)
		case c == '\\' && backslashQuotes && s.rest == "":
			err = ErrBackslash
		case c == '\\' && backslashQuotes:
			word.WriteByte(s.rest[0])
			s.rest = s.rest[1:]
		default:
			word.WriteByte(c)
		}
		if err != nil {
			return err
		}
	}
	s.words = append(s.words, word.String())
	return nil
}

// singleQuoted takes what comes before the next single quote.
func (s *splitter) singleQuoted(word *strings.Builder) error {
	inside, rest, closed := strings.Cut(s.rest, "'")
	if !closed {
		return ErrQuote
	}
	word.WriteString(inside)
	s.rest = rest
	return nil
}

// doubleQuoted takes what comes before the next double quote.
func (s *splitter) doubleQuoted(word *strings.Builder) error {
	for i := 0; i < len(s.rest); i++ {
		switch c := s.rest[i]; {
		case c == '"':
			s.rest = s.rest[i+1:]
			return nil
		case c == '\\' && i+1 < len(s.rest) && (s.rest[i+1] == '"' || s.rest[i+1] == '\\'):
			i++
			word.WriteByte(s.rest[i])
		default:
			word.WriteByte(c)
		}
	}
	return ErrQuote
}
