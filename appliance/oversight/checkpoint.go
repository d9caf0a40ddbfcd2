package oversight

import (
	"context"
	"encoding/hex"
	"errors"
	"slices"
	"time"

	"eakte/appliance/audit"
	"eakte/appliance/catalog"
	"eakte/appliance/record"
)

// CheckpointView is the newest signed checkpoint, and how far the log has got
// since. Note is the signed text, to be kept elsewhere and checked with the
// archive's public key: docs/formats/audit.md.
type CheckpointView struct {
	Log     int       `json:"log"`  // the year
	Size    uint64    `json:"size"` // entries that the checkpoint covers
	At      time.Time `json:"at"`
	Note    string    `json:"note"`
	Entries uint64    `json:"entries"` // numbered entries of that log now
	Root    string    `json:"root"`    // over all of these, hex
	Pending int       `json:"pending"` // entries, of any log, that have no number yet
}

// Checkpoint gives the newest checkpoint to who may read the log anywhere, and
// NotFound while none has been signed.
func (o *Oversight) Checkpoint(ctx context.Context, actor record.Actor) (CheckpointView, error) {
	var v CheckpointView
	var none bool
	err := o.cat.Read(ctx, func(tx *catalog.Tx) error {
		v, none = CheckpointView{}, false
		of, err := o.officer(tx, actor)
		if err == nil && !of.at("") {
			err = denied()
		}
		if err != nil {
			return err
		}
		v, err = newest(tx)
		if none = errors.Is(err, record.NotFound); none {
			return nil
		}
		return err
	})
	if err != nil {
		return CheckpointView{}, o.answer(ctx, actor, err, nil, "checkpoint")
	}
	if none {
		return CheckpointView{}, &record.Error{Category: record.NotFound, Message: "No checkpoint has been signed yet.",
			Hint: "The first one is signed within the day, and whenever the server is stopped."}
	}
	if err := o.note(ctx, actor, audit.Allowed, nil, "checkpoint"); err != nil {
		return CheckpointView{}, err
	}
	return v, nil
}

// newest finds the last checkpoint of the newest log that has one.
func newest(tx *catalog.Tx) (CheckpointView, error) {
	logs, err := tx.AuditLogs()
	if err != nil {
		return CheckpointView{}, err
	}
	slices.Reverse(logs)
	for _, log := range logs {
		cp, err := tx.LastCheckpoint(log)
		if errors.Is(err, record.NotFound) {
			continue
		}
		if err != nil {
			return CheckpointView{}, err
		}
		head, err := tx.AuditHead(log)
		if err != nil {
			return CheckpointView{}, err
		}
		pending, err := tx.AuditPending()
		return CheckpointView{Log: log, Size: cp.Size, At: cp.At, Note: string(cp.Note),
			Entries: head.Size, Root: hex.EncodeToString(head.Root), Pending: pending}, err
	}
	return CheckpointView{}, record.Missing()
}
