package errno

import (
	"net"
	"os"
	"testing"
)

func TestIsShortage(t *testing.T) {
	for _, number := range shortages {
		if !IsShortage(&net.OpError{Op: "accept", Err: os.NewSyscallError("accept4", number)}) {
			t.Errorf("%v is none", number)
		}
	}
	for _, err := range []error{nil, Refused, os.ErrDeadlineExceeded} {
		if IsShortage(err) {
			t.Errorf("%v is one", err)
		}
	}
}
