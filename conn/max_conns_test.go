package conn

import (
	"context"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"gonc/conn/addr"
)

// One after another they are not too many, though a client sees its end before
// its handler has returned; but where that has no processor for long.
func TestMaxConnsInTurn(t *testing.T) {
	const clients = 50
	var refused atomic.Int32
	l := &Listener{
		Address:   addr.Addr{Host: "127.0.0.1"},
		KeepOpen:  true,
		MaxConns:  1,
		OnRefused: func(r Rejection) { refused.Add(1 + int32(r.More)) },
	}
	s := serve(t, l, func(_ context.Context, c net.Conn) error {
		c.Close()
		time.Sleep(slotWait / 10)
		return nil
	})
	for range clients {
		c := dialTo(t, "tcp", s.addr("127.0.0.1"))
		c.Read(make([]byte, 1))
		c.Close()
	}
	if n := refused.Load(); n > clients/2 {
		t.Errorf("%d of %d were refused", n, clients)
	}
}
