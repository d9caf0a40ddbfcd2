package vault

import (
	"context"
	"time"
)

// WithoutPauses lets tests try again at once.
func WithoutPauses(v *Vault) {
	v.sleep = func(ctx context.Context, _ time.Duration) error { return ctx.Err() }
}
