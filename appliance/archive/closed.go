package archive

import (
	"context"
	"errors"
	"strings"
	"time"

	"eakte/appliance/audit"
	"eakte/appliance/catalog"
	"eakte/appliance/record"
	"eakte/appliance/vault"
)

// ClosedFile is a file that is closed to everybody, because a rebuild could not
// show that its rights are complete.
type ClosedFile struct {
	File   record.FileID `json:"file"`
	Number string        `json:"number"` // empty if it bears none
	Reason string        `json:"reason"`
	Since  time.Time     `json:"since"`
}

// ClosedFiles lists the files that are closed to everybody, by id from behind
// after, at most 500. Only the appliance's operator sees them: to everybody
// else they don't exist.
func (a *Archive) ClosedFiles(ctx context.Context, actor record.Actor, after record.FileID) ([]ClosedFile, error) {
	e := event{action: audit.FileSearch, detail: map[string]string{"list": "closed"}}
	if !operator(actor) {
		return nil, a.refuse(ctx, actor, e, false, "not the operator")
	}
	var out []ClosedFile
	err := a.Catalog.Read(ctx, func(tx *catalog.Tx) error {
		rows, err := tx.ClosedFiles(after, maxLimit)
		out = nil
		for _, r := range rows {
			out = append(out, ClosedFile(r))
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	for _, f := range out {
		e.objects = append(e.objects, fileObject(f.File))
	}
	return out, a.shown(ctx, actor, e)
}

// operator says whether the actor is whoever runs commands on the data folder
// and holds its key. No session and no token can yield it.
func operator(a record.Actor) bool { return a.User == record.System("").User }

// ReleaseFile opens a file again that was closed to everybody. The operator
// does it for the user who decided, who is named in manifest and audit entry
// and must be able to sign in. A file that isn't closed is NotFound.
func (a *Archive) ReleaseFile(ctx context.Context, actor record.Actor, idOrNumber, decider, reason string) (number string, err error) {
	e := event{action: audit.GrantChange, query: idOrNumber, reason: strings.TrimSpace(reason), detail: map[string]string{"list": "closed", "user": decider}}
	if !operator(actor) {
		return "", a.refuse(ctx, actor, e, false, "not the operator")
	}
	if e.reason == "" || len(e.reason) > maxText {
		return "", record.Bad("reason", "is missing or longer than %d bytes", maxText)
	}
	var f record.File
	err = a.Catalog.Read(ctx, func(tx *catalog.Tx) (err error) {
		f, err = tx.FileByIDOrNumber(idOrNumber)
		return err
	})
	if err != nil {
		return "", err
	}
	key, err := a.keyOfFile(ctx, f.ID)
	if err != nil {
		return "", err
	}
	err = a.Catalog.WithTx(ctx, func(tx *catalog.Tx) error { return a.releaseFile(tx, actor, f.ID, decider, key, e) })
	if err != nil {
		return "", err
	}
	return f.Number(), a.Outbox.Flush(ctx)
}

func (a *Archive) releaseFile(tx *catalog.Tx, actor record.Actor, id record.FileID, decider string, key vault.Key, e event) error {
	u, err := tx.UserByName(decider)
	if errors.Is(err, record.NotFound) || err == nil && u.Disabled {
		return record.Bad("user", "is nobody who may sign in; name who decided")
	}
	if err != nil {
		return err
	}
	f, err := tx.FileByID(id)
	if err != nil {
		return err
	}
	if err := tx.OpenFile(id); err != nil {
		return err
	}
	made, err := a.fileManifestBecause(tx, key, f, u.ID, "released", e.reason)
	if err != nil {
		return err
	}
	e.objects = []audit.Object{fileObject(id), {Kind: audit.KindUser, ID: string(u.ID)}, made}
	leaf, err := a.seal(actor, e, audit.Done)
	if err != nil {
		return err
	}
	return tx.Append(leaf)
}

// keyOfFile opens a file's key. One that is lost is made anew, so that what is
// decided from now on is kept; what the old one encrypted stays lost.
func (a *Archive) keyOfFile(ctx context.Context, id record.FileID) (vault.Key, error) {
	key, err := a.Vault.OpenKey(ctx, record.ObjectID(id))
	if !errors.Is(err, record.NotFound) {
		return key, err
	}
	if key, err = a.Vault.NewKey(record.ObjectID(id)); err != nil {
		return key, err
	}
	return key, a.Vault.PutKey(ctx, key)
}
