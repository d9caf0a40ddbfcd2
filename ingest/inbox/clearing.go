package inbox

import (
	"context"
	"slices"
	"time"

	"eakte/appliance/audit"
	"eakte/appliance/catalog"
	"eakte/appliance/record"
	"eakte/policy/access"
	"eakte/policy/workday"
)

// LateAfter is after how many working days something in clearing is late.
const LateAfter = 1

// ClearingQuery asks for what waits in clearing.
type ClearingQuery struct {
	Site   string // empty: every site at which the actor clears
	Team   string // whose work it probably is; empty: any
	Newest bool   // first, in place of the oldest
	Cursor string
	Limit  int // 1 to 500, 0 means 50
}

// ClearingPage is a page of what waits in clearing.
type ClearingPage struct {
	Items []Unfiled    `json:"items"`
	Next  string       `json:"next"`
	Late  int          `json:"late"` // of all that the actor clears, how many wait for too long
	Sites []SiteChoice `json:"sites"`
}

// SiteChoice is a site at which the actor clears, with its teams.
type SiteChoice struct {
	Code  string   `json:"code"`
	Name  string   `json:"name"`
	Teams []string `json:"teams"`
}

// Unfiled is a document that waits in clearing.
type Unfiled struct {
	Document Paper     `json:"document"`
	Name     string    `json:"name"`     // as handed in
	Received string    `json:"received"` // YYYY-MM-DD
	Since    time.Time `json:"since"`    // since when it waits
	Days     int       `json:"days"`     // working days begun since
	Late     bool      `json:"late"`     // it waits for more than a working day
	Site     string    `json:"site"`
	Team     string    `json:"team"`   // whose work it probably is; may be empty
	Reason   string    `json:"reason"` // why it is here: a key of ui/locale below "routing.reason."; empty: nobody has decided
}

// Clearing gives a page of what waits in clearing, the oldest first unless the
// newest are wanted. Who clears nowhere gets Denied.
func (in *Inbox) Clearing(ctx context.Context, actor record.Actor, q ClearingQuery) (ClearingPage, error) {
	e := event{action: audit.InboxRead, detail: map[string]string{"queue": QueueClearing}}
	page := ClearingPage{Items: []Unfiled{}, Sites: []SiteChoice{}}
	err := in.Catalog.Read(ctx, func(tx *catalog.Tx) error {
		d, err := in.desk(tx, actor)
		if err != nil {
			return err
		}
		if len(d.clearing) == 0 {
			return denied()
		}
		if q.Limit < 0 || q.Limit > maxLimit {
			return record.Bad("limit", "is not between 1 and %d", maxLimit)
		}
		return in.clearingPage(tx, d, q, &page)
	})
	if err != nil {
		return ClearingPage{}, in.answer(ctx, actor, e, err)
	}
	for _, u := range page.Items {
		e.objects = append(e.objects, audit.Object{Kind: audit.KindDocument, ID: string(u.Document.ID)})
	}
	return page, in.note(ctx, actor, e, audit.Allowed)
}

func (in *Inbox) clearingPage(tx *catalog.Tx, d desk, q ClearingQuery, page *ClearingPage) error {
	docs, next, err := tx.Clearing(catalog.ClearingQuery{Sites: d.clearing, Site: q.Site, Team: q.Team, Newest: q.Newest, Cursor: q.Cursor,
		Limit: q.Limit})
	if err != nil {
		return err
	}
	page.Next = next
	ids := make([]record.DocumentID, len(docs))
	for n, doc := range docs {
		ids[n] = doc.ID
	}
	facts, err := tx.FactsForDocuments(d.user, ids)
	if err != nil {
		return err
	}
	families, err := tx.FamilySizes(ids)
	if err != nil {
		return err
	}
	now := in.Clock.Now().In(record.Berlin())
	for _, doc := range docs {
		if f, ok := facts[doc.ID]; !ok || !d.allows(f, access.DocumentFile) || !d.allows(f, access.DocumentList) {
			continue
		}
		u, err := unfiledOf(tx, doc, now)
		if err != nil {
			return err
		}
		u.Document.Attachments = families[doc.ID]
		page.Items = append(page.Items, u)
	}
	if page.Late, _, err = tx.Waiting(d.clearing, workday.Before(now, LateAfter)); err != nil {
		return err
	}
	page.Sites, err = d.places(tx)
	return err
}

func unfiledOf(tx *catalog.Tx, doc record.Document, now time.Time) (Unfiled, error) {
	u := Unfiled{Document: Paper{ID: doc.ID, Type: doc.Type, Title: doc.Title, State: doc.State, Reason: doc.Reason, Pages: doc.Pages},
		Name: doc.Name, Received: doc.Received, Since: doc.CreatedAt, Days: workday.Between(doc.CreatedAt, now),
		Late: doc.CreatedAt.Before(workday.Before(now, LateAfter))}
	routing, _, err := tx.RoutingOf(doc.ID)
	if err != nil {
		return u, err
	}
	u.Team, u.Reason = routing.Team, routing.Reason
	u.Site, err = tx.WaitingSite(doc.ID)
	return u, err
}

// places are the sites at which the actor clears.
func (d desk) places(tx *catalog.Tx) ([]SiteChoice, error) {
	all, err := tx.Sites()
	out := []SiteChoice{}
	for _, s := range all {
		if !slices.Contains(d.clearing, s.Code) {
			continue
		}
		c := SiteChoice{Code: s.Code, Name: s.Name, Teams: []string{}}
		for _, t := range s.Teams {
			c.Teams = append(c.Teams, t.Code)
		}
		out = append(out, c)
	}
	return out, err
}

// late counts what waits for too long: where the actor clears, and at the sites
// whose teams they lead.
func (in *Inbox) late(tx *catalog.Tx, d desk) (int, error) {
	sites := slices.Clone(d.clearing)
	for _, c := range d.distribute {
		sites = append(sites, c.Sites...)
		for _, t := range c.Teams {
			sites = append(sites, t.Site)
		}
	}
	slices.Sort(sites)
	n, _, err := tx.Waiting(slices.Compact(sites), workday.Before(in.Clock.Now().In(record.Berlin()), LateAfter))
	return n, err
}
