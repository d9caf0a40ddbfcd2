package catalog

import (
	"database/sql"
	"slices"
	"time"

	"eakte/appliance/audit"
	"eakte/appliance/record"
)

// Filing is that a person put a document elsewhere.
type Filing struct {
	ID       string // of the action: what was filed along has the same
	Document record.DocumentID
	From     record.FileID // empty: it lay in no file
	To       record.FileID // empty: back to clearing
	Reason   string        // a key; may be empty
	Along    bool          // it came in the one that was filed
	Since    time.Time     // since when it lay in From
	At       time.Time
	By       record.UserID
	Silent   bool // taken back at once, and nobody else had seen it meanwhile
}

const filingColumns = "id, document_id, from_file, to_file, reason, along, since, filed_at, filed_by, silent"

// PutFiling keeps a filing, in place of what was kept of the same.
func (t *Tx) PutFiling(f Filing) error {
	_, err := t.exec("put filing", `INSERT INTO filing (`+filingColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
		ON CONFLICT (id, document_id) DO UPDATE SET silent = excluded.silent`, f.ID, f.Document, f.From, f.To, f.Reason, number(f.Along),
		toMicros(f.Since), toMicros(f.At), f.By, number(f.Silent))
	return err
}

func number(b bool) int {
	if b {
		return 1
	}
	return 0
}

// TracesIn lists what was taken out of a file or came into it from another one,
// newest first: each action once. What was taken back at once is left out.
func (t *Tx) TracesIn(file record.FileID, limit int) ([]Filing, error) {
	var out []Filing
	for _, q := range []string{"from_file = $1", "to_file = $1 AND from_file <> '' AND from_file <> to_file"} {
		fs, err := t.filings(q+" AND silent = 0 AND along = 0", limit, file)
		if err != nil {
			return nil, err
		}
		out = append(out, fs...)
	}
	slices.SortStableFunc(out, func(a, b Filing) int { return b.At.Compare(a.At) })
	return out[:min(len(out), limit)], nil
}

// FilingsOf lists where a document was put, newest first.
func (t *Tx) FilingsOf(id record.DocumentID, limit int) ([]Filing, error) {
	return t.filings("document_id = $1", limit, id)
}

// FilingByID gives all documents of one action, the one that was named first;
// NotFound if there is no such action.
func (t *Tx) FilingByID(id string) ([]Filing, error) {
	fs, err := t.filings("id = $1", maxFiled, id)
	if err == nil && len(fs) == 0 {
		err = missing("filing")
	}
	return fs, err
}

// maxFiled is more than one action files.
const maxFiled = 2500

// partedSQL is true of documents s and d of which one was taken out of the file in
// which the other lies.
const partedSQL = `s.file_id <> d.file_id AND EXISTS (SELECT 1 FROM filing g
	WHERE g.document_id = d.id AND g.from_file = s.file_id OR g.document_id = s.id AND g.from_file = d.file_id)`

// PartedFrom says which of these documents are parted (see Parted) from what they
// came in.
func (t *Tx) PartedFrom(ids []record.DocumentID) (map[record.DocumentID]bool, error) {
	out := map[record.DocumentID]bool{}
	for part := range chunks(ids) {
		var p params
		found, err := column[record.DocumentID](t, "parted from", `SELECT s.id FROM document_link l JOIN document d ON d.id = l.document_id
			JOIN document s ON s.id = l.other_id WHERE l.kind = `+p.add(LinkEncloses)+" AND l.other_id IN ("+list(&p, part)+") AND "+partedSQL, p.args...)
		if err != nil {
			return nil, err
		}
		for _, id := range found {
			out[id] = true
		}
	}
	return out, nil
}

// Parted says which of these documents were taken out of a file, or came from
// it, while other stayed: between a document and them nothing is to lead.
func (t *Tx) Parted(id record.DocumentID, others []record.DocumentID) (map[record.DocumentID]bool, error) {
	out := map[record.DocumentID]bool{}
	for part := range chunks(others) {
		var p params
		self := p.add(id)
		in := list(&p, part)
		q := "SELECT d.id FROM document d JOIN document s ON s.id = " + self + " WHERE d.id IN (" + in + ") AND " + partedSQL
		if err := t.each("parted", q, p.args, func(row *sql.Rows) error {
			var d record.DocumentID
			err := row.Scan(&d)
			out[d] = true
			return err
		}); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (t *Tx) filings(where string, limit int, args ...any) ([]Filing, error) {
	var p params
	p.args = args
	var out []Filing
	err := t.each("filings", "SELECT "+filingColumns+" FROM filing WHERE "+where+" ORDER BY filed_at DESC, along, document_id LIMIT "+p.add(limit),
		p.args, func(row *sql.Rows) error {
			var f Filing
			var along, silent, since, at int64
			err := row.Scan(&f.ID, &f.Document, &f.From, &f.To, &f.Reason, &along, &since, &at, &f.By, &silent)
			f.Along, f.Silent, f.Since, f.At = along != 0, silent != 0, fromMicros(since), fromMicros(at)
			out = append(out, f)
			return err
		})
	return out, err
}

// NobodyElse says whether nobody but one user, and the appliance itself, has
// seen anything of a document since a moment: no entry of these actions names it.
func (t *Tx) NobodyElse(id record.DocumentID, but record.UserID, actions []string, since time.Time) (bool, error) {
	var p params
	q := "SELECT 1 FROM audit_object o JOIN audit_entry e ON e.id = o.entry_id WHERE o.kind = " + p.add(audit.KindDocument) + " AND o.object_id = " + p.add(id) +
		" AND o.at >= " + p.add(toMicros(since)) + " AND e.actor NOT IN (" + p.add(but) + ", " + p.add(record.System("").User) +
		") AND e.action IN (" + list(&p, actions) + ") LIMIT 1"
	found, err := t.one("nobody else", q, p.args, new(int))
	return !found, err
}

// Seen is that the log says of a user that they were shown something.
type Seen struct {
	User        record.UserID
	Action      string
	First, Last time.Time
}

// SeenBefore lists who was shown what, by these actions, of the documents of a
// filing while they lay where it took them from; of one of them, or of all (""). The
// appliance itself is left out.
func (t *Tx) SeenBefore(filing string, document record.DocumentID, actions []string) ([]Seen, error) {
	var p params
	q := `SELECT e.actor, e.action, MIN(o.at), MAX(o.at) FROM filing g
		JOIN audit_object o ON o.kind = ` + p.add(audit.KindDocument) + ` AND o.object_id = g.document_id AND o.at >= g.since AND o.at < g.filed_at
		JOIN audit_entry e ON e.id = o.entry_id
		WHERE g.id = ` + p.add(filing) + " AND e.outcome = " + p.add(audit.Allowed) + " AND e.actor <> " + p.add(record.System("").User)
	if document != "" {
		q += " AND g.document_id = " + p.add(document)
	}
	var out []Seen
	err := t.each("seen before", q+" AND e.action IN ("+list(&p, actions)+") GROUP BY e.actor, e.action ORDER BY e.actor, e.action", p.args, func(row *sql.Rows) error {
		var s Seen
		var first, last int64
		err := row.Scan(&s.User, &s.Action, &first, &last)
		s.First, s.Last = fromMicros(first), fromMicros(last)
		out = append(out, s)
		return err
	})
	return out, err
}

// forgetFilings is for a document that is erased.
func (t *Tx) forgetFilings(id record.DocumentID) error {
	_, err := t.exec("forget filings", "DELETE FROM filing WHERE document_id = $1", id)
	return err
}
