//go:build !linux && !freebsd && !openbsd && !netbsd

package conn

func setMD5(string, uintptr, string) (hint string, err error) { return "", errMissing }
