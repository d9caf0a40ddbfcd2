package embedded

import (
	"context"
	"errors"

	"eakte/appliance/record"
	"eakte/search"
)

// idField is where scorch keeps the ids of documents, in their order.
const idField = "_id"

// List implements search.Engine. A deleted document may be in the dictionary of
// ids still, and has no properties any more.
func (e *Engine) List(ctx context.Context, after record.DocumentID, n int) (out []search.Held, err error) {
	defer guard(&err)()
	r, err := e.newest()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, r.release()) }()
	ids, err := r.FieldDictRange(idField, []byte(after), nil)
	if err != nil {
		return nil, record.Down("The search index", err)
	}
	defer func() { err = errors.Join(err, ids.Close()) }()
	for len(out) < n && ctx.Err() == nil {
		entry, err := ids.Next()
		if err != nil {
			return nil, record.Down("The search index", err)
		}
		if entry == nil {
			break
		}
		id := record.DocumentID(entry.Term)
		if id == after {
			continue
		}
		m, known, err := r.lookUp(id)
		if err != nil {
			return nil, err
		}
		if known {
			out = append(out, search.Held{Document: id, Ordinal: m.ordinal, Sensitivity: m.sensitivity, Pages: int(m.pages), Sequence: m.sequence})
		}
	}
	return out, ctx.Err()
}
