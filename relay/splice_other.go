//go:build !linux

package relay

// noZeroCopy is a test seam; here it is always so.
var noZeroCopy = true

// zeroCopy is for Linux.
func (f *flow) zeroCopy() (handled bool, rerr, werr error) { return false, nil, nil }
