package archive

import (
	"context"
	"errors"
	"strings"

	"eakte/appliance/audit"
	"eakte/appliance/catalog"
	"eakte/appliance/record"
	"eakte/policy/access"
)

// MayPost says whether the actor may hand in to a file: nil, or the error, which
// is audited.
func (a *Archive) MayPost(ctx context.Context, actor record.Actor, file string) error {
	_, err := a.file(ctx, actor, file, access.DocumentPost, event{action: audit.FileChange})
	return err
}

// NewSlip makes the code of a slip that goes out with a letter, to come back
// with what was asked for: post that bears it is filed in this file. The code is
// drawn at random and says nothing about anybody. typ is what is expected back;
// it may be empty. It takes the right to hand in to the file. The same
// idempotency key again gives the same code, as repeated.
func (a *Archive) NewSlip(ctx context.Context, actor record.Actor, file, typ, idem string) (code string, repeated bool, err error) {
	e := event{action: audit.FileChange, detail: map[string]string{"change": "slip"}}
	row, err := a.file(ctx, actor, file, access.DocumentPost, e)
	if err != nil {
		return "", false, err
	}
	typ = strings.ToValidUTF8(strings.TrimSpace(typ), "\uFFFD")
	if len(typ) > maxText {
		return "", false, record.Bad("type", "is longer than %d bytes", maxText)
	}
	e.objects = []audit.Object{fileObject(row.file.ID)}
	leaf, err := a.seal(actor, e, audit.Done)
	if err != nil {
		return "", false, err
	}
	o, err := newOnce(idem, "slip", row.file.ID, typ)
	if err != nil {
		return "", false, err
	}
	err = a.Catalog.WithTx(ctx, func(tx *catalog.Tx) error {
		now, err := findFile(tx, actor, string(row.file.ID))
		if err != nil {
			return err
		}
		if !a.Policy.Decide(now.facts, access.DocumentPost).Allowed {
			return record.Missing()
		}
		if code, repeated, err = tx.Answered(actor.User, o.key, o.request); repeated || err != nil {
			return err
		}
		code = record.NewID()
		return errors.Join(tx.InsertSlip(catalog.Slip{Code: code, File: row.file.ID, Type: typ, MadeBy: actor.User}), tx.Append(leaf),
			o.answer(tx, actor, 201, code))
	})
	return code, repeated, err
}
