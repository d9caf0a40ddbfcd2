package routing

import (
	"maps"
	"slices"

	"eakte/appliance/catalog"
	"eakte/appliance/record"
)

// repairable says whether a number has the form of one of ours, so that a slip
// in it can be looked for.
func (n number) repairable() bool {
	return n.kind == record.EvidenceHousehold || n.kind == record.EvidenceCustomer || n.kind != record.EvidenceReference && ownForm(n.value) != ""
}

// ownForm says what kind of number this is by its form; "" if it isn't one of ours.
func ownForm(value string) string {
	switch {
	case len(value) == householdLen && digitsIn(value) == householdLen:
		return record.EvidenceHousehold
	case len(value) == customerLen && digitsIn(value) == customerLen-1 && value[3] >= 'A':
		return record.EvidenceCustomer
	}
	return ""
}

// lookUpNear finds the files whose number is one slip away.
func (g *gathering) lookUpNear(numbers []number) error {
	of := map[string]number{}
	for _, n := range numbers {
		for _, near := range catalog.NearNumbers(n.value) {
			if len(near) == householdLen || len(near) == customerLen {
				if _, taken := of[near]; !taken {
					of[near] = n
				}
			}
		}
	}
	if len(of) == 0 {
		return nil
	}
	hits, err := g.tx.FilesByNumbers(keys(of))
	if err != nil {
		return err
	}
	for _, value := range keys(hits) {
		for _, id := range hits[value] {
			n := of[value]
			g.nearOf[n.value] = append(g.nearOf[n.value], id)
			if _, known := g.near[id]; !known {
				n.value = value
				g.near[id] = n
			}
		}
	}
	return nil
}

// claimNumbers takes up the numbers that a file has, and notes those that none
// has. One that had to be repaired counts where the file's people agree.
func (g *gathering) claimNumbers() error {
	for i := range g.found {
		n := &g.found[i]
		if len(g.hits[n.value]) > 0 && !n.guess {
			g.claimNumber(n, g.hits[n.value], false)
		} else if ownForm(n.value) != "" && n.form {
			g.noteUnknown(*n)
		}
	}
	g.claimNear()
	return nil
}

// claimNear takes up the numbers that are one slip away from a file's whose
// people agree. One that may be a file's that the letter speaks for anyway is
// taken for that.
func (g *gathering) claimNear() {
	sure := map[record.FileID]bool{}
	for _, c := range g.claims {
		maps.Copy(sure, c.files)
	}
	for _, read := range keys(g.nearOf) {
		ids := g.nearOf[read]
		if slices.ContainsFunc(ids, func(id record.FileID) bool { return sure[id] }) {
			continue
		}
		for _, id := range ids {
			if n := g.near[id]; g.agrees(g.files[id]) {
				g.claimNumber(&n, []record.FileID{id}, true)
			}
		}
	}
}

// agrees says whether the letter names a file's people clearly enough to repair
// a number by: full name, or birth date, or surname and address.
func (g *gathering) agrees(f record.File) bool {
	return slices.ContainsFunc(f.Members, func(m record.Member) bool {
		_, born := g.born[m.Person]
		n := g.named[m.Person]
		return n.full || born && n.last || g.lives[m.Person] && n.last
	})
}

func (g *gathering) claimNumber(n *number, files []record.FileID, repaired bool) {
	c := claim{files: map[record.FileID]bool{}, now: map[record.FileID]bool{}, number: n, certain: n.certain() && !repaired, repaired: repaired}
	for _, id := range files {
		f, known := g.files[id]
		if !known {
			continue
		}
		c.files[id] = true
		own, now := ownNumber(f, n.value)
		holder := g.holder(f, n.value)
		if own && now || !own && holder != "" && g.belongs(f, holder) && f.ClosedAt.IsZero() {
			c.now[id] = true
		}
		if !own {
			c.person = holder
		}
		g.noteNumber(*n, f, holder, repaired)
	}
	if len(c.files) == 0 {
		return
	}
	g.preferOwn(&c)
	g.claims = append(g.claims, c)
}

// noteNumber notes a number that a file, or a member, has.
func (g *gathering) noteNumber(n number, f record.File, holder record.PersonID, repaired bool) {
	e := record.Evidence{Kind: n.kind, Source: n.source, Text: n.text, Value: n.value, File: f.ID, Box: n.box, Repair: repaired || !n.read, Weight: 0.9}
	if n.page >= 0 {
		e.Page = g.pages[n.page].Number
	}
	if own, _ := ownNumber(f, n.value); own {
		e.Value = shown(f, n.value)
	} else {
		e.Person = holder
	}
	if repaired {
		e.Weight = 0.6
	}
	g.note(e)
}

// preferOwn: a number that a file bears itself now means that file, not another
// of which a member bears it, nor one that bore it once.
func (g *gathering) preferOwn(c *claim) {
	for id := range c.files {
		if own, now := ownNumber(g.files[id], c.number.value); own && now {
			c.now = map[record.FileID]bool{id: true}
			return
		}
	}
}

// ownNumber says whether a file bears, or bore, a number itself.
func ownNumber(f record.File, value string) (own, now bool) {
	for _, n := range f.Numbers {
		if catalog.NormalizeNumber(n.Number) == value {
			own, now = true, now || n.To == ""
		}
	}
	return own, now
}

// shown is a file's number as it is written.
func shown(f record.File, value string) string {
	for _, n := range f.Numbers {
		if catalog.NormalizeNumber(n.Number) == value {
			return n.Number
		}
	}
	return value
}

// holder is the member who bears a customer number.
func (g *gathering) holder(f record.File, value string) record.PersonID {
	for _, m := range f.Members {
		if p := g.persons[m.Person]; p.CustomerNumber != "" && catalog.NormalizeNumber(p.CustomerNumber) == value {
			return m.Person
		}
	}
	return ""
}
