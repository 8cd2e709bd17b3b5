package cli

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"gonc/cli/dialect"
)

// versionText returns the answer to --version.
func versionText(version string) string {
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

// lostLines returns what makes the line about messages that were dropped.
func lostLines(d *dialect.Dialect) func(n int) string {
	return func(n int) string {
		return fmt.Sprintf("%s: %d messages lost: standard error was not read\n", d.Program, n)
	}
}
