package conn

import (
	"errors"
	"net"
	"syscall"
	"testing"
	"time"

	"gonc/conn/addr"
	"gonc/conn/sockopt"
	"gonc/internal/testutil"
)

// dialTwoAddresses connects to a name with two addresses, of which only the
// second has a socket, which is returned too.
func dialTwoAddresses(t *testing.T) (c net.Conn, second *net.UDPConn) {
	t.Helper()
	withNames(t, map[string]string{"two.test.": "127.0.0.2 127.0.0.3"})
	second, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 3)})
	if err != nil {
		t.Skip(err)
	}
	t.Cleanup(func() { second.Close() })
	second.SetDeadline(time.Now().Add(testutil.Timeout))
	d := Dialer{Network: "udp", OnRefusal: func(a net.Addr, err error) { t.Errorf("%v: %v", a, err) }}
	c, err = d.Dial(t.Context(), addr.Addr{Host: "two.test", Port: portOf(second.LocalAddr())})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c, second
}

// A name with several addresses gets what was sent at the first one that does
// not refuse it, from the beginning.
func TestUDPNextAddress(t *testing.T) {
	c, uc := dialTwoAddresses(t)
	c.SetDeadline(time.Now().Add(testutil.Timeout))
	answers := make(chan string, 10)
	go func() {
		buf := make([]byte, 100)
		for {
			n, err := c.Read(buf)
			if err != nil {
				return
			}
			answers <- string(buf[:n])
		}
	}()
	for _, text := range []string{"one", "", "three"} {
		if _, err := c.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	buf := make([]byte, 100)
	for _, want := range []string{"one", "", "three"} {
		n, from, err := uc.ReadFromUDP(buf)
		if err != nil || string(buf[:n]) != want {
			t.Fatalf("got %q, %v; want %q", buf[:n], err, want)
		}
		uc.WriteToUDP(buf[:n], from)
	}
	for _, want := range []string{"one", "", "three"} {
		if got := await(t, answers); got != want {
			t.Errorf("answered %q, want %q", got, want)
		}
	}
	if err := Refusal(c); err != nil {
		t.Error(err)
	}
}

// A client that is closed as soon as it has sent, and whose reads and writes were
// interrupted, has not seen the refusal of the first address, and moves on all
// the same.
func TestUDPNextAddressAtClose(t *testing.T) {
	c, uc := dialTwoAddresses(t)
	if _, err := c.Write([]byte("once")); err != nil {
		t.Fatal(err)
	}
	c.SetDeadline(time.Unix(1, 0))
	c.Close()
	buf := make([]byte, 10)
	if n, _, err := uc.ReadFromUDP(buf); string(buf[:n]) != "once" || err != nil {
		t.Errorf("%q, %v", buf[:n], err)
	}
}

// A refusal is reported once and ends nothing; what is sent after the server
// has come back arrives.
func TestUDPRefusalEndsNothing(t *testing.T) {
	first, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	at := first.LocalAddr().(*net.UDPAddr)
	first.Close()
	refused := make(chan error, 10)
	d := Dialer{Network: "udp", OnRefusal: func(_ net.Addr, err error) { refused <- err }}
	c, err := d.Dial(t.Context(), addr.Addr{Host: "127.0.0.1", Port: portOf(at)})
	if err != nil {
		t.Fatal(err)
	}
	read := make(chan error, 1)
	go func() {
		_, err := c.Read(make([]byte, 10))
		read <- err
	}()
	for range 3 {
		if _, err := c.Write([]byte("lost")); err != nil {
			t.Fatal(err)
		}
	}
	if err := await(t, refused); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Error(err)
	}
	testutil.Eventually(t, "the last is refused too", func() bool { return Refusal(c) != nil })
	again, err := net.ListenUDP("udp4", at)
	if err != nil {
		t.Skip(err)
	}
	defer again.Close()
	again.SetDeadline(time.Now().Add(testutil.Timeout))
	c.Write([]byte("found"))
	buf := make([]byte, 10)
	if n, _, err := again.ReadFromUDP(buf); string(buf[:n]) != "found" || err != nil {
		t.Errorf("%q, %v", buf[:n], err)
	}
	if err := Refusal(c); err != nil {
		t.Error(err)
	}
	c.Close()
	if err := await(t, read); !errors.Is(err, net.ErrClosed) {
		t.Error(err)
	}
	if len(refused) > 0 {
		t.Error("reported again")
	}
}

// Answers to a broadcast come from other addresses than it was sent to.
func TestUDPBroadcastAnswers(t *testing.T) {
	c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4zero})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	go func() {
		buf := make([]byte, 100)
		for {
			n, from, err := c.ReadFromUDP(buf)
			if err != nil {
				return
			}
			if answer, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 9)}); err == nil {
				answer.WriteToUDP(buf[:n], from)
				answer.Close()
			}
		}
	}()
	d := Dialer{Network: "udp4"}
	to := addr.Addr{Host: "127.255.255.255", Port: portOf(c.LocalAddr())}
	if _, err := d.Dial(t.Context(), to); !errors.Is(err, syscall.EACCES) {
		t.Errorf("not allowed: %v", err)
	}
	d.Options = append(d.Options, sockopt.Broadcast())
	bc, err := d.Dial(t.Context(), to)
	if err != nil {
		t.Fatal(err)
	}
	defer bc.Close()
	exchange(t, bc, "anybody there?")
	exchange(t, bc, "and again?")
}
