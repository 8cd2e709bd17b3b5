//go:build !linux

package sockopt

// Interface returns an error: only Linux binds a socket to an interface by its
// name.
func Interface(name string) Option {
	return func(string, uintptr) error {
		return &Error{Option: "interface", Value: name, Err: errMissing}
	}
}
