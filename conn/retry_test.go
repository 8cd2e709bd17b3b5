package conn

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"gonc/conn/addr"
	"gonc/internal/testutil"
)

// A server that comes later is connected to, and the retry reported once.
func TestRetryUntilThere(t *testing.T) {
	port := testutil.FreePort(t)
	var begun, ended, retried int
	listening := make(chan net.Listener, 1)
	d := Dialer{
		Retry:    time.Minute,
		OnTrying: func(netip.AddrPort) { begun++ },
		OnTried: func(a Attempt) {
			if ended++; ended == 3 {
				l, err := net.Listen("tcp", "127.0.0.1:"+port)
				if err != nil {
					t.Error(err)
				}
				listening <- l
			}
		},
		OnRetry: func(err error) {
			if retried++; !errors.Is(err, syscall.ECONNREFUSED) {
				t.Error(err)
			}
		},
	}
	c, err := d.Dial(t.Context(), addr.Addr{Host: "127.0.0.1", Port: port})
	if err != nil {
		t.Fatal(err)
	}
	c.Close()
	(<-listening).Close()
	if retried != 1 || ended != 4 || begun != ended {
		t.Errorf("%d retries, %d attempts, %d begun", retried, ended, begun)
	}
}

func TestRetryOver(t *testing.T) {
	d := Dialer{Retry: 500 * time.Millisecond}
	tries := 0
	d.OnTried = func(Attempt) { tries++ }
	begin := time.Now()
	_, err := d.Dial(t.Context(), addr.Addr{Host: "127.0.0.1", Port: testutil.FreePort(t)})
	var dial *DialError
	if took := time.Since(begin); !errors.As(err, &dial) || !errors.Is(err, syscall.ECONNREFUSED) || took < 500*time.Millisecond || took > 20*time.Second {
		t.Errorf("%v after %v", err, took)
	}
	if tries < 3 {
		t.Errorf("%d tries", tries)
	}
}

// What won't be otherwise later is not tried again.
func TestRetryInVain(t *testing.T) {
	for _, a := range []addr.Addr{{Host: "127.0.0.1", Port: "none"}, {Host: "name.invalid", Port: "1"}} {
		d := Dialer{Retry: time.Minute, Numeric: true, OnRetry: func(err error) { t.Error(err) }}
		if _, err := d.Dial(t.Context(), a); err == nil {
			t.Error("connected")
		}
	}
}

func TestRetryCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	d := Dialer{Retry: time.Minute, OnRetry: func(error) { cancel() }}
	if _, err := d.Dial(ctx, addr.Addr{Host: "127.0.0.1", Port: testutil.FreePort(t)}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestRetryUnix(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	var l net.Listener
	d := Dialer{Network: "unix", Retry: time.Minute, OnRetry: func(err error) {
		if !errors.Is(err, os.ErrNotExist) {
			t.Error(err)
		}
		l, err = net.Listen("unix", path)
		if err != nil {
			t.Error(err)
		}
	}}
	c, err := d.Dial(t.Context(), addr.Addr{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	c.Close()
	l.Close()
}

// A last try that the limit cuts short does not hide why the one before failed,
// whether the context or the socket notices first.
func TestRetryCutShort(t *testing.T) {
	for range 5 {
		d := Dialer{Retry: firstRetry + 5*time.Millisecond}
		refused := &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}
		tries := 0
		err := d.again(t.Context(), func(ctx context.Context, _ *Dialer) error {
			if tries++; tries == 1 {
				return refused
			}
			end, _ := ctx.Deadline()
			for time.Now().Before(end) {
			}
			return &net.OpError{Op: "dial", Err: os.ErrDeadlineExceeded}
		})
		if err != error(refused) {
			t.Fatalf("%v after %d tries", err, tries)
		}
	}
}
