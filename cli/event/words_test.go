package event

import (
	"syscall"
	"testing"

	"gonc/relay"
)

// The sides of a forwarded connection are not standard output.
func TestUndelivered(t *testing.T) {
	for _, tt := range []struct {
		e    relay.UndeliveredError
		want string
	}{
		{relay.UndeliveredError{Bytes: 5, Err: syscall.ECONNRESET}, "at least 5 bytes could not be delivered: Connection reset by peer"},
		{relay.UndeliveredError{Bytes: 5, Local: true}, "at least 5 bytes could not be written to standard output: its reader did not read them in time"},
		{relay.UndeliveredError{Bytes: 5, Local: true, Name: "connection from 192.0.2.1:4000", Err: relay.ErrIdle}, "at least 5 bytes could not be delivered to the client in time"},
		{relay.UndeliveredError{Bytes: 5, Name: "target 192.0.2.2:80"}, "at least 5 bytes could not be delivered to the target 192.0.2.2:80: it did not read them in time"},
	} {
		if got := Undelivered(&tt.e); got != tt.want {
			t.Errorf("%+v: %q, want %q", tt.e, got, tt.want)
		}
	}
}
