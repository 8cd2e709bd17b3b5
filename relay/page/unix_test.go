//go:build unix

package page

import (
	"io"
	"net"
	"path/filepath"
	"syscall"
	"testing"
)

func TestCheckFIFO(t *testing.T) {
	name := filepath.Join(t.TempDir(), "fifo")
	if err := syscall.Mkfifo(name, 0o666); err != nil {
		t.Skip(err)
	}
	if err := CheckFile(name); err == nil {
		t.Error("a FIFO was taken for a page") // and opening it did not wait
	}
}

func TestUnixSocket(t *testing.T) {
	ln, err := net.Listen("unix", filepath.Join(t.TempDir(), "s"))
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	client, err := net.Dial("unix", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	served, err := ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	var line []byte
	p := &Page{Log: func(r *Request) { line = r.AppendCommon(nil) }}
	ended := make(chan error, 1)
	go func() { ended <- p.Serve(t.Context(), served) }()
	if got := converse(t, client, request, 1, true); got != "200 open" {
		t.Error(got)
	}
	client.Close()
	if err := <-ended; err != nil && err != io.EOF {
		t.Error(err)
	}
	if string(line[:4]) != "- - " {
		t.Errorf("%s", line)
	}
}
