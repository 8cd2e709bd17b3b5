//go:build !linux

package sockopt

// DeferAccept does nothing: this system has no such option, or one that the
// administrator has to set up (accf_data(9)).
func DeferAccept(string, uintptr) error { return nil }
