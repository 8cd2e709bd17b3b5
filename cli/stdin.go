package cli

import (
	"context"
	"io"
	"os"

	"gonc/cli/option"
	"gonc/relay"
)

// readsStdin reports whether standard input is sent to the connection. A
// listener whose standard input is /dev/null or cannot be read, as under
// systemd, cron, docker and nohup, has nothing to send and no EOF to report.
func (o *invocation) readsStdin() bool {
	if !o.handler.usesStdin || o.Has(option.NoStdin) || o.Has(option.RecvOnly) {
		return false
	}
	return !o.Has(option.Listen) || !isNull(os.Stdin) && isReadable(os.Stdin)
}

// isRegular reports whether f is a file, which is more likely an upload than a
// question.
func isRegular(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode().IsRegular()
}

// readAll reads standard input to its end, unless ctx ends before.
func readAll(ctx context.Context) ([]byte, error) {
	type result struct {
		text []byte
		err  error
	}
	done := make(chan result, 1)
	go func() {
		text, err := io.ReadAll(os.Stdin)
		done <- result{text, err}
	}()
	select {
	case r := <-done:
		if r.err != nil {
			return nil, &relay.LocalError{Op: "read", Err: r.err}
		}
		return r.text, nil
	case <-ctx.Done(): // the read ends with the program
		return nil, context.Cause(ctx)
	}
}
