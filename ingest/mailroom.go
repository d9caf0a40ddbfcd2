package ingest

import (
	"context"
	"errors"
	"slices"
	"strings"
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
}

// PostBook is the post book of a day.
type PostBook struct {
	Day   string `json:"day"`
	Posts []Post `json:"items"`
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
	set, err := tx.ActiveRules(record.RulesMailroom)
	switch {
	case errors.Is(err, record.NotFound):
		out.Rules, err = mailroom.Shipped()
	case err == nil:
		since := time.UnixMicro(set.ActiveAt).UTC()
		out.Version, out.Since = set.Version, &since
		out.Rules, err = mailroom.ParseRules([]byte(set.Body))
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
func (in *Intake) EnterPost(ctx context.Context, actor record.Actor, p NewPost) (Post, error) {
	var out Post
	err := in.Catalog.WithTx(ctx, func(tx *catalog.Tx) error {
		dst, allowed, err := in.clearing(tx, actor)
		if err == nil {
			err = working(tx, actor)
		}
		switch {
		case err != nil:
			return err
		case !allowed:
			return &record.Error{Category: record.Denied, Message: "Only who hands post in keeps the post book."}
		}
		rules, err := mailroomRules(tx)
		if err != nil {
			return err
		}
		if err := p.validate(rules.Rules); err != nil {
			return err
		}
		now := in.Clock.Now().Truncate(time.Microsecond)
		row := catalog.Post{ID: record.NewID(), Site: dst.site, Day: now.In(berlin()).Format(time.DateOnly), Kind: p.Kind, Sender: p.Sender,
			HandedTo: p.HandedTo, By: actor.User, At: now}
		out = Post{ID: row.ID, Site: row.Site, Kind: row.Kind, Sender: row.Sender, HandedTo: row.HandedTo, By: actor.Name, At: now}
		leaf, err := in.mailroomEntry(actor, audit.MailroomChange, audit.Done, map[string]string{"entry": row.ID})
		if err != nil {
			return err
		}
		return errors.Join(tx.InsertPost(row), tx.Append(leaf))
	})
	if errors.Is(err, record.Denied) {
		return Post{}, in.mailroomNote(ctx, actor, audit.MailroomChange, nil, err)
	}
	return out, err
}

func (p *NewPost) validate(rules mailroom.Rules) error {
	p.Sender, p.HandedTo = cleanPost(p.Sender), cleanPost(p.HandedTo)
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

func cleanPost(s string) string {
	return strings.TrimSpace(strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD"))
}

// PostBook reads the post book of a day (YYYY-MM-DD in Germany; empty: today):
// the clearing desk reads that of its sites, everybody else what they have
// entered.
func (in *Intake) PostBook(ctx context.Context, actor record.Actor, day string) (PostBook, error) {
	if day == "" {
		day = in.Clock.Now().In(berlin()).Format(time.DateOnly)
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
		out.Whole = len(sites) > 0
		if !out.Whole {
			sites = []string{access.Everybody}
		}
		rows, err := tx.Posts(sites, day)
		if err != nil {
			return err
		}
		if !out.Whole {
			rows = slices.DeleteFunc(rows, func(p catalog.Post) bool { return p.By != actor.User })
		}
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
		f := record.Facts{Relation: record.RelSite, Sensitivity: record.SensitivityNormal, Unfiled: true, Roles: []record.RoleAt{r}}
		if in.Policy.Decide(f, access.DocumentFile).Allowed {
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
