//go:build !linux

package scan

import "context"

// sweepTCP has no way of its own here.
func sweepTCP(ctx context.Context, s *sweep, q *queue) error { return sweepDialed(ctx, s, q) }
