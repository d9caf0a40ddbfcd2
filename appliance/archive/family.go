package archive

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"eakte/appliance/audit"
	"eakte/appliance/catalog"
	"eakte/appliance/record"
	"eakte/policy/access"
)

// Filing a mail or an archive takes along what came in it and lies beside it:
// each part is decided on its own facts and has its own manifest and audit
// entry, and all of them commit together or none does.

const (
	// maxFamily is more than one container gives (ingest's bound is 2000).
	maxFamily = 2100
	// familyReads is how many manifests are read from the store side by side.
	familyReads = 8
	// familyRounds is how often a filing that is overtaken by what is just being
	// unpacked looks again.
	familyRounds = 20
)

// filing is one change of a document, with what goes along.
type filing struct {
	id     record.DocumentID
	act    access.Action
	change DocumentChange
	target record.FileID // "" when it isn't filed
	last   map[record.DocumentID]before
	event  event
	action string          // names all that is filed at once
	back   *catalog.Filing // taken back; nil: it is filed anew
}

// arrived says that parts came out of a container while it was being filed.
type arrived struct{ parts []record.DocumentID }

func (a *arrived) Error() string {
	return fmt.Sprintf("archive: %d parts came meanwhile", len(a.parts))
}

// partRefused says that policy keeps a part from being filed with the rest.
type partRefused struct {
	part   record.DocumentID
	reason string
}

func (p *partRefused) Error() string { return p.Unwrap().Error() }

func (p *partRefused) Unwrap() error {
	return &record.Error{Category: record.Denied, Message: "Something came with this document that you may not file, so nothing was filed.",
		Hint: "Ask who may file all of it: a mail and its attachments stay together."}
}

// fileAll makes the change and gives what went along. What comes out of the
// container meanwhile is waited for: it is read and the change decided anew.
func (a *Archive) fileAll(ctx context.Context, actor record.Actor, f filing, o once) (moved []record.DocumentID, err error) {
	f.last, f.action = map[record.DocumentID]before{}, record.NewID()
	if err := a.readManifests(ctx, f.last, []record.DocumentID{f.id}); err != nil {
		return nil, err
	}
	err = a.untilAll(ctx, f.last, func(tx *catalog.Tx) error {
		if moved, err = a.changeAll(tx, actor, f); err != nil {
			return err
		}
		return o.answer(tx, actor, 200, joinIDs(moved))
	})
	return moved, a.partRefused(ctx, actor, f.id, f.event, err)
}

// untilAll makes a change of a container and of what lies beside it. What comes
// out of it meanwhile (arrived) is read into last, and the change made anew.
func (a *Archive) untilAll(ctx context.Context, last map[record.DocumentID]before, change func(*catalog.Tx) error) error {
	var came *arrived
	for range familyRounds {
		err := a.Catalog.WithTx(ctx, change)
		if !errors.As(err, &came) {
			return err
		}
		if err := a.readManifests(ctx, last, came.parts); err != nil {
			return err
		}
	}
	return &record.Error{Category: record.Busy, Message: "Its attachments are just being unpacked.", Hint: "Try again in a moment.", Cause: came}
}

// liesWith lists what came in a document and lies beside it.
func liesWith(tx *catalog.Tx, id record.DocumentID) ([]record.DocumentID, error) {
	parts, err := tx.Family(id, maxFamily)
	if err == nil && len(parts) == maxFamily {
		err = &record.Error{Category: record.TooLarge, Message: "More came in this document than can be filed at once."}
	}
	return parts, err
}

// allRead gives arrived if the manifest of one of these parts was not read yet.
func allRead(parts []record.DocumentID, last map[record.DocumentID]before) error {
	missing := slices.DeleteFunc(slices.Clone(parts), func(id record.DocumentID) bool { _, have := last[id]; return have })
	if len(missing) > 0 {
		return &arrived{missing}
	}
	return nil
}

// partRefused notes the refusal of a part in the log.
func (a *Archive) partRefused(ctx context.Context, actor record.Actor, id record.DocumentID, e event, err error) error {
	var p *partRefused
	if !errors.As(err, &p) {
		return err
	}
	e.objects = []audit.Object{documentObject(id), documentObject(p.part)}
	e.detail = map[string]string{"reason": p.reason}
	if err := a.note(ctx, actor, e, audit.Denied); err != nil {
		return err
	}
	return p.Unwrap()
}

// changeAll changes the document and files what lies beside it.
func (a *Archive) changeAll(tx *catalog.Tx, actor record.Actor, f filing) ([]record.DocumentID, error) {
	if f.back != nil {
		if _, err := a.mayUnfile(tx, actor, f.id); err != nil {
			return nil, err
		}
	}
	parts, err := goesAlong(tx, f)
	if err == nil && f.back != nil {
		parts, err = filedWith(tx, f.back.ID, parts)
	}
	if err != nil {
		return nil, err
	}
	if err := allRead(parts, f.last); err != nil {
		return nil, err
	}
	if err := a.changeDocument(tx, actor, f, f.id, f.change); err != nil {
		return nil, err
	}
	for _, id := range parts {
		if err := a.changeDocument(tx, actor, f, id, DocumentChange{File: f.change.File}); err != nil {
			return nil, err
		}
	}
	return parts, nil
}

// goesAlong lists what is filed with the document: nothing, when it stays
// where it is.
func goesAlong(tx *catalog.Tx, f filing) ([]record.DocumentID, error) {
	if f.target == "" && f.back == nil {
		return nil, nil
	}
	doc, err := tx.DocumentByID(f.id)
	if err != nil || doc.File == f.target {
		return nil, err
	}
	return liesWith(tx, f.id)
}

// readManifests reads the newest manifests of documents into last.
func (a *Archive) readManifests(ctx context.Context, last map[record.DocumentID]before, ids []record.DocumentID) error {
	if err := a.Outbox.Flush(ctx); err != nil {
		return err
	}
	var docs map[record.DocumentID]record.Document
	err := a.Catalog.Read(ctx, func(tx *catalog.Tx) (err error) {
		docs, err = tx.DocumentsByID(ids)
		return err
	})
	if err != nil {
		return err
	}
	read := make([]before, len(ids))
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(familyReads)
	for i, id := range ids {
		g.Go(func() (err error) {
			read[i], err = a.readManifest(gctx, docs[id])
			return err
		})
	}
	err = g.Wait()
	for i, id := range ids {
		last[id] = read[i]
	}
	return err
}

func joinIDs(ids []record.DocumentID) string {
	s := make([]string, len(ids))
	for i, id := range ids {
		s[i] = string(id)
	}
	return strings.Join(s, " ")
}

func splitIDs(body []byte) (ids []record.DocumentID) {
	for _, id := range strings.Fields(string(body)) {
		ids = append(ids, record.DocumentID(id))
	}
	return ids
}
