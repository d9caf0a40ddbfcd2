package embedded

import (
	"fmt"
	"math"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/blevesearch/bleve/v2/analysis"
	"github.com/blevesearch/bleve/v2/document"
	index "github.com/blevesearch/bleve_index_api"

	"eakte/search"
)

// The fields of an entry.
const (
	fieldText    = "t" // element 0 the title, element n page n; with positions
	fieldTitle   = "h" // the title once more: a word in it weighs more
	fieldSuggest = "s" // words as they are written, see suggestion
	fieldMeta    = "m" // see meta
	fieldFile    = "f"
	fieldSite    = "si"
	fieldTeam    = "te"
	fieldType    = "ty"
	fieldSection = "se"
	fieldSender  = "fr" // the words of who wrote it, on element 1; with positions
	fieldKept    = "k"  // page n of each, to be read back
)

const (
	withPositions = index.IndexField | index.IncludeTermVectors
	withScore     = index.IndexField
	plainTerm     = index.IndexField | index.SkipFreqNorm
	// What stands in one document only takes least with how often it does: Bleve
	// then writes it into the dictionary.
	mostlyOnce = withScore
	readBack   = mostlyOnce | index.DocValues
)

// toDocument makes what scorch indexes. Analysis runs when scorch asks for it,
// page by page.
func toDocument(e search.Entry) (*document.Document, error) {
	d := document.NewDocument(string(e.Document))
	words := &surfaces{seen: map[string]bool{}}
	d.AddField(text(fieldText, e.Title, element{0, words}))
	d.AddField(document.NewTextFieldCustom(fieldTitle, nil, []byte(e.Title), withScore, analyzer{}))
	for i, page := range e.Pages {
		d.AddField(text(fieldText, page, element{i + 1, words}))
	}
	// Scorch analyzes fields in order: by now words has seen all of them.
	d.AddField(&passage{document.NewTextFieldCustom(fieldSuggest, nil, nil, mostlyOnce, words.suggestions()), math.MaxInt32})
	if e.Sender != "" {
		d.AddField(text(fieldSender, e.Sender, element{1, nil}))
	}
	d.AddField(term(fieldMeta, encodeMeta(e), readBack))
	d.AddField(term(fieldFile, ordinalTerm(e.Ordinal), plainTerm))
	for _, f := range [...]struct{ name, value string }{{fieldSite, e.Site}, {fieldTeam, e.Team}, {fieldType, e.Type},
		{fieldSection, e.Section}} {
		if f.value != "" {
			d.AddField(term(f.name, clean(f.value), plainTerm))
		}
	}
	return d, keep(d, e)
}

func ordinalTerm(n uint32) string { return fmt.Sprintf("%08x", n) }

func term(name, value string, options index.FieldIndexingOptions) *document.TextField {
	return document.NewTextFieldCustom(name, nil, []byte(value), options, nil)
}

// element is the analyzer of one element of a text: of page n, or 0, the title.
// Where Bleve keeps the byte that a word begins at, it keeps the element: with
// elements as Bleve has them an index is a tenth larger. For the end see forms.
type element struct {
	n     int
	words *surfaces // that remember what is written there; may be nil
}

// Analyze implements analysis.Analyzer.
func (e element) Analyze(text []byte) analysis.TokenStream {
	t := string(text)
	tokens := search.Analyze(t)
	out := stream(tokens)
	for i, k := range tokens {
		out[i].Start = e.n
		if i+1 < len(tokens) && k.Kind == search.TokenWord && stands(tokens[i+1], k) {
			if n := ending(k.Term, tokens[i+1].Term); n > 0 {
				out[i].End, out[i+1].End = withStem, n
			}
		}
		if e.words != nil && k.Kind == search.TokenWord {
			e.words.add(k.Term, t[k.Start:k.End])
		}
	}
	return out
}

// stands says whether a token is the stem of a word.
func stands(stem, word search.Token) bool {
	return stem.Kind == search.TokenStem && stem.Position == word.Position && stem.Start == word.Start && stem.End == word.End
}

// text is a field with positions.
func text(name, value string, a element) *passage {
	return &passage{document.NewTextFieldCustom(name, nil, []byte(value), withPositions, a), 64}
}

// passage gives its length in larger units than words: it is for the score
// only, and small numbers take one byte for each word of a document, not two.
type passage struct {
	*document.TextField
	unit int
}

// Analyze implements index.Field.
func (p *passage) Analyze() {
	p.TextField.Analyze()
	withoutPlaces(p.AnalyzedTokenFrequencies())
}

// AnalyzedLength implements index.Field.
func (p *passage) AnalyzedLength() int { return (p.TextField.AnalyzedLength() + p.unit - 1) / p.unit }

// analyzer is the archive's analyzer, as Bleve wants it.
type analyzer struct{}

// Analyze implements analysis.Analyzer.
func (analyzer) Analyze(text []byte) analysis.TokenStream {
	return stream(search.Analyze(string(text)))
}

func stream(tokens []search.Token) analysis.TokenStream {
	out := make(analysis.TokenStream, len(tokens))
	backing := make([]analysis.Token, len(tokens))
	for i, t := range tokens {
		backing[i] = analysis.Token{Term: []byte(t.Term), Position: t.Position}
		out[i] = &backing[i]
	}
	return out
}

// What is worth suggesting: whole words, neither abbreviations nor debris.
const (
	minSuggest = 4
	maxSuggest = 40
)

// suggestionMark parts the folded from the written form in a suggestion. For
// most words that form is short: nothing or capital.
const (
	suggestionMark = "\x1f"
	capital        = "1"
)

// suggestion makes one term of a folded word and how it is written.
func suggestion(folded, written string) string {
	switch {
	case written == folded:
		written = ""
	case written == capitalized(folded):
		written = capital
	}
	return folded + suggestionMark + written
}

// cutSuggestion reads what suggestion made.
func cutSuggestion(term string) (folded, written string, ok bool) {
	folded, written, ok = strings.Cut(term, suggestionMark)
	switch written {
	case "":
		written = folded
	case capital:
		written = capitalized(folded)
	}
	return folded, written, ok
}

func capitalized(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(r)) + s[n:]
}

// surfaces remember words as they are written.
type surfaces struct {
	seen  map[string]bool
	words []string
}

func (s *surfaces) add(folded, written string) {
	n := utf8.RuneCountInString(written)
	if n < minSuggest || n > maxSuggest || search.HasDigit(folded) || strings.ContainsAny(written, " \n\r\t\u00ad") {
		return
	}
	w := suggestion(folded, evenCase(written))
	if !s.seen[w] {
		s.seen[w] = true
		s.words = append(s.words, w)
	}
}

// evenCase writes a word in lower case, but for a capital at its beginning and
// after a hyphen: HEIZKOSTEN and Heizkosten are one suggestion.
func evenCase(w string) string {
	var b strings.Builder
	begin := true
	for _, r := range w {
		if begin {
			b.WriteRune(r)
		} else {
			b.WriteString(strings.ToLower(string(r)))
		}
		begin = r == '-'
	}
	return b.String()
}

// suggestions gives the collected words as an analyzer's answer.
func (s *surfaces) suggestions() analysis.Analyzer { return collected{s} }

type collected struct{ from *surfaces }

// Analyze implements analysis.Analyzer. It doesn't look at the text.
func (c collected) Analyze([]byte) analysis.TokenStream {
	out := make(analysis.TokenStream, len(c.from.words))
	for i, w := range c.from.words {
		out[i] = &analysis.Token{Term: []byte(w), Position: i + 1}
	}
	c.from.seen, c.from.words = nil, nil
	return out
}
