//go:build !unix

package page

// rawInit leaves the plain way.
func (s *conn) rawInit() {}

func (s *conn) serveRaw() error { return nil }

// rawWrite writes nothing: the plain way does.
func (s *conn) rawWrite([]byte) (n int, err error) { return 0, nil }
