package catalog

import "database/sql"

// What of the deliveries is asked under the writer's lock, as whole queries.
const (
	StagedForSQL        = "SELECT 1 FROM delivery_object " + stagedFor
	DeliveryWithSealSQL = deliveryWithSeal
)

// Plan is how the database goes about a query. PostgreSQL is told to take an
// index if it can: its tables are empty.
func (t *Tx) Plan(query string, args ...any) (plan string, err error) {
	explain := "EXPLAIN QUERY PLAN "
	if t.c.engine.name != "sqlite" {
		explain = "EXPLAIN "
		if _, err := t.exec("plan", "SET LOCAL enable_seqscan = off"); err != nil {
			return "", err
		}
	}
	err = t.each("plan", explain+query, args, func(row *sql.Rows) error {
		columns, err := row.Columns()
		if err != nil {
			return err
		}
		line, into := "", make([]any, len(columns))
		for i := range into {
			into[i] = new(any)
		}
		into[len(into)-1] = &line
		err = row.Scan(into...)
		plan += line + "\n"
		return err
	})
	return plan, err
}
