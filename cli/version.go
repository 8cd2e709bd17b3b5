package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
)

// version is set by the documented build, -ldflags "-X main.version=…".
var version = "devel"

// versionText is the answer to --version.
func versionText() string {
	commit := "unknown"
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				commit = s.Value[:min(12, len(s.Value))]
			}
		}
	}
	return fmt.Sprintf("gonc %s (commit %s, %s %s/%s)\n", version, commit, runtime.Version(), runtime.GOOS, runtime.GOARCH)
}
