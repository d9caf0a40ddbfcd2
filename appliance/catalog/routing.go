package catalog

import (
	"encoding/json"
	"errors"
	"fmt"

	"eakte/appliance/record"
)

// SetRouting keeps how it was decided where a document belongs, in place of what
// was decided before.
func (t *Tx) SetRouting(id record.DocumentID, r record.Routing) error {
	body, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("catalog: set routing: %w", err)
	}
	_, err = t.exec("set routing", `INSERT INTO document_routing (document_id, outcome, team, body) VALUES ($1, $2, $3, $4)
		ON CONFLICT (document_id) DO UPDATE SET outcome = excluded.outcome, team = excluded.team, body = excluded.body`, id, r.Outcome, r.Team, string(body))
	return err
}

// RoutingOf says how it was decided where a document belongs; ok is false if
// nobody has decided.
func (t *Tx) RoutingOf(id record.DocumentID) (r record.Routing, ok bool, err error) {
	var body string
	if ok, err = t.one("routing of", "SELECT body FROM document_routing WHERE document_id = $1", []any{id}, &body); err != nil || !ok {
		return r, false, err
	}
	if err := json.Unmarshal([]byte(body), &r); err != nil {
		return r, false, fmt.Errorf("catalog: routing of: %w", err)
	}
	return r, true, nil
}

// Reserve keeps a document in clearing for who may open a restricted file; ""
// takes that back.
func (t *Tx) Reserve(id record.DocumentID, file record.FileID) error {
	return t.change("reserve", "document", "UPDATE document SET meant_for = $2 WHERE id = $1", id, file)
}

// SetClues notes for which customers a document that lies in no file may be.
func (t *Tx) SetClues(id record.DocumentID, clues []record.Clue) error {
	if err := t.ForgetClues(id); err != nil {
		return err
	}
	for _, c := range clues {
		_, err := t.exec("set clues", "INSERT INTO document_clue (kind, value, document_id) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING", c.Kind, c.Value, id)
		if err != nil {
			return err
		}
	}
	return nil
}

// ForgetClues is for a document that was filed or handed on.
func (t *Tx) ForgetClues(id record.DocumentID) error {
	_, err := t.exec("forget clues", "DELETE FROM document_clue WHERE document_id = $1", id)
	return err
}

// DocumentsByClue lists the documents in clearing or in work that may be for a
// customer, at most limit.
func (t *Tx) DocumentsByClue(clues []record.Clue, limit int) ([]record.DocumentID, error) {
	if len(clues) == 0 {
		return nil, nil
	}
	var p params
	return column[record.DocumentID](t, "documents by clue", "SELECT DISTINCT c.document_id FROM document_clue c WHERE "+clueSQL(&p, "c", clues)+
		" ORDER BY c.document_id LIMIT "+p.add(limit), p.args...)
}

// CluesOf gives by what a file's customers are known: its numbers, theirs, and
// each member's birth date with each of their names.
func (t *Tx) CluesOf(id record.FileID) ([]record.Clue, error) {
	f, err := t.FileByID(id)
	if err != nil {
		return nil, err
	}
	var out []record.Clue
	add := func(kind, value string) {
		if value != "" {
			out = append(out, record.Clue{Kind: kind, Value: value})
		}
	}
	for _, n := range f.Numbers {
		add(record.ClueNumber, NormalizeNumber(n.Number))
	}
	ids := make([]record.PersonID, len(f.Members))
	for i, m := range f.Members {
		ids[i] = m.Person
	}
	persons, err := t.Persons(ids)
	if err != nil {
		return nil, err
	}
	for _, id := range ids {
		p := persons[id]
		add(record.ClueNumber, NormalizeNumber(p.CustomerNumber))
		for _, n := range p.Names {
			add(record.CluePerson, PersonClue(p.BirthDate, n.Name, n.FirstName))
		}
	}
	return out, nil
}

// PersonClue is the value of a clue by birth date (YYYY-MM-DD) and name; "" if
// one of them is missing.
func PersonClue(birth, name, first string) string {
	last, given := nameWords(name), nameWords(first)
	if birth == "" || len(last) == 0 || len(given) == 0 {
		return ""
	}
	s := birth
	for _, w := range append(last, given[0]) {
		s += " " + w
	}
	return s
}

// RuleSet is one version of the rules of a kind. Times are in microseconds; 0:
// never.
type RuleSet struct {
	Kind        string // one of the Rules constants of record
	Version     int64
	Body        string // JSON
	Reason      string
	MadeBy      record.UserID
	MadeAt      int64
	SimulatedAt int64
	Simulation  string // JSON; empty before the first simulation
	ActiveBy    record.UserID
	ActiveAt    int64
}

const ruleColumns = "kind, version, body, reason, made_by, made_at, simulated_at, simulation, active_by, active_at"

func (r *RuleSet) fields() []any {
	return []any{&r.Kind, &r.Version, &r.Body, &r.Reason, &r.MadeBy, &r.MadeAt, &r.SimulatedAt, &r.Simulation, &r.ActiveBy, &r.ActiveAt}
}

// ActiveRules reads the rules of a kind that are in force; NotFound: those that
// ship are.
func (t *Tx) ActiveRules(kind string) (r RuleSet, err error) {
	found, err := t.one("active rules", "SELECT "+ruleColumns+" FROM rule_set WHERE kind = $1 AND active_at > 0 ORDER BY active_at DESC, version DESC LIMIT 1",
		[]any{kind}, r.fields()...)
	if err == nil && !found {
		err = missing("rules")
	}
	return r, err
}

// Note is what came with a document beside its bytes.
type Note struct {
	Delivery string               `json:"delivery"` // id of the delivery row; empty: it came alone
	Object   string               `json:"object"`   // its name in the delivery
	Barcodes []string             `json:"barcodes"` // that the provider read
	TypeHint string               `json:"type_hint"`
	Event    string               `json:"event"` // in the application that sent it: what caused it
	Custody  []Custody            `json:"custody"`
	Transfer *record.TransferNote `json:"transfer"` // nil: there is none
	Signed   []NoteSigned         `json:"signed"`   // signatures, seals and time stamps that came with it
	Paper    *PaperPosition       `json:"paper"`    // nil: not known
}

// Custody is one step of the paper's or the bytes' way.
type Custody struct {
	At    string `json:"at"`    // RFC 3339, or a date
	Event string `json:"event"` // opened, scanned, delivered, taken_in, checked …
	By    string `json:"by"`
	Place string `json:"place"`
	Note  string `json:"note"`
}

// NoteSigned names a signature that lies in the document's manifest.
type NoteSigned struct {
	Kind string `json:"kind"` // cms, tsr
	Name string `json:"name"`
}

// PaperPosition is where the paper lies.
type PaperPosition struct {
	Box      string `json:"box"`
	Location string `json:"location"`
	Position int    `json:"position"` // in the batch, from 1
	BagSeal  string `json:"bag_seal"`
}

// SetNote keeps what came with a document.
func (t *Tx) SetNote(id record.DocumentID, n Note) error {
	body, err := json.Marshal(n)
	if err != nil {
		return fmt.Errorf("catalog: set note: %w", err)
	}
	_, err = t.exec("set note", `INSERT INTO document_note (document_id, delivery_id, body) VALUES ($1, $2, $3)
		ON CONFLICT (document_id) DO UPDATE SET delivery_id = excluded.delivery_id, body = excluded.body`, id, n.Delivery, string(body))
	return err
}

// NoteOf reads what came with a document; an empty Note if nothing did.
func (t *Tx) NoteOf(id record.DocumentID) (n Note, err error) {
	var body string
	found, err := t.one("note of", "SELECT body FROM document_note WHERE document_id = $1", []any{id}, &body)
	if err != nil || !found {
		return n, err
	}
	if err := json.Unmarshal([]byte(body), &n); err != nil {
		return n, errors.Join(errors.New("catalog: note of"), err)
	}
	return n, nil
}

// Routed keeps a decision with the clues that are left of it, in place of what
// was decided before. One that lies in a file is for nobody else any more.
func (t *Tx) Routed(id record.DocumentID, r record.Routing, clues []record.Clue) error {
	if r.File != "" && r.Outcome != record.OutcomeClearing {
		if err := t.Reserve(id, ""); err != nil {
			return err
		}
	}
	if err := t.SetClues(id, clues); err != nil {
		return err
	}
	return t.SetRouting(id, r)
}

// ForgetRouting is for a document that is erased: nothing may say whose it was.
func (t *Tx) ForgetRouting(id record.DocumentID) error {
	if err := t.ForgetClues(id); err != nil {
		return err
	}
	for _, q := range []string{"DELETE FROM document_routing WHERE document_id = $1", "DELETE FROM type_correction WHERE document_id = $1"} {
		if _, err := t.exec("forget routing", q, id); err != nil {
			return err
		}
	}
	_, err := t.exec("forget routing", "UPDATE document SET meant_for = '' WHERE id = $1", id)
	return err
}

// ReservedFor says for which restricted file a document in clearing is kept; ""
// for none.
func (t *Tx) ReservedFor(id record.DocumentID) (file record.FileID, err error) {
	_, err = t.one("reserved for", "SELECT meant_for FROM document WHERE id = $1", []any{id}, &file)
	return file, err
}
