package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"eakte/appliance/admin"
	"eakte/appliance/config"
	"eakte/appliance/upkeep"
	"eakte/appliance/vault"
	"eakte/appliance/vault/s3"
)

// useReplica lets reads fall through to the replica, if there is one. Whether it
// answers is for the health page: the archive works without.
func (a *app) useReplica() error {
	a.fallbacks = &upkeep.Fallbacks{Catalog: a.catalog, Clock: a.clock, Log: a.log}
	a.vault.OnFallback(a.fallbacks.Note)
	r := a.cfg.Store.Replica
	if r.Endpoint == "" {
		return nil
	}
	b, err := s3.Open(s3Config(config.Store{Endpoint: r.Endpoint, Region: r.Region, Prefix: r.Prefix, AccessKey: r.AccessKey, SecretKey: r.SecretKey}))
	if err != nil {
		return err
	}
	a.vault.UseReplica(a.metrics.Replica(b))
	return nil
}

// replicaRecently is how long the health page tells of a read that another
// place had to serve.
const replicaRecently = 24 * time.Hour

// lookAtReplica tells whether there is a second place to read from, and whether
// it had to serve.
func (a *app) lookAtReplica(ctx context.Context) admin.Finding {
	n, last := a.fallbacks.Served()
	values := map[string]string{"n": fmt.Sprint(n), "last": last.UTC().Format(time.RFC3339)}
	b, ok := a.vault.Replica()
	if ok {
		one := errors.New("one is enough")
		err := b.Records.List(ctx, "o/", "", func(vault.ObjectInfo) error { return one })
		if err != nil && !errors.Is(err, one) {
			return admin.Finding{State: admin.Degraded, Code: "replica.down", Message: "The replica does not answer.",
				Hint: "Check that it runs and that its address and key are right. Everything is read from the first store meanwhile."}
		}
	}
	switch {
	case n > 0 && a.clock.Now().Sub(last) < replicaRecently:
		return admin.Finding{State: admin.Degraded, Code: "replica.used", Message: fmt.Sprintf("%d reads were served from another place since the start.", n),
			Hint: "The first store did not answer, or lacks objects. What is damaged is put anew by itself; the log names it.", Values: values}
	case !ok:
		return admin.Finding{State: admin.OK, Code: "replica.none", Message: "none is configured"}
	}
	return admin.Finding{State: admin.OK, Code: "replica.ok", Message: "answers; it was not needed today", Values: values}
}
