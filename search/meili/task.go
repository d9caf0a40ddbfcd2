package meili

import (
	"context"
	"errors"
	"time"

	"github.com/meilisearch/meilisearch-go"

	"eakte/appliance/record"
)

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

// deleteTasks forgets the finished tasks of our indexes, but for recent ones:
// of all that there is a note of, those that are gone too.
func (e *Engine) deleteTasks(ctx context.Context, keep time.Duration) error {
	notes, err := e.notes(ctx)
	if err != nil {
		return err
	}
	ours := []string{e.state()}
	for _, n := range notes {
		ours = append(ours, n.ID)
	}
	task, err := e.server.admin.DeleteTasksWithContext(ctx, &meilisearch.DeleteTasksQuery{
		IndexUIDS:        ours,
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
