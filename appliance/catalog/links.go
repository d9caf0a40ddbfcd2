package catalog

import (
	"database/sql"

	"eakte/appliance/record"
)

// LinkEncloses is the kind of link from a mail or an archive to what came in it.
const LinkEncloses = "encloses"

// Link says what one document has to do with another.
type Link struct {
	Document record.DocumentID
	Kind     string // LinkEncloses, LinkSplits
	Other    record.DocumentID
	Place    int // from 1, unique for a document and kind; 0: without order
}

// InsertLink adds a link. The same again changes nothing; another document at
// the same place is Conflict.
func (t *Tx) InsertLink(l Link) error {
	_, err := t.exec("insert link", `INSERT INTO document_link (document_id, kind, other_id, place) VALUES ($1, $2, $3, $4)
		ON CONFLICT (document_id, kind, other_id) DO NOTHING`, l.Document, l.Kind, l.Other, l.Place)
	return err
}

// LinksOf lists the links from a document and those to it, by place. Which of
// the other documents the asker may see is for the caller to decide.
func (t *Tx) LinksOf(id record.DocumentID) ([]Link, error) {
	var out []Link
	err := t.each("links", `SELECT document_id, kind, other_id, place FROM document_link WHERE document_id = $1 OR other_id = $1
		ORDER BY kind, place, document_id, other_id LIMIT 2000`, []any{id}, func(row *sql.Rows) error {
		var l Link
		err := row.Scan(&l.Document, &l.Kind, &l.Other, &l.Place)
		out = append(out, l)
		return err
	})
	return out, err
}

// EnclosuresOf lists, for those of these documents that came in another, in
// which one and at which place.
func (t *Tx) EnclosuresOf(ids []record.DocumentID) (map[record.DocumentID]Link, error) {
	out := map[record.DocumentID]Link{}
	for part := range chunks(ids) {
		var p params
		q := "SELECT document_id, kind, other_id, place FROM document_link WHERE kind = " + p.add(LinkEncloses) +
			" AND other_id IN (" + list(&p, part) + ") ORDER BY document_id"
		err := t.each("enclosures", q, p.args, func(row *sql.Rows) error {
			var l Link
			err := row.Scan(&l.Document, &l.Kind, &l.Other, &l.Place)
			out[l.Other] = l
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// EnclosedAt finds what came in a document at a place; "" if nothing is there.
func (t *Tx) EnclosedAt(id record.DocumentID, place int) (record.DocumentID, error) {
	return t.LinkedAt(id, LinkEncloses, place)
}

// LinkedAt finds what a document has at a place of a kind of link; "" if
// nothing is there.
func (t *Tx) LinkedAt(id record.DocumentID, kind string, place int) (record.DocumentID, error) {
	var other record.DocumentID
	_, err := t.one("linked at", "SELECT other_id FROM document_link WHERE document_id = $1 AND kind = $2 AND place = $3",
		[]any{id, kind, place}, &other)
	return other, err
}

// Enclosing lists what a document came in, the nearest first, at most limit.
func (t *Tx) Enclosing(id record.DocumentID, limit int) ([]record.DocumentID, error) {
	var out []record.DocumentID
	for len(out) < limit {
		var outer record.DocumentID
		found, err := t.one("enclosing", "SELECT document_id FROM document_link WHERE other_id = $1 AND kind = $2 ORDER BY document_id LIMIT 1",
			[]any{id, LinkEncloses}, &outer)
		if err != nil || !found {
			return out, err
		}
		out = append(out, outer)
		id = outer
	}
	return out, nil
}

// CountEnclosed counts what came in a document, and in that again, down to
// depth.
func (t *Tx) CountEnclosed(id record.DocumentID, depth int) (int, error) {
	var n int
	_, err := t.one("count enclosed", `WITH RECURSIVE below (id, depth) AS (
			SELECT other_id, 1 FROM document_link WHERE document_id = $1 AND kind = $2
			UNION ALL SELECT l.other_id, b.depth + 1 FROM document_link l JOIN below b ON l.document_id = b.id
				WHERE l.kind = $2 AND b.depth < $3)
		SELECT COUNT(*) FROM below`, []any{id, LinkEncloses, depth}, &n)
	return n, err
}
