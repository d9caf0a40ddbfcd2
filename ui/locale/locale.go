// Package locale holds every sentence the pages show, as keys with a German
// and an English text, and the ways dates, sizes and numbers are written in
// either language. A test holds the keys that the sources use against both
// files: none is missing, none is left over.
//
// Each language has a file of its general texts and one for each area
// (de.json, de.inbox.json …); a key stands in one of them only.
//
// A text may name values in braces ("Seite {n} von {all}"). A key with a count
// has the two forms key.one and key.other.
package locale

import (
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"sort"
	"strconv"
	"strings"
)

// The languages, the first is the one that is shown when nothing is known.
const (
	German  = "de"
	English = "en"
)

// Languages lists them, German first.
func Languages() []string { return []string{German, English} }

//go:embed *.json
var files embed.FS

// Texts are all texts in all languages.
type Texts struct{ in map[string]*Lang }

// Lang writes in one language. It is safe for concurrent use.
type Lang struct {
	Code  string
	texts map[string]string
	own   map[string]string   // texts of values that a house has named itself
	named map[string][]string // values of a family that it named, in its order
}

// Named is a value from data and what a house calls it.
type Named struct{ Value, Text string }

// With gives the language with a house's own texts for the values of a family;
// they go before those that ship.
func (l *Lang) With(family string, values []Named) *Lang {
	out := &Lang{Code: l.Code, texts: l.texts, own: map[string]string{}, named: map[string][]string{}}
	for k, v := range l.own {
		out.own[k] = v
	}
	for k, v := range l.named {
		out.named[k] = v
	}
	var list []string
	for _, v := range values {
		out.own[family+"."+v.Value] = v.Text
		list = append(list, v.Value)
	}
	out.named[family] = list
	return out
}

// Values lists the values of a family that the house named, in its order; nil if
// it named none.
func (l *Lang) Values(family string) []string { return l.named[family] }

// Load reads the embedded texts.
func Load() (*Texts, error) {
	t := &Texts{in: map[string]*Lang{}}
	for _, code := range Languages() {
		texts, err := read(code)
		if err != nil {
			return nil, fmt.Errorf("locale: %w", err)
		}
		t.in[code] = &Lang{Code: code, texts: texts}
	}
	return t, nil
}

// read merges the files of a language.
func read(code string) (map[string]string, error) {
	names, err := fs.Glob(files, code+"*.json")
	if err != nil || len(names) == 0 {
		return nil, errors.Join(fmt.Errorf("%s has no texts", code), err)
	}
	texts := map[string]string{}
	for _, name := range names {
		b, err := files.ReadFile(name)
		if err != nil {
			return nil, err
		}
		var part map[string]string
		if err := json.Unmarshal(b, &part); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		for k, v := range part {
			if _, twice := texts[k]; twice {
				return nil, fmt.Errorf("%s: the key %s stands in another file too", name, k)
			}
			texts[k] = v
		}
	}
	return texts, nil
}

// Lang gives a language by its code, German for one that is not known.
func (t *Texts) Lang(code string) *Lang {
	if l, ok := t.in[code]; ok {
		return l
	}
	return t.in[German]
}

// Accept chooses by an Accept-Language header: the known language with the
// highest weight, German if none is known.
func (t *Texts) Accept(header string) *Lang {
	best, weight := German, 0.0
	for _, part := range strings.Split(header, ",") {
		tag, q, _ := strings.Cut(strings.TrimSpace(part), ";")
		w := 1.0
		if v, ok := strings.CutPrefix(strings.TrimSpace(q), "q="); ok {
			f, err := strconv.ParseFloat(v, 64)
			if err != nil {
				continue
			}
			w = f
		}
		code, _, _ := strings.Cut(strings.ToLower(tag), "-")
		if _, known := t.in[code]; known && w > weight {
			best, weight = code, w
		}
	}
	return t.in[best]
}

// T gives the text of a key with its values put in: T("page.of", "n", 3). A
// key that is missing shows as itself, so that nothing is ever blank.
func (l *Lang) T(key string, pairs ...any) string {
	s, ok := l.texts[key]
	if !ok {
		return key
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		s = strings.ReplaceAll(s, "{"+fmt.Sprint(pairs[i])+"}", fmt.Sprint(pairs[i+1]))
	}
	return s
}

// N gives the text of a key for a count: key.one or key.other, with {n}.
func (l *Lang) N(key string, n int, pairs ...any) string {
	form := key + ".other"
	if n == 1 {
		form = key + ".one"
	}
	return l.T(form, append([]any{"n", l.Number(n)}, pairs...)...)
}

// Of gives the text of a value from data, as Of("state", "ready") for the key
// state.ready; a value without a text (a site's own role, say) is shown as it is.
func (l *Lang) Of(family, value string) string {
	if s, ok := l.own[family+"."+value]; ok {
		return s
	}
	if s, ok := l.texts[family+"."+value]; ok {
		return s
	}
	return value
}

// Has says whether there is a text for a value of a family.
func (l *Lang) Has(family, value string) bool {
	_, ok := l.texts[family+"."+value]
	return ok
}

// Keys lists all keys of a language, sorted.
func (l *Lang) Keys() []string {
	keys := make([]string, 0, len(l.texts))
	for k := range l.texts {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}

// ReasonText says why a document was quarantined, so that whoever scanned it
// knows what to do.
func (l *Lang) ReasonText(reason string) string {
	if !l.Has("reason", reason) {
		return l.T("reason.other")
	}
	return l.Of("reason", reason)
}

// Number writes a whole number with the language's thousands mark.
func (l *Lang) Number(n int) string {
	s := strconv.Itoa(n)
	mark := "."
	if l.Code == English {
		mark = ","
	}
	start := 0
	if n < 0 {
		start = 1
	}
	for i := len(s) - 3; i > start; i -= 3 {
		s = s[:i] + mark + s[i:]
	}
	return s
}

// Size writes a number of bytes as people read it: 812 KB, 3,4 MB.
func (l *Lang) Size(bytes int64) string {
	const step = 1000
	units := []string{"Byte", "KB", "MB", "GB", "TB"}
	v, u := float64(bytes), 0
	for v >= step && u < len(units)-1 {
		v /= step
		u++
	}
	s := strconv.FormatFloat(v, 'f', 1, 64)
	if u < 2 || v >= 100 {
		s = strconv.FormatFloat(v, 'f', 0, 64)
	}
	if l.Code == German {
		s = strings.Replace(s, ".", ",", 1)
	}
	return s + " " + units[u]
}
