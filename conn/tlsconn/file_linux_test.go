package tlsconn

import (
	"errors"
	"os"
	"runtime"
	"syscall"
	"testing"

	"gonc/internal/testutil"
)

func TestUnreadable(t *testing.T) {
	path := testutil.WriteFile(t, "x", nil)
	os.Chmod(path, 0)
	if os.Getuid() == 0 {
		// Root may read everything, unless the thread opens files as another
		// user (setfsuid(2)).
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		defer syscall.Setfsuid(0)
		if err := syscall.Setfsuid(65534); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := (&Config{TrustFile: path}).Client(); !errors.Is(err, syscall.EACCES) {
		t.Error(err)
	}
}
