//go:build !unix

package relay

// rawInit leaves the plain way.
func (s *pageConn) rawInit() {}

func (s *pageConn) serveRaw() error { return nil }

// rawWrite writes nothing: the plain way does.
func (s *pageConn) rawWrite([]byte) (n int, err error) { return 0, nil }
