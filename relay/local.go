package relay

// Local returns true: the error is about this machine, and not about the
// network.
func (*LocalError) Local() bool { return true }
