//go:build !linux

package cli

// defaultQuit does nothing here: SIGQUIT prints the stacks of all goroutines.
func defaultQuit() {}
