package catalog

import (
	"encoding/json"
	"errors"
	"fmt"

	"eakte/appliance/record"
)

// SetParting keeps at which pages of a document new documents begin, as a person
// wants it; in place of what was wanted before.
func (t *Tx) SetParting(id record.DocumentID, starts []int, by record.UserID) error {
	body, err := json.Marshal(starts)
	if err != nil {
		return fmt.Errorf("catalog: set parting: %w", err)
	}
	_, err = t.exec("set parting", `INSERT INTO parting (document_id, starts, asked_by, asked_at) VALUES ($1, $2, $3, $4)
		ON CONFLICT (document_id) DO UPDATE SET starts = excluded.starts, asked_by = excluded.asked_by, asked_at = excluded.asked_at`,
		id, string(body), by, toMicros(t.Now()))
	return err
}

// PartingOf gives the pages at which new documents begin; none if nobody wants
// the document divided.
func (t *Tx) PartingOf(id record.DocumentID) (starts []int, err error) {
	var body string
	found, err := t.one("parting of", "SELECT starts FROM parting WHERE document_id = $1", []any{id}, &body)
	if err != nil || !found {
		return nil, err
	}
	if err := json.Unmarshal([]byte(body), &starts); err != nil {
		return nil, fmt.Errorf("catalog: parting of: %w", err)
	}
	return starts, nil
}

// Merging is that a person wants documents put together.
type Merging struct {
	ID        string
	Documents []record.DocumentID // in their order
	Result    record.DocumentID   // empty: not yet
	Reason    string              // why nothing came of it
	By        record.UserID
}

// PutMerging keeps a merging, or what came of it.
func (t *Tx) PutMerging(m Merging) error {
	body, err := json.Marshal(m.Documents)
	if err != nil {
		return fmt.Errorf("catalog: put merging: %w", err)
	}
	_, err = t.exec("put merging", `INSERT INTO merging (id, documents, result, reason, asked_by, asked_at) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (id) DO UPDATE SET result = excluded.result, reason = excluded.reason`, m.ID, string(body), m.Result, m.Reason, m.By, toMicros(t.Now()))
	return err
}

// MergingByID reads a merging; NotFound if there is none.
func (t *Tx) MergingByID(id string) (m Merging, err error) {
	var body string
	found, err := t.one("merging", "SELECT id, documents, result, reason, asked_by FROM merging WHERE id = $1", []any{id},
		&m.ID, &body, &m.Result, &m.Reason, &m.By)
	if err == nil && !found {
		err = missing("merging")
	}
	if err != nil {
		return m, err
	}
	return m, errors.Join(json.Unmarshal([]byte(body), &m.Documents))
}
