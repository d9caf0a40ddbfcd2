package meili

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/meilisearch/meilisearch-go"

	"eakte/appliance/record"
)

// The reasons that NeedsRebuild gives.
const (
	reasonNew     = "new"
	reasonDamaged = "damaged"
	reasonVersion = "other version"
	reasonReset   = "reset"
)

// note is what the index of states keeps of an index of documents.
type note struct {
	ID     string `json:"id"` // the index
	Reason string `json:"reason"`
}

// maxIndexes is how many indexes of a server are looked at.
const maxIndexes = 10_000

// use makes sure that the server has our index, with our settings.
func (e *Engine) use(ctx context.Context) error {
	if e.ended.Load() {
		return record.Down("The search index", errors.New("it is closed"))
	}
	if err := ctx.Err(); err != nil || e.ready.Load() {
		return err
	}
	return e.prepare(ctx)
}

// lost notes that an index is no longer there: the next call makes it anew.
func (e *Engine) lost(err error) error {
	if isCode(err, noIndex) {
		e.ready.Store(false)
	}
	return err
}

// prepare finds the indexes or makes them. The reason for a rebuild is on the
// server before the new index is: it is not forgotten, whatever happens.
func (e *Engine) prepare(ctx context.Context) error {
	e.life.Lock()
	defer e.life.Unlock()
	if e.ready.Load() {
		return nil
	}
	if _, err := e.server.version(ctx); err != nil {
		return err
	}
	names, err := e.indexes(ctx)
	if err != nil {
		return err
	}
	if !names[e.state()] {
		if err := e.create(ctx, e.state()); err != nil {
			return err
		}
	}
	why, noted, err := e.reason(ctx)
	if err != nil {
		return err
	}
	if why = e.missing(names, noted, why); why != "" {
		if err := e.setReason(ctx, why); err != nil {
			return err
		}
	}
	if !names[e.index()] {
		if err := e.create(ctx, e.index()); err != nil {
			return err
		}
	}
	if err := e.applySettings(ctx, e.index()); err != nil {
		return err
	}
	e.ready.Store(true)
	return nil
}

// missing gives the reason to note if something is not there, "" if all is.
func (e *Engine) missing(names map[string]bool, noted bool, why string) string {
	if names[e.index()] {
		if noted {
			return ""
		}
		return reasonDamaged
	}
	if noted && why == "" {
		return reasonDamaged // it had been complete
	}
	for n := range names {
		if strings.HasPrefix(n, e.family()) {
			return reasonVersion
		}
	}
	return reasonNew
}

// indexes gives the names of the server's indexes.
func (e *Engine) indexes(ctx context.Context) (map[string]bool, error) {
	l, err := e.server.admin.ListIndexesWithContext(ctx, &meilisearch.IndexesQuery{Limit: maxIndexes})
	if err != nil {
		return nil, failed(ctx, err)
	}
	names := map[string]bool{}
	for _, x := range l.Results {
		names[x.UID] = true
	}
	return names, nil
}

// create makes an index. One that another process made meanwhile will do.
func (e *Engine) create(ctx context.Context, name string) error {
	task, err := e.server.admin.CreateIndexWithContext(ctx, &meilisearch.IndexConfig{Uid: name, PrimaryKey: "id"})
	if err != nil {
		return failed(ctx, err)
	}
	if err := e.wait(ctx, e.server.admin, task.TaskUID); err != nil && !isCode(err, indexExists) {
		return err
	}
	return nil
}

// reason reads why a rebuild is needed, and whether anything is noted at all.
func (e *Engine) reason(ctx context.Context) (why string, noted bool, err error) {
	var n note
	err = e.server.documents.Index(e.state()).GetDocumentWithContext(ctx, e.index(), nil, &n)
	if err = failed(ctx, err); isCode(err, noDocument) {
		return "", false, nil
	}
	return n.Reason, err == nil, err
}

func (e *Engine) setReason(ctx context.Context, why string) error {
	task, err := e.server.documents.Index(e.state()).AddDocumentsWithContext(ctx, []note{{e.index(), why}}, nil)
	if err != nil {
		return failed(ctx, err)
	}
	return e.wait(ctx, e.server.documents, task.TaskUID)
}

// NeedsRebuild implements search.Engine.
func (e *Engine) NeedsRebuild(ctx context.Context) (string, error) {
	if err := e.use(ctx); err != nil {
		return "", err
	}
	why, noted, err := e.reason(ctx)
	if err == nil && !noted {
		why = reasonDamaged
	}
	return why, e.lost(err)
}

// SetRebuild implements search.Engine.
func (e *Engine) SetRebuild(ctx context.Context, reason string) error {
	if err := e.use(ctx); err != nil {
		return err
	}
	return e.lost(e.setReason(ctx, reason))
}

// Rebuilt implements search.Engine. The indexes of other versions are deleted:
// until now they were there to go back to.
func (e *Engine) Rebuilt(ctx context.Context) error {
	if err := e.use(ctx); err != nil {
		return err
	}
	if err := e.setReason(ctx, ""); err != nil {
		return e.lost(err)
	}
	names, err := e.indexes(ctx)
	if err != nil {
		return err
	}
	for n := range names {
		if n == e.index() || !strings.HasPrefix(n, e.family()) {
			continue
		}
		task, err := e.server.admin.DeleteIndexWithContext(ctx, n)
		if err != nil {
			return failed(ctx, err)
		}
		if err := e.wait(ctx, e.server.admin, task.TaskUID); err != nil && !isCode(err, noIndex) {
			return err
		}
	}
	return nil
}

// Reset implements search.Engine.
func (e *Engine) Reset(ctx context.Context) error {
	if err := e.use(ctx); err != nil {
		return err
	}
	if err := e.setReason(ctx, reasonReset); err != nil {
		return e.lost(err)
	}
	return e.change(ctx, func() (*meilisearch.TaskInfo, error) {
		return e.writing().DeleteAllDocumentsWithContext(ctx, nil)
	})
}

// How often a task is asked for, and how long at most.
const (
	firstLook = 5 * time.Millisecond
	lastLook  = 250 * time.Millisecond
	maxWait   = 10 * time.Minute
)

// wait returns when a task is done: what it did is then durable and
// searchable. A task that failed is an error. (meilisearch-go's WaitForTask
// gives none.)
func (e *Engine) wait(ctx context.Context, with meilisearch.ServiceManager, task int64) error {
	for began, pause := time.Now(), firstLook; ; pause = min(2*pause, lastLook) {
		t, err := with.GetTaskWithContext(ctx, task)
		if err != nil {
			return failed(ctx, err)
		}
		switch t.Status {
		case meilisearch.TaskStatusSucceeded:
			return nil
		case meilisearch.TaskStatusEnqueued, meilisearch.TaskStatusProcessing:
		default:
			return fromStatus(0, t.Error.Code)
		}
		if time.Since(began) > maxWait {
			return record.Down("The search server", errors.New("a change waits for ten minutes"))
		}
		if err := sleep(ctx, pause); err != nil {
			return err
		}
	}
}
