package catalog

import (
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"

	"eakte/appliance/audit"
	"eakte/appliance/record"
)

// Delivery is what a scan provider hands over at once, with how far it is. Its
// states are those of ingest/delivery. Times are zero for never.
type Delivery struct {
	ID, Provider  string
	Number        string // the provider's delivery_id
	Actor         record.UserID
	Channel       string
	Site          string
	State         string
	Digest        record.Digest // of what it says; empty: its rows may not all be there
	BagSeal       string
	PaperBox      string
	PaperLocation string
	MadeAt        string // created_at of the manifest

	AnnouncedSeal      string
	AnnouncedDocuments int // 0: the announcement named none, or there was none

	Problems  string // JSON
	Documents int    // by the manifest

	AnnouncedAt, OpenedAt, WaitsSince, DoneAt, ChangedAt time.Time
}

// DeliveryID is the id of a provider's delivery: the same whenever it is asked
// for, so that two channels, or a rebuilt catalog, never have two of it.
func DeliveryID(provider, number string) string {
	b, err := json.Marshal([]string{"delivery", provider, number})
	if err != nil { // strings always encode
		panic(fmt.Sprintf("catalog: %v", err))
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:16])
}

// The manifest is no column of these: it may have megabytes, and is read alone.
const deliveryColumns = `id, provider, number, actor, channel, site, state, digest, bag_seal, paper_box, paper_place, made_at, announced_seal,
	announced_documents, problems, documents, announced_at, opened_at, waits_since, done_at, changed_at`

// PutDelivery adds a delivery, or replaces what the row of the same id says; its
// manifest stays as it is.
func (t *Tx) PutDelivery(d Delivery) error {
	_, err := t.exec("put delivery", `INSERT INTO delivery (`+deliveryColumns+`, manifest)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, '')
		ON CONFLICT (id) DO UPDATE SET actor = excluded.actor, channel = excluded.channel, site = excluded.site, state = excluded.state,
		digest = excluded.digest, bag_seal = excluded.bag_seal, paper_box = excluded.paper_box, paper_place = excluded.paper_place,
		made_at = excluded.made_at, announced_seal = excluded.announced_seal, announced_documents = excluded.announced_documents,
		problems = excluded.problems, documents = excluded.documents, announced_at = excluded.announced_at, opened_at = excluded.opened_at,
		waits_since = excluded.waits_since, done_at = excluded.done_at, changed_at = excluded.changed_at`,
		d.ID, d.Provider, d.Number, d.Actor, d.Channel, d.Site, d.State, d.Digest, d.BagSeal, d.PaperBox, d.PaperLocation, d.MadeAt, d.AnnouncedSeal,
		d.AnnouncedDocuments, d.Problems, d.Documents, toMicros(d.AnnouncedAt), toMicros(d.OpenedAt), toMicros(d.WaitsSince), toMicros(d.DoneAt),
		toMicros(d.ChangedAt))
	return err
}

// SetDeliveryManifest keeps what was handed over, as JSON; it may have megabytes.
func (t *Tx) SetDeliveryManifest(id, manifest string) error {
	return t.change("set delivery manifest", "delivery", "UPDATE delivery SET manifest = $2 WHERE id = $1", id, manifest)
}

// DeliveryManifest reads the newest manifest of a delivery; "" if there is none.
func (t *Tx) DeliveryManifest(id string) (manifest string, err error) {
	_, err = t.one("delivery manifest", "SELECT manifest FROM delivery WHERE id = $1", []any{id}, &manifest)
	return manifest, err
}

// DeliveryByID reads a delivery.
func (t *Tx) DeliveryByID(id string) (Delivery, error) {
	ds, err := t.deliveries("WHERE id = $1", id)
	if err != nil {
		return Delivery{}, err
	}
	if len(ds) == 0 {
		return Delivery{}, missing("delivery")
	}
	return ds[0], nil
}

// DeliveryQuery asks for deliveries of these providers or at these sites ("*":
// all); without both there is none.
type DeliveryQuery struct {
	Providers, Sites []string
	State, Provider  string // empty: all
	Cursor           string
	Limit            int
}

// Deliveries lists deliveries, the one heard of last first.
func (t *Tx) Deliveries(q DeliveryQuery) ([]Delivery, string, error) {
	limit := clampLimit(q.Limit)
	at, id, err := parseTimeCursor(q.Cursor)
	if err != nil || len(q.Providers)+len(q.Sites) == 0 {
		return nil, "", err
	}
	var p params
	where := "WHERE (1 = 0"
	if len(q.Providers) > 0 {
		where += " OR provider IN (" + list(&p, q.Providers) + ")"
	}
	if slices.Contains(q.Sites, "*") {
		where += " OR 1 = 1"
	} else if len(q.Sites) > 0 {
		where += " OR site IN (" + list(&p, q.Sites) + ")"
	}
	where += ")"
	if q.State != "" {
		where += " AND state = " + p.add(q.State)
	}
	if q.Provider != "" {
		where += " AND provider = " + p.add(q.Provider)
	}
	if id != "" {
		where += " AND (announced_at, id) < (" + p.add(at) + ", " + p.add(id) + ")"
	}
	ds, err := t.deliveries(where+" ORDER BY announced_at DESC, id DESC LIMIT "+strconv.Itoa(limit+1), p.args...)
	return page(ds, err, limit, func(d Delivery) string { return cursor(strconv.FormatInt(toMicros(d.AnnouncedAt), 10), d.ID) })
}

func (t *Tx) deliveries(where string, args ...any) ([]Delivery, error) {
	var out []Delivery
	err := t.each("deliveries", "SELECT "+deliveryColumns+" FROM delivery "+where, args, func(row *sql.Rows) error {
		var d Delivery
		var announced, opened, waits, done, changed int64
		err := row.Scan(&d.ID, &d.Provider, &d.Number, &d.Actor, &d.Channel, &d.Site, &d.State, &d.Digest, &d.BagSeal, &d.PaperBox,
			&d.PaperLocation, &d.MadeAt, &d.AnnouncedSeal, &d.AnnouncedDocuments, &d.Problems, &d.Documents, &announced, &opened, &waits, &done, &changed)
		d.AnnouncedAt, d.OpenedAt, d.WaitsSince = fromMicros(announced), fromMicros(opened), fromMicros(waits)
		d.DoneAt, d.ChangedAt = fromMicros(done), fromMicros(changed)
		out = append(out, d)
		return err
	})
	return out, err
}

// The seal is said not to be empty, or the index, which has no empty ones, would
// not be used.
const deliveryWithSeal = `SELECT MIN(number) FROM delivery WHERE provider = $1 AND bag_seal = $2 AND bag_seal <> '' AND id <> $3
	AND state <> 'withdrawn' HAVING COUNT(*) > 0`

// DeliveryWithSeal names another delivery of a provider that came under the same
// seal and was not given up; "" if there is none.
func (t *Tx) DeliveryWithSeal(provider, seal, except string) (number string, err error) {
	if seal == "" {
		return "", nil
	}
	_, err = t.one("delivery with seal", deliveryWithSeal, []any{provider, seal, except}, &number)
	return number, err
}

// DeliveryLogged says whether the audit log has it that a delivery was done.
func (t *Tx) DeliveryLogged(id string) (bool, error) {
	return t.one("delivery logged", `SELECT 1 FROM audit_object o JOIN audit_entry e ON e.id = o.entry_id
		WHERE o.kind = $1 AND o.object_id = $2 AND e.action = $3 AND e.outcome = $4 LIMIT 1`,
		[]any{audit.KindDelivery, id, audit.DeliveryComplete, audit.Done}, new(int))
}

// SetDeliveryClues notes for which customers an object is on its way, in place
// of what was noted before.
func (t *Tx) SetDeliveryClues(delivery, name string, clues []record.Clue) error {
	if _, err := t.exec("set delivery clues", "DELETE FROM delivery_clue WHERE delivery_id = $1 AND name = $2", delivery, name); err != nil {
		return err
	}
	for _, c := range clues {
		if _, err := t.exec("set delivery clues", "INSERT INTO delivery_clue (kind, value, delivery_id, name) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
			c.Kind, c.Value, delivery, name); err != nil {
			return err
		}
	}
	return nil
}

// ForgetDeliveryClues is for a delivery that is over: at most 500 rows go at a
// time, and it says how many.
func (t *Tx) ForgetDeliveryClues(delivery string) (int64, error) {
	return t.exec("forget delivery clues", `DELETE FROM delivery_clue WHERE delivery_id = $1 AND (kind, value, name) IN
		(SELECT kind, value, name FROM delivery_clue WHERE delivery_id = $1 LIMIT 500)`, delivery)
}
