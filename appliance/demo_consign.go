package main

import (
	"bytes"
	"context"
	"errors"

	"eakte/appliance/record"
	"eakte/appliance/sample"
	"eakte/ingest/delivery"
)

// consign hands a delivery of the sample's scan provider over, the way providers
// do. One that is short stays where it waits: that is what it is for.
func (f *filling) consign(ctx context.Context, actor record.Actor, c sample.Consignment) error {
	said, objects, err := c.Make()
	if err != nil {
		return err
	}
	m, err := delivery.ParseManifest(bytes.NewReader(said))
	if err != nil {
		return err
	}
	if c.Announced {
		_, err = f.delivery.Announce(ctx, actor, m)
		return err
	}
	v, err := f.delivery.Open(ctx, actor, m, "api")
	if err != nil || v.State == delivery.StateDone { // done before a stop
		return err
	}
	for _, o := range objects {
		if _, err := f.delivery.Put(ctx, actor, v.ID, o.Name, bytes.NewReader(o.Body), int64(len(o.Body))); err != nil {
			return err
		}
	}
	_, err = f.delivery.Complete(ctx, actor, v.ID)
	if short := (*delivery.Unreconciled)(nil); c.Short && errors.As(err, &short) {
		return nil
	}
	return err
}
