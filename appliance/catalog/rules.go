package catalog

import (
	"database/sql"
	"fmt"
	"strconv"
	"time"

	"eakte/appliance/record"
)

// RuleSets lists the newest 500 versions of the rules of a kind, the newest
// first, without their bodies.
func (t *Tx) RuleSets(kind string) (out []RuleSet, err error) {
	err = t.each("rule sets", `SELECT kind, version, reason, made_by, made_at, simulated_at, active_by, active_at
		FROM rule_set WHERE kind = $1 ORDER BY version DESC LIMIT 500`, []any{kind}, func(row *sql.Rows) error {
		var r RuleSet
		if err := row.Scan(&r.Kind, &r.Version, &r.Reason, &r.MadeBy, &r.MadeAt, &r.SimulatedAt, &r.ActiveBy, &r.ActiveAt); err != nil {
			return err
		}
		out = append(out, r)
		return nil
	})
	return out, err
}

// RuleSetOf reads one version; NotFound if there is none.
func (t *Tx) RuleSetOf(kind string, version int64) (r RuleSet, err error) {
	found, err := t.one("rule set", "SELECT "+ruleColumns+" FROM rule_set WHERE kind = $1 AND version = $2", []any{kind, version}, r.fields()...)
	if err == nil && !found {
		err = missing("rules")
	}
	return r, err
}

// AddRuleSet keeps a new version and gives its number: versions of a kind count
// from 1, and none bears the number of one that was in force before a rebuild.
// The other fields are taken as they are.
func (t *Tx) AddRuleSet(r RuleSet) (int64, error) {
	var last int64
	if _, err := t.one("last rule set", "SELECT COALESCE(MAX(version), 0) FROM rule_set WHERE kind = $1", []any{r.Kind}, &last); err != nil {
		return 0, err
	}
	kept, err := t.keptRulesVersion(r.Kind)
	if err != nil {
		return 0, err
	}
	r.Version = max(last, kept) + 1
	return r.Version, t.PutRuleSet(r)
}

// metaRules, with a kind behind it, is the highest number of a version that was
// in force before the catalog was rebuilt.
const metaRules = "rules."

// KeepRulesVersion keeps the highest number of a version of a kind that ever was
// in force, for a catalog in which not all of them are.
func (t *Tx) KeepRulesVersion(kind string, highest int64) error {
	return t.SetMeta(metaRules+kind, strconv.FormatInt(highest, 10))
}

func (t *Tx) keptRulesVersion(kind string) (int64, error) {
	s, err := t.Meta(metaRules + kind)
	if err != nil || s == "" {
		return 0, err
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("catalog: rules version: %w", err)
	}
	return n, nil
}

// HighestRulesVersion is the highest number of a version of a kind that ever was
// in force; 0: none was.
func (t *Tx) HighestRulesVersion(kind string) (highest int64, err error) {
	if _, err := t.one("highest rules version", "SELECT COALESCE(MAX(version), 0) FROM rule_set WHERE kind = $1 AND active_at > 0", []any{kind}, &highest); err != nil {
		return 0, err
	}
	kept, err := t.keptRulesVersion(kind)
	return max(highest, kept), err
}

// PutRuleSet writes a version down under its number; Conflict if it is taken.
func (t *Tx) PutRuleSet(r RuleSet) error {
	_, err := t.exec("put rule set", "INSERT INTO rule_set ("+ruleColumns+") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
		r.Kind, r.Version, r.Body, r.Reason, r.MadeBy, r.MadeAt, r.SimulatedAt, r.Simulation, r.ActiveBy, r.ActiveAt)
	return err
}

// NoteSimulation keeps what a version would have changed (JSON).
func (t *Tx) NoteSimulation(kind string, version int64, at time.Time, simulation string) error {
	return t.change("note simulation", "rules", "UPDATE rule_set SET simulated_at = $3, simulation = $4 WHERE kind = $1 AND version = $2",
		kind, version, toMicros(at), simulation)
}

// ActivateRuleSet puts a version in force in place of the one that is.
func (t *Tx) ActivateRuleSet(kind string, version int64, by record.UserID, at time.Time) error {
	var last int64 // two within a microsecond, or a clock that was put back
	if _, err := t.one("last activation", "SELECT COALESCE(MAX(active_at), 0) FROM rule_set WHERE kind = $1", []any{kind}, &last); err != nil {
		return err
	}
	return t.change("activate rule set", "rules", "UPDATE rule_set SET active_by = $3, active_at = $4 WHERE kind = $1 AND version = $2",
		kind, version, by, max(toMicros(at), last+1))
}

// ActiveRulesVersion is the number of the version in force; 0: what ships is.
func (t *Tx) ActiveRulesVersion(kind string) (version int64, err error) {
	_, err = t.one("active rules version", "SELECT version FROM rule_set WHERE kind = $1 AND active_at > 0 ORDER BY active_at DESC, version DESC LIMIT 1",
		[]any{kind}, &version)
	return version, err
}

// HasDocuments says whether n documents or more were ever handed in.
func (t *Tx) HasDocuments(n int) (bool, error) {
	ids, err := column[record.DocumentID](t, "has documents", "SELECT id FROM document LIMIT $1", n)
	return len(ids) >= n, err
}

// TypeCorrection is a type that a person put right.
type TypeCorrection struct {
	Document record.DocumentID
	Was      string // what the rules said; empty: they didn't decide
	Became   string
	Rules    int64
	By       record.UserID
	At       time.Time
}

// CorrectType keeps that a person gave a document another type.
func (t *Tx) CorrectType(c TypeCorrection) error {
	_, err := t.exec("correct type", `INSERT INTO type_correction (document_id, was, became, rules, corrected_by, corrected_at)
		VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (document_id, corrected_at) DO UPDATE SET became = excluded.became`,
		c.Document, c.Was, c.Became, c.Rules, c.By, toMicros(c.At))
	return err
}

// CorrectionSum counts how often the rules of a version were corrected from one
// type to another: the last word on each document counts.
type CorrectionSum struct {
	Was, Became string
	Rules       int64
	Documents   int64
	First, Last time.Time
}

// TypeCorrections sums the corrections up, at most limit sums, by type. What a
// person put back to what the rules had said is none.
func (t *Tx) TypeCorrections(limit int) (out []CorrectionSum, err error) {
	err = t.each("type corrections", `SELECT c.was, c.became, c.rules, COUNT(*), MIN(c.corrected_at), MAX(c.corrected_at)
		FROM type_correction c WHERE c.was <> c.became AND NOT EXISTS (SELECT 1 FROM type_correction n
			WHERE n.document_id = c.document_id AND n.corrected_at > c.corrected_at)
		GROUP BY c.was, c.became, c.rules ORDER BY c.was, c.became, c.rules LIMIT $1`, []any{limit}, func(row *sql.Rows) error {
		var s CorrectionSum
		var first, last int64
		if err := row.Scan(&s.Was, &s.Became, &s.Rules, &s.Documents, &first, &last); err != nil {
			return err
		}
		s.First, s.Last = fromMicros(first), fromMicros(last)
		out = append(out, s)
		return nil
	})
	return out, err
}
