package admin

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"sync"
	"time"

	"eakte/appliance/catalog"
	"eakte/appliance/record"
	"eakte/ingest/classify"
	"eakte/ingest/routing"
)

// TypeRules are the rules of types as a person edits them: the shape of a
// version's body.
type (
	TypeRules  = classify.Spec
	TypeRule   = classify.Type
	TypePhrase = classify.Phrase
	TypeWords  = classify.Words
)

// DocumentType is a type that the rules in force know, with its names.
type DocumentType struct {
	Key     string `json:"key"` // as it stands with a document
	German  string `json:"german"`
	English string `json:"english"`
}

// typesKept are the types of the version in force. They are on every page, so
// that a change may show a few seconds late.
type typesKept struct {
	mu      sync.Mutex
	version int64
	until   time.Time
	list    []DocumentType
}

const typesFor = 3 * time.Second

// DocumentTypes lists the types of the rules in force, in their order. It is no
// secret: everybody who is signed in may ask.
func (a *Admin) DocumentTypes(ctx context.Context, _ record.Actor) ([]DocumentType, error) {
	a.types.mu.Lock()
	defer a.types.mu.Unlock()
	now := a.Clock.Now()
	if a.types.list != nil && now.Before(a.types.until) {
		return slices.Clone(a.types.list), nil
	}
	err := a.Catalog.Read(ctx, func(tx *catalog.Tx) error {
		version, err := tx.ActiveRulesVersion(record.RulesTypes)
		if err != nil || a.types.list != nil && version == a.types.version {
			return err
		}
		row, err := ruleBody(tx, record.RulesTypes, version)
		if err != nil {
			return err
		}
		var rules TypeRules
		if err := json.Unmarshal([]byte(row.Body), &rules); err != nil {
			return err
		}
		a.types.version, a.types.list = version, make([]DocumentType, 0, len(rules.Types))
		for _, t := range rules.Types {
			a.types.list = append(a.types.list, DocumentType{Key: t.Key, German: t.German, English: t.English})
		}
		return nil
	})
	if err != nil {
		return nil, errors.Join(errors.New("admin: document types"), err)
	}
	a.types.until = now.Add(typesFor)
	return slices.Clone(a.types.list), nil
}

// Correction is how often persons gave documents another type than a version of
// the rules had. It names no document and nobody.
type Correction struct {
	Was       string    `json:"was"`    // key of the type that the rules decided for; empty: for none
	Became    string    `json:"became"` // key of the type that a person chose; empty: none
	Rules     int64     `json:"rules"`  // version; 0: what ships
	Documents int64     `json:"documents"`
	First     time.Time `json:"first"`
	Last      time.Time `json:"last"`
}

// maxCorrections bounds the list of corrections.
const maxCorrections = 5000

// Corrections lists by types how often the rules of types were corrected. It
// needs the right to manage settings.
func (a *Admin) Corrections(ctx context.Context, actor record.Actor) ([]Correction, error) {
	out := []Correction{}
	err := a.lookAtRules(ctx, actor, func(tx *catalog.Tx) error {
		sums, err := tx.TypeCorrections(maxCorrections)
		for _, s := range sums {
			out = append(out, Correction{Was: s.Was, Became: s.Became, Rules: s.Rules, Documents: s.Documents, First: s.First, Last: s.Last})
		}
		return err
	})
	return out, err
}

// RoutingRules are the rules of routing as a person edits them.
type (
	RoutingRules = routing.Rules
	RoutingRule  = routing.Rule
)
