package conn_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"time"

	"gonc/conn"
	"gonc/conn/addr"
)

// A Listener that serves one connection, and a Dialer that makes it.
func Example() {
	at := make(chan net.Addr, 1)
	l := conn.Listener{
		Address:  addr.Addr{Host: "127.0.0.1"},
		OnListen: func(all []net.Addr) { at <- all[0] },
	}
	served := make(chan error, 1)
	go func() {
		served <- l.Serve(context.Background(), func(_ context.Context, c net.Conn) error {
			defer c.Close()
			_, err := io.WriteString(c, "hello")
			return err
		})
	}()
	to, err := addr.Split((<-at).String())
	if err != nil {
		fmt.Println(err)
		return
	}
	d := conn.Dialer{Timeout: 10 * time.Second}
	c, err := d.Dial(context.Background(), to)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer c.Close()
	text, err := io.ReadAll(c)
	fmt.Println(string(text), err, <-served)
	// Output: hello <nil> <nil>
}

func ExampleDialer() {
	d := conn.Dialer{
		Timeout: 5 * time.Second,
		OnTried: func(t conn.Attempt) { fmt.Println(t.Addr, t.Err) },
	}
	c, err := d.Dial(context.Background(), addr.Addr{Host: "localhost", Port: "http"})
	if err != nil {
		fmt.Println(err)
		return
	}
	c.Close()
}

func ExampleListener() {
	l := conn.Listener{
		Address:  addr.Addr{Port: "8080"},
		KeepOpen: true,
		MaxConns: 100,
		OnListen: func(at []net.Addr) { fmt.Println("listening on", at) },
		OnRefused: func(r conn.Rejection) {
			fmt.Println("too many connections:", r.Remote)
		},
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	err := l.Serve(ctx, func(_ context.Context, c net.Conn) error {
		defer c.Close()
		_, err := io.Copy(c, c)
		return err
	})
	fmt.Println(err)
}
