package catalog

import (
	"encoding/json"
	"errors"
	"fmt"

	"eakte/appliance/record"
)

// A document of which others are just being made stays as it is until that is
// done: who would file it or let rules decide about it asks BeingRemade in the
// same transaction.

// BeginParting lets a document be divided from now on: at these pages, or at its
// separators if there are none. If it is being divided already, that goes on.
func (t *Tx) BeginParting(id record.DocumentID, starts []int, by record.UserID) error {
	return t.beginRemaking(id, "", starts, by)
}

// beginRemaking also sets the document's state: so a filing at the same moment
// and this one touch the same row, and one of them is done again.
func (t *Tx) beginRemaking(id record.DocumentID, merging string, starts []int, by record.UserID) error {
	body, err := json.Marshal(append([]int{}, starts...))
	if err != nil {
		return fmt.Errorf("catalog: begin remaking: %w", err)
	}
	_, err = t.exec("begin remaking", `INSERT INTO remaking (document_id, merging, starts, asked_by, asked_at) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (document_id) DO NOTHING`, id, merging, string(body), by, toMicros(t.Now()))
	if err != nil {
		return err
	}
	return t.SetState(id, record.StateProcessing, "")
}

// PartingOf gives the pages at which new documents begin, as a person wants it;
// none if nobody does.
func (t *Tx) PartingOf(id record.DocumentID) (starts []int, err error) {
	var body string
	found, err := t.one("parting of", "SELECT starts FROM remaking WHERE document_id = $1", []any{id}, &body)
	if err != nil || !found {
		return nil, err
	}
	if err := json.Unmarshal([]byte(body), &starts); err != nil {
		return nil, fmt.Errorf("catalog: parting of: %w", err)
	}
	return starts, nil
}

// EndParting is for a document that was divided, or stays whole.
func (t *Tx) EndParting(id record.DocumentID) error {
	_, err := t.exec("end parting", "DELETE FROM remaking WHERE document_id = $1", id)
	return err
}

// BeingRemade says whether a document is just being divided, or put together with
// others.
func (t *Tx) BeingRemade(id record.DocumentID) (bool, error) {
	return t.one("being remade", "SELECT 1 FROM remaking WHERE document_id = $1", []any{id}, new(int))
}

// Merging is that a person wants documents put together.
type Merging struct {
	ID        string
	Documents []record.DocumentID // in their order
	Result    record.DocumentID   // empty: not yet
	Reason    string              // why nothing came of it
	By        record.UserID
}

// BeginMerging lets documents be put together from now on.
func (t *Tx) BeginMerging(m Merging) error {
	body, err := json.Marshal(m.Documents)
	if err != nil {
		return fmt.Errorf("catalog: begin merging: %w", err)
	}
	_, err = t.exec("begin merging", `INSERT INTO merging (id, documents, result, reason, asked_by, asked_at) VALUES ($1, $2, '', '', $3, $4)`,
		m.ID, string(body), m.By, toMicros(t.Now()))
	for _, id := range m.Documents {
		if err == nil {
			err = t.beginRemaking(id, m.ID, nil, m.By)
		}
	}
	return err
}

// EndMerging keeps what came of it: a document, or the reason why none did.
func (t *Tx) EndMerging(m Merging) error {
	if err := t.change("end merging", "merging", "UPDATE merging SET result = $2, reason = $3 WHERE id = $1", m.ID, m.Result, m.Reason); err != nil {
		return err
	}
	_, err := t.exec("end merging", "DELETE FROM remaking WHERE merging = $1", m.ID)
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
