//go:build !linux

package conn

import "gonc/conn/sockopt"

// autobind is nil: only Linux has names that are not in the file system.
var autobind sockopt.Option
