package option

import "strings"

// near returns what an unknown option most likely means, with its dashes: the
// option that another netcat calls so, or a long name that it is a misspelling
// of; empty: there is none.
func (g *Grammar) near(typed string) string {
	if id, ok := otherName(typed); ok && id.IsBuilt() {
		return g.Spell(id)
	}
	name, isLong := strings.CutPrefix(typed, "--")
	if !isLong || len(name) < 3 || len(name) > 40 {
		return ""
	}
	best, limit := "", min(2, len(name)/3)
	for id := range NumIDs {
		if !id.IsBuilt() {
			continue
		}
		for _, n := range g.NamesOf(id) {
			if d := distance(name, n); d <= limit {
				best, limit = "--"+n, d-1
			}
		}
	}
	return best
}

// distance returns how many bytes have to be inserted, removed or replaced, or
// neighbours exchanged, to make b of a (optimal string alignment).
func distance(a, b string) int {
	var rows [3][64]int
	if len(b) >= len(rows[0]) {
		return len(b)
	}
	for j := range len(b) + 1 {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		before, last, row := &rows[(i+1)%3], &rows[(i+2)%3], &rows[i%3]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
	}
	return rows[len(a)%3][len(b)]
}
