package admin

import (
	"context"
	"slices"
	"strings"
	"time"

	"eakte/appliance/audit"
	"eakte/appliance/catalog"
	"eakte/appliance/record"
	"eakte/policy/access"
)

// Found is one place where the store and the catalog differ, or where a reading
// found something. It names objects and ids, never what they are about.
type Found struct {
	Kind       string     `json:"kind"`
	Object     string     `json:"object"`      // its name in the store
	Subject    string     `json:"subject"`     // id of the document, file or person; empty if that is not known
	FoundAt    time.Time  `json:"found_at"`    // at first
	SeenAt     time.Time  `json:"seen_at"`     // at last: marked anew by each run that still finds it
	ResolvedAt *time.Time `json:"resolved_at"` // marked by the first whole run that doesn't; null while it is open
}

// FoundKind sums the open findings of a kind up and says what to do.
type FoundKind struct {
	Kind    string    `json:"kind"`
	Open    int64     `json:"open"`
	Since   time.Time `json:"since"`   // of the oldest
	Grave   bool      `json:"grave"`   // something may be lost
	Message string    `json:"message"` // English
	Hint    string    `json:"hint"`
}

// Findings are a page of findings, the gravest kind first.
type Findings struct {
	Items      []Found     `json:"items"`
	Next       string      `json:"next"`
	Kinds      []FoundKind `json:"kinds"`       // with open findings
	ComparedAt *time.Time  `json:"compared_at"` // end of the last whole comparison; null: there was none
	Outcome    string      `json:"outcome"`     // of that run: ok, failed, or empty
}

// FindingQuery says which findings are wanted.
type FindingQuery struct {
	Kind     string // one of FindingKinds, or "" for all
	Resolved bool   // those of the last 90 days that are resolved, instead of the open ones
	Cursor   string
	Limit    int // 50 by default, at most 500
}

// FindingKinds are the kinds there are, the gravest first.
func FindingKinds() []string { return slices.Clone(catalog.FindingKinds) }

// resolvedFor is how long a resolved finding is shown.
const resolvedFor = 90 * 24 * time.Hour

// scheduleReconcile is the schedule that compares store and catalog.
const scheduleReconcile = "reconcile"

// Findings lists what the nightly comparison and the scrub have found. It needs
// the right to read the appliance's health.
func (a *Admin) Findings(ctx context.Context, actor record.Actor, q FindingQuery) (Findings, error) {
	var out Findings
	allowed := false
	err := a.Catalog.Read(ctx, func(tx *catalog.Tx) (err error) {
		out = Findings{}
		if allowed, err = a.may(tx, actor, access.HealthRead); err != nil || !allowed {
			return err
		}
		return a.findings(tx, q, &out)
	})
	if err != nil {
		return Findings{}, err
	}
	outcome := audit.Allowed
	if !allowed {
		outcome = audit.Denied
	}
	leaf, err := a.seal(actor, audit.HealthRead, outcome, "")
	if err != nil {
		return Findings{}, err
	}
	if err := a.Catalog.AppendAudit(ctx, leaf); err != nil {
		return Findings{}, err
	}
	if !allowed {
		return Findings{}, &record.Error{Category: record.Denied, Message: "Only administrators see what was found in the store."}
	}
	return out, nil
}

func (a *Admin) findings(tx *catalog.Tx, q FindingQuery, out *Findings) error {
	kinds, after, err := q.begin()
	if err != nil {
		return err
	}
	limit := q.Limit
	if limit <= 0 {
		limit = 50
	}
	limit = min(limit, 500)
	out.Items = []Found{}
	for _, kind := range kinds {
		if out.Next != "" {
			break
		}
		rows, err := a.findingRows(tx, q, kind, after, limit-len(out.Items)+1)
		if err != nil {
			return err
		}
		after = ""
		for _, r := range rows {
			if len(out.Items) == limit {
				last := out.Items[limit-1]
				out.Next = last.Kind + ":" + last.Object
				break
			}
			out.Items = append(out.Items, Found{Kind: r.Kind, Object: r.Name, Subject: r.Subject, FoundAt: r.FoundAt.UTC(), SeenAt: r.SeenAt.UTC(),
				ResolvedAt: moment(r.ResolvedAt)})
		}
	}
	if out.Kinds, err = foundKinds(tx); err != nil {
		return err
	}
	return compared(tx, out)
}

// begin gives the kinds to be read, and from behind which name the first is.
func (q FindingQuery) begin() (kinds []string, after string, err error) {
	kinds = catalog.FindingKinds
	if q.Kind != "" {
		if !slices.Contains(kinds, q.Kind) {
			return nil, "", record.Bad("kind", "is one of %s", strings.Join(kinds, ", "))
		}
		kinds = []string{q.Kind}
	}
	if q.Cursor == "" {
		return kinds, "", nil
	}
	kind, after, _ := strings.Cut(q.Cursor, ":")
	i := slices.Index(kinds, kind)
	if i < 0 {
		return nil, "", record.Bad("cursor", "is not one that this list gave")
	}
	return kinds[i:], after, nil
}

func (a *Admin) findingRows(tx *catalog.Tx, q FindingQuery, kind, after string, limit int) ([]catalog.Finding, error) {
	if q.Resolved {
		return tx.ResolvedFindings(kind, a.Clock.Now().Add(-resolvedFor), after, limit)
	}
	return tx.OpenFindings(kind, after, limit)
}

// foundKinds sums up, the gravest first.
func foundKinds(tx *catalog.Tx) ([]FoundKind, error) {
	sums, err := tx.SumFindings()
	out := []FoundKind{}
	for _, kind := range catalog.FindingKinds {
		if s, open := sums[kind]; open {
			w := findingWords[kind]
			out = append(out, FoundKind{Kind: kind, Open: s.Open, Since: s.Oldest.UTC(), Grave: w.grave, Message: w.message, Hint: w.hint})
		}
	}
	return out, err
}

// compared says when the last whole comparison ended.
func compared(tx *catalog.Tx, out *Findings) error {
	rows, err := tx.Schedules()
	for _, r := range rows {
		if r.Name == scheduleReconcile {
			out.ComparedAt, out.Outcome = moment(r.EndedAt), r.Outcome
		}
	}
	return err
}

// findingWords say in English what the pages say in the reader's language.
var findingWords = map[string]struct {
	grave         bool
	message, hint string
}{
	catalog.FindingNoObject: {true, "The catalog names objects that are not in the store.",
		"Change nothing. Run eakte verify, and fetch the objects from the replica or a backup."},
	catalog.FindingDamaged: {true, "Objects in the store are damaged or can't be read.",
		"Check the store's disks. Fetch the objects from the replica or a backup; until then change nothing."},
	catalog.FindingVersion: {true, "Somebody wrote over objects, or hid them. The appliance's own version lies below, locked.",
		"Find out who holds the store's keys, and change them. Run eakte verify, then remove the newer version with the disposition key."},
	catalog.FindingUnreadable: {false, "There are manifests that nobody can make sense of and that no catalog row names.",
		"Leave them where they are, and find out who put them there."},
	catalog.FindingUnfinished: {false, "Documents have been on their way into the store for more than a day.",
		"The server's log says why. Nothing is lost: they lie in the spool of the node that took them."},
	catalog.FindingNoRow: {false, "There are objects in the store that the catalog doesn't know.",
		"They are kept and never deleted. Somebody else or an earlier catalog has put them there; run eakte verify."},
}
