//go:build !unix

package sockopt

// DualStack does nothing on this system: see the file for Unix.
func DualStack() Option { return func(string, uintptr) error { return nil } }
