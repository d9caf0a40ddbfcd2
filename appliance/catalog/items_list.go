package catalog

import (
	"database/sql"
	"slices"
	"strconv"
	"strings"

	"eakte/appliance/record"
)

// ItemQuery asks for open items. Open is policy: an item is listed if each of
// its filters opens its file (and document) to the actor; no filter, no items.
type ItemQuery struct {
	Actor  record.UserID
	Open   [][]Clause
	Holder record.UserID // in whose inbox; "" asks for the team's (see Team)

	// With no Holder: what came in for a team, as far as a clause of Team opens
	// it; and everybody's, as far as a clause of Distribute opens it.
	Team       []Clause
	Distribute []Clause

	Day    ItemDay
	After  record.ItemID // the list begins behind this item; in place of a cursor
	Cursor string
	Limit  int // 1 to 500, 0 means 50
}

// ItemDay says which items by the day they come back on.
type ItemDay int

// The choices of ItemDay.
const (
	ItemsNow      ItemDay = iota // what waits today: no day, or one that has come; by the day they wait from
	ItemsPutOff                  // all that have a day, by that day
	ItemsComeBack                // those whose day has come
)

// Items lists items, the longest waiting first (those put off: the next to
// come first), and the cursor of the next page. The order never changes while
// an item stays in the list.
func (t *Tx) Items(q ItemQuery) ([]Item, string, error) {
	var p params
	where := t.itemsSQL(&p, q)
	day := q.Day.column()
	at, err := t.itemsFrom(q)
	if err != nil {
		return nil, "", err
	}
	if at != nil {
		where += " AND (" + day + ", i.created_at, i.id) > (" + p.add(at.day) + ", " + p.add(at.created) + ", " + p.add(at.id) + ")"
	}
	limit := clampLimit(q.Limit)
	items, err := t.items(where+" ORDER BY "+day+", i.created_at, i.id LIMIT "+strconv.Itoa(limit+1), p.args...)
	return page(items, err, limit, func(i Item) string {
		k := q.Day.key(i)
		return cursor(k.day, strconv.FormatInt(k.created, 10), k.id)
	})
}

// CountItems counts what Items would list, from the beginning.
func (t *Tx) CountItems(q ItemQuery) (int, error) {
	var p params
	where := t.itemsSQL(&p, q)
	var n int
	_, err := t.one("count items", "SELECT COUNT(*) "+where, p.args, &n)
	return n, err
}

func (d ItemDay) column() string {
	if d == ItemsNow {
		return "i.waits"
	}
	return "i.due"
}

// itemKey is where an item stands in its list.
type itemKey struct {
	day     string
	created int64
	id      string
}

func (d ItemDay) key(i Item) itemKey {
	k := itemKey{i.Waits, toMicros(i.CreatedAt), string(i.ID)}
	if d != ItemsNow {
		k.day = i.Due
	}
	return k
}

func (t *Tx) itemsFrom(q ItemQuery) (*itemKey, error) {
	if q.After != "" {
		i, err := t.ItemByID(q.After)
		if err != nil {
			return nil, err
		}
		k := q.Day.key(i)
		return &k, nil
	}
	c, err := parseCursor(q.Cursor, 3)
	if err != nil || c == nil {
		return nil, err
	}
	created, err := strconv.ParseInt(c[1], 10, 64)
	if err != nil {
		return nil, record.Bad("cursor", "The cursor is not one that this list gave.")
	}
	return &itemKey{c[0], created, c[2]}, nil
}

// itemsSQL is FROM and WHERE of a list of items.
func (t *Tx) itemsSQL(p *params, q ItemQuery) string {
	parts := []string{"i.state = 'open'"}
	today := t.c.Today()
	switch q.Day {
	case ItemsNow:
		parts = append(parts, "(i.due = '' OR i.due <= "+p.add(today)+")")
	case ItemsPutOff:
		parts = append(parts, "i.due <> ''")
	case ItemsComeBack:
		parts = append(parts, "i.due <> '' AND i.due <= "+p.add(today))
	}
	if q.Holder != "" {
		parts = append(parts, "i.holder = "+p.add(q.Holder))
	} else {
		parts = append(parts, itemPlacesSQL(p, append(slices.Clone(q.Team), q.Distribute...)),
			"(i.queue = 'team' AND "+t.itemClausesSQL(p, q.Actor, q.Team)+" OR "+t.itemClausesSQL(p, q.Actor, q.Distribute)+")")
	}
	for _, clauses := range q.Open {
		parts = append(parts, t.itemClausesSQL(p, q.Actor, clauses))
	}
	if len(q.Open) == 0 {
		parts = append(parts, "1 = 0")
	}
	a := p.add(q.Actor)
	parts = append(parts, "EXISTS (SELECT 1 FROM users u WHERE u.id = "+a+" AND u.disabled = 0)",
		"NOT EXISTS (SELECT 1 FROM file_denial x WHERE x.file_id = f.id AND "+t.deniedSQL(p, "x", q.Actor)+")")
	return "FROM item i JOIN file f ON f.id = i.file_id LEFT JOIN document d ON d.id = i.document_id WHERE " + strings.Join(parts, " AND ")
}

// itemClausesSQL is the condition that one of the clauses opens the item's
// file, and its document at the document's own sensitivity.
func (t *Tx) itemClausesSQL(p *params, actor record.UserID, clauses []Clause) string {
	var any []string
	for _, c := range clauses {
		any = append(any, "("+t.clauseSQL(p, actor, c)+" AND COALESCE(d.sensitivity, 0) <= "+strconv.Itoa(int(c.MaxSensitivity))+")")
	}
	if len(any) == 0 {
		return "1 = 0"
	}
	return "(" + strings.Join(any, " OR ") + ")"
}

// itemPlacesSQL is the condition that an item lies where one of the clauses
// opens anything at all. It says no more than the clauses do, but of the item
// alone, so that an index can answer it.
func itemPlacesSQL(p *params, clauses []Clause) string {
	var any []string
	for _, c := range clauses {
		for _, s := range c.Sites {
			if s == "*" {
				return "1 = 1"
			}
			any = append(any, "i.site = "+p.add(s))
		}
		for _, st := range c.Teams {
			if st.Site == "*" {
				return "1 = 1"
			}
			any = append(any, "i.site = "+p.add(st.Site)+" AND i.team = "+p.add(st.Team))
		}
	}
	if len(any) == 0 {
		return "1 = 0"
	}
	return "(" + strings.Join(any, " OR ") + ")"
}

// CountUnfiled counts what UnfiledDocuments would list.
func (t *Tx) CountUnfiled(sites []string) (int, error) {
	if len(sites) == 0 {
		return 0, nil
	}
	var p params
	var n int
	_, err := t.one("count unfiled", "SELECT COUNT(*) FROM document "+unfiledSQL(&p, sites), p.args, &n)
	return n, err
}

// SubstitutedBy lists for whom a user stands in today, by name.
func (t *Tx) SubstitutedBy(user record.UserID) ([]User, error) {
	var p params
	return t.users("WHERE id IN (SELECT s.absent FROM substitution s WHERE s.substitute = "+p.add(user)+" AND "+t.validSQL(&p, "s")+
		") AND id <> "+p.add(user), p.args...)
}

// maxColleagues is how many users UsersAt gives at most.
const maxColleagues = 200

// UsersAt lists the users who may sign in and have a role that covers a team
// of a site, by name.
func (t *Tx) UsersAt(site, team string) ([]User, error) {
	var out []User
	err := t.each("users at", `SELECT DISTINCT u.id, u.name, u.display FROM users u JOIN user_role r ON r.user_id = u.id
		WHERE u.disabled = 0 AND (r.site = $1 OR r.site = '*') AND (r.team = $2 OR r.team = '') ORDER BY u.name LIMIT `+strconv.Itoa(maxColleagues),
		[]any{site, team}, func(row *sql.Rows) error {
			var u User
			if err := row.Scan(&u.ID, &u.Name, &u.Display); err != nil {
				return err
			}
			out = append(out, u)
			return nil
		})
	return out, err
}
