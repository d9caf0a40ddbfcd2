package catalog_test

import (
	"strings"
	"testing"

	"eakte/appliance/catalog"
	"eakte/appliance/catalog/catalogtest"
)

// TestPlans: what is asked under the writer's lock for each object of a delivery
// goes by the index, however many objects there are.
func TestPlans(t *testing.T) {
	for name, open := range map[string]catalogtest.Opener{"sqlite": catalogtest.SQLite, "postgres": catalogtest.StartPostgres(t).Open} {
		c := open(t, catalogtest.NewClock())
		for index, q := range map[string][]any{
			"delivery_object_by_object": {catalog.StagedForSQL, "o", "taking"},
			"delivery_by_seal":          {catalog.DeliveryWithSealSQL, "Nord", "S-1", "d"},
		} {
			var plan string
			err := c.WithTx(t.Context(), func(tx *catalog.Tx) (err error) {
				plan, err = tx.Plan(q[0].(string), q[1:]...)
				return err
			})
			if err != nil || !strings.Contains(plan, index) {
				t.Errorf("%s: not by %s: %v\n%s", name, index, err, plan)
			}
		}
	}
}
