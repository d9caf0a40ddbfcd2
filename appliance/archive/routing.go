package archive

import (
	"errors"
	"slices"
	"time"

	"eakte/appliance/catalog"
	"eakte/appliance/record"
	"eakte/policy/access"
)

// RoutingView is why a document lies where it does, or why it waits, as its
// reader may see it: it says nothing of a file that they may not find.
type RoutingView struct {
	Outcome    string           `json:"outcome"`    // filed, clearing, accepted, forwarded
	Reason     string           `json:"reason"`     // a key of ui/locale below "routing.reason."
	Site       string           `json:"site"`       // whose clearing, or the file's
	Team       string           `json:"team"`       // whose work it probably is; may be empty
	Confidence float64          `json:"confidence"` // that the file, or the best candidate, is right: 0 to 1
	Rules      int64            `json:"rules"`      // version of the routing rules
	Rule       string           `json:"rule"`       // that decided; empty: the evidence did
	Reserved   *FileRef         `json:"reserved"`   // the restricted file that it waits for; null: none
	Evidence   []EvidenceView   `json:"evidence"`
	Candidates []CandidateView  `json:"candidates"` // best first
	Type       record.TypeGuess `json:"type"`
	At         time.Time        `json:"at"`
	By         Person           `json:"by"` // "system", or who decided in clearing
}

// EvidenceView is one thing that spoke for or against a file.
type EvidenceView struct {
	Kind   string     `json:"kind"` // its sentence is the key "routing.evidence."+Kind
	Source string     `json:"source"`
	Page   int        `json:"page"` // from 1; 0: it stands on no page
	Box    record.Box `json:"box"`
	Text   string     `json:"text"`  // as it was read
	Value  string     `json:"value"` // what it was taken for
	File   *FileRef   `json:"file"`  // null: for none that exists
	Repair bool       `json:"repair"`
	Weight float64    `json:"weight"` // below 0 it speaks against
}

// CandidateView is a file that a document in clearing may belong to.
type CandidateView struct {
	File       FileRef      `json:"file"`
	Members    []MemberView `json:"members"`
	Confidence float64      `json:"confidence"` // 0 to 1
	Evidence   []int        `json:"evidence"`   // places in RoutingView.Evidence
	Conflict   bool         `json:"conflict"`   // something speaks for another file
}

// addRouting adds to one document why it lies where it does.
func (a *Archive) addRouting(tx *catalog.Tx, actor record.Actor, row documentRow, v *DocumentView) error {
	if !a.Policy.Decide(row.facts, access.DocumentList).Allowed || row.doc.State == record.StateDisposed {
		return nil
	}
	r, ok, err := tx.RoutingOf(row.doc.ID)
	if err != nil || !ok {
		return err
	}
	meant, err := tx.ReservedFor(row.doc.ID)
	if err != nil {
		return err
	}
	known, err := a.findable(tx, actor, r, row.doc.File, meant)
	if err != nil {
		return err
	}
	people, err := tx.UsersByID([]record.UserID{r.By})
	if err != nil {
		return err
	}
	out := RoutingView{Outcome: r.Outcome, Reason: r.Reason, Site: r.Site, Team: r.Team, Confidence: r.Confidence, Rules: r.Rules, Rule: r.Rule,
		Type: r.Type, At: r.At, By: personOf(r.By, people), Evidence: []EvidenceView{}, Candidates: []CandidateView{}}
	if r.Outcome == record.OutcomeClearing && meant == "" { // who has said no to it says that they had to be asked
		out.By = personOf(record.System("").User, nil)
	}
	if f, ok := known[meant]; ok && meant != "" && row.doc.File == "" {
		out.Reserved = &FileRef{ID: f.ID, Number: f.Number()}
	}
	hidden := out.show(r, row.doc.File, known)
	if row.doc.File == "" && hidden || row.doc.File != "" && r.File != row.doc.File {
		out.guarded(r.Outcome)
	}
	if err := a.nameCandidates(tx, known, &out); err != nil {
		return err
	}
	if !a.Policy.Decide(row.facts, access.DocumentView).Allowed {
		out.wordless()
	}
	v.Routing = &out
	return nil
}

// findable are the files of a decision that the actor may find now. Of a
// document that lies in a file it is that file alone: how its number came to
// stand beside another's is nobody's business any more.
func (a *Archive) findable(tx *catalog.Tx, actor record.Actor, r record.Routing, in, meant record.FileID) (map[record.FileID]record.File, error) {
	want := []record.FileID{in}
	if in == "" {
		want = []record.FileID{meant}
		for _, e := range r.Evidence {
			want = append(want, e.File)
		}
		for _, c := range r.Candidates {
			want = append(want, c.File)
		}
	}
	slices.Sort(want)
	return a.known(tx, actor, slices.DeleteFunc(slices.Compact(want), func(id record.FileID) bool { return id == "" }))
}

// known reads those of these files of which the actor may be told beside a
// document: a restricted file is named to who may open it, any other to who may
// find it.
func (a *Archive) known(tx *catalog.Tx, actor record.Actor, want []record.FileID) (map[record.FileID]record.File, error) {
	facts, err := tx.Facts(actor.User, want)
	if err != nil {
		return nil, err
	}
	files, err := tx.FilesByID(want)
	for id := range files {
		f, ok := facts[id]
		act := access.FileFind
		if f.Sensitivity >= record.SensitivityRestricted {
			act = access.FileView
		}
		if !ok || !a.Policy.Decide(f, act).Allowed {
			delete(files, id)
		}
	}
	return files, err
}

// show takes over what speaks for files that are known, and for none; hidden
// says that something was left out, now or when it was decided.
func (v *RoutingView) show(r record.Routing, in record.FileID, known map[record.FileID]record.File) (hidden bool) {
	place := map[int]int{}
	for i, e := range r.Evidence {
		f, ok := known[e.File]
		if e.Kind == "" || !ok && e.File != "" || in != "" && e.File == "" && e.Kind != record.EvidenceRecipient && e.Kind != record.EvidenceRule {
			hidden = true
			continue
		}
		shown := EvidenceView{Kind: e.Kind, Source: e.Source, Page: e.Page, Box: e.Box, Text: e.Text, Value: e.Value, Repair: e.Repair, Weight: e.Weight}
		if ok {
			shown.File = &FileRef{ID: f.ID, Number: f.Number()}
		}
		place[i] = len(v.Evidence)
		v.Evidence = append(v.Evidence, shown)
	}
	if in != "" {
		return hidden
	}
	for _, c := range r.Candidates {
		f, ok := known[c.File]
		if !ok {
			hidden = true
			continue
		}
		shown := CandidateView{File: FileRef{ID: f.ID, Number: f.Number()}, Members: []MemberView{}, Confidence: c.Confidence,
			Evidence: []int{}, Conflict: c.Conflict}
		for _, i := range c.Evidence {
			if p, ok := place[i]; ok {
				shown.Evidence = append(shown.Evidence, p)
			}
		}
		v.Candidates = append(v.Candidates, shown)
	}
	return hidden
}

// reasonUnsure is what is said where the reason would tell of a file that the
// reader may not find: it is the reason of many other documents.
const reasonUnsure = "unsure"

// guarded takes out of a decision what would say that there was something else:
// a conflict with a file that the reader may not find, how sure it was beside
// that, by which rule.
func (v *RoutingView) guarded(outcome string) {
	v.Rule, v.Confidence, v.Team = "", 0, ""
	v.Reason = reasonUnsure
	if outcome != record.OutcomeClearing {
		v.Reason = ""
	}
	for i := range v.Candidates {
		v.Candidates[i].Conflict = len(v.Candidates) > 1
		v.Confidence = max(v.Confidence, v.Candidates[i].Confidence)
	}
}

// wordless takes out what stands on the pages, for who may not read them.
func (v *RoutingView) wordless() {
	for i := range v.Evidence {
		v.Evidence[i].Text, v.Evidence[i].Value, v.Evidence[i].Box = "", "", record.Box{}
	}
	v.Type.Reasons = nil
}

// nameCandidates says whose the candidates' files are.
func (a *Archive) nameCandidates(tx *catalog.Tx, known map[record.FileID]record.File, v *RoutingView) error {
	var files []record.File
	for _, c := range v.Candidates {
		files = append(files, known[c.File.ID])
	}
	members, err := a.members(tx, files...)
	for i, c := range v.Candidates {
		v.Candidates[i].Members = append(v.Candidates[i].Members, members[c.File.ID]...)
	}
	return err
}

// routedBy keeps, when a person files a document or describes it in clearing,
// that it was a person: what was proposed stays beside it, and no rule decides
// about it any more. That it was handed on to another authority stays too.
func (a *Archive) routedBy(tx *catalog.Tx, actor record.Actor, was, is record.Document, last *before) error {
	if was.File != is.File {
		if err := a.goOn(tx, was, is); err != nil {
			return err
		}
	}
	if was.File != "" && is.File != "" {
		return a.shut(tx, actor, is.ID)
	}
	r, _, err := tx.RoutingOf(is.ID)
	if err != nil {
		return err
	}
	if is.File == "" && r.Outcome == record.OutcomeForwarded {
		return nil
	}
	if was.File == "" && r.Reserved == "" { // it was kept by what came with it: taken back, it is so again
		if r.Reserved, err = tx.ReservedFor(is.ID); err != nil {
			return err
		}
	}
	r.By, r.At = actor.User, a.Clock.Now()
	if is.File != "" {
		r.Outcome, r.File = record.OutcomeAccepted, is.File
		last.personal.Routing = r
		return errors.Join(tx.Routed(is.ID, r, nil), a.shut(tx, actor, is.ID))
	}
	r.Outcome, r.File = record.OutcomeClearing, ""
	last.personal.Routing = r
	if was.File == "" {
		return tx.SetRouting(is.ID, r)
	}
	return a.waitsAgain(tx, is.ID, r)
}

// goOn lets what is in work go on when a person has put a document elsewhere: the
// rules say what it is if nobody did, a mail that waited for its parts waits no
// more, and one that it came in doesn't wait for it.
func (a *Archive) goOn(tx *catalog.Tx, was, is record.Document) error {
	if a.RouteAgain == nil {
		return nil
	}
	ids, err := tx.Enclosing(is.ID, maxEnclosing)
	if err != nil {
		return err
	}
	if is.File != "" && (is.Type == "" && was.File == "" || is.State == record.StateProcessing) {
		ids = append(ids, is.ID)
	}
	for _, id := range ids {
		if err := tx.Enqueue(a.RouteAgain(id)); err != nil {
			return err
		}
	}
	return nil
}

// maxEnclosing is deeper than containers are unpacked.
const maxEnclosing = 8

// shut closes what holds the pages of a document in a restricted file.
func (a *Archive) shut(tx *catalog.Tx, actor record.Actor, id record.DocumentID) error {
	waiting, err := tx.Shut(id)
	for _, w := range waiting {
		err = errors.Join(err, tx.AskItem(w, actor.User, a.worksWith))
	}
	return err
}

// waitsAgain is for a document that comes back to clearing: for the same
// customers as before, and kept for the same restricted file.
func (a *Archive) waitsAgain(tx *catalog.Tx, id record.DocumentID, r record.Routing) error {
	var clues []record.Clue
	for _, c := range r.Candidates {
		more, err := tx.CluesOf(c.File)
		if err != nil && !errors.Is(err, record.NotFound) {
			return err
		}
		clues = append(clues, more...)
	}
	if err := tx.Routed(id, r, clues); err != nil {
		return err
	}
	if r.Reserved == "" {
		return nil
	}
	if err := tx.Reserve(id, r.Reserved); err != nil {
		return err
	}
	return errors.Join(tx.AskItem(id, r.By, a.worksWith), a.shut(tx, record.Actor{User: r.By}, id))
}

// worksWith says to whom of a file's people a document may be given to work on.
func (a *Archive) worksWith(f record.Facts) bool {
	return a.Policy.Decide(f, access.DocumentView).Allowed && a.Policy.Decide(f, access.DocumentList).Allowed
}

// routeAgain has the documents in clearing looked at anew that may be for a
// file's customers, when it is made.
func (a *Archive) routeAgain(tx *catalog.Tx, file record.FileID) error {
	if a.RouteAgain == nil {
		return nil
	}
	clues, err := tx.CluesOf(file)
	if err != nil {
		return err
	}
	docs, err := tx.DocumentsByClue(clues, routedAgain)
	if err != nil {
		return err
	}
	for _, id := range docs {
		if err := tx.Enqueue(a.RouteAgain(id)); err != nil {
			return err
		}
	}
	return nil
}

// routedAgain bounds how much of what waits in clearing one new file lets be
// looked at anew.
const routedAgain = 100
