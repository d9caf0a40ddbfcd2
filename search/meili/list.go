package meili

import (
	"context"
	"fmt"

	"github.com/meilisearch/meilisearch-go"

	"eakte/appliance/record"
	"eakte/search"
)

// List implements search.Engine.
func (e *Engine) List(ctx context.Context, after record.DocumentID, n int) ([]search.Held, error) {
	if _, err := e.use(ctx); err != nil {
		return nil, err
	}
	q := &meilisearch.DocumentsQuery{Fields: []string{"id", "file", "sensitivity", "pages", "sequence"}, Sort: []string{"id:asc"}, Limit: int64(n)}
	if after != "" {
		if !idForm.MatchString(string(after)) {
			return nil, record.Bad("after", "This is no document's id.")
		}
		q.Filter = "id > \"" + string(after) + "\""
	}
	var answer meilisearch.DocumentsResult
	if err := e.holding(e.index()).GetDocumentsWithContext(ctx, q, &answer); err != nil {
		return nil, e.lost(failed(ctx, err))
	}
	out := make([]search.Held, len(answer.Results))
	for i, h := range answer.Results {
		var d document
		if err := h.DecodeInto(&d); err != nil {
			return nil, fmt.Errorf("search server: a document: %w", err)
		}
		out[i] = search.Held{Document: record.DocumentID(d.ID), Ordinal: d.File, Sensitivity: record.Sensitivity(d.Sensitivity), Pages: d.Pages, Sequence: d.Sequence}
	}
	return out, nil
}
