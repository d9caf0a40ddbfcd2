package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"eakte/appliance/admin"
	"eakte/appliance/catalog"
)

// lookAtDeliveries tells which scan providers were expected and did not deliver.
func (a *app) lookAtDeliveries(ctx context.Context) admin.Finding {
	var missing []catalog.MissingDelivery
	var plans []catalog.PlannedProvider
	err := a.catalog.Read(ctx, func(tx *catalog.Tx) (err error) {
		if plans, err = tx.DeliveryPlans(); err != nil {
			return err
		}
		missing, err = tx.MissingDeliveries()
		return err
	})
	switch {
	case err != nil:
		return admin.Finding{State: admin.Degraded, Code: "deliveries.unknown", Message: "The deliveries can't be read."}
	case len(plans) == 0:
		return admin.Finding{State: admin.OK, Code: "deliveries.noplan", Message: "no provider has a plan: nothing is expected"}
	case len(missing) == 0:
		n := fmt.Sprint(len(plans))
		return admin.Finding{State: admin.OK, Code: "deliveries.ok", Message: n + " providers have a plan; nothing is missing", Values: map[string]string{"n": n}}
	}
	var names []string
	first := missing[0].Day
	for _, m := range missing {
		names, first = append(names, m.Provider), min(first, m.Day)
	}
	slices.Sort(names)
	who := strings.Join(slices.Compact(names), ", ")
	return admin.Finding{State: admin.Degraded, Code: "deliveries.missing", Values: map[string]string{"names": who, "n": fmt.Sprint(len(missing)), "day": first},
		Message: fmt.Sprintf("Expected and not delivered: %s; %d days, the first %s.", who, len(missing), first),
		Hint:    "Ask the provider. The page of deliveries says what is missing; it is resolved by itself when something comes."}
}
