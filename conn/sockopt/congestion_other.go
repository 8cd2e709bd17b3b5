//go:build !linux && !freebsd

package sockopt

func setCongestion(uintptr, string) error { return errMissing }

func congestionHint(error) string { return "" }
