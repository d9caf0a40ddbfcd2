package routing

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"

	"eakte/appliance/record"
)

// Rules is one version of a house's rules of routing. They say how sure the
// evidence must be, and where certain letters go that no evidence files. No
// rule files a document.
type Rules struct {
	Format     int        `json:"format"` // 1
	Thresholds Thresholds `json:"thresholds"`
	Rules      []Rule     `json:"rules"` // the first that fits decides
}

// Thresholds is how sure evidence must be, 0 to 1.
type Thresholds struct {
	File   float64 `json:"file"`   // confidence from which on a letter is filed
	Number float64 `json:"number"` // surety of recognition from which on a printed number counts that nothing else agrees with
}

// Rule sends letters to a site and a team, or to clearing whatever the evidence
// says.
type Rule struct {
	Name string `json:"name"`
	When When   `json:"when"`
	Then Then   `json:"then"`
}

// When says which letters a rule is for: all that is set must fit. Texts are
// compared without case, accents and punctuation.
type When struct {
	Words     []string `json:"words,omitempty"`     // each of these stands on the letter
	Any       []string `json:"any,omitempty"`       // one of these stands on it
	Pattern   string   `json:"pattern,omitempty"`   // Go's regexp (RE2), on a page's text
	Sender    []string `json:"sender,omitempty"`    // one of these stands in the upper third of the first page, or is the mail's sender
	Codes     []string `json:"codes,omitempty"`     // a code on a page begins with one of these
	Postcodes []string `json:"postcodes,omitempty"` // one of these stands on the first page
	Types     []string `json:"types,omitempty"`     // the document's type is one of these
	Sites     []string `json:"sites,omitempty"`     // the site at which it waits, as far as evidence goes
	Pages     int      `json:"pages,omitempty"`     // at least so many

	re *regexp.Regexp // of Pattern; ParseRules sets it
}

// Then says what becomes of such a letter.
type Then struct {
	Site     string `json:"site,omitempty"`     // in whose clearing it waits
	Team     string `json:"team,omitempty"`     // of that site
	Clearing bool   `json:"clearing,omitempty"` // a person decides, whatever the evidence says
}

// The bounds of rules.
const (
	maxRulesBytes = 256 << 10
	maxRules      = 500
	maxTexts      = 50  // in one condition
	maxTextLen    = 200 // bytes
	minTextLen    = 3   // letters and digits, or it stands on every letter
	maxPattern    = 200 // bytes
	maxProgram    = 400 // sub-expressions, repetitions counted out
)

//go:embed default.json
var defaultRules []byte

// DefaultRules gives the rules that ship, as JSON.
func DefaultRules() []byte { return bytes.Clone(defaultRules) }

// ParseRules reads rules and compares them with what rules may say. The error
// is record.Invalid and names the first field that is wrong.
func ParseRules(body []byte) (Rules, error) {
	var r Rules
	if len(body) > maxRulesBytes {
		return Rules{}, record.Bad("rules", "The rules are longer than %d bytes.", maxRulesBytes)
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	if err := d.Decode(&r); err != nil {
		return Rules{}, unreadable(err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return Rules{}, record.Bad("rules", "Something stands behind the rules' closing bracket.")
	}
	if err := r.validate(); err != nil {
		return Rules{}, err
	}
	return r, nil
}

// unreadable names what of the JSON can't be read.
func unreadable(err error) error {
	var kind *json.UnmarshalTypeError
	var syntax *json.SyntaxError
	switch {
	case errors.As(err, &kind):
		return record.Bad(kind.Field, "%q is no value for this field.", kind.Value)
	case errors.As(err, &syntax):
		return record.Bad("rules", "The rules are no JSON from byte %d on.", syntax.Offset)
	}
	return record.Bad("rules", "The rules can't be read: %s.", strings.TrimPrefix(err.Error(), "json: "))
}

func (r Rules) validate() error {
	if r.Format != 1 {
		return record.Bad("format", "The format of these rules is 1.")
	}
	if err := within("thresholds.file", r.Thresholds.File, 0.95, 0.9999); err != nil {
		return err
	}
	if err := within("thresholds.number", r.Thresholds.Number, 0.8, 1); err != nil {
		return err
	}
	if len(r.Rules) > maxRules {
		return record.Bad("rules", "There are more than %d rules.", maxRules)
	}
	names := map[string]bool{}
	for i := range r.Rules {
		rule, at := &r.Rules[i], fmt.Sprintf("rules[%d]", i)
		if strings.TrimSpace(rule.Name) == "" || len(rule.Name) > maxTextLen || names[rule.Name] {
			return record.Bad(at+".name", "A rule has a name of its own, up to %d bytes.", maxTextLen)
		}
		names[rule.Name] = true
		if err := rule.validate(at); err != nil {
			return err
		}
	}
	return r.chains()
}

func within(field string, v, low, high float64) error {
	if !(v >= low && v <= high) {
		return record.Bad(field, "This is between %v and %v.", low, high)
	}
	return nil
}

func (r *Rule) validate(at string) error {
	w, t := &r.When, r.Then
	if t == (Then{}) {
		return record.Bad(at+".then", "The rule says nothing of what becomes of a letter.")
	}
	for _, c := range []struct {
		field string
		texts []string
	}{{"words", w.Words}, {"any", w.Any}, {"sender", w.Sender}, {"codes", w.Codes}, {"postcodes", w.Postcodes}, {"types", w.Types}} {
		if err := validTexts(at+".when."+c.field, c.texts); err != nil {
			return err
		}
	}
	if len(w.Sites) > maxTexts {
		return record.Bad(at+".when.sites", "There are more than %d.", maxTexts)
	}
	for i, p := range w.Postcodes {
		if len(p) != 5 || strings.Trim(p, "0123456789") != "" {
			return record.Bad(fmt.Sprintf("%s.when.postcodes[%d]", at, i), "A postcode has five digits.")
		}
	}
	if w.Pages < 0 {
		return record.Bad(at+".when.pages", "A number of pages is not below 0.")
	}
	if err := w.compile(at + ".when.pattern"); err != nil {
		return err
	}
	if len(w.Words)+len(w.Any)+len(w.Sender)+len(w.Codes)+len(w.Postcodes)+len(w.Types) == 0 && w.Pattern == "" {
		return record.Bad(at+".when", "This rule fits every letter, or every letter of a site. It needs words, a pattern, a sender, codes, postcodes or types.")
	}
	if everydayLetter().fitsAny(*w) {
		return record.Bad(at+".when", "This rule fits nearly every letter: what it asks for stands on all of them.")
	}
	return nil
}

func validTexts(field string, texts []string) error {
	if len(texts) > maxTexts {
		return record.Bad(field, "There are more than %d.", maxTexts)
	}
	for i, s := range texts {
		if len(strings.Join(fold(s), "")) < minTextLen || len(s) > maxTextLen {
			return record.Bad(fmt.Sprintf("%s[%d]", field, i), "It has at least %d letters or digits, and at most %d bytes.", minTextLen, maxTextLen)
		}
	}
	return nil
}

// chains refuses a rule that sends letters from one site to another that a rule
// sends on again: nobody could say where they wait.
func (r Rules) chains() error {
	from := map[string]string{} // site that a rule sends from: the rule
	for _, rule := range r.Rules {
		for _, s := range rule.When.Sites {
			if rule.Then.Site != "" && rule.Then.Site != s {
				from[s] = rule.Name
			}
		}
	}
	for i, rule := range r.Rules {
		if len(rule.When.Sites) == 0 || rule.Then.Site == "" {
			continue
		}
		if next, sent := from[rule.Then.Site]; sent {
			return record.Bad(fmt.Sprintf("rules[%d].then.site", i), "The rule %q sends letters on from this site. Rules must not form a chain.", next)
		}
	}
	return nil
}

// Unknown gives an error that names the first site or team that the rules name
// and the house doesn't have.
func (r Rules) Unknown(sites []record.Site) error {
	teams := map[string]map[string]bool{} // by site; "": of any
	teams[""] = map[string]bool{}
	for _, s := range sites {
		teams[s.Code] = map[string]bool{}
		for _, t := range s.Teams {
			teams[s.Code][t.Code], teams[""][t.Code] = true, true
		}
	}
	for i, rule := range r.Rules {
		at := fmt.Sprintf("rules[%d]", i)
		for j, s := range rule.When.Sites {
			if teams[s] == nil {
				return record.Bad(fmt.Sprintf("%s.when.sites[%d]", at, j), "There is no site %q.", s)
			}
		}
		if teams[rule.Then.Site] == nil {
			return record.Bad(at+".then.site", "There is no site %q.", rule.Then.Site)
		}
		if t := rule.Then.Team; t != "" && !teams[rule.Then.Site][t] {
			return record.Bad(at+".then.team", "There is no team %q at this site.", t)
		}
	}
	return nil
}

// compile reads the pattern.
func (w *When) compile(field string) (err error) {
	if w.Pattern == "" {
		return nil
	}
	if len(w.Pattern) > maxPattern {
		return record.Bad(field, "A pattern has at most %d bytes.", maxPattern)
	}
	if w.re, err = regexp.Compile(w.Pattern); err != nil {
		return record.Bad(field, "This is no pattern: %s.", strings.TrimPrefix(err.Error(), "error parsing regexp: "))
	}
	if w.re.MatchString("") || w.re.MatchString(everyday) {
		return record.Bad(field, "This pattern fits nearly every letter.")
	}
	if n := weight(w.Pattern); n > maxProgram {
		return record.Bad(field, "This pattern is too large: its repetitions come to %d parts, %d are allowed.", n, maxProgram)
	}
	return nil
}
