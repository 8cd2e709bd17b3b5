package relay_test

import (
	"context"
	"fmt"
	"io"
	"net"

	"gonc/relay"
)

// tcpPair returns the two sides of a TCP connection within this machine.
func tcpPair() (client, server net.Conn, err error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, nil, err
	}
	defer ln.Close()
	if client, err = net.Dial("tcp", ln.Addr().String()); err != nil {
		return nil, nil, err
	}
	server, err = ln.Accept()
	return client, server, err
}

// Two connections are joined; what the half-close of one side means for the
// other follows the table of ends.
func ExamplePipe() {
	client, left, err := tcpPair()
	if err != nil {
		fmt.Println(err)
		return
	}
	right, server, err := tcpPair()
	if err != nil {
		fmt.Println(err)
		return
	}
	go func() { // the server answers at EOF
		request, _ := io.ReadAll(server)
		fmt.Fprintf(server, "%d bytes", len(request))
		server.Close()
	}()
	answer := make(chan string)
	go func() {
		io.WriteString(client, "request")
		client.(*net.TCPConn).CloseWrite()
		text, _ := io.ReadAll(client)
		client.Close()
		answer <- string(text)
	}()

	t, err := relay.Pipe(context.Background(), relay.Conn(left), relay.Conn(right), relay.Policy{})
	left.Close()
	right.Close()
	fmt.Println(t.Sent, t.Received, err, <-answer)
	// Output: 7 7 <nil> 7 bytes
}
