package meili

import (
	"eakte/search"
)

// The tiers say how well a document matches: every word in the title, every
// word whole, every word at least as part of one. What is in none has a typing
// error. They only order.
const (
	tierTypo = iota
	tierPart
	tierWhole
	tierTitle
)

// tiers gives the conditions of the tiers, the best first; each is true
// wherever the one before is.
func tiers(q search.Parsed) []condition {
	if len(q.Must) == 0 {
		return nil
	}
	title, whole, part := make([]condition, len(q.Must)), make([]condition, len(q.Must)), make([]condition, len(q.Must))
	for i := range q.Must {
		c := &q.Must[i]
		title[i], whole[i] = titled(c), wholly(c)
		part[i] = anyOf(whole[i], partly(c))
	}
	return []condition{allOf(title...), allOf(whole...), allOf(part...)}
}

// titled is true where a clause stands whole, and in the title if it asks for
// no field.
func titled(c *search.Clause) condition {
	self := itself(c)
	if c.In == "" {
		self = allOf(inTitle(c), self)
	}
	for i := range c.Or {
		self = anyOf(self, titled(&c.Or[i]))
	}
	return self
}

func inTitle(c *search.Clause) condition {
	all := make([]condition, len(c.Slots))
	for i := range c.Slots {
		if p := c.Slots[i].Prefix; p != "" {
			all[i] = condition(titleTerms + " STARTS WITH " + quote(p))
			continue
		}
		values := make([]string, len(c.Slots[i].Terms))
		for k, t := range c.Slots[i].Terms {
			values[k] = t + termEnd
		}
		all[i] = oneOf(titleTerms, values)
	}
	return allOf(all...)
}

// itself is true where a clause's own slots stand whole.
func itself(c *search.Clause) condition {
	if len(c.Slots) == 1 && c.Slots[0].Prefix != "" {
		return begins(c.Slots[0].Prefix, c.In)
	}
	return sideBySide(c)
}

func wholly(c *search.Clause) condition {
	in := []condition{itself(c)}
	for i := range c.Or {
		in = append(in, wholly(&c.Or[i]))
	}
	return anyOf(in...)
}

func partly(c *search.Clause) condition {
	var in []condition
	if len(c.Slots) == 1 {
		in = append(in, anyTerm(c.Slots[0].Parts, c.In))
	}
	if len(c.Also) > 0 {
		also := make([]condition, len(c.Also))
		for i := range c.Also {
			also[i] = anyOf(wholly(&c.Also[i]), partly(&c.Also[i]))
		}
		in = append(in, allOf(also...))
	}
	for i := range c.Or {
		in = append(in, partly(&c.Or[i]))
	}
	return anyOf(in...)
}

// tier says in which tier a document is that was read whole.
func (b *body) tier(q search.Parsed) int {
	worst := tierTitle
	for i := range q.Must {
		worst = min(worst, b.tierOf(&q.Must[i]))
	}
	return worst
}

// tierOf is the tier of one clause.
func (b *body) tierOf(c *search.Clause) int {
	tier := tierTypo
	for n, e := range b.in(c) {
		switch r := e.slots(c.Slots); {
		case r == search.RankWhole, r == search.RankPart && c.Slots[0].Prefix != "":
			tier = max(tier, tierWhole)
			if n == 0 {
				tier = tierTitle
			}
		case r == search.RankPart:
			tier = max(tier, tierPart)
		}
	}
	if b.hasAll(c.Also) {
		also := tierPart
		for i := range c.Also {
			also = min(also, b.tierOf(&c.Also[i]))
		}
		tier = max(tier, also)
	}
	for i := range c.Or {
		tier = max(tier, b.tierOf(&c.Or[i]))
	}
	return tier
}
