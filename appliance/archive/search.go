package archive

import (
	"context"
	"errors"
	"strings"

	"github.com/RoaringBitmap/roaring/v2"
	"golang.org/x/sync/errgroup"

	"eakte/appliance/audit"
	"eakte/appliance/catalog"
	"eakte/appliance/record"
	"eakte/policy/access"
	"eakte/search"
)

// snippetReaders is how many packs are opened side by side for one answer.
const snippetReaders = 8

// filter is what a question to the engine may see, made from the facts of now.
type filter struct {
	scopes    []search.Scope
	documents []record.DocumentID // out of date in the index
	files     []uint32            // likewise, whole
}

func (a *Archive) filter(tx *catalog.Tx, actor record.Actor) (filter, error) {
	roles, err := tx.Roles(actor.User)
	if err != nil {
		return filter{}, err
	}
	visible, err := tx.VisibleFiles(actor.User, clauses(a.Policy.Scope(access.DocumentSearch, roles)))
	if err != nil {
		return filter{}, err
	}
	var f filter
	byLevel := map[record.Sensitivity]*roaring.Bitmap{}
	for _, v := range visible {
		b := byLevel[v.Max]
		if b == nil {
			b = roaring.New()
			byLevel[v.Max] = b
			f.scopes = append(f.scopes, search.Scope{Files: b, MaxSensitivity: v.Max})
		}
		b.Add(v.Ordinal)
	}
	f.documents, f.files, err = tx.Dirty()
	return f, err
}

// Search finds documents by their words. The engine sees only what policy
// allows at this moment, and every hit is decided again before it is shown.
func (a *Archive) Search(ctx context.Context, actor record.Actor, r SearchRequest) (SearchResult, error) {
	e := event{action: audit.Search, query: r.Q}
	q, err := r.query()
	if err != nil {
		return SearchResult{}, err
	}
	if r.File != "" {
		row, err := a.file(ctx, actor, r.File, access.FileFind, e)
		if err != nil {
			return SearchResult{}, err
		}
		q.File = row.file.Ordinal
	}
	types := r.types(q.Parsed.Filters)
	var f filter
	err = a.Catalog.Read(ctx, func(tx *catalog.Tx) (err error) {
		if f, err = a.filter(tx, actor); err != nil {
			return err
		}
		q.Filters, err = a.codes(tx, actor, types, q.Parsed.Filters)
		return err
	})
	if err != nil {
		return SearchResult{}, err
	}
	q.Scopes, q.ExcludeDocuments, q.ExcludeFiles = f.scopes, f.documents, f.files
	found, err := a.Engine.Search(ctx, q)
	if err != nil {
		return SearchResult{}, searchDown(err)
	}
	out := SearchResult{Total: found.Total, Exact: found.Exact, Partial: found.Partial, Next: found.Next, Facets: found.Facets, Items: []SearchHit{}}
	if out.Partial {
		if out.Building, err = a.building(ctx); err != nil {
			return SearchResult{}, err
		}
	}
	rows, hits, err := a.recheck(ctx, actor, found.Hits)
	if err != nil {
		return SearchResult{}, err
	}
	if gone := len(found.Hits) - len(hits); gone > 0 { // changed between filter and answer
		out.Total, out.Exact = out.Total-gone, false
	}
	if out.Items, err = a.snippets(ctx, rows, hits, q.Parsed); err != nil {
		return SearchResult{}, err
	}
	files := map[record.FileID]bool{}
	for _, h := range out.Items {
		e.objects = append(e.objects, documentObject(h.Document))
		if !files[h.File.ID] {
			files[h.File.ID] = true
			e.objects = append(e.objects, fileObject(h.File.ID))
		}
	}
	return out, a.shown(ctx, actor, e)
}

// searchDown keeps what the engine said about the question, and turns the rest
// into a sentence that says what still works.
func searchDown(err error) error {
	if errors.Is(err, record.Invalid) || errors.Is(err, context.Canceled) {
		return err
	}
	return &record.Error{Category: record.Unavailable, Message: "Search can't be reached at the moment.",
		Hint: "Files and documents can still be opened by number and name.", Cause: err}
}

func (r *SearchRequest) query() (search.Query, error) {
	q := search.Query{Site: r.Site, Team: r.Team, Type: r.Type, Section: r.Section, From: r.From, To: r.To, Sort: r.Sort, Cursor: r.Cursor}
	var err error
	if q.Parsed, err = search.Parse(r.Q); err != nil {
		return q, err
	}
	if q.Limit, err = pageSize(r.Limit); err != nil {
		return q, err
	}
	if err := errors.Join(validDate("from", r.From), validDate("to", r.To)); err != nil {
		return q, err
	}
	switch r.Sort {
	case "":
		q.Sort = search.SortRelevance
	case search.SortRelevance, search.SortDate:
	default:
		return q, record.Bad("sort", "is neither relevance nor date")
	}
	return q, nil
}

// recheck decides each hit on facts read now.
func (a *Archive) recheck(ctx context.Context, actor record.Actor, found []search.Hit) (map[record.DocumentID]searchRow, []search.Hit, error) {
	rows := map[record.DocumentID]searchRow{}
	var hits []search.Hit
	ids := make([]record.DocumentID, len(found))
	for i, h := range found {
		ids[i] = h.Document
	}
	err := a.Catalog.Read(ctx, func(tx *catalog.Tx) error {
		facts, err := tx.FactsForDocuments(actor.User, ids)
		if err != nil {
			return err
		}
		docs, err := tx.DocumentsByID(ids)
		if err != nil {
			return err
		}
		for _, h := range found {
			f, known := facts[h.Document]
			d, there := docs[h.Document]
			if known && there && d.File != "" && d.State == record.StateReady && a.Policy.Decide(f, access.DocumentSearch).Allowed {
				hits = append(hits, h)
				rows[h.Document] = searchRow{doc: d}
			}
		}
		return a.withFiles(tx, rows)
	})
	return rows, hits, err
}

// searchRow is a hit's document with the number and first name of its file.
type searchRow struct {
	doc    record.Document
	number string
	person string
}

func (a *Archive) withFiles(tx *catalog.Tx, rows map[record.DocumentID]searchRow) error {
	var ids []record.FileID
	for _, r := range rows {
		ids = append(ids, r.doc.File)
	}
	files, err := tx.FilesByID(ids)
	if err != nil {
		return err
	}
	var all []record.File
	for _, f := range files {
		all = append(all, f)
	}
	members, err := a.members(tx, all...)
	if err != nil {
		return err
	}
	for id, r := range rows {
		r.number = files[r.doc.File].Number()
		if m := members[r.doc.File]; len(m) > 0 {
			r.person = strings.TrimSuffix(m[0].Name+", "+m[0].FirstName, ", ")
		}
		rows[id] = r
	}
	return nil
}

// snippets marks on the best page of each hit what was asked for. What the
// engine has not kept is read from the document's pack; a pack that can't be
// read costs the snippet, not the hit.
func (a *Archive) snippets(ctx context.Context, rows map[record.DocumentID]searchRow, hits []search.Hit, q search.Parsed) ([]SearchHit, error) {
	out := make([]SearchHit, len(hits))
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(snippetReaders)
	for i, h := range hits {
		r := rows[h.Document]
		out[i] = SearchHit{Document: h.Document, File: FileRef{ID: r.doc.File, Number: r.number}, Persons: r.person, Page: h.Page,
			Title: r.doc.Title, Type: r.doc.Type, Date: r.doc.Dated, Hits: []record.Box{}}
		if out[i].Date == "" {
			out[i].Date = r.doc.Received
		}
		switch {
		case h.Page == 0:
		case h.Kept:
			out[i].mark(search.Highlight(h.Words, h.Text, q.OnPage(h.Page)))
		default:
			g.Go(func() error {
				m, err := a.fromPack(gctx, r.doc.Object, h.Page, q)
				if err != nil {
					a.Log.Warn("a hit without snippet", "document", h.Document, "error", err)
					return nil
				}
				out[i].mark(m)
				return nil
			})
		}
	}
	return out, g.Wait()
}

func (a *Archive) fromPack(ctx context.Context, o record.ObjectID, page int, q search.Parsed) (search.Highlights, error) {
	p, err := a.Vault.OpenPack(ctx, o)
	if err != nil {
		return search.Highlights{}, err
	}
	m, _, err := highlight(p, page, q)
	return m, err
}

// mark takes over what was marked on the hit's page.
func (h *SearchHit) mark(m search.Highlights) {
	h.Hits, h.Pieces = append(h.Hits, m.Boxes...), m.Snippet
	var text strings.Builder
	for _, piece := range m.Snippet {
		text.WriteString(piece.Text)
	}
	h.Snippet = text.String()
}

// suggestions is how many completions are given.
const suggestions = 8

// Suggest completes the last word of q, only from what the actor may search.
func (a *Archive) Suggest(ctx context.Context, actor record.Actor, q string) ([]string, error) {
	if len(q) > maxText {
		return nil, record.Bad("q", "is longer than %d bytes", maxText)
	}
	head, prefix := "", q
	if i := strings.LastIndexAny(q, " \t"); i >= 0 {
		head, prefix = q[:i+1], q[i+1:]
	}
	var f filter
	err := a.Catalog.Read(ctx, func(tx *catalog.Tx) (err error) {
		f, err = a.filter(tx, actor)
		return err
	})
	if err != nil {
		return nil, err
	}
	words, err := a.Engine.Suggest(ctx, prefix, f.scopes, f.documents, f.files, suggestions)
	if err != nil {
		return nil, searchDown(err)
	}
	out := make([]string, len(words))
	for i, w := range words {
		out[i] = head + w
	}
	return out, a.shown(ctx, actor, event{action: audit.Suggest, query: q})
}
