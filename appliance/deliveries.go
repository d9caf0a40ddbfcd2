package main

import (
	"context"
	"io"

	"eakte/ingest/delivery"
	"eakte/ingest/worker"
	"eakte/policy/access"
)

// A provider waits while the pages of what it sends are counted: that has
// workers of its own, which reading doesn't hold up. They are started when
// something comes, and end by themselves.
const (
	countWorkers = 2
	countSeconds = 30
)

func (a *app) openDeliveries(policy *access.Policy) *delivery.Desk {
	w := a.cfg.Worker
	pool := worker.NewPool(worker.Config{Workers: countWorkers, Logger: a.log, Limits: worker.Limits{MemoryBytes: w.MemoryBytes,
		MaxBytes: a.cfg.Upload.MaxBytes, MaxPixels: w.MaxPixels, PageSeconds: countSeconds, DocumentSeconds: countSeconds, MaxPages: w.MaxPages}})
	a.closers = append(a.closers, func() error { pool.Close(); return nil })
	return delivery.New(delivery.Deps{Catalog: a.catalog, Policy: policy, Intake: a.intake, Clock: a.clock, Log: a.log, Wake: a.runner.Wake,
		Count: func(ctx context.Context, body io.Reader, size int64) (int, error) {
			return pool.Count(ctx, worker.Document{Open: func() io.Reader { return body }, Size: size})
		}})
}
