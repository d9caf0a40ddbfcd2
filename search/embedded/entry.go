package embedded

import (
	"strings"
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
)

const (
	withPositions = index.IndexField | index.IncludeTermVectors
	withScore     = index.IndexField
	plainTerm     = index.IndexField | index.SkipFreqNorm
	readBack      = plainTerm | index.DocValues
)

// toDocument makes what scorch indexes. Analysis runs when scorch asks for it,
// page by page.
func toDocument(e search.Entry) *document.Document {
	d := document.NewDocument(string(e.Document))
	words := &surfaces{seen: map[string]bool{}}
	d.AddField(document.NewTextFieldCustom(fieldText, []uint64{0}, []byte(e.Title), withPositions, words))
	d.AddField(document.NewTextFieldCustom(fieldTitle, nil, []byte(e.Title), withScore, analyzer{}))
	for i, page := range e.Pages {
		d.AddField(document.NewTextFieldCustom(fieldText, []uint64{uint64(i) + 1}, []byte(page), withPositions, words))
	}
	// Scorch analyzes fields in order: by now words has seen all of them.
	d.AddField(document.NewTextFieldCustom(fieldSuggest, nil, nil, plainTerm, words.suggestions()))
	d.AddField(term(fieldMeta, metaOf(e).encode(), readBack))
	d.AddField(term(fieldFile, ordinalTerm(e.Ordinal), plainTerm))
	for _, f := range [...]struct{ name, value string }{{fieldSite, e.Site}, {fieldTeam, e.Team}, {fieldType, e.Type}} {
		if f.value != "" {
			d.AddField(term(f.name, clean(f.value), plainTerm))
		}
	}
	return d
}

func term(name, value string, options index.FieldIndexingOptions) *document.TextField {
	return document.NewTextFieldCustom(name, nil, []byte(value), options, nil)
}

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
		backing[i] = analysis.Token{Term: []byte(t.Term), Start: t.Start, End: t.End, Position: t.Position}
		out[i] = &backing[i]
	}
	return out
}

// What is worth suggesting: whole words, neither abbreviations nor debris.
const (
	minSuggest = 4
	maxSuggest = 40
)

// suggestionMark parts the folded from the written form in a suggestion.
const suggestionMark = "\x1f"

// surfaces analyzes text and remembers its words as they are written.
type surfaces struct {
	seen  map[string]bool
	words []string
}

// Analyze implements analysis.Analyzer.
func (s *surfaces) Analyze(text []byte) analysis.TokenStream {
	t := string(text)
	tokens := search.Analyze(t)
	for _, k := range tokens {
		if k.Kind == search.TokenWord {
			s.add(k.Term, t[k.Start:k.End])
		}
	}
	return stream(tokens)
}

func (s *surfaces) add(folded, written string) {
	n := utf8.RuneCountInString(written)
	if n < minSuggest || n > maxSuggest || search.HasDigit(folded) || strings.ContainsAny(written, " \n\r\t\u00ad") {
		return
	}
	w := folded + suggestionMark + evenCase(written)
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
