package page

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestFile(t *testing.T) {
	name := filepath.Join(t.TempDir(), "page.css")
	write := func(b []byte) {
		t.Helper()
		if err := os.WriteFile(name, b, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	long := bytes.Repeat([]byte("0123456789abcde\n"), 200<<10)
	addr := serve(t, &Page{File: name})
	c := dial(t, addr)
	r := bufio.NewReader(c)
	for _, body := range [][]byte{long, {}, []byte("x"), long[:pieceSize]} {
		write(body) // what changes is seen
		for _, method := range []string{"GET", "HEAD"} {
			fmt.Fprintf(c, "%s / HTTP/1.1\r\nHost: x\r\n\r\n", method)
			a, err := readAnswer(r, method)
			if err != nil || a.ContentLength != int64(len(body)) || method == "GET" && a.body != string(body) ||
				a.Header.Get("Content-Type") != "text/css; charset=utf-8" {
				t.Fatalf("%s of %d bytes: %v, %v", method, len(body), a.Header, err)
			}
		}
	}
	os.Remove(name)
	if got := converse(t, c, "GET / HTTP/1.1\r\nHost: x\r\n\r\n", 1, false); got != "404 open" {
		t.Errorf("file that is gone: %s", got)
	}
	os.Mkdir(name, 0o777)
	if got := converse(t, c, "GET / HTTP/1.1\r\nHost: x\r\n\r\n", 1, false); got != "500 open" {
		t.Errorf("file that has become a directory: %s", got)
	}
}

func TestCheckFile(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "a.html")
	os.WriteFile(name, nil, 0o666)
	if err := CheckFile(name); err != nil {
		t.Error(err)
	}
	for name, want := range map[string]string{dir: "not a regular file", os.DevNull: "not a regular file", name + "x": "no such file"} {
		if err := CheckFile(name); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", name, err, want)
		}
	}
}
