// Package fixity proves that the archive is sound, or names what is not. It
// is what stands behind "eakte verify".
//
// It shares no code with the packages that write: names, manifests, entries
// and the tree are worked out here once more, from docs/formats. A mistake in
// the writer is therefore no mistake in the verifier. What it needs to read it
// asks for through the small interfaces in source.go.
//
// Three things are held against each other: what the catalog says, what the
// object store holds, and what the audit log has signed.
package fixity

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"time"

	"eakte/appliance/record"
)

// The kinds of finding.
const (
	Missing     = "missing"      // something that must be there is not
	Changed     = "changed"      // bytes are not what they were
	Mismatch    = "mismatch"     // two places say different things
	Lock        = "lock"         // a lock is missing or too short
	Alien       = "alien"        // an object that nobody knows
	Version     = "version"      // somebody wrote over an object, or hid it
	Hold        = "hold"         // a legal hold is missing in the store
	Unreadable  = "unreadable"   // could not be read, so could not be checked
	Chain       = "chain"        // the manifests of a subject don't follow each other
	Erasure     = "erasure"      // something erased is still there, or not as it should be
	AuditEntry  = "audit.entry"  // an entry is changed, missing or malformed
	AuditErased = "audit.erased" // a payload is missing and no entry says why
	AuditRoot   = "audit.root"   // the log is not the one that was signed
	AuditObject = "audit.object" // a checkpoint or segment is wrong
)

// Finding is one thing that is not as it must be, for a person to read.
type Finding struct {
	Kind    string `json:"kind"`    // one of the constants above
	Subject string `json:"subject"` // what it is about: ids and object names only
	What    string `json:"what"`    // what is wrong, one sentence
	Do      string `json:"do"`      // what to do about it
}

// Progress says how far a run is.
type Progress struct {
	Stage string // versions, documents, manifests, audit, objects
	Done  int64
	Total int64 // 0 = not known
}

// Config says what a run needs besides its sources. Report and Progress are
// called from one goroutine at a time.
type Config struct {
	Archive  string            // the archive's id, as in the origins of the logs
	AuditKey ed25519.PublicKey // of the checkpoints; best from outside the archive
	Clock    record.Clock

	// Ahead is how far into the future every lock in the records bucket must
	// reach at least, unless the document's keep_until comes before that; 0 =
	// only what the catalog says is asked.
	Ahead time.Duration
	// AuditAhead is the same for segments and checkpoints.
	AuditAhead time.Duration
	// Young is the age below which an object that nobody knows is taken to be
	// on its way. 0 when no server runs on the archive.
	Young time.Duration

	Workers  int            // documents read at the same time; default 4
	Report   func(Finding)  // each finding as it is made; may be nil
	Progress func(Progress) // may be nil
}

// Log says how far one year's log was proved.
type Log struct {
	Year        int    `json:"year"`
	Entries     uint64 `json:"entries"`     // numbered and read
	Checkpoints int    `json:"checkpoints"` // that were signed and fit
	Signed      uint64 `json:"signed"`      // size of the largest of them: what came later is not yet signed
}

// Result is what a finished run says.
type Result struct {
	Findings  int64 `json:"findings"`
	Documents int64 `json:"documents"`
	Manifests int64 `json:"manifests"`
	Objects   int64 `json:"objects"`    // in the listings of records and keys
	SpareKeys int64 `json:"spare_keys"` // keys that nothing refers to, or older sealings of one: harmless
	Relocated int64 `json:"relocated"`  // originals that were put anew under another name; the earlier ones are not checked
	Bytes     int64 `json:"bytes"`      // of originals, read and hashed
	Logs      []Log `json:"logs"`
}

// Sound says whether nothing was found.
func (r Result) Sound() bool { return r.Findings == 0 }

// unreadableLimit is how many objects in a row may fail to be read before the
// run is given up: then it's the store that is down, not an object.
const unreadableLimit = 20

// Run verifies the whole archive. It returns an error only if it could not
// finish: then nothing is proved, whatever the result says. Findings are not
// errors.
func Run(ctx context.Context, src Sources, cfg Config) (Result, error) {
	if !record.ValidID(cfg.Archive) || len(cfg.AuditKey) != ed25519.PublicKeySize || cfg.Clock == nil {
		return Result{}, record.Bad("config", "The verifier needs the archive's id, its audit key and a clock.")
	}
	if cfg.Workers < 1 {
		cfg.Workers = 4
	}
	v := newVerifier(src, cfg)
	for _, stage := range []func(context.Context) error{v.checkVersions, v.checkTombstones, v.checkDocuments, v.checkOtherChains, v.checkUndescribed,
		v.checkAudit, v.checkListings} {
		if err := stage(ctx); err != nil {
			return v.result, fmt.Errorf("fixity: %w", err)
		}
	}
	return v.result, nil
}

// verifier is the state of one run. What it keeps of each object is 21 bytes
// at most (see seen); rows, manifests and segments are read in pages.
type verifier struct {
	Catalog Catalog
	Outbox  Outbox
	Log     LogRows
	Key     Decrypter

	records, keys, audit *bucket

	cfg        Config
	now        time.Time
	result     Result
	unreadable int                  // in a row
	generation int                  // the newest in which a key was sealed
	objects    *seen                // names in records and keys that something has accounted for
	documents  *seen                // ids of the document rows
	manifests  *seen                // digests of the manifests in chains
	unsound    map[string]bool      // subjects that something was found about
	buried     map[string]tombstone // by subject
	places     auditPlaces
}

func newVerifier(src Sources, cfg Config) *verifier {
	read := func(s Store) *bucket { return &bucket{s, map[string]string{}} }
	return &verifier{Catalog: src.Catalog, Outbox: src.Outbox, Log: src.Log, Key: src.Key,
		records: read(src.Records), keys: read(src.Keys), audit: read(src.Audit), cfg: cfg, now: cfg.Clock.Now(), generation: 1,
		objects: newSeen(), documents: newSeen(), manifests: newSeen(), unsound: map[string]bool{}, buried: map[string]tombstone{}}
}

// findings collects what one check finds; they are reported in order.
type findings struct {
	list       []Finding
	unreadable bool
}

func (f *findings) add(kind, subject, do, what string, args ...any) {
	f.list = append(f.list, Finding{Kind: kind, Subject: subject, What: fmt.Sprintf(what, args...), Do: do})
}

// failed turns an error of a source into a finding: absent is absent, unsound
// is unsound, and everything else is unreadable. It returns the error itself
// only if the run must end.
func (f *findings) failed(ctx context.Context, subject, what string, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	switch {
	case errors.Is(err, record.NotFound):
		f.add(Missing, subject, doRestore, "%s is not there.", what)
	case errors.Is(err, record.Corrupt):
		f.add(Changed, subject, doRestore, "%s is damaged.", what)
	default:
		f.unreadable = true
		f.add(Unreadable, subject, "Check the object store and its disks, then verify again.", "%s could not be read, so nothing is proved about it.", what)
	}
	return nil
}

// What to do, where several findings share it.
const (
	doRestore = "Don't write to the archive. Fetch the object from a backup, and find out who or what removed or changed it."
	doAsk     = "Find out who wrote to the store or the catalog past the appliance; keep both as they are for evidence."
)

// flush reports what a check found, and gives up when the store seems down.
func (v *verifier) flush(f *findings) error {
	for _, one := range f.list {
		v.result.Findings++
		if v.cfg.Report != nil {
			v.cfg.Report(one)
		}
	}
	if !f.unreadable {
		v.unreadable = 0
		return nil
	}
	if v.unreadable++; v.unreadable >= unreadableLimit {
		return record.Down("The object store", fmt.Errorf("%d objects in a row could not be read", v.unreadable))
	}
	return nil
}

func (v *verifier) progress(stage string, done, total int64) {
	if v.cfg.Progress != nil {
		v.cfg.Progress(Progress{Stage: stage, Done: done, Total: total})
	}
}
