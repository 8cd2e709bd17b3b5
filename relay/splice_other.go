//go:build !linux

package relay

// zeroCopy moves the flow inside the kernel where package net can.
func (f *flow) zeroCopy() (handled bool, rerr, werr error) {
	if noZeroCopy {
		return false, nil, nil
	}
	return f.sendfile()
}
