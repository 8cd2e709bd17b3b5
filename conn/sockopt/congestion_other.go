//go:build !linux && !freebsd

package conn

func setCongestion(uintptr, string) error { return errMissing }

func congestionHint(error) string { return "" }
