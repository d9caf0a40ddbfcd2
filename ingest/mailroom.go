package ingest

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"eakte/appliance/audit"
	"eakte/appliance/catalog"
	"eakte/appliance/record"
	"eakte/ingest/mailroom"
	"eakte/policy/access"
)

// MailroomRules are the rules of the mailroom in force. Version is 0 for those
// that ship.
type MailroomRules struct {
	mailroom.Rules
	Version int64      `json:"version"`
	Since   *time.Time `json:"since"` // active since; null for those that ship
}

// NewPost is a piece of post that is handed on unopened. Nothing is said of what
// may be in it.
type NewPost struct {
	Kind     string `json:"kind"`   // the id of a rule of the kind unopened, or other
	Sender   string `json:"sender"` // as it stands on the envelope; may be empty
	HandedTo string `json:"handed_to"`

	IdempotencyKey string `json:"-"` // per user; the same again is entered once
}

// Post is an entry of the post book.
type Post struct {
	ID       string    `json:"id"`
	Site     string    `json:"site"`
	Kind     string    `json:"kind"`
	Sender   string    `json:"sender"`
	HandedTo string    `json:"handed_to"`
	By       string    `json:"by"` // display name
	At       time.Time `json:"at"`
	Repeated bool      `json:"-"` // the answer to a repeated Idempotency-Key
}

// PostBook is the post book of a day.
type PostBook struct {
	Day   string `json:"day"`
	Posts []Post `json:"items"`
	Next  string `json:"next"`  // cursor of the next page; empty: this is the last
	Whole bool   `json:"whole"` // of whole sites; else what the reader has entered
}

// maxPost bounds each text of an entry, in bytes.
const maxPost = 200

// Mailroom reads the rules of the mailroom, for everybody who works here.
func (in *Intake) Mailroom(ctx context.Context, actor record.Actor) (MailroomRules, error) {
	var out MailroomRules
	err := in.Catalog.Read(ctx, func(tx *catalog.Tx) (err error) {
		if err := working(tx, actor); err != nil {
			return err
		}
		out, err = mailroomRules(tx)
		return err
	})
	return out, in.mailroomNote(ctx, actor, audit.MailroomRead, nil, err)
}

// working refuses who is disabled.
func working(tx *catalog.Tx, actor record.Actor) error {
	u, err := tx.UserByID(actor.User)
	if errors.Is(err, record.NotFound) || err == nil && u.Disabled {
		return &record.Error{Category: record.Denied, Message: "Only who works here sees the rules of the mailroom."}
	}
	return err
}

func mailroomRules(tx *catalog.Tx) (out MailroomRules, err error) {
	var since time.Time
	if out.Rules, out.Version, since, err = mailroom.InForce(tx); out.Version > 0 {
		out.Since = &since
	}
	return out, err
}

// mailroomNote writes the audit entry of a read, or of a refusal, and gives the
// error on.
func (in *Intake) mailroomNote(ctx context.Context, actor record.Actor, action string, detail map[string]string, err error) error {
	outcome := audit.Allowed
	if errors.Is(err, record.Denied) {
		outcome = audit.Denied
	} else if err != nil {
		return err
	}
	leaf, serr := in.mailroomEntry(actor, action, outcome, detail)
	if serr != nil {
		return serr
	}
	if serr := in.Catalog.AppendAudit(ctx, leaf); serr != nil {
		return record.Down("The audit log", serr)
	}
	return err
}

func (in *Intake) mailroomEntry(actor record.Actor, action, outcome string, detail map[string]string) (audit.Leaf, error) {
	return audit.Seal(audit.Entry{At: in.Clock.Now(), Action: action, Outcome: outcome, Actor: actor.User, Via: actor.Via, Request: actor.Request,
		Personal: audit.Personal{ActorName: actor.Name, Address: actor.Address, Detail: detail}})
}

// EnterPost puts a piece of post that is handed on unopened into the post book,
// for who may hand in documents without a file.
//
// Errors: Denied, Invalid, Conflict (the same key with another entry).
func (in *Intake) EnterPost(ctx context.Context, actor record.Actor, p NewPost) (Post, error) {
	var out Post
	err := in.Catalog.WithTx(ctx, func(tx *catalog.Tx) error {
		site, err := in.mayEnter(tx, actor)
		if err != nil {
			return err
		}
		rules, err := mailroomRules(tx)
		if err != nil {
			return err
		}
		if err := p.validate(rules.Rules); err != nil {
			return err
		}
		row, again, err := in.enter(tx, actor, site, p)
		if err != nil {
			return err
		}
		rows, err := posts(tx, []catalog.Post{row})
		if err == nil {
			out = rows[0]
			out.Repeated = again
		}
		return err
	})
	if errors.Is(err, record.Denied) {
		return Post{}, in.mailroomNote(ctx, actor, audit.MailroomChange, nil, err)
	}
	return out, err
}

// MayEnterPost says, before anything of an entry is read, whether the actor may
// make one. A refusal is audited.
func (in *Intake) MayEnterPost(ctx context.Context, actor record.Actor) error {
	err := in.Catalog.Read(ctx, func(tx *catalog.Tx) error {
		_, err := in.mayEnter(tx, actor)
		return err
	})
	if errors.Is(err, record.Denied) {
		return in.mailroomNote(ctx, actor, audit.MailroomChange, nil, err)
	}
	return err
}

// mayEnter gives the site of the entries of who hands post in.
func (in *Intake) mayEnter(tx *catalog.Tx, actor record.Actor) (site string, err error) {
	dst, allowed, err := in.clearing(tx, actor)
	if err == nil {
		err = working(tx, actor)
	}
	if err == nil && !allowed {
		err = &record.Error{Category: record.Denied, Message: "Only who hands post in keeps the post book."}
	}
	return dst.site, err
}

// enter writes an entry, or finds the one that the same request has made.
func (in *Intake) enter(tx *catalog.Tx, actor record.Actor, site string, p NewPost) (row catalog.Post, again bool, err error) {
	request, err := json.Marshal([]string{"post", p.Kind, p.Sender, p.HandedTo})
	if err != nil {
		return row, false, err
	}
	digest := record.Sum(request)
	first, again, err := tx.Answered(actor.User, p.IdempotencyKey, digest)
	if err != nil {
		return row, false, err
	}
	if again {
		row, err = tx.PostByID(first)
		return row, true, err
	}
	now := in.Clock.Now().Truncate(time.Microsecond)
	row = catalog.Post{ID: record.NewID(), Site: site, Day: now.In(record.Berlin()).Format(time.DateOnly), Kind: p.Kind, Sender: p.Sender,
		HandedTo: p.HandedTo, By: actor.User, At: now}
	leaf, err := in.mailroomEntry(actor, audit.MailroomChange, audit.Done, map[string]string{"entry": row.ID})
	if err != nil {
		return row, false, err
	}
	return row, false, errors.Join(tx.InsertPost(row), tx.Append(leaf), tx.IdempotentPut(actor.User, p.IdempotencyKey, digest, 201, []byte(row.ID)))
}

func (p *NewPost) validate(rules mailroom.Rules) error {
	p.Sender, p.HandedTo = record.CleanText(p.Sender), record.CleanText(p.HandedTo)
	known := slices.ContainsFunc(rules.Of(mailroom.KindUnopened), func(r mailroom.Rule) bool { return r.ID == p.Kind })
	switch {
	case !known && p.Kind != mailroom.Other:
		return record.Bad("kind", "is no rule about post that stays unopened, and not %s", mailroom.Other)
	case p.HandedTo == "":
		return record.Bad("handed_to", "is missing")
	case len(p.HandedTo) > maxPost:
		return record.Bad("handed_to", "is longer than %d bytes", maxPost)
	case len(p.Sender) > maxPost:
		return record.Bad("sender", "is longer than %d bytes", maxPost)
	}
	return nil
}

// postsShown is how many entries a page of the post book has.
const postsShown = 200

// PostBook reads a page of the post book of a day (YYYY-MM-DD in Germany; empty:
// today): the clearing desk reads that of its sites, everybody else what they have
// entered.
func (in *Intake) PostBook(ctx context.Context, actor record.Actor, day, cursor string) (PostBook, error) {
	if day == "" {
		day = in.Clock.Now().In(record.Berlin()).Format(time.DateOnly)
	}
	out := PostBook{Day: day, Posts: []Post{}}
	err := in.Catalog.Read(ctx, func(tx *catalog.Tx) error {
		if err := working(tx, actor); err != nil {
			return err
		}
		if _, err := time.Parse(time.DateOnly, day); err != nil {
			return record.Bad("day", "is not a date of the form YYYY-MM-DD")
		}
		sites, err := in.clearedSites(tx, actor)
		if err != nil {
			return err
		}
		q := catalog.PostQuery{Day: day, Sites: sites, Cursor: cursor, Limit: postsShown}
		if out.Whole = len(sites) > 0; !out.Whole {
			q.Sites, q.By = []string{access.Everybody}, actor.User
		}
		rows, next, err := tx.Posts(q)
		if err != nil {
			return err
		}
		out.Next = next
		out.Posts, err = posts(tx, rows)
		return err
	})
	if err != nil && !errors.Is(err, record.Denied) {
		return PostBook{}, err
	}
	return out, in.mailroomNote(ctx, actor, audit.MailroomRead, map[string]string{"day": day}, err)
}

// clearedSites are the sites at which the actor files what is in no file.
func (in *Intake) clearedSites(tx *catalog.Tx, actor record.Actor) ([]string, error) {
	roles, err := tx.Roles(actor.User)
	var out []string
	for _, r := range roles {
		if in.Policy.Decide(access.Unfiled(roles, r.Site), access.DocumentFile).Allowed {
			out = append(out, r.Site)
		}
	}
	return out, err
}

func posts(tx *catalog.Tx, rows []catalog.Post) ([]Post, error) {
	ids := make([]record.UserID, len(rows))
	for i, p := range rows {
		ids[i] = p.By
	}
	people, err := tx.UsersByID(ids)
	out := make([]Post, len(rows))
	for i, p := range rows {
		out[i] = Post{ID: p.ID, Site: p.Site, Kind: p.Kind, Sender: p.Sender, HandedTo: p.HandedTo, By: people[p.By].Display, At: p.At}
	}
	return out, err
}
