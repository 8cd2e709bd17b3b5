//go:build !linux && !freebsd && !openbsd && !netbsd

package sockopt

func setMD5(string, uintptr, string) (hint string, err error) { return "", errMissing }
