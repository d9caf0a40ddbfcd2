package search

// operand is one side of an OR, or what stands by itself: an item, or the
// items that one number is written in.
type operand struct {
	item   *item
	number []Clause // of a number in several items; then item is the first
}

// chain is operands with OR between them; most have only one.
type chain struct {
	operands []operand
	length   int // in items, with the ORs
}

// cutChain reads the chain that the first of items begin.
func cutChain(q string, items []item) (chain, error) {
	var c chain
	for {
		if c.length == len(items) || items[c.length].or {
			return c, badOr("OR needs something to search for on both sides.")
		}
		o, n := operand{item: &items[c.length]}, 1
		if number, k := spacedNumber(q, items[c.length:]); k > 0 {
			o.number, n = []Clause{number}, k
		}
		c.operands = append(c.operands, o)
		if c.length += n; c.length == len(items) || !items[c.length].or {
			return c, nil
		}
		c.length++
	}
}

func badOr(message string) error {
	return wrong(ReasonOr, message, "Write OR between two words, numbers, phrases or values of one field: Heizung OR Strom. For the word itself write \"OR\".")
}

// into adds to p what the chain asks for.
func (c *chain) into(p *Parsed) error {
	first := c.operands[0].item
	if isFilter(first) {
		f, err := c.filter()
		p.Filters = append(p.Filters, f)
		return err
	}
	var clauses []Clause
	var err error
	if len(c.operands) == 1 {
		clauses, err = c.operands[0].clauses()
	} else {
		clauses, err = c.either()
	}
	if first.not {
		p.Not = append(p.Not, clauses...)
	} else {
		p.Must = append(p.Must, clauses...)
	}
	return err
}

func isFilter(it *item) bool { return it.field != "" && it.field != FieldSender }

// filter joins the values of one field.
func (c *chain) filter() (Filter, error) {
	f, err := c.operands[0].item.filter()
	if err != nil {
		return f, err
	}
	for _, o := range c.operands[1:] {
		if o.item.field != f.Field || o.item.not || f.Not || f.Field == FieldReceived {
			return f, badOr("OR can't join these fields.")
		}
		more, err := o.item.filter()
		if err != nil {
			return f, err
		}
		f.Values = append(f.Values, more.Values...)
	}
	return f, nil
}

// either makes one clause of all operands.
func (c *chain) either() ([]Clause, error) {
	var all []Clause
	for i := range c.operands {
		o := &c.operands[i]
		if o.item.not {
			return nil, badOr("OR can't join what must not occur.")
		}
		if isFilter(o.item) {
			return nil, badOr("OR can't join a word and a field.")
		}
		clauses, err := o.clauses()
		if err != nil {
			return nil, err
		}
		one, err := o.item.asOne(clauses)
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return []Clause{anyOf(all)}, nil
}

// anyOf makes one clause of several of which one is enough.
func anyOf(in []Clause) Clause {
	var flat []Clause
	for _, c := range in {
		flat = append(flat, alternatives(c)...)
	}
	if len(flat) > 1 {
		flat[0].Or = flat[1:]
	}
	return flat[0]
}

// alternatives gives a clause without what is in its Or, and that.
func alternatives(c Clause) []Clause {
	or := c.Or
	c.Or = nil
	return append([]Clause{c}, or...)
}

// asOne makes the clauses of one item into one: several words are a phrase.
func (it *item) asOne(clauses []Clause) (Clause, error) {
	switch {
	case len(clauses) == 0:
		return Clause{}, badOr("OR needs something to search for on both sides.")
	case len(clauses) == 1:
		return clauses[0], nil
	case it.prefix, it.field != "":
		return Clause{}, badOr("OR can't join so many words.")
	}
	return phrase(Analyze(it.text)), nil
}

// clauses gives what an operand asks for: none if nothing in it can be searched.
func (o *operand) clauses() ([]Clause, error) {
	switch {
	case o.number != nil:
		return o.number, nil
	case o.item.field == FieldSender:
		return o.item.sender()
	}
	return o.item.clauses()
}

// sender gives the clauses about who wrote a document. Of several values one
// is enough.
func (it *item) sender() ([]Clause, error) {
	var all []Clause
	for i := range it.values {
		v := &it.values[i]
		v.not = it.not
		clauses, err := v.clauses()
		switch {
		case err != nil:
			return nil, err
		case len(clauses) == 0:
			return nil, noValue()
		case len(it.values) == 1:
			return inSender(clauses), nil
		}
		one, err := v.asOne(clauses)
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return inSender([]Clause{anyOf(all)}), nil
}

// inSender says of clauses, and of what does as well, that they are about the
// sender.
func inSender(in []Clause) []Clause {
	for i := range in {
		in[i].In = FieldSender
		inSender(in[i].Also)
		inSender(in[i].Or)
	}
	return in
}
