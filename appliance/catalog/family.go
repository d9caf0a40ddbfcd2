package catalog

import (
	"database/sql"
	"strconv"

	"eakte/appliance/record"
)

// A family is a mail or an archive with what came in it and still lies beside
// it: in the same file, or waiting at the same site. What was filed elsewhere
// is none of it any more, nor is what came in that.

// familyDepth is how deep containers are followed into each other: deeper than
// anything that is unpacked.
const familyDepth = 8

// besideContainer is true of a row of document d that lies where its container
// c does.
const besideContainer = "d.state <> '" + string(record.StateDisposed) + "' AND c.state <> '" + string(record.StateDisposed) + `' AND
	(d.file_id = c.file_id OR d.file_id IS NULL AND c.file_id IS NULL AND d.site = c.site)`

// LiesBeside says whether a document came in another one and lies beside it.
func (t *Tx) LiesBeside(id record.DocumentID) (bool, error) {
	return t.one("lies beside", `SELECT 1 FROM document_link l JOIN document c ON c.id = l.document_id JOIN document d ON d.id = l.other_id
		WHERE l.other_id = $1 AND l.kind = $2 AND `+besideContainer+" LIMIT 1", []any{id, LinkEncloses}, new(int))
}

// Family lists what came in a document, and in that again, and still lies
// beside it: containers before what came in them, in their order, at most limit.
func (t *Tx) Family(id record.DocumentID, limit int) ([]record.DocumentID, error) {
	return t.below("family", id, besideContainer, limit)
}

// Enclosed lists what came in a document, and in that again, wherever it lies.
func (t *Tx) Enclosed(id record.DocumentID, limit int) ([]record.DocumentID, error) {
	return t.below("enclosed", id, "1 = 1", limit)
}

func (t *Tx) below(op string, id record.DocumentID, where string, limit int) ([]record.DocumentID, error) {
	return column[record.DocumentID](t, op, `WITH RECURSIVE below (id, depth, place) AS (
			SELECT d.id, 1, l.place FROM document c JOIN document_link l ON l.document_id = c.id AND l.kind = $2 JOIN document d ON d.id = l.other_id
				WHERE c.id = $1 AND `+where+`
			UNION ALL SELECT d.id, b.depth + 1, l.place FROM below b JOIN document c ON c.id = b.id
				JOIN document_link l ON l.document_id = c.id AND l.kind = $2 JOIN document d ON d.id = l.other_id
				WHERE b.depth < `+strconv.Itoa(familyDepth)+` AND `+where+`)
		SELECT id FROM below GROUP BY id ORDER BY MIN(depth), MIN(place), id LIMIT $3`, id, LinkEncloses, limit)
}

// FamilySizes counts what Family lists of several documents; what is more
// sensitive than its container is left out, and who has nobody is absent.
func (t *Tx) FamilySizes(ids []record.DocumentID) (map[record.DocumentID]int, error) {
	out := map[record.DocumentID]int{}
	where := besideContainer + " AND d.sensitivity <= c.sensitivity"
	for part := range chunks(ids) {
		var p params
		kind := p.add(LinkEncloses)
		err := t.each("family sizes", `WITH RECURSIVE below (root, id, depth) AS (
				SELECT c.id, d.id, 1 FROM document c JOIN document_link l ON l.document_id = c.id AND l.kind = `+kind+` JOIN document d ON d.id = l.other_id
					WHERE c.id IN (`+list(&p, part)+`) AND `+where+`
				UNION ALL SELECT b.root, d.id, b.depth + 1 FROM below b JOIN document c ON c.id = b.id
					JOIN document_link l ON l.document_id = c.id AND l.kind = `+kind+` JOIN document d ON d.id = l.other_id
					WHERE b.depth < `+strconv.Itoa(familyDepth)+` AND `+where+`)
			SELECT root, COUNT(DISTINCT id) FROM below GROUP BY root`, p.args, func(row *sql.Rows) error {
			var id record.DocumentID
			var n int
			err := row.Scan(&id, &n)
			out[id] = n
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}
