package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Each sentence that a dialect has words of its own for is said somewhere,
// and each option that it has words for is in the table.
func TestWordsHaveSentences(t *testing.T) {
	code := ""
	files, _ := filepath.Glob("*.go")
	for _, name := range files {
		if name == "words.go" || strings.HasSuffix(name, "_test.go") {
			continue
		}
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		code += string(text)
	}
	text, err := os.ReadFile("words.go")
	if err != nil {
		t.Fatal(err)
	}
	cases := regexp.MustCompile("(?m)^\tcase (\"[^\"]*\"|`[^`]*`|\\w+):$").FindAllStringSubmatch(string(text), -1)
	if len(cases) < 20 {
		t.Fatalf("only %d cases are found in words.go", len(cases))
	}
	for _, c := range cases {
		if !strings.Contains(code, c[1]) {
			t.Errorf("nothing says %s any longer", c[1])
		}
	}
}
