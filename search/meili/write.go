package meili

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"time"

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
	if err := e.use(ctx); err != nil {
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
	return e.change(ctx, func() (*meilisearch.TaskInfo, error) {
		known, err := e.sequences(ctx, latest)
		if err != nil {
			return nil, err
		}
		docs := make([]document, 0, len(latest))
		for id, n := range latest {
			if s, ok := known[string(id)]; ok && s > n.Sequence {
				continue
			}
			d, err := newDocument(n)
			if err != nil {
				return nil, err
			}
			docs = append(docs, d)
		}
		if len(docs) == 0 {
			return nil, nil
		}
		return e.writing().AddDocumentsWithContext(ctx, docs, nil)
	})
}

// sequences gives the change numbers of those entries that are in the index.
func (e *Engine) sequences(ctx context.Context, entries map[record.DocumentID]search.Entry) (map[string]int64, error) {
	ids := make([]string, 0, len(entries))
	for id := range entries {
		ids = append(ids, string(id))
	}
	var answer meilisearch.DocumentsResult
	err := e.writing().GetDocumentsWithContext(ctx,
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
	if err := e.use(ctx); err != nil {
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
	return e.lost(e.change(ctx, func() (*meilisearch.TaskInfo, error) {
		return e.writing().DeleteDocumentsWithContext(ctx, ids, nil)
	}))
}

// change sends a change and waits until it is done. A change that was sent
// before and not waited for, because its caller gave up, comes first: what is
// in the index is known only after it.
func (e *Engine) change(ctx context.Context, send func() (*meilisearch.TaskInfo, error)) error {
	e.write.Lock()
	defer e.write.Unlock()
	if e.pending != noTask {
		// Whether it did its work was for its caller to know.
		if err := e.wait(ctx, e.server.documents, e.pending); err != nil && !isTask(err) {
			return err
		}
		e.pending = noTask
	}
	task, err := send()
	if err = failed(ctx, err); isCode(err, noSpace) {
		if err := e.deleteTasks(ctx, keepFull); err != nil {
			return err
		}
		task, err = send()
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

// isTask says whether an error is the end of a task: it failed, was canceled
// or is no longer known.
func isTask(err error) bool { return isStatus(err, 0) || isCode(err, "task_not_found") }

// tidyAfter is the number of changes after which finished tasks are deleted. A
// server whose task store is 40 % full takes no more changes.
const tidyAfter = 500

// For how long other processes may still ask for a task of ours: while there is
// room, and when there is none.
const (
	keepTasks = time.Hour
	keepFull  = time.Minute
)

// deleteTasks forgets the finished tasks of our indexes, but for recent ones.
func (e *Engine) deleteTasks(ctx context.Context, keep time.Duration) error {
	task, err := e.server.admin.DeleteTasksWithContext(ctx, &meilisearch.DeleteTasksQuery{
		IndexUIDS:        []string{e.index(), e.state()},
		Statuses:         []meilisearch.TaskStatus{meilisearch.TaskStatusSucceeded, meilisearch.TaskStatusFailed, meilisearch.TaskStatusCanceled},
		BeforeFinishedAt: time.Now().Add(-keep)})
	if err != nil {
		return failed(ctx, err)
	}
	// A key for our indexes only may not see this task, which is of none.
	if err := e.wait(ctx, e.server.admin, task.TaskUID); err != nil && !isTask(err) {
		return err
	}
	return nil
}

// Count implements search.Engine. Pages are summed from how many documents
// have how many of them.
func (e *Engine) Count(ctx context.Context) (documents, pages uint64, err error) {
	if err := e.use(ctx); err != nil {
		return 0, 0, err
	}
	none := int64(0)
	answer, err := e.searching().SearchWithContext(ctx, "", &meilisearch.SearchRequest{HitsPerPage: &none, Facets: []string{"pages"}})
	if err != nil {
		return 0, 0, e.lost(failed(ctx, err))
	}
	var of struct{ Pages map[string]uint64 }
	if len(answer.FacetDistribution) > 0 {
		if err := json.Unmarshal(answer.FacetDistribution, &of); err != nil {
			return 0, 0, fmt.Errorf("search server: facets: %w", err)
		}
	}
	for n, times := range of.Pages {
		each, err := strconv.ParseUint(n, 10, 64)
		if err != nil {
			return 0, 0, fmt.Errorf("search server: facets: %w", err)
		}
		pages += each * times
	}
	return uint64(answer.TotalHits), pages, nil
}
