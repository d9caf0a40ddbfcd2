package ingest

import (
	"context"
	"errors"
	"sync"

	"eakte/appliance/catalog"
	"eakte/appliance/record"
	"eakte/ingest/classify"
	"eakte/ingest/routing"
)

// Which pages of a document are looked at. Who a letter is from and for stands
// on its first pages, and once more above the signature; a contract of eighty
// pages holds nothing between that would say more, and is not to fill the
// memory. Of a mail with its attachments together no more than pagesLooked.
const (
	firstPages  = 12
	lastPages   = 2
	pagesLooked = 60
)

// letter reads the pages of a document and of what lies beside it. An
// attachment's evidence stands on no page of the mail's, so its number is 0.
func (r *Router) letter(ctx context.Context, c *letterCase) (routing.Letter, error) {
	l := routing.Letter{Sheet: c.sheet, Received: c.doc.Received, Site: c.site}
	l.Manifest, l.Given = c.numbers()
	c.pages = map[record.DocumentID][]classify.Page{}
	if c.tooMany {
		return l, nil
	}
	for _, d := range c.all() {
		if d.State == record.StateQuarantined {
			continue
		}
		if c.tooMany = len(l.Pages) >= pagesLooked; c.tooMany {
			return l, nil
		}
		pages, err := r.pages(ctx, d)
		if err != nil {
			return l, err
		}
		c.pages[d.ID], l.Length = pages, l.Length+d.Pages
		for _, p := range pages {
			page := routing.Page{Number: p.Number, Text: p.Text, Words: p.Words}
			if d.ID != c.doc.ID {
				page.Number = 0
			}
			l.Pages = append(l.Pages, page)
		}
	}
	l.From = sender(c.doc, c.pages[c.doc.ID])
	return l, nil
}

// pages reads the first and last pages from a document's pack.
func (r *Router) pages(ctx context.Context, d record.Document) ([]classify.Page, error) {
	pack, err := r.Vault.OpenPack(ctx, d.Object)
	if errors.Is(err, record.NotFound) { // it is read anew one day, and routed then
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var out []classify.Page
	all := pack.Info().Pages
	for i, p := range all {
		if i >= firstPages && i < len(all)-lastPages {
			continue
		}
		text, err := pack.Text(p.Number)
		if err != nil {
			return nil, err
		}
		words, err := pack.Words(p.Number)
		if err != nil {
			return nil, err
		}
		out = append(out, classify.Page{Number: p.Number, Text: text, Words: words})
	}
	return out, nil
}

// guess says of the document and of what lies beside it what the rules take
// them for.
func (c *letterCase) guess(types ruleSet) {
	c.types = map[record.DocumentID]record.TypeGuess{}
	for _, d := range c.all() {
		l := classify.Letter{Pages: c.pages[d.ID], Title: d.Title}
		if d.ID == c.doc.ID {
			l.Hint = c.note.TypeHint
		}
		if len(l.Pages) > 0 || l.Hint != "" {
			c.types[d.ID] = classify.Decide(types.types, types.version, l)
		}
	}
}

// ruleSet is one version of the rules of a kind, ready for use.
type ruleSet struct {
	version int64 // 0: those that ship
	routing routing.Rules
	types   classify.Rules
}

// ruleBook keeps the rules in force, parsed, until others are.
type ruleBook struct {
	mu    sync.Mutex
	known map[string]ruleSet
}

// current gives the rules of types and of routing that are in force now.
func (b *ruleBook) current(ctx context.Context, cat *catalog.Catalog) (types, where ruleSet, err error) {
	if types, err = b.active(ctx, cat, record.RulesTypes); err != nil {
		return types, where, err
	}
	where, err = b.active(ctx, cat, record.RulesRouting)
	return types, where, err
}

func (b *ruleBook) active(ctx context.Context, cat *catalog.Catalog, kind string) (ruleSet, error) {
	var row catalog.RuleSet
	err := cat.Read(ctx, func(tx *catalog.Tx) (err error) {
		if row, err = tx.ActiveRules(kind); errors.Is(err, record.NotFound) {
			row, err = catalog.RuleSet{Kind: kind, Body: string(shipped(kind))}, nil
		}
		return err
	})
	if err != nil {
		return ruleSet{}, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if s, ok := b.known[kind]; ok && s.version == row.Version {
		return s, nil
	}
	s, err := parseRules(kind, row.Body, row.Version)
	if err != nil {
		return ruleSet{}, err
	}
	if b.known == nil {
		b.known = map[string]ruleSet{}
	}
	b.known[kind] = s
	return s, nil
}

func shipped(kind string) []byte {
	if kind == record.RulesTypes {
		return classify.DefaultRules()
	}
	return routing.DefaultRules()
}

func parseRules(kind, body string, version int64) (s ruleSet, err error) {
	s.version = version
	if kind == record.RulesTypes {
		s.types, err = classify.ParseRules([]byte(body))
	} else {
		s.routing, err = routing.ParseRules([]byte(body))
	}
	return s, err
}
