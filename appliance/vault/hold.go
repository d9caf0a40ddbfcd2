package vault

import (
	"context"
	"errors"
	"fmt"

	"eakte/appliance/record"
)

// Hold puts the store's legal hold on an object of records and makes sure of
// it: when it returns nil the store, asked afresh, has said that it is on. One
// that is on already is success.
func (v *Vault) Hold(ctx context.Context, name string) error {
	b, err := v.bucketOf(name)
	if err != nil {
		return err
	}
	info, err := v.stat(ctx, b, name)
	if err != nil || info.Hold {
		return err
	}
	if err := v.retry(ctx, func() error { return b.Hold(ctx, name) }); err != nil {
		return fmt.Errorf("vault: hold %s: %w", name, err)
	}
	if info, err = v.stat(ctx, b, name); err != nil {
		return err
	}
	if !info.Hold {
		return corrupt("The hold of an object", fmt.Errorf("%s is not held after it was put", name))
	}
	return nil
}

// Release takes the store's legal hold off an object, with the second key's
// bucket d, and makes sure of it with the running key. An object that is not
// there is held by nothing: success.
func (v *Vault) Release(ctx context.Context, d Disposal, name string) error {
	b, err := v.bucketOf(name)
	if err != nil {
		return err
	}
	info, err := v.stat(ctx, b, name)
	if err == nil && info.Hold {
		if err = v.retry(ctx, func() error { return d.Release(ctx, name) }); err == nil {
			info, err = v.stat(ctx, b, name)
		}
	}
	switch {
	case errors.Is(err, record.NotFound):
		return nil
	case err != nil:
		return fmt.Errorf("vault: release %s: %w", name, err)
	case info.Hold:
		return corrupt("The hold of an object", fmt.Errorf("%s is still held after it was released", name))
	}
	return nil
}
