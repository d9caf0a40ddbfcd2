// Package mailroom holds the rules of the mailroom as data: what may not be
// opened, scanned or kept, which envelopes are scanned, and what becomes of post
// that is not for this house. People follow them; what the appliance does by
// itself is only to say, from a document's type and what came with it, that a
// rule concerns it.
package mailroom

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"io"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"eakte/appliance/catalog"
	"eakte/appliance/record"
)

// The kinds of rule.
const (
	KindUnopened = "unopened" // handed on unopened, into the post book
	KindUnscan   = "unscan"   // not scanned, or the paper is kept beside the scan
	KindUnkept   = "unkept"   // may be looked at, and not be kept
	KindEnvelope = "envelope" // the envelope is scanned with it
	KindForward  = "forward"  // handed on to who it is for
)

// Kinds are all of them, in the order of the mailroom's work.
func Kinds() []string {
	return []string{KindUnopened, KindUnscan, KindUnkept, KindEnvelope, KindForward}
}

// Rules are checked and ready for use. They are safe for concurrent use.
type Rules struct {
	Rules []Rule `json:"rules"`
}

// Rule is one rule in words.
type Rule struct {
	ID      string   `json:"id"`    // small letters, digits, "_" and "-"
	Kind    string   `json:"kind"`  // one of Kinds
	Types   []string `json:"types"` // of documents that it concerns; may be empty
	German  Words    `json:"german"`
	English Words    `json:"english"`
	Source  string   `json:"source"` // of law or standard, as it is cited
}

// Words are a rule in one language.
type Words struct {
	Name   string `json:"name"`   // short, for lists
	What   string `json:"what"`   // which post
	Do     string `json:"do"`     // what to do with it
	Reason string `json:"reason"` // why
}

// In gives the words in a language, German for one that is not known.
func (r Rule) In(lang string) Words {
	if lang == "en" {
		return r.English
	}
	return r.German
}

// The bounds of rules.
const (
	maxBody  = 256 << 10
	maxRules = 100
	maxTypes = 50
	maxText  = 1000 // bytes of one text
)

//go:embed default.json
var defaults []byte

// DefaultRules are those that ship, as JSON.
func DefaultRules() []byte { return bytes.Clone(defaults) }

var shipped = sync.OnceValues(func() (Rules, error) { return ParseRules(defaults) })

// Shipped are the rules that ship.
func Shipped() (Rules, error) { return shipped() }

// InForce reads the rules in force, their version and since when; version 0 are
// those that ship.
func InForce(tx *catalog.Tx) (r Rules, version int64, since time.Time, err error) {
	set, err := tx.ActiveRules(record.RulesMailroom)
	switch {
	case errors.Is(err, record.NotFound):
		r, err = Shipped()
	case err == nil:
		version, since = set.Version, time.UnixMicro(set.ActiveAt).UTC()
		r, err = ParseRules([]byte(set.Body))
	}
	return r, version, since, err
}

// ParseRules reads and checks rules. An error is Invalid and names the field
// ("rules[3].german.what").
func ParseRules(body []byte) (Rules, error) {
	if len(body) > maxBody {
		return Rules{}, record.Bad("body", "is longer than %d bytes", maxBody)
	}
	var r Rules
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	if err := d.Decode(&r); err != nil {
		var kind *json.UnmarshalTypeError
		if errors.As(err, &kind) && kind.Field != "" {
			return Rules{}, record.Bad(kind.Field, "is a %s here, which it can't be", kind.Value)
		}
		return Rules{}, record.Bad("body", "is no JSON of rules: %v", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return Rules{}, record.Bad("body", "has something behind the rules")
	}
	return r, r.check()
}

var idPattern = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,63}$`)

func (r Rules) check() error {
	if len(r.Rules) == 0 || len(r.Rules) > maxRules {
		return record.Bad("rules", "are between 1 and %d", maxRules)
	}
	seen := map[string]bool{Other: true}
	for i, rule := range r.Rules {
		at := "rules[" + itoa(i) + "]."
		switch {
		case !idPattern.MatchString(rule.ID):
			return record.Bad(at+"id", "is not made of small letters, digits, _ and -")
		case seen[rule.ID]:
			return record.Bad(at+"id", "stands there twice, or is taken")
		case !slices.Contains(Kinds(), rule.Kind):
			return record.Bad(at+"kind", "is one of %s", strings.Join(Kinds(), ", "))
		case len(rule.Types) > maxTypes:
			return record.Bad(at+"types", "are more than %d", maxTypes)
		}
		for n, kind := range rule.Types {
			if !idPattern.MatchString(kind) {
				return record.Bad(at+"types["+itoa(n)+"]", "is no type of document")
			}
		}
		if err := rule.checkTexts(at); err != nil {
			return err
		}
		seen[rule.ID] = true
	}
	return nil
}

func (r Rule) checkTexts(at string) error {
	for _, t := range []struct{ field, text string }{{"german.name", r.German.Name}, {"german.what", r.German.What}, {"german.do", r.German.Do}, {"german.reason", r.German.Reason},
		{"english.name", r.English.Name}, {"english.what", r.English.What}, {"english.do", r.English.Do}, {"english.reason", r.English.Reason}, {"source", r.Source}} {
		if strings.TrimSpace(t.text) == "" {
			return record.Bad(at+t.field, "is missing")
		}
		if len(t.text) > maxText {
			return record.Bad(at+t.field, "is longer than %d bytes", maxText)
		}
	}
	return nil
}

// Other is the kind of post in the post book that no rule names.
const Other = "other"

// Of lists the rules of a kind.
func (r Rules) Of(kind string) []Rule {
	var out []Rule
	for _, rule := range r.Rules {
		if rule.Kind == kind {
			out = append(out, rule)
		}
	}
	return out
}
