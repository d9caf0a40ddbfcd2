package meili

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"

	"github.com/meilisearch/meilisearch-go"

	"eakte/appliance/record"
	"eakte/search"
)

// batchBytes bounds the text that is sent at once.
const batchBytes = 2 << 20

// maxBatch bounds the documents that are sent or asked for at once.
const maxBatch = 1000

// noTask is no task's number.
const noTask = -1

// idForm is the form of the ids that Meilisearch takes and a filter compares.
var idForm = regexp.MustCompile(`^[0-9a-z_-]{1,64}$`)

// Index implements search.Engine. A task that succeeded is on the server's
// disk.
func (e *Engine) Index(ctx context.Context, entries []search.Entry) error {
	if _, err := e.use(ctx); err != nil {
		return err
	}
	for len(entries) > 0 {
		n, size := 0, 0
		for n < len(entries) && n < maxBatch && (n == 0 || size < batchBytes) {
			for _, p := range entries[n].Pages {
				size += len(p)
			}
			n++
		}
		if err := e.put(ctx, entries[:n]); err != nil {
			return e.lost(err)
		}
		entries = entries[n:]
	}
	return nil
}

func (e *Engine) put(ctx context.Context, entries []search.Entry) error {
	latest := make(map[record.DocumentID]search.Entry, len(entries))
	for _, n := range entries {
		if !idForm.MatchString(string(n.Document)) || n.Ordinal == 0 {
			return record.Bad("entry", "An entry needs a document and a file.")
		}
		if old, twice := latest[n.Document]; !twice || n.Sequence >= old.Sequence {
			latest[n.Document] = n
		}
	}
	if err := e.change(ctx, func(v *view) (*meilisearch.TaskInfo, error) {
		return e.add(ctx, v.newest.ID, latest, func(n search.Entry, held int64) bool { return held <= n.Sequence })
	}); err != nil {
		return err
	}
	return e.change(ctx, func(v *view) (*meilisearch.TaskInfo, error) {
		if !v.beside() {
			return nil, nil
		}
		return e.add(ctx, v.answers, latest, func(n search.Entry, held int64) bool { return held < n.Changed && held <= n.Sequence })
	})
}

// add sends those entries that an index doesn't hold, and of the others those
// that are newer than what it holds.
func (e *Engine) add(ctx context.Context, index string, entries map[record.DocumentID]search.Entry, newer func(n search.Entry, held int64) bool) (*meilisearch.TaskInfo, error) {
	known, err := e.sequences(ctx, index, entries)
	if err != nil {
		return nil, err
	}
	docs := make([]document, 0, len(entries))
	for _, id := range slices.Sorted(maps.Keys(entries)) {
		if held, ok := known[string(id)]; ok && !newer(entries[id], held) {
			continue
		}
		d, err := newDocument(entries[id])
		if err != nil {
			return nil, err
		}
		docs = append(docs, d)
	}
	if len(docs) == 0 {
		return nil, nil
	}
	return e.holding(index).AddDocumentsWithContext(ctx, docs, nil)
}

// sequences gives the change numbers of those entries that an index holds.
func (e *Engine) sequences(ctx context.Context, index string, entries map[record.DocumentID]search.Entry) (map[string]int64, error) {
	ids := make([]string, 0, len(entries))
	for _, id := range slices.Sorted(maps.Keys(entries)) {
		ids = append(ids, string(id))
	}
	var answer meilisearch.DocumentsResult
	err := e.holding(index).GetDocumentsWithContext(ctx,
		&meilisearch.DocumentsQuery{Ids: ids, Fields: []string{"id", "sequence"}, Limit: int64(len(ids))}, &answer)
	if err != nil {
		return nil, failed(ctx, err)
	}
	out := map[string]int64{}
	for _, h := range answer.Results {
		var d document
		if err := h.DecodeInto(&d); err != nil {
			return nil, fmt.Errorf("search server: a document: %w", err)
		}
		out[d.ID] = d.Sequence
	}
	return out, nil
}

// Delete implements search.Engine.
func (e *Engine) Delete(ctx context.Context, documents []record.DocumentID) error {
	if _, err := e.use(ctx); err != nil {
		return err
	}
	ids := make([]string, 0, len(documents))
	for _, d := range documents {
		if idForm.MatchString(string(d)) { // no other is in the index
			ids = append(ids, string(d))
		}
	}
	if len(ids) == 0 {
		return nil
	}
	if err := e.change(ctx, func(v *view) (*meilisearch.TaskInfo, error) {
		return e.holding(v.newest.ID).DeleteDocumentsWithContext(ctx, ids, nil)
	}); err != nil {
		return e.lost(err)
	}
	return e.lost(e.change(ctx, func(v *view) (*meilisearch.TaskInfo, error) {
		if !v.beside() {
			return nil, nil
		}
		return e.holding(v.answers).DeleteDocumentsWithContext(ctx, ids, nil)
	}))
}

// change sends a change and waits until it is done. A change that was sent
// before and not waited for, because its caller gave up, comes first: what is
// in the index is known only after it.
func (e *Engine) change(ctx context.Context, send func(*view) (*meilisearch.TaskInfo, error)) error {
	e.write.Lock()
	defer e.write.Unlock()
	v, err := e.use(ctx)
	if err != nil {
		return err
	}
	if e.pending != noTask {
		// Whether it did its work was for its caller to know.
		if err := e.wait(ctx, e.server.documents, e.pending); err != nil && !isTask(err) {
			return err
		}
		e.pending = noTask
	}
	task, err := send(v)
	if err = failed(ctx, err); isCode(err, noSpace) {
		if err := e.deleteTasks(ctx, keepFull); err != nil {
			return err
		}
		task, err = send(v)
		err = failed(ctx, err)
	}
	if err != nil || task == nil {
		return err
	}
	e.pending = task.TaskUID
	if err := e.wait(ctx, e.server.documents, task.TaskUID); err != nil {
		if isTask(err) {
			e.pending = noTask
		}
		return err
	}
	e.pending = noTask
	if e.changes++; e.changes >= tidyAfter {
		e.changes = 0
		if err := e.deleteTasks(ctx, keepTasks); err != nil {
			e.log.Warn("the search server's finished tasks could not be deleted", "error", err)
		}
	}
	return nil
}

// Count implements search.Engine. Pages are summed from how many documents
// have how many of them.
func (e *Engine) Count(ctx context.Context) (documents, pages uint64, err error) {
	if _, err := e.use(ctx); err != nil {
		return 0, 0, err
	}
	none := int64(0)
	var answer result
	err = e.server.question(ctx, "/indexes/"+e.index()+"/search", &meilisearch.SearchRequest{HitsPerPage: &none, Facets: []string{"pages"}}, &answer)
	if err != nil {
		return 0, 0, e.lost(err)
	}
	for n, times := range answer.FacetDistribution["pages"] {
		each, err := strconv.ParseUint(n, 10, 64)
		if err != nil {
			return 0, 0, fmt.Errorf("search server: facets: %w", err)
		}
		pages += each * uint64(times)
	}
	return uint64(answer.TotalHits), pages, nil
}
