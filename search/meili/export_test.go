package meili

import (
	"context"
	"time"

	"github.com/meilisearch/meilisearch-go"
)

// OpenAs opens an engine as a program with another analyzer does; its view of
// the notes holds for fresh.
func OpenAs(ctx context.Context, cfg Config, analyzer string, fresh time.Duration) (*Engine, error) {
	return open(ctx, cfg, analyzer, fresh)
}

// Freshness is for how long a view holds.
const Freshness = freshness

// AddNameless sends a document that has no id, which the server takes and then
// fails at.
func (e *Engine) AddNameless(ctx context.Context) error {
	return e.change(ctx, func(*view) (*meilisearch.TaskInfo, error) {
		return e.holding(e.index()).AddDocumentsWithContext(ctx, []map[string]int{{"file": 1}}, nil)
	})
}
