package cli

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// allowed returns whether package from may import package to, both within this
// module and without the module's name. conn obtains, relay moves, cli says;
// the packages of cli import only what is below them.
func allowed(from, to string) bool {
	room := func(dir, name string) bool { return dir == name || strings.HasPrefix(dir, name+"/") }
	switch {
	case from == "":
		return to == "cli"
	case room(to, "internal"):
		return true
	case room(from, "conn"), room(from, "relay"), room(from, "internal"):
		top, _, _ := strings.Cut(from, "/")
		return room(to, top)
	case from == "cli/sandbox":
		return false
	case from == "cli/option": // whose values the packages below conn and relay read
		return to != "conn" && to != "relay" && !room(to, "cli")
	case from == "cli/event":
		return !room(to, "cli") || to == "cli/option"
	case from == "cli/dialect":
		return !room(to, "cli") || to == "cli/option" || to == "cli/event"
	case from == "cli/completion":
		return to == "cli/option" || to == "cli/dialect"
	case from == "cli/message":
		return !room(to, "cli") || to == "cli/option" || to == "cli/event" || to == "cli/dialect"
	}
	return to != "" && from == "cli"
}

// What each package imports, where Go files are, and that nothing below cli
// knows how an option is written.
func TestWalls(t *testing.T) {
	option := regexp.MustCompile(`(^|\s)--?[a-zA-Z]`)
	for _, file := range goFiles(t, "..") {
		dir := filepath.ToSlash(filepath.Dir(file))
		if dir == "." {
			dir = ""
			if file != "main.go" {
				t.Errorf("%s is at the root, where only main.go is", file)
			}
		}
		tree, err := parser.ParseFile(token.NewFileSet(), filepath.Join("..", file), nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range tree.Imports {
			path, _ := strconv.Unquote(i.Path.Value)
			if slices.Contains(slow, path) && !strings.HasPrefix(dir, "internal/") {
				t.Errorf("%s imports %s, which slows down every start", file, path)
			}
			if to, ok := strings.CutPrefix(path, "gonc/"); ok && !allowed(dir, to) {
				t.Errorf("%s imports %s", file, path)
			}
		}
		if !strings.HasPrefix(dir, "conn") && !strings.HasPrefix(dir, "relay") {
			continue
		}
		for _, text := range literals(tree) {
			if option.MatchString(text) && !slices.Contains(notOptions, text) {
				t.Errorf("%s knows how an option is written: %q", file, text)
			}
		}
	}
}

// slow are packages that take long to initialize.
var slow = []string{"net/http", "regexp", "html/template", "text/template", "log", "log/slog", "expvar", "flag", "testing"}

// notOptions are texts that look like options of ours and are none.
var notOptions = []string{
	"-c", // of /bin/sh, in relay/command
}

// literals returns the strings of a file.
func literals(tree *ast.File) (texts []string) {
	ast.Inspect(tree, func(n ast.Node) bool {
		if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
			if text, err := strconv.Unquote(lit.Value); err == nil {
				texts = append(texts, text)
			}
		}
		return true
	})
	return texts
}

// goFiles returns the files of the program below root, without tests.
func goFiles(t *testing.T, root string) (files []string) {
	t.Helper()
	err := fs.WalkDir(os.DirFS(root), ".", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && path != "." && strings.HasPrefix(d.Name(), "."):
			return fs.SkipDir
		case !d.IsDir() && strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "_test.go"):
			files = append(files, path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(files) < 50 {
		t.Fatalf("only %d files were found", len(files))
	}
	return files
}
