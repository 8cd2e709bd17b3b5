//go:build !linux

package conn

// deferAccept does nothing: this system has no such option, or one that the
// administrator has to set up (accf_data(9)).
func deferAccept(string, uintptr) error { return nil }
