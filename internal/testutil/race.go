//go:build race

package testutil

// RaceEnabled reports whether the race detector is on, which makes code many
// times slower.
const RaceEnabled = true
