// Package backup makes a catalog anew from what lies in the buckets: from
// tombstones, manifests and the audit log, with the keys beside them.
//
// A rebuild notes how far it is in the new catalog itself and never writes to
// the store, so it may be cut off at any moment and goes on when it is started
// again. It holds a bounded number of manifests in memory, however many there
// are. What it can't bring back it names and goes on; what it can't know it
// takes for closed: a rebuilt file is never open to more people than before.
package backup

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"time"

	"eakte/appliance/catalog"
	"eakte/appliance/record"
	"eakte/appliance/vault"
)

// Deps are what a rebuild works with.
type Deps struct {
	Vault   *vault.Vault
	Catalog *catalog.Catalog // the new one: empty, or left by a rebuild that was cut off
	Clock   record.Clock
	Log     *slog.Logger
	// ReadAgain asks, in the transaction that brings a document back, for its
	// pages to be read: its pack is not there.
	ReadAgain func(*catalog.Tx, record.DocumentID) error
	// RouteAgain asks for a document in clearing to be routed; nil: a person
	// decides about it.
	RouteAgain func(*catalog.Tx, record.DocumentID) error
	// Progress is told how far a stage is; total is 0 while that isn't known.
	// nil: nobody listens. It is never called by two at once.
	Progress func(stage string, done, total int64)
	// Old is the catalog of before, where it can still be opened: the new one
	// is compared with it. nil: there is none.
	Old *catalog.Catalog
	// KeepDays is how long backups are kept: after them the last copy of a key
	// that was destroyed is gone.
	KeepDays int
	// Parallel is how many objects are read at once; 0: 8.
	Parallel int
	// Batch bounds how many subjects one transaction brings back; 0: as many as
	// stay under 500 rows.
	Batch int
}

// The stages, in the order they are gone through.
const (
	StageTombstones = "tombstones"
	StageManifests  = "manifests" // every manifest's clear header
	StageChains     = "chains"    // is each subject's chain whole
	StageHouse      = "house"
	StageLog        = "audit"
	StagePersons    = "persons"
	StageFiles      = "files"
	StageDocuments  = "documents"
	StageCompare    = "compare" // with the manifests, read afresh
	StageOld        = "old"     // with the catalog of before
	StageDone       = "done"
)

// Stages lists the stages in their order, without StageDone.
func Stages() []string {
	return []string{StageTombstones, StageManifests, StageChains, StageHouse, StageLog, StagePersons, StageFiles, StageDocuments,
		StageCompare, StageOld}
}

// The kinds of problem.
const (
	ProblemForeign      = "foreign"      // an object that is none of ours lies among ours
	ProblemVersions     = "versions"     // a name has several versions or was deleted; the oldest that fits was taken
	ProblemUnreadable   = "unreadable"   // an object can't be read, or is not what its name says
	ProblemKey          = "key"          // the key of a segment is missing or doesn't open
	ProblemChain        = "chain"        // a subject's manifests don't fit each other, or one is missing
	ProblemLost         = "lost"         // something is named and nothing of it is there
	ProblemOriginal     = "original"     // a document's bytes are not there, or not of their size
	ProblemUnconfirmed  = "unconfirmed"  // a document that was never acknowledged: not brought back
	ProblemLog          = "log"          // a year of the audit log doesn't fit its checkpoints, or has a gap
	ProblemHouse        = "house"        // the house's manifest is missing, or there are several
	ProblemNotRestored  = "not_restored" // a part of a row that could not be kept: a number or ordinal that is taken, a member who is gone
	ProblemDiffers      = "differs"      // a rebuilt row is not as its manifest says
	ProblemDiffersOld   = "differs_old"  // a rebuilt row is not as the old catalog has it
	ProblemErasure      = "erasure"      // a tombstone stands and the key is still there: the erasure has to be finished
	ProblemPackDamaged  = "pack"         // a pack can't be read; it is made again
	problemsListed      = 1000
	closedListed        = 500
	metaStage           = "rebuild.stage"
	metaAfter           = "rebuild.after"
	metaReport          = "rebuild.report"
	metaWithheld        = "rebuild.withheld"
	metaStarted         = "rebuild.started"
	metaArchive         = "archive" // as main names them
	metaRecovery        = "recovery"
	metaName, metaProvs = "name", "providers"
)

// Problem is something that could not be brought back, or that is not as it
// should be: names of objects, ids and columns, never personal data.
type Problem struct {
	Kind    string `json:"kind"`
	Name    string `json:"name"`    // of the object, or of the table; may be empty
	Subject string `json:"subject"` // id of the document, file or person; may be empty
	Detail  string `json:"detail"`
}

// Counts is how much came back.
type Counts struct {
	Manifests int64 `json:"manifests"`
	Documents int64 `json:"documents"` // disposed and withheld ones too
	Files     int64 `json:"files"`
	Persons   int64 `json:"persons"`
	Closed    int64 `json:"closed"` // files
	Entries   int64 `json:"entries"`
	Problems  int64 `json:"problems"`
}

// LogYear is how far one year of the audit log came back.
type LogYear struct {
	Year       int       `json:"year"`
	Entries    uint64    `json:"entries"`
	SignedSize uint64    `json:"signed_size"` // of the last checkpoint
	SignedAt   time.Time `json:"signed_at"`
	Fits       bool      `json:"fits"`
}

// Report is what a rebuild did.
type Report struct {
	Resumed    bool             `json:"resumed"` // it went on from where another was cut off
	StartedAt  time.Time        `json:"started_at"`
	EndedAt    time.Time        `json:"ended_at"`
	Counts     Counts           `json:"counts"`
	Years      []LogYear        `json:"years"`
	ByKind     map[string]int64 `json:"by_kind"`  // problems, counted
	Problems   []Problem        `json:"problems"` // the first thousand
	Closed     []record.FileID  `json:"closed"`   // files that stay closed until a person releases them; the first 500
	NotRebuilt []string         `json:"not_rebuilt"`
}

// Sound says whether the new catalog is what the buckets say: every year of
// the log fits what was signed, and no row differs from its manifest.
func (r Report) Sound() bool {
	return r.ByKind[ProblemLog] == 0 && r.ByKind[ProblemDiffers] == 0
}

// NotRebuilt lists what no bucket holds: it comes from a backup of the catalog
// or begins anew.
func NotRebuilt() []string {
	return []string{"passwords, sessions and tokens: everybody gets a new password",
		"open work: inboxes, follow-ups and jobs",
		"answers kept for repeated requests (Idempotency-Key)",
		"documents that were on their way in and not acknowledged",
		"deliveries that were announced or not complete: their providers hand them over again",
		"codes of return slips: post that bears one goes by its other evidence, or to clearing",
		"entries of the audit log after the last segment: how many there were can't be known",
		"the search index: run eakte rebuild index"}
}

// Rebuild makes the catalog anew. Called again with the same catalog it goes
// on where it was cut off, and when it is done it gives its report once more.
//
// Errors: Conflict if the catalog holds something that no rebuild put there;
// Unavailable when store or database fail: start it again. That something can't
// be read is no error but a problem in the report; see Report.Sound.
func Rebuild(ctx context.Context, d Deps) (Report, error) {
	if d.Parallel == 0 {
		d.Parallel = 8
	}
	r := &rebuild{Deps: d}
	if err := r.begin(ctx); err != nil {
		return Report{}, err
	}
	steps := map[string]func(context.Context, string) error{StageTombstones: r.tombstones, StageManifests: r.manifests,
		StageChains: r.chains, StageHouse: r.house, StageLog: r.auditLog, StagePersons: r.persons, StageFiles: r.files,
		StageDocuments: r.documents, StageCompare: r.compare, StageOld: r.old}
	stages := Stages()
	for i, stage := range stages {
		if i < r.stage {
			continue
		}
		after := ""
		if i == r.stage {
			after = r.after
		}
		r.say(stage, 0, 0)
		if err := steps[stage](ctx, after); err != nil {
			return Report{}, fmt.Errorf("rebuild: %s: %w", stage, err)
		}
		next := StageDone
		if i+1 < len(stages) {
			next = stages[i+1]
		}
		if err := r.enter(ctx, next); err != nil {
			return Report{}, fmt.Errorf("rebuild: %s: %w", stage, err)
		}
	}
	return r.finish(ctx)
}

type rebuild struct {
	Deps
	stage   int // where it goes on
	after   string
	resumed bool
	counts  map[string]int64 // subjects by kind, once they are known
	done    int64            // of the stage, for Progress
}

// begin finds out whether this is a new rebuild or one that was cut off.
func (r *rebuild) begin(ctx context.Context) error {
	return r.Catalog.WithTx(ctx, func(tx *catalog.Tx) error {
		stage, err := tx.Meta(metaStage)
		if err != nil {
			return err
		}
		if stage == "" {
			return r.fresh(tx)
		}
		r.resumed = true
		r.stage = len(Stages())
		for i, s := range Stages() {
			if s == stage {
				r.stage = i
			}
		}
		r.after, err = tx.Meta(metaAfter)
		return err
	})
}

func (r *rebuild) fresh(tx *catalog.Tx) error {
	empty, err := tx.Empty()
	if err != nil {
		return err
	}
	if !empty {
		return &record.Error{Category: record.Conflict, Message: "The catalog to rebuild into is not empty.",
			Hint: "Name a new file or an empty database; the old catalog stays as it is."}
	}
	for name, value := range map[string]string{metaStage: StageTombstones, metaAfter: "", metaWithheld: record.NewID(),
		metaStarted: r.Clock.Now().UTC().Format(time.RFC3339Nano)} {
		if err := tx.SetMeta(name, value); err != nil {
			return err
		}
	}
	return nil
}

func (r *rebuild) enter(ctx context.Context, stage string) error {
	r.done = 0
	return r.Catalog.WithTx(ctx, func(tx *catalog.Tx) error {
		if err := tx.SetMeta(metaAfter, ""); err != nil {
			return err
		}
		return tx.SetMeta(metaStage, stage)
	})
}

// commit writes a batch together with the place up to which it goes.
func (r *rebuild) commit(ctx context.Context, after string, fn func(*catalog.Tx) error) error {
	return r.Catalog.WithTx(ctx, func(tx *catalog.Tx) error {
		if err := fn(tx); err != nil {
			return err
		}
		return tx.SetMeta(metaAfter, after)
	})
}

// batch is how many of something go into one transaction.
func (r *rebuild) batch(most int) int {
	if r.Batch > 0 {
		return min(r.Batch, most)
	}
	return most
}

func (r *rebuild) say(stage string, more int, total int64) {
	r.done += int64(more)
	if r.Progress != nil {
		r.Progress(stage, r.done, total)
	}
}

// finish writes the report down, clears what was noted on the way, and gives
// the report. One that was written before is given as it is.
func (r *rebuild) finish(ctx context.Context) (Report, error) {
	var report Report
	err := r.Catalog.WithTx(ctx, func(tx *catalog.Tx) error {
		kept, err := tx.Meta(metaReport)
		if err != nil {
			return err
		}
		if kept != "" {
			return json.Unmarshal([]byte(kept), &report)
		}
		if report, err = r.report(tx); err != nil {
			return err
		}
		b, err := json.Marshal(report)
		if err != nil {
			return err
		}
		return tx.SetMeta(metaReport, string(b))
	})
	for left := true; left && err == nil; {
		err = r.Catalog.WithTx(ctx, func(tx *catalog.Tx) error { left, err = tx.Unstage(); return err })
	}
	if err != nil {
		return Report{}, fmt.Errorf("rebuild: report: %w", err)
	}
	return report, nil
}

func (r *rebuild) report(tx *catalog.Tx) (Report, error) {
	out := Report{Resumed: r.resumed, EndedAt: r.Clock.Now(), Problems: []Problem{}, Closed: []record.FileID{}, Years: []LogYear{},
		NotRebuilt: NotRebuilt()}
	started, err := tx.Meta(metaStarted)
	if err != nil {
		return out, err
	}
	out.StartedAt, _ = time.Parse(time.RFC3339Nano, started) // written by fresh
	if out.Counts.Manifests, _, err = tx.StagedCounts(); err != nil {
		return out, err
	}
	if out.Counts.Documents, out.Counts.Files, out.Counts.Persons, err = tx.RebuiltCounts(); err != nil {
		return out, err
	}
	if out.ByKind, err = tx.ProblemCounts(); err != nil {
		return out, err
	}
	for _, n := range out.ByKind {
		out.Counts.Problems += n
	}
	problems, err := tx.StagedProblems("", problemsListed)
	if err != nil {
		return out, err
	}
	for _, p := range problems {
		out.Problems = append(out.Problems, Problem(p))
	}
	n, err := tx.CountClosedFiles()
	if err != nil {
		return out, err
	}
	out.Counts.Closed = int64(n)
	closed, err := tx.ClosedFiles("", closedListed)
	if err != nil {
		return out, err
	}
	for _, f := range closed {
		out.Closed = append(out.Closed, f.File)
	}
	return out, r.years(tx, &out)
}
