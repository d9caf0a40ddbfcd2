package routing

import (
	"maps"
	"slices"

	"eakte/appliance/record"
)

// The reasons of a decision: keys of ui/locale below "routing.reason.".
const (
	// filed
	reasonCode       = "code"        // a code, a separator sheet, the provider or another application says the number
	reasonNumberName = "number"      // a number in print, and the letter names the file's people
	reasonNumberOnly = "number_only" // a number in print, read surely; nothing speaks against it
	reasonRepaired   = "repaired"    // a misread number that fits one file, and the letter names its people
	reasonBirth      = "birth"       // name and birth date of one person
	reasonBirthSlip  = "birth_slip"  // name and address of one person, and the birth date but for one digit
	// clearing
	reasonNothing   = "nothing"   // nothing on the letter says whose it is
	reasonConflict  = "conflict"  // one thing speaks for one file, another for another
	reasonUnknown   = "unknown"   // a number of our own that no file has
	reasonForeign   = "foreign"   // a number of another office
	reasonNear      = "near"      // a number that may be misread
	reasonUnsure    = "unsure"    // it is not enough: a number that was not read surely, a birth date without the full name
	reasonName      = "name"      // names only
	reasonSeveral   = "several"   // the evidence fits several files
	reasonClosed    = "closed"    // the file is closed
	reasonFormer    = "former"    // the letter names only somebody who has left this file
	reasonElsewhere = "elsewhere" // it is addressed to another authority
	reasonWeak      = "weak"      // below the threshold of the rules
	reasonPeople    = "people"    // it names somebody else with a birth date
	reasonMany      = "many"      // more stands on it than is looked at
	reasonRule      = "rule"      // a rule of the house
)

// verdict is what the evidence comes to, before the rules.
type verdict struct {
	file       record.FileID // "" or the file that it is to be filed in
	best       record.FileID // the likeliest otherwise
	reason     string
	confidence float64
}

// judge decides by the claims. What no single file fits is for a person.
func (g *gathering) judge() (verdict, error) {
	if len(g.claims) == 0 {
		return g.withoutClaims()
	}
	fits := g.common(func(c claim) map[record.FileID]bool { return c.files })
	if len(fits) == 0 && g.dropMisread() {
		fits = g.common(func(c claim) map[record.FileID]bool { return c.files })
	}
	if len(fits) == 0 {
		return verdict{best: g.strongest(), reason: reasonConflict, confidence: 0.4}, nil
	}
	if len(fits) > 1 {
		if now := g.common(func(c claim) map[record.FileID]bool { return c.now }); len(now) > 0 {
			fits = now
		}
	}
	if len(fits) > 1 {
		fits = g.open(fits)
	}
	if len(fits) != 1 {
		return verdict{best: g.strongest(), reason: reasonSeveral, confidence: 0.5}, nil
	}
	return g.weigh(slices.Collect(maps.Keys(fits))[0])
}

// common gives the files that all claims fit.
func (g *gathering) common(of func(claim) map[record.FileID]bool) map[record.FileID]bool {
	out := maps.Clone(of(g.claims[0]))
	for _, c := range g.claims[1:] {
		maps.DeleteFunc(out, func(id record.FileID, _ bool) bool { return !of(c)[id] })
	}
	return out
}

func (g *gathering) open(ids map[record.FileID]bool) map[record.FileID]bool {
	out := map[record.FileID]bool{}
	for id := range ids {
		if g.files[id].ClosedAt.IsZero() {
			out[id] = true
		}
	}
	if len(out) == 0 {
		return ids
	}
	return out
}

// weigh says how surely a letter belongs to the one file that all claims fit.
func (g *gathering) weigh(id record.FileID) (verdict, error) {
	f := g.files[id]
	s := g.support(f)
	v := verdict{best: id, confidence: 0.6}
	shut, err := g.shut(f, s)
	if err != nil {
		return v, err
	}
	switch {
	case s.moved:
		v.reason = reasonFormer
	case shut:
		v.reason = reasonClosed
	case s.certain && (s.full || s.born || s.exact):
		v.file, v.reason, v.confidence = id, reasonCode, 0.999
	case s.certain:
		return g.weighCode(v, f)
	case s.exact && (s.full || s.born || s.lives && s.last || s.values > 1):
		v.file, v.reason, v.confidence = id, reasonNumberName, 0.998
	case s.repaired && (s.full || s.born && s.last || s.lives && s.last):
		v.file, v.reason, v.confidence = id, reasonRepaired, 0.985
	case s.person:
		return g.weighPerson(v, f, s)
	case s.exact:
		return g.weighNumber(v, f, s)
	default:
		v.reason = reasonUnsure
	}
	return g.contradicted(v, f)
}

// shut says whether a letter is not to go into a file because that is closed:
// unless its number and one of its people are named, and these have no open one.
func (g *gathering) shut(f record.File, s support) (bool, error) {
	if f.ClosedAt.IsZero() {
		return false, nil
	}
	open, err := g.elsewhereOpen(f)
	return open || !(s.full || s.born) || !(s.exact || s.certain), err
}

// contradicted takes a verdict back where something may speak for another file
// that was not read well enough to be found by itself: a second number of this
// house, another customer's name with a birth date that is one slip away or not
// called one, or somebody whose birth date can't be read.
func (g *gathering) contradicted(v verdict, f record.File) (verdict, error) {
	if v.file == "" || v.reason == reasonCode {
		return v, nil
	}
	if g.otherNumber(f) {
		v.file, v.reason, v.confidence = "", reasonNear, 0.5
		return v, nil
	}
	other, _, err := g.otherPerson(f)
	if err == nil && other == "" {
		other, err = g.unlabelled(f)
	}
	switch {
	case other != "":
		v.file, v.reason, v.confidence = "", reasonConflict, 0.5
	case err == nil && g.halfRead(f):
		v.file, v.reason, v.confidence = "", reasonPeople, 0.5
	}
	return v, err
}

// weighPerson is for a letter with a name and a birth date, and no number.
func (g *gathering) weighPerson(v verdict, f record.File, s support) (verdict, error) {
	resident, err := g.resident(f.ID)
	if err != nil {
		return v, err
	}
	if resident != "" {
		v.reason, v.confidence = reasonConflict, 0.4
		return v, nil
	}
	_, others, err := g.otherPerson(f)
	if err != nil {
		return v, err
	}
	if others {
		v.reason, v.confidence = reasonPeople, 0.5
		return v, nil
	}
	v.confidence = 0.993 - 0.005*float64(s.slips)
	if s.lives {
		v.confidence = min(0.997, v.confidence+0.01)
	}
	if !s.labelled {
		v.confidence -= 0.005
	}
	v.file, v.reason = v.best, reasonBirth
	return g.contradicted(v, f)
}

// weighCode is for a letter whose code, sheet or delivery says the number, and
// that names the file's people by a surname or a street at most: it must not
// name those of another.
func (g *gathering) weighCode(v verdict, f record.File) (verdict, error) {
	other, err := g.resident(f.ID)
	if err == nil && other == "" {
		other, _, err = g.otherPerson(f)
	}
	if err != nil {
		return v, err
	}
	if other != "" {
		v.reason, v.confidence = reasonConflict, 0.4
		return v, nil
	}
	v.file, v.reason, v.confidence = f.ID, reasonCode, 0.998
	return v, nil
}

// weighNumber is for a letter with a printed number that nothing else agrees
// with. A wrong digit makes the number of another file, so it must have been
// read surely, or twice; and it must not be near to the number of a file whose
// people the letter names.
func (g *gathering) weighNumber(v verdict, f record.File, s support) (verdict, error) {
	others, err := g.neighbours(f)
	if err != nil {
		return v, err
	}
	if len(others) > 0 {
		v.reason, v.confidence = reasonNear, 0.3
		return v, nil
	}
	other, err := g.namesake(f.ID)
	if err != nil {
		return v, err
	}
	switch {
	case other != "":
		v.reason, v.confidence = reasonConflict, 0.4
	case s.word:
		v.file, v.reason, v.confidence = f.ID, reasonNumberName, 0.99
	case s.form && s.read && (s.sure >= g.rules.Thresholds.Number || s.times > 1 && s.sure > 0.6):
		v.file, v.reason, v.confidence = f.ID, reasonNumberOnly, 0.98
	default:
		v.reason = reasonUnsure
	}
	return g.contradicted(v, f)
}

// neighbours gives the files whose number is one slip away from one on the
// letter and whose people it names.
func (g *gathering) neighbours(f record.File) ([]record.FileID, error) {
	var numbers []number
	for _, c := range g.claims {
		if c.number != nil && len(numbers) < maxNear {
			numbers = append(numbers, *c.number)
		}
	}
	if err := g.lookUpNear(numbers); err != nil {
		return nil, err
	}
	ids := keys(g.near)
	if err := g.load(ids); err != nil {
		return nil, err
	}
	return slices.DeleteFunc(ids, func(id record.FileID) bool {
		if id == f.ID || !g.agrees(g.files[id]) {
			return true
		}
		for _, m := range g.files[id].Members {
			g.notePerson(id, m.Person)
		}
		return false
	}), nil
}

// support is what speaks for one file.
type support struct {
	certain  bool    // a code, or somebody who knows
	exact    bool    // a number in print that the file has
	form     bool    // … that can't be anything else
	read     bool    // … as it stands there, digit by digit
	repaired bool    // a number that is one slip away
	person   bool    // name and birth date of a member
	times    int     // places at which a number of it stands
	values   int     // different numbers of it
	sure     float64 // of the surest one's recognition
	full     bool    // full name of a member
	last     bool    // surname of a member
	word     bool    // … as it is written
	born     bool    // birth date of a member
	lives    bool    // address of a member
	labelled bool    // a birth date called so
	slips    int     // in the best name
	moved    bool    // only people who left this file are named, and they have another
}

func (g *gathering) support(f record.File) support {
	s := support{slips: 9}
	values := map[string]bool{}
	for _, c := range g.claims {
		switch {
		case c.number == nil && c.person != "":
			s.person = true
		case c.certain:
			s.certain = true
		case c.repaired:
			s.repaired = true
		default:
			values[c.number.value] = true
			s.exact, s.times = true, s.times+1
			if c.number.sure >= s.sure {
				s.sure, s.form, s.read = c.number.sure, c.number.form, c.number.read
			}
		}
	}
	s.values = len(values)
	g.supportOf(f, &s)
	return s
}

// supportOf adds what the letter says of a file's people.
func (g *gathering) supportOf(f record.File, s *support) {
	former := false
	for _, m := range f.Members {
		n, named := g.named[m.Person]
		d, born := g.born[m.Person]
		now := g.belongs(f, m.Person)
		if named || born || g.lives[m.Person] {
			g.notePerson(f.ID, m.Person)
		}
		if !now {
			former = former || n.full || born && named || g.claimed(m.Person)
			continue
		}
		s.full, s.last, s.born, s.lives = s.full || n.full, s.last || named, s.born || born && named, s.lives || g.lives[m.Person]
		s.word = s.word || named && n.slips == 0
		s.labelled = s.labelled || born && d.labelled
		if n.full && born {
			s.slips = min(s.slips, n.slips)
		}
	}
	s.moved = former && !s.full
}

// claimed says whether a person's customer number stands on the letter.
func (g *gathering) claimed(id record.PersonID) bool {
	return slices.ContainsFunc(g.claims, func(c claim) bool { return c.person == id })
}

// strongest is the file that most speaks for.
func (g *gathering) strongest() record.FileID {
	if ranked := g.ranked(); len(ranked) > 0 {
		return ranked[0]
	}
	return ""
}

// withoutClaims is for letters without a number that a file has, and without
// name and birth date of anybody: it looks for candidates by names only.
func (g *gathering) withoutClaims() (verdict, error) {
	v := verdict{reason: reasonNothing}
	g.noteNamed(keys(g.near), func(n naming) bool { return n.last }) // who agrees a little
	if err := g.noteBorn(); err != nil {
		return v, err
	}
	ids, err := g.byNames(maxPairs)
	if err != nil {
		return v, err
	}
	g.noteNamed(ids, func(n naming) bool { return n.full })
	if id, err := g.almostBorn(ids); err != nil || id != "" {
		v = verdict{file: id, best: id, reason: reasonBirthSlip, confidence: 0.98}
		if err != nil {
			return v, err
		}
		return g.contradicted(v, g.files[id])
	}
	if best := g.strongest(); best != "" {
		v.best, v.reason, v.confidence = best, reasonName, min(0.5, g.sum(best))
		if slices.ContainsFunc(g.of[best], func(i int) bool { return g.evidence[i].Kind == record.EvidenceBirth }) {
			v.reason = reasonUnsure
		}
	}
	for _, e := range g.evidence {
		switch e.Kind {
		case record.EvidenceForeign:
			v.reason = reasonForeign
		case record.EvidenceUnknown:
			v.reason = reasonUnknown
		}
	}
	return v, nil
}

// sum adds up what speaks for a file.
func (g *gathering) sum(id record.FileID) float64 {
	total := 0.0
	for _, i := range g.of[id] {
		total += g.evidence[i].Weight
	}
	return total
}
