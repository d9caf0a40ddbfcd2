package archive

import (
	"context"
	"encoding/json"
	"fmt"

	"eakte/appliance/catalog"
	"eakte/appliance/record"
)

// once is a write that its sender may repeat: the same key with the same
// request gives the first answer, with another request it is Conflict. An
// empty key names nothing.
type once struct {
	key     string
	request record.Digest
}

// newOnce identifies a request by all that it says.
func newOnce(key string, request ...any) (once, error) {
	b, err := json.Marshal(request)
	if err != nil {
		return once{}, fmt.Errorf("archive: %w", err)
	}
	return once{key, record.Sum(b)}, nil
}

// answered gives the first answer of a repeated write, once its manifests are
// in the store.
func (a *Archive) answered(ctx context.Context, actor record.Actor, o once) (body []byte, repeated bool, err error) {
	var first string
	err = a.Catalog.Read(ctx, func(tx *catalog.Tx) (err error) {
		first, repeated, err = tx.Answered(actor.User, o.key, o.request)
		return err
	})
	if err != nil || !repeated {
		return nil, false, err
	}
	return []byte(first), true, a.Outbox.Flush(ctx) // the first try may have ended before its manifest was put
}

// answer keeps the answer, in the transaction of the write itself.
func (o once) answer(tx *catalog.Tx, actor record.Actor, status int, body string) error {
	return tx.IdempotentPut(actor.User, o.key, o.request, status, []byte(body))
}
