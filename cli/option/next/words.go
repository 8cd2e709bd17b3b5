package option

import "strings"

// splitCommand splits a command line into words at blanks. Quotation marks
// keep words together as in a shell: nothing is special between single ones,
// and between double ones only a backslash before a backslash or another
// double one is. A backslash elsewhere takes the meaning of what follows it.
func splitCommand(s string, bad *ValueError) ([]string, error) {
	var words []string
	var word strings.Builder
	inWord, quote := false, byte(0)
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c == '\\' && quote != '\'' && i+1 == len(s):
			return nil, bad.fails(OpenQuote)
		case c == '\\' && (quote == 0 || quote == '"' && strings.IndexByte(`\"`, s[i+1]) >= 0):
			i++
			word.WriteByte(s[i])
			inWord = true
		case quote != 0 && c == quote:
			quote = 0
		case quote != 0:
			word.WriteByte(c)
		case c == '\'' || c == '"':
			quote, inWord = c, true
		case c == ' ' || c == '\t' || c == '\n':
			if inWord {
				words = append(words, word.String())
				word.Reset()
			}
			inWord = false
		default:
			word.WriteByte(c)
			inWord = true
		}
	}
	if quote != 0 {
		return nil, bad.fails(OpenQuote)
	}
	if inWord {
		words = append(words, word.String())
	}
	if len(words) == 0 || words[0] == "" {
		return nil, bad.fails(Empty)
	}
	return words, nil
}

// splitALPN splits a list of protocols. A name has 1 to 255 bytes (RFC 7301,
// section 3.1).
func splitALPN(s string, bad *ValueError) ([]string, error) {
	protocols := strings.Split(s, ",")
	for _, p := range protocols {
		if p == "" || len(p) > 255 {
			return nil, bad.fails(Invalid)
		}
	}
	return protocols, nil
}
