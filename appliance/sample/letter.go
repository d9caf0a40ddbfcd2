package sample

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"eakte/appliance/record"
)

// Type says what a letter is.
type Type string

// The types of letters there are.
const (
	Rent        Type = "mietbescheinigung"
	Account     Type = "kontoauszug"
	Heating     Type = "heizkostenabrechnung"
	Renewal     Type = "weiterbewilligungsantrag"
	Notice      Type = "bescheid"
	Application Type = "hauptantrag"
	Lease       Type = "mietvertrag"
	Wage        Type = "lohnabrechnung"
	Utilities   Type = "nebenkostenabrechnung"
	Sick        Type = "arbeitsunfaehigkeitsbescheinigung"
	Dismissal   Type = "kuendigung"
	Objection   Type = "widerspruch"
	Change      Type = "veraenderungsmitteilung"
	Invitation  Type = "einladung"
	Minute      Type = "aktenvermerk"
	Hearing     Type = "anhoerung"
	Service     Type = "zustellungsurkunde"
	Slip        Type = "rueckantwort"
)

// Types gives all of them.
func Types() []Type {
	return []Type{Rent, Account, Heating, Renewal, Notice, Application, Lease, Wage, Utilities, Sick, Dismissal, Objection,
		Change, Invitation, Minute, Hearing, Service, Slip}
}

// Title is what users call the type.
func (t Type) Title() string {
	s := strings.NewReplacer("unfaehig", "unfähig", "kuend", "künd", "veraend", "veränd", "anhoer", "anhör", "rueck", "rück").Replace(string(t))
	return strings.ToUpper(s[:1]) + s[1:]
}

// Direction is the way letters of the type travel.
func (t Type) Direction() record.Direction {
	switch t {
	case Notice, Invitation, Hearing:
		return record.DirectionOut
	case Minute:
		return record.DirectionInternal
	}
	return record.DirectionIn
}

// write sets a letter of the type.
func (t Type) write(w writer) (*layout, error) {
	set, ok := map[Type]func() (*layout, error){
		Rent: w.rent, Account: w.account, Heating: w.heating, Renewal: w.renewal, Notice: w.notice, Application: w.application,
		Lease: w.lease, Wage: w.wage, Utilities: w.utilities, Sick: w.sick, Dismissal: w.dismissal, Objection: w.objection,
		Change: w.change, Invitation: w.invitation, Minute: w.minute, Hearing: w.hearing, Service: w.service, Slip: w.slip, other: w.other,
	}[t]
	if !ok {
		return nil, fmt.Errorf("sample: no letters of type %q", t)
	}
	return set()
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
	ByHand    bool     // forms are filled in by hand
	Stamped   bool     // with the date of receipt
	Envelope  bool     // the envelope is the last page
	Remarks   []string // somebody wrote on it

	household File
	office    *Office
	seed      uint64
	path      string // of its stream of random numbers
	edits     []edit // what was left out or written on it
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
// Width and Height are the raster's, in pixels. Marks stand beside the text.
type TruthPage struct {
	Marks         []TruthMark
	Text          string
	Width, Height int
	DPI           int
	Words         []TruthWord
}

// TruthWord is a word with the smallest box round its ink.
type TruthWord struct {
	Text   string
	Line   int
	Hand   bool       // written by hand
	Points Rect       // on the upright page
	Pixels record.Box // on the raster, skewed as it is
}

// TruthMark is a stamp, a code, or something written by hand.
type TruthMark struct {
	Kind   MarkKind
	Text   string
	Points Rect
	Pixels record.Box
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
	w := writer{dice: d, fonts: l.office.fonts, file: l.household, office: l.office, date: date, byHand: l.ByHand}
	lay, err := l.Type.write(w)
	if err == nil {
		lay, err = l.handled(w, lay)
	}
	if err != nil || len(l.edits) == 0 {
		return lay, err
	}
	return l.edited(lay)
}

// handled puts on a letter what happened to it on its way: an envelope, the
// stamp of the post room, a remark.
func (l Letter) handled(w writer, lay *layout) (*layout, error) {
	c := newComposer(w.fonts, "sans", 11)
	c.out, c.page = lay, lay.pages[0]
	d := l.streams()("handled")
	form := slices.Contains([]Type{Renewal, Application, Lease, Change, Slip, Sick, Service}, l.Type)
	if l.Stamped {
		c.received(d, form, w.office.site(w.file.Site).Name, germanOf(l.Received))
	}
	if len(l.Remarks) > 0 {
		h := handOf(w.office.display(w.file.Responsible))
		x, y := pageWidth-mm(72)-d.within(0, 40), mm(31)+d.within(0, 8)
		if form {
			x, y = mm(98)+d.within(0, 30), mm(12)+d.within(0, 16)
		}
		c.note(d, h.face, x, y, h.size*1.2, l.Remarks...)
	}
	if l.Envelope {
		w.envelope(c, l.Type == Objection)
	}
	return c.finish()
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
			tp.Words = append(tp.Words, TruthWord{Text: w.text, Line: w.line, Hand: w.hand, Points: ink, Pixels: view.box(ink)})
		}
		for _, m := range p.marks {
			at := m.bounds()
			tp.Marks = append(tp.Marks, TruthMark{Kind: m.kind, Text: m.text, Points: at, Pixels: view.box(at)})
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
