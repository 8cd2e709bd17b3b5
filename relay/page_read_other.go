//go:build !unix

package relay

// rawRead leaves the plain way of reading.
func (s *pageConn) rawRead() {}
