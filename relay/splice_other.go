//go:build !linux

package relay

// zeroCopy is splice_linux.go's, without splice(2).
func (f *flow) zeroCopy() (handled bool, rerr, werr error) {
	if noZeroCopy {
		return false, nil, nil
	}
	return f.sendfile()
}
