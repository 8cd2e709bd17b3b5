//go:build !race

package relay

// slow says that moving bytes takes many times as long as it does.
const slow = false
