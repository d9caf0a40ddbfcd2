package sample

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"eakte/appliance/record"
)

// Type says what a letter is.
type Type string

// The types of letters there are.
const (
	Rent    Type = "mietbescheinigung"
	Account Type = "kontoauszug"
	Heating Type = "heizkostenabrechnung"
	Renewal Type = "weiterbewilligungsantrag"
	Notice  Type = "bescheid"
)

// Types gives all of them.
func Types() []Type { return []Type{Rent, Account, Heating, Renewal, Notice} }

// Title is what users call the type.
func (t Type) Title() string {
	s := string(t)
	return strings.ToUpper(s[:1]) + s[1:]
}

// Letter is one letter of a household, not yet drawn. It is a value: change
// Form to have the same letter in another shape.
type Letter struct {
	Type      Type
	Title     string
	Direction record.Direction
	File      string // the file's number, whether or not the letter shows it
	Dated     string // YYYY-MM-DD
	Received  string // YYYY-MM-DD
	Name      string // the name it is handed in under
	Form      Form

	household File
	office    *Office
	seed      uint64
	path      string // of its stream of random numbers
}

// Rendered is a letter as bytes, with what it truly says.
type Rendered struct {
	Name        string
	ContentType string
	Body        []byte
	Truth       Truth
}

// Truth is what a letter says, whatever its form.
type Truth struct {
	Type           Type
	Number         string   // the file's number as printed, empty if the letter does not show it
	CustomerNumber string   // as printed, or empty
	Name           string   // of the person it is about, "First Last"
	Dated          string   // YYYY-MM-DD
	Dates          []string // every date printed as DD.MM.YYYY, in order
	Amounts        []string // every amount printed as 1.234,56, in order
	Pages          []TruthPage
}

// Text is all pages' text, one after the other.
func (t Truth) Text() string {
	pages := make([]string, len(t.Pages))
	for i, p := range t.Pages {
		pages[i] = p.Text
	}
	return strings.Join(pages, "\n")
}

// TruthPage is one page: its text line by line, and its words in that order.
// Width and Height are the raster's, in pixels.
type TruthPage struct {
	Text          string
	Width, Height int
	DPI           int
	Words         []TruthWord
}

// TruthWord is a word with the smallest box round its ink.
type TruthWord struct {
	Text   string
	Line   int
	Points Rect       // on the upright page
	Pixels record.Box // on the raster, skewed as it is
}

// streams gives a letter's random numbers for one purpose, always the same.
type streams func(purpose ...any) dice

func (l Letter) streams() streams {
	return func(purpose ...any) dice { return newDice(l.seed, append([]any{l.path}, purpose...)...) }
}

// layout sets the letter.
func (l Letter) layout() (*layout, error) {
	d := l.streams()(string(l.Type))
	date, err := time.Parse(isoDate, l.Dated)
	if err != nil {
		return nil, fmt.Errorf("sample: letter's date: %w", err)
	}
	w := writer{dice: d, fonts: l.office.fonts, file: l.household, office: l.office, date: date}
	switch l.Type {
	case Rent:
		return w.rent()
	case Account:
		return w.account()
	case Heating:
		return w.heating()
	case Renewal:
		return w.renewal()
	case Notice:
		return w.notice()
	}
	return nil, fmt.Errorf("sample: no letters of type %q", l.Type)
}

// Render draws the letter in its form.
func (l Letter) Render() (Rendered, error) {
	lay, err := l.layout()
	if err != nil {
		return Rendered{}, err
	}
	r := Rendered{Name: l.Name, Truth: l.truth(lay)}
	r.Body, r.ContentType, err = l.Form.write(lay, l.streams(), l.Dated)
	if err != nil {
		return Rendered{}, fmt.Errorf("sample: %s: %w", l.Type, err)
	}
	return r, nil
}

// Truth gives what the letter says, without drawing it.
func (l Letter) Truth() (Truth, error) {
	lay, err := l.layout()
	if err != nil {
		return Truth{}, err
	}
	return l.truth(lay), nil
}

func (l Letter) truth(lay *layout) Truth {
	t := Truth{Type: l.Type, Dated: l.Dated, Name: l.household.Members[0].Full()}
	for i, p := range lay.pages {
		view := l.Form.view(l.streams()("view"), i)
		tp := TruthPage{Text: p.text(), Width: view.width, Height: view.height, DPI: view.dpi}
		for _, w := range p.words {
			ink := w.ink()
			tp.Words = append(tp.Words, TruthWord{Text: w.text, Line: w.line, Points: ink, Pixels: view.box(ink)})
		}
		t.Pages = append(t.Pages, tp)
	}
	text := t.Text()
	if strings.Contains(text, l.household.Number) {
		t.Number = l.household.Number
	}
	for _, m := range l.household.Members {
		if t.CustomerNumber == "" && strings.Contains(text, m.CustomerNumber) {
			t.CustomerNumber = m.CustomerNumber
		}
	}
	t.Dates = regexp.MustCompile(`\b\d{2}\.\d{2}\.\d{4}\b`).FindAllString(text, -1)
	t.Amounts = regexp.MustCompile(`-?\b\d{1,3}(?:\.\d{3})*,\d{2}\b`).FindAllString(text, -1)
	return t
}
