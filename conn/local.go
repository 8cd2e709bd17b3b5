package conn

// Local reports whether an error is about this machine, and not about the
// network or a peer: an address that cannot be listened on, a host that is not
// numeric.

// Local returns true.
func (*ListenError) Local() bool { return true }

// Local returns true.
func (*NumericError) Local() bool { return true }

// Local reports whether the socket was to be made here.
func (e *UnixError) Local() bool { return e.Op == "listen" }
