package sockopt

// Local returns true: an option that cannot be set is about this machine, and
// not about the network.
func (*Error) Local() bool { return true }
