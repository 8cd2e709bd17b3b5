package message

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"syscall"

	"gonc/relay/page"
)

// fileHint says what to try when a file could not be opened, read or created.
func fileHint(name string, err error) string {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return missingHint(name)
	case errors.Is(err, fs.ErrPermission):
		return "ls -ld shows the rights of the file; those of its directory count too"
	case errors.Is(err, syscall.ENOTDIR):
		return "a part of the path before the last / is not a directory"
	case errors.Is(err, syscall.EISDIR), isDirectory(name):
		return "it is a directory; name a file in it"
	case errors.Is(err, page.ErrNotRegular):
		return "a page is a file that is read again for each request; - reads standard input once"
	case errors.Is(err, syscall.EROFS):
		return "that file system is read-only; name a file elsewhere"
	}
	return ""
}

func isDirectory(name string) bool {
	info, err := os.Stat(name)
	return err == nil && info.IsDir()
}

// missingHint says which part of the path of a missing file is missing.
func missingHint(name string) string {
	if _, err := os.Lstat(name); err == nil {
		return "it is a symbolic link that leads nowhere"
	}
	dir := filepath.Dir(name)
	if _, err := os.Stat(dir); err == nil {
		return "it was looked for in " + strconv.Quote(full(dir)) + "; check the name"
	}
	missing := dir
	for up := filepath.Dir(dir); up != dir; dir, up = up, filepath.Dir(up) {
		if _, err := os.Stat(up); err == nil {
			break
		}
		missing = up
	}
	return "there is no directory " + strconv.Quote(full(missing)) + "; create it, or check the path"
}

// full returns name with the current directory before it, if it is relative.
func full(name string) string {
	if abs, err := filepath.Abs(name); err == nil {
		return abs
	}
	return name
}
