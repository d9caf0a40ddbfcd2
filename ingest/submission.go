package ingest

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"eakte/appliance/audit"
	"eakte/appliance/catalog"
	"eakte/appliance/record"
	"eakte/policy/access"
)

// Bounds of what a submission says about itself, in bytes.
const (
	maxText = 1000
	maxKey  = 200
)

// destination is where a document goes: a file, or a site's clearing.
type destination struct {
	file        record.FileID
	site        string
	class       record.RetentionClass
	sensitivity record.Sensitivity
}

// destination decides whether the actor may hand in there. A refusal is
// audited, and tells nobody whether the file exists who may not know.
func (in *Intake) destination(ctx context.Context, actor record.Actor, s Submission) (destination, error) {
	var dst destination
	var visible, allowed bool
	err := in.Catalog.Read(ctx, func(tx *catalog.Tx) (err error) {
		if s.File == "" {
			dst, allowed, err = in.clearing(tx, actor)
			visible = true
			return err
		}
		dst, visible, allowed, err = in.file(tx, actor, s.File)
		return err
	})
	if err != nil && !errors.Is(err, record.NotFound) {
		return destination{}, err
	}
	if err == nil && allowed {
		return dst, nil
	}
	if err := in.refuse(ctx, actor, dst, s.File); err != nil {
		return destination{}, err
	}
	if visible {
		return destination{}, &record.Error{Category: record.Denied, Message: "You may not hand documents in there.",
			Hint: "Hand it in without a file: it then goes to clearing."}
	}
	return destination{}, record.Missing()
}

func (in *Intake) file(tx *catalog.Tx, actor record.Actor, idOrNumber string) (dst destination, visible, allowed bool, err error) {
	f, err := tx.FileByIDOrNumber(idOrNumber)
	if err != nil {
		return dst, false, false, err
	}
	facts, err := tx.Facts(actor.User, []record.FileID{f.ID})
	if err != nil {
		return dst, false, false, err
	}
	fact, ok := facts[f.ID]
	if !ok {
		return dst, false, false, record.Missing()
	}
	dst = destination{file: f.ID, site: f.Site, sensitivity: f.Sensitivity}
	visible = in.Policy.Decide(fact, access.FileFind).Allowed
	allowed = in.Policy.Decide(fact, access.DocumentPost).Allowed
	if !allowed {
		return dst, visible, false, nil
	}
	dst.class, err = tx.RetentionClass(f.RetentionClass)
	return dst, visible, true, err
}

// clearing finds a site at which the actor may hand in without a file.
func (in *Intake) clearing(tx *catalog.Tx, actor record.Actor) (destination, bool, error) {
	roles, err := tx.Roles(actor.User)
	if err != nil {
		return destination{}, false, err
	}
	for _, r := range roles {
		if in.Policy.DecideAt(roles, r.Site, r.Team, access.DocumentPost).Allowed {
			site := r.Site
			if site == access.Everybody {
				site = ""
			}
			return destination{site: site, sensitivity: record.SensitivityNormal}, true, nil
		}
	}
	return destination{}, false, nil
}

func (in *Intake) refuse(ctx context.Context, actor record.Actor, dst destination, asked string) error {
	e := audit.Entry{At: in.Clock.Now(), Action: audit.DocumentCreate, Outcome: audit.Denied, Actor: actor.User,
		Via: actor.Via, Request: actor.Request, Personal: audit.Personal{ActorName: actor.Name, Query: asked}}
	if dst.file != "" {
		e.Objects = []audit.Object{{Kind: audit.KindFile, ID: string(dst.file)}}
	}
	leaf, err := audit.Seal(e)
	if err != nil {
		return err
	}
	return in.Catalog.AppendAudit(ctx, leaf)
}

// validate names the first field that is wrong. Names and titles are data:
// anything that is text is taken as it is.
func (s *Submission) validate(now time.Time) error {
	switch s.Direction {
	case "":
		s.Direction = record.DirectionIn
	case record.DirectionIn, record.DirectionOut, record.DirectionInternal:
	default:
		return record.Bad("direction", "is none of in, out, internal")
	}
	for _, d := range []struct{ field, value string }{{"received", s.Received}, {"dated", s.Dated}} {
		if d.value == "" {
			continue
		}
		if _, err := time.Parse(time.DateOnly, d.value); err != nil {
			return record.Bad(d.field, "is not a date of the form YYYY-MM-DD")
		}
	}
	if s.Received > now.AddDate(0, 0, 1).Format(time.DateOnly) {
		return record.Bad("received", "lies in the future")
	}
	for _, f := range []struct {
		field string
		value *string
	}{{"title", &s.Title}, {"name", &s.Name}, {"type", &s.Type}} {
		*f.value = strings.ReplaceAll(strings.ToValidUTF8(*f.value, "\uFFFD"), "\x00", "\uFFFD")
		if f.field == "name" { // somebody else's data: cut, never refused
			*f.value = strings.ToValidUTF8((*f.value)[:min(len(*f.value), maxText)], "")
		}
		if len(*f.value) > maxText {
			return record.Bad(f.field, "is longer than %d bytes", maxText)
		}
	}
	if len(s.IdempotencyKey) > maxKey || !utf8.ValidString(s.IdempotencyKey) {
		return record.Bad("Idempotency-Key", "is longer than %d bytes or not UTF-8", maxKey)
	}
	if s.Body == nil {
		return record.Bad("body", "is missing")
	}
	return nil
}

// document is the row that the submission will become.
func (s *Submission) document(actor record.Actor, dst destination, now time.Time) record.Document {
	received := s.Received
	if received == "" {
		at := now
		if s.handover != nil { // it may have waited for others for days
			at = s.handover.ArrivedAt
		}
		received = at.In(record.Berlin()).Format(time.DateOnly)
	}
	d := record.Document{
		ID: record.DocumentID(record.NewID()), File: dst.file, Type: s.Type, Direction: s.Direction, Title: s.Title,
		Sensitivity: record.SensitivityNormal, Dated: s.Dated, Received: received, State: record.StateReceived,
		Name: s.Name, Channel: s.Channel, CreatedAt: now, CreatedBy: actor.User,
	}
	if o := s.origin; o != nil {
		d.CreatedBy, d.Sensitivity = o.By, o.Sensitivity
	}
	return d
}

// digest identifies a transmission: the same key with another one is refused.
// What comes out of a container is that container's, wherever it lies by now.
func (s *Submission) digest(plain record.Digest) record.Digest {
	if s.origin != nil && (s.origin.Cut != nil || len(s.origin.Merged) > 0) { // the same pages, whichever version of the tool takes them out
		plain = ""
	}
	if s.origin != nil {
		return record.Sum([]byte(s.IdempotencyKey + " " + string(plain)))
	}
	b, err := json.Marshal([]string{s.File, s.Type, string(s.Direction), s.Received, s.Dated, s.Title, s.Name, string(plain)})
	if err != nil { // strings always encode
		panic(fmt.Sprintf("intake: %v", err))
	}
	sum := sha256.Sum256(b)
	return record.DigestOf(sum[:])
}
