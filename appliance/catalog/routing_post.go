package catalog

import (
	"time"

	"eakte/appliance/record"
)

// PostBetween lists what came in from one moment until before another and was
// read, in its order, at most limit.
func (t *Tx) PostBetween(from, to time.Time, limit int) ([]record.DocumentID, error) {
	return column[record.DocumentID](t, "post between", `SELECT id FROM document WHERE created_at >= $1 AND created_at < $2 AND direction = $3
		AND pages > 0 AND state IN ('ready', 'clearing') ORDER BY created_at, id LIMIT $4`, toMicros(from), toMicros(to), record.DirectionIn, limit)
}

// LastPost says when the last document before a moment came in; zero: none did.
func (t *Tx) LastPost(before time.Time) (time.Time, error) {
	var at int64
	_, err := t.one("last post", `SELECT created_at FROM document WHERE created_at < $1 AND direction = $2 AND pages > 0 AND state IN ('ready', 'clearing')
		ORDER BY created_at DESC LIMIT 1`, []any{toMicros(before), record.DirectionIn}, &at)
	return fromMicros(at), err
}
