package catalog

import (
	"database/sql"
	"strconv"
	"strings"
	"time"

	"eakte/appliance/audit"
	"eakte/appliance/record"
)

// AuditQuery asks for audit entries. What is set must all fit.
type AuditQuery struct {
	Actor    record.UserID
	File     record.FileID
	Document record.DocumentID
	Action   string
	Actions  []string // one of these
	Except   []string // none of these
	Outcome  string
	From     time.Time // at or after
	To       time.Time // before
	Cursor   string
	Limit    int // 1 to 500, 0 means 50
}

// AuditEntry is an entry as it is kept. Salt and Payload are nil if they were
// erased. Number is its place in the log of its year, -1 as long as it has none.
type AuditEntry struct {
	ID      string
	Log     int
	Number  int64
	At      time.Time
	Header  []byte
	Salt    []byte
	Payload []byte
}

const auditColumns = `e.id, e.log, COALESCE(n.number, -1), e.at, e.header, p.salt, p.payload`

const auditJoins = ` LEFT JOIN audit_number n ON n.entry_id = e.id LEFT JOIN audit_payload p ON p.entry_id = e.id`

// AuditEntries lists entries, numbered or not, newest first, and the cursor of
// the next page.
func (t *Tx) AuditEntries(q AuditQuery) ([]AuditEntry, string, error) {
	limit := clampLimit(q.Limit)
	at, id, err := parseTimeCursor(q.Cursor)
	if err != nil {
		return nil, "", err
	}
	var p params
	from, sortAt, sortID := "audit_entry e", "e.at", "e.id"
	where := []string{"1 = 1"}
	lead := audit.Object{Kind: audit.KindDocument, ID: string(q.Document)}
	if q.Document == "" {
		lead = audit.Object{Kind: audit.KindFile, ID: string(q.File)}
	} else if q.File != "" {
		where = append(where, "EXISTS (SELECT 1 FROM audit_object x WHERE x.kind = "+p.add(audit.KindFile)+
			" AND x.object_id = "+p.add(q.File)+" AND x.at = e.at AND x.entry_id = e.id)")
	}
	if lead.ID != "" { // its index has the entries in order
		from, sortAt, sortID = "audit_object o JOIN audit_entry e ON e.id = o.entry_id", "o.at", "o.entry_id"
		where = append(where, "o.kind = "+p.add(lead.Kind), "o.object_id = "+p.add(lead.ID))
	}
	and := func(cond string, value any) { where = append(where, cond+p.add(value)) }
	if q.Actor != "" {
		and("e.actor = ", q.Actor)
	}
	if q.Action != "" {
		and("e.action = ", q.Action)
	}
	if len(q.Actions) > 0 {
		where = append(where, "e.action IN ("+list(&p, q.Actions)+")")
	}
	if len(q.Except) > 0 {
		where = append(where, "e.action NOT IN ("+list(&p, q.Except)+")")
	}
	if q.Outcome != "" {
		and("e.outcome = ", q.Outcome)
	}
	if !q.From.IsZero() {
		and(sortAt+" >= ", toMicros(q.From))
	}
	if !q.To.IsZero() {
		and(sortAt+" < ", toMicros(q.To))
	}
	if id != "" {
		where = append(where, "("+sortAt+", "+sortID+") < ("+p.add(at)+", "+p.add(id)+")")
	}
	es, err := t.auditEntries("SELECT "+auditColumns+" FROM "+from+auditJoins+" WHERE "+strings.Join(where, " AND ")+
		" ORDER BY "+sortAt+" DESC, "+sortID+" DESC LIMIT "+strconv.Itoa(limit+1), p.args...)
	return page(es, err, limit, func(e AuditEntry) string { return cursor(strconv.FormatInt(toMicros(e.At), 10), e.ID) })
}

// AuditEntry reads one entry by its id.
func (t *Tx) AuditEntry(id string) (AuditEntry, error) {
	es, err := t.auditEntries("SELECT "+auditColumns+" FROM audit_entry e"+auditJoins+" WHERE e.id = $1", id)
	if err != nil {
		return AuditEntry{}, err
	}
	if len(es) == 0 {
		return AuditEntry{}, missing("audit entry")
	}
	return es[0], nil
}

// AuditRows reads up to n numbered entries of a log, from a number on, in the
// order of their numbers.
func (t *Tx) AuditRows(log int, from uint64, n int) ([]audit.Row, error) {
	es, err := t.auditEntries("SELECT "+auditColumns+` FROM audit_number n JOIN audit_entry e ON e.id = n.entry_id
		LEFT JOIN audit_payload p ON p.entry_id = e.id WHERE n.log = $1 AND n.number >= $2 ORDER BY n.number LIMIT $3`,
		log, int64(from), n)
	if err != nil {
		return nil, err
	}
	out := make([]audit.Row, len(es))
	for i, e := range es {
		out[i] = audit.Row{Header: e.Header, Salt: e.Salt, Payload: e.Payload}
	}
	return out, nil
}

// ErasePayloads removes the personal part of entries. The caller appends the
// entry that says so in the same transaction.
func (t *Tx) ErasePayloads(ids []string) error {
	for part := range chunks(ids) {
		var p params
		q := "DELETE FROM audit_payload WHERE entry_id IN (" + list(&p, part) + ")"
		if _, err := t.exec("erase payloads", q, p.args...); err != nil {
			return err
		}
	}
	return nil
}

func (t *Tx) auditEntries(query string, args ...any) ([]AuditEntry, error) {
	var out []AuditEntry
	err := t.each("audit entries", query, args, func(row *sql.Rows) error {
		var e AuditEntry
		var at int64
		var header string
		var salt, payload sql.NullString
		err := row.Scan(&e.ID, &e.Log, &e.Number, &at, &header, &salt, &payload)
		if err != nil {
			return err
		}
		e.At, e.Header = fromMicros(at), []byte(header)
		if payload.Valid {
			e.Payload = []byte(payload.String)
			if e.Salt, err = decode(salt.String); err != nil {
				return err
			}
		}
		out = append(out, e)
		return nil
	})
	return out, err
}
