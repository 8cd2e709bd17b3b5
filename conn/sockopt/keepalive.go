package sockopt

import "time"

// KeepAlive has the system probe a TCP peer that is silent: first after idle,
// then every interval, until count probes have had no answer and the connection
// has failed. Times are rounded up to whole seconds. Zero leaves the system's
// value, on Linux 2 hours, 75 seconds and 9 (tcp(7)).
func KeepAlive(idle, interval time.Duration, count int) Option {
	return func(network string, fd uintptr) error {
		if !isTCP(network) {
			return &Error{Option: optKeepAlive.name, Err: errNotFor(network)}
		}
		if err := optKeepAlive.set(fd, 1); err != nil {
			return err
		}
		for _, o := range [...]struct {
			sockopt
			n int
		}{
			{optKeepIdle, seconds(idle)},
			{optKeepInterval, seconds(interval)},
			{optKeepCount, count},
		} {
			if o.n == 0 {
				continue
			}
			if err := o.set(fd, o.n); err != nil {
				return err
			}
		}
		return nil
	}
}

func seconds(d time.Duration) int { return int((d + time.Second - 1) / time.Second) }
