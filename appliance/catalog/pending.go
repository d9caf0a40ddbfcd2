package catalog

import (
	"database/sql"
	"strconv"
	"strings"
	"time"

	"eakte/appliance/record"
)

// Transit is a delivery that is on its way or not complete, with what it holds
// for a customer.
type Transit struct {
	Delivery  string // id
	Provider  string
	State     string
	Announced time.Time // when we first heard of it
	Documents int       // for this customer, and not in the archive yet
}

// InTransit lists the deliveries that are not done and name one of the clues,
// the longest expected first, at most limit.
func (t *Tx) InTransit(clues []record.Clue, limit int) ([]Transit, error) {
	if len(clues) == 0 {
		return nil, nil
	}
	var p params
	query := `SELECT d.id, d.provider, d.state, d.announced_at, COUNT(DISTINCT c.name) FROM delivery_clue c
		JOIN delivery d ON d.id = c.delivery_id AND d.state NOT IN ('done', 'withdrawn')
		WHERE ` + clueSQL(&p, "c", clues) + ` AND NOT EXISTS (SELECT 1 FROM delivery_object o
		WHERE o.delivery_id = c.delivery_id AND o.name = c.name AND o.state = 'taken')
		GROUP BY d.id, d.provider, d.state, d.announced_at ORDER BY d.announced_at, d.id LIMIT ` + strconv.Itoa(clampLimit(limit))
	var out []Transit
	err := t.each("in transit", query, p.args, func(row *sql.Rows) error {
		var x Transit
		var at int64
		err := row.Scan(&x.Delivery, &x.Provider, &x.State, &at, &x.Documents)
		x.Announced = fromMicros(at)
		out = append(out, x)
		return err
	})
	return out, err
}

// PendingDocuments lists the documents in no file that one of the clues names,
// the newest receipt first, at most limit. What was split, destroyed or handed
// on to somebody else does not wait.
func (t *Tx) PendingDocuments(clues []record.Clue, limit int) ([]record.Document, error) {
	if len(clues) == 0 {
		return nil, nil
	}
	var p params
	// COALESCE keeps the database from going through all that is in no file.
	return t.documents("WHERE id IN (SELECT c.document_id FROM document_clue c WHERE "+clueSQL(&p, "c", clues)+`)
		AND COALESCE(file_id, '') = '' AND state <> '`+string(record.StateDisposed)+"' AND NOT "+splitAway+" AND NOT "+forwardedAway+`
		ORDER BY received DESC, created_at DESC, id DESC LIMIT `+strconv.Itoa(clampLimit(limit)), p.args...)
}

// ReadingInFile lists the documents of a file that are still being read, the
// newest receipt first, at most limit.
func (t *Tx) ReadingInFile(file record.FileID, limit int) ([]record.Document, error) {
	return t.documents(`WHERE file_id = $1 AND state IN ('`+string(record.StateReceived)+"', '"+string(record.StateProcessing)+`')
		ORDER BY received DESC, created_at DESC, id DESC LIMIT `+strconv.Itoa(clampLimit(limit)), file)
}

// forwardedAway is the condition that a document row was handed on to another
// authority: it waits for nobody here.
const forwardedAway = "EXISTS (SELECT 1 FROM document_routing fw WHERE fw.document_id = document.id AND fw.outcome = '" + record.OutcomeForwarded + "')"

// clueSQL is the condition that a row of the table bears one of the clues.
func clueSQL(p *params, table string, clues []record.Clue) string {
	values := map[string][]string{}
	for _, c := range clues {
		values[c.Kind] = append(values[c.Kind], c.Value)
	}
	var any []string
	for _, kind := range []string{record.ClueNumber, record.CluePerson} {
		if len(values[kind]) > 0 {
			any = append(any, "("+table+".kind = '"+kind+"' AND "+table+".value IN ("+list(p, values[kind])+"))")
		}
	}
	if len(any) == 0 {
		return "1 = 0"
	}
	return "(" + strings.Join(any, " OR ") + ")"
}
