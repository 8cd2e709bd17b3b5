package page_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"

	"gonc/relay/page"
)

// A server that answers every request with one page.
func Example() {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	p := page.Page{Body: []byte("hello"), Type: "text/plain"}
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	var conns sync.WaitGroup
	conns.Go(func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			conns.Go(func() { p.Serve(ctx, c) })
		}
	})

	answer, err := http.Get("http://" + ln.Addr().String() + "/any/path")
	if err != nil {
		fmt.Println(err)
		return
	}
	text, err := io.ReadAll(answer.Body)
	answer.Body.Close()
	fmt.Println(answer.Status, answer.Header.Get("Content-Type"), string(text), err)

	ln.Close()
	stop()
	conns.Wait()
	// Output: 200 OK text/plain hello <nil>
}
