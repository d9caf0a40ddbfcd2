package classify

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"regexp"
	"strings"
	"unicode/utf8"

	"eakte/appliance/record"
)

// Spec is what a house writes: its types, and how clear a decision must be.
type Spec struct {
	Threshold float64 `json:"threshold"` // points that a type needs to be decided
	Distance  float64 `json:"distance"`  // points by which it must be ahead of the next
	Types     []Type  `json:"types"`
}

// Type is one type of documents and what speaks for it. A phrase is one to
// eight words; a star at the beginning or the end of a word stands for the rest
// of a compound ("*kündigung"). Case, umlauts and hyphens don't matter, and
// words of six letters or more may be misread.
type Type struct {
	Key      string   `json:"key"`      // as it stands in the archive: small letters, digits, "_" and "-"
	German   string   `json:"german"`   // its name
	English  string   `json:"english"`  // its name
	Headings []Phrase `json:"headings"` // in headings and subject lines
	Words    []Words  `json:"words"`    // anywhere
	Codes    []Phrase `json:"codes"`    // pieces of what a code on the page says
	Senders  []Phrase `json:"senders"`  // in the letterhead
	Hints    []string `json:"hints"`    // what the scan provider or an application calls it
	Against  []Words  `json:"against"`  // what speaks against it
}

// Phrase is one phrase with the points that it counts.
type Phrase struct {
	Text   string  `json:"text"`
	Weight float64 `json:"weight"`
}

// Words count once if one of Any, every one of All and none of None stands in
// the letter. Empty lists ask for nothing, but Any and All are not both empty.
type Words struct {
	Any    []string `json:"any"`
	All    []string `json:"all"`
	None   []string `json:"none"`
	Weight float64  `json:"weight"`
}

// Rules are checked and ready for use. The zero Rules decide nothing. They are
// safe for concurrent use.
type Rules struct {
	Spec  Spec
	words vocabulary
	types []compiled
}

// The bounds of rules.
const (
	maxBody    = 1 << 20
	maxTypes   = 200
	maxEntries = 100 // of a list
	maxPhrase  = 100 // bytes
	maxWords   = 8   // of a phrase
	maxPoints  = 20
)

//go:embed default.json
var defaults []byte

// DefaultRules are those that ship, as JSON.
func DefaultRules() []byte { return bytes.Clone(defaults) }

// ParseRules reads and checks rules. An error is Invalid and names the field
// ("types[3].words[0].weight").
func ParseRules(body []byte) (Rules, error) {
	if len(body) > maxBody {
		return Rules{}, record.Bad("body", "is longer than %d bytes", maxBody)
	}
	var s Spec
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	if err := d.Decode(&s); err != nil {
		return Rules{}, notJSON(err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return Rules{}, record.Bad("body", "has something behind the rules")
	}
	if err := s.check(); err != nil {
		return Rules{}, err
	}
	return compile(s), nil
}

func notJSON(err error) error {
	var kind *json.UnmarshalTypeError
	if errors.As(err, &kind) && kind.Field != "" {
		return record.Bad(kind.Field, "is a %s here, which it can't be", kind.Value)
	}
	return record.Bad("body", "is no JSON of rules: %v", err)
}

var keyPattern = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,63}$`)

func (s Spec) check() error {
	switch {
	case !points(s.Threshold):
		return record.Bad("threshold", "must lie above 0 and not above %d", maxPoints)
	case !points(s.Distance):
		return record.Bad("distance", "must lie above 0 and not above %d", maxPoints)
	case len(s.Types) == 0:
		return record.Bad("types", "is empty")
	case len(s.Types) > maxTypes:
		return record.Bad("types", "are more than %d", maxTypes)
	}
	keys, hints := map[string]string{}, map[string]string{}
	for i, t := range s.Types {
		at := fmt.Sprintf("types[%d]", i)
		if !keyPattern.MatchString(t.Key) {
			return record.Bad(at+".key", "is 1 to 64 small letters, digits, _ or -")
		}
		if keys[t.Key] != "" {
			return record.Bad(at+".key", "stands at %s already", keys[t.Key])
		}
		keys[t.Key] = at
		for n, h := range t.Hints {
			where, h := fmt.Sprintf("%s.hints[%d]", at, n), flat(h)
			if h == "" || len(h) > maxPhrase {
				return record.Bad(where, "is empty or longer than %d bytes", maxPhrase)
			}
			if by := hints[h]; by != "" && by != t.Key {
				return record.Bad(where, "is a hint of %s already", by)
			}
			hints[h] = t.Key
		}
		if err := t.check(at); err != nil {
			return err
		}
	}
	return nil
}

func (t Type) check(at string) error {
	for _, n := range []struct{ field, value string }{{"german", t.German}, {"english", t.English}} {
		if strings.TrimSpace(n.value) == "" || len(n.value) > maxPhrase || !utf8.ValidString(n.value) {
			return record.Bad(at+"."+n.field, "is empty or longer than %d bytes", maxPhrase)
		}
	}
	if len(t.Hints) > maxEntries {
		return record.Bad(at+".hints", "are more than %d", maxEntries)
	}
	for _, l := range []struct {
		field string
		list  []Phrase
	}{{"headings", t.Headings}, {"codes", t.Codes}, {"senders", t.Senders}} {
		if err := checkPhrases(at+"."+l.field, l.list, l.field == "codes"); err != nil {
			return err
		}
	}
	if err := checkWords(at+".words", t.Words); err != nil {
		return err
	}
	return checkWords(at+".against", t.Against)
}

func checkPhrases(at string, list []Phrase, codes bool) error {
	if len(list) > maxEntries {
		return record.Bad(at, "are more than %d", maxEntries)
	}
	for i, p := range list {
		where := fmt.Sprintf("%s[%d]", at, i)
		if !points(p.Weight) {
			return record.Bad(where+".weight", "must lie above 0 and not above %d", maxPoints)
		}
		if codes {
			if n := len(strings.TrimSpace(p.Text)); n < 3 || n > maxPhrase {
				return record.Bad(where+".text", "is shorter than 3 or longer than %d bytes", maxPhrase)
			}
			continue
		}
		if err := checkPhrase(where+".text", p.Text); err != nil {
			return err
		}
	}
	return nil
}

func checkWords(at string, list []Words) error {
	if len(list) > maxEntries {
		return record.Bad(at, "are more than %d", maxEntries)
	}
	for i, w := range list {
		where := fmt.Sprintf("%s[%d]", at, i)
		if !points(w.Weight) {
			return record.Bad(where+".weight", "must lie above 0 and not above %d", maxPoints)
		}
		if len(w.Any)+len(w.All) == 0 {
			return record.Bad(where+".any", "asks for no word, so it would match every letter")
		}
		for _, l := range []struct {
			field string
			list  []string
		}{{"any", w.Any}, {"all", w.All}, {"none", w.None}} {
			if len(l.list) > maxEntries {
				return record.Bad(where+"."+l.field, "are more than %d", maxEntries)
			}
			for n, p := range l.list {
				if err := checkPhrase(fmt.Sprintf("%s.%s[%d]", where, l.field, n), p); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// checkPhrase refuses what would stand in every letter.
func checkPhrase(at, text string) error {
	if len(text) > maxPhrase || !utf8.ValidString(text) {
		return record.Bad(at, "is longer than %d bytes", maxPhrase)
	}
	words := phraseWords(text)
	if len(words) == 0 || len(words) > maxWords {
		return record.Bad(at, "is one to %d words", maxWords)
	}
	for _, w := range words {
		if (w.prefix || w.suffix) && len(w.text) < 4 {
			return record.Bad(at, "has fewer than four letters beside its star")
		}
	}
	if w := words[0]; len(words) == 1 && (len(w.text) < 3 || everyday[w.text]) {
		return record.Bad(at, "matches nearly every letter")
	}
	return nil
}

// everyday are words that stand in any German letter.
var everyday = func() map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(`der die das den dem des ein eine einen einem einer eines und oder aber nicht ist sind war
		wird werden wurde hat haben sie ich ihr ihre ihrer ihren ihrem mein meine meiner meinen sich auf aus bei bis durch für mit nach von vom
		zum zur über unter sehr geehrte geehrter damen herren herr frau freundlichen grüßen datum name vorname straße telefon seite euro eur`) {
		m[fold(w)] = true
	}
	return m
}()

func points(w float64) bool { return w > 0 && w <= maxPoints && !math.IsNaN(w) }
