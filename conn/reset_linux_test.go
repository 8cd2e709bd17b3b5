package conn

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"strconv"
	"syscall"
	"testing"
	"time"

	"gonc/conn/addr"
	"gonc/internal/testutil"
)

// What a peer sent before it reset the connection is read, whether the reset is
// seen by connect(2) or by read(2): every byte, and then ECONNRESET.
func TestDialReset(t *testing.T) {
	text := bytes.Repeat([]byte("0123456789"), 6000)
	at := testutil.ServeTCP(t, "127.0.0.1", func(c *net.TCPConn) {
		c.Write(text)
		c.SetLinger(0)
	})
	to := addr.Addr{Host: "127.0.0.1", Port: strconv.Itoa(int(at.Port()))}
	for range 300 {
		c, err := (&Dialer{}).Dial(t.Context(), to)
		if err != nil {
			t.Fatal(err)
		}
		c.SetReadDeadline(time.Now().Add(testutil.Timeout))
		if a := c.RemoteAddr(); a == nil || a.String() != at.String() {
			t.Errorf("connected to %v", a)
		}
		got, err := io.ReadAll(c)
		if !bytes.Equal(got, text) || !errors.Is(err, syscall.ECONNRESET) {
			t.Fatalf("%d bytes, %v", len(got), err)
		}
		c.Close()
	}
}

// The connection that was reset while it was made is readable for certain.
func TestResetConn(t *testing.T) {
	testutil.CheckLeaks(t)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	c, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	peer, err := ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	peer.Write([]byte("hello"))
	peer.(*net.TCPConn).SetLinger(0)
	peer.Close()
	var dup duplicate
	rc, err := c.(*net.TCPConn).SyscallConn()
	if err == nil {
		err = dup.control(nil)("tcp", "", rc)
	}
	if err != nil {
		t.Fatal(err)
	}
	// As connect does, take the error of the socket.
	rc.Control(func(fd uintptr) { syscall.GetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_ERROR) })
	c.Close()
	failure := &net.OpError{Op: "dial", Err: os.NewSyscallError("connect", syscall.ECONNRESET)}
	back, err := dup.rescue(nil, failure, ln.Addr().(*net.TCPAddr).AddrPort())
	if err != nil {
		t.Fatal(err)
	}
	defer back.Close()
	got, err := io.ReadAll(back)
	if string(got) != "hello" || !errors.Is(err, syscall.ECONNRESET) || back.RemoteAddr().String() != ln.Addr().String() {
		t.Errorf("%q, %v from %v", got, err, back.RemoteAddr())
	}
}
