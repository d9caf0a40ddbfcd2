package embedded

import (
	"slices"
	"strconv"

	"github.com/RoaringBitmap/roaring/v2"

	"eakte/appliance/record"
	"eakte/search"
)

// access decides to whom documents exist. It is asked about every candidate.
type access struct {
	scopes    []search.Scope
	levels    []record.Sensitivity // by a file's ordinal: the highest that is opened there
	files     *roaring.Bitmap      // that are left out
	documents map[string]struct{}
}

// denseTo is up to which ordinal levels go: asking them costs the same however
// many files there are. Files beyond are looked for in the scopes.
const denseTo = 1 << 22

func newAccess(scopes []search.Scope, documents []record.DocumentID, files []uint32) *access {
	a := &access{files: roaring.BitmapOf(files...), documents: make(map[string]struct{}, len(documents))}
	highest := uint32(0)
	for _, s := range scopes {
		if s.Files != nil && !s.Files.IsEmpty() {
			a.scopes = append(a.scopes, s)
			highest = max(highest, s.Files.Maximum())
		}
	}
	a.levels = make([]record.Sensitivity, min(highest, denseTo)+1)
	for _, s := range a.scopes {
		s.Files.Iterate(func(ordinal uint32) bool {
			if ordinal > denseTo {
				return false
			}
			a.levels[ordinal] = max(a.levels[ordinal], s.MaxSensitivity)
			return true
		})
	}
	for _, ordinal := range files {
		if int(ordinal) < len(a.levels) {
			a.levels[ordinal] = 0
		}
	}
	for _, d := range documents {
		a.documents[string(d)] = struct{}{}
	}
	return a
}

// allows says whether a scope opens the document and nothing leaves it out.
func (a *access) allows(m *meta) bool {
	if !a.opened(m.ordinal, m.sensitivity) {
		return false
	}
	if len(a.documents) > 0 {
		if _, out := a.documents[m.document]; out {
			return false
		}
	}
	return true
}

// opened says so of a file. No sensitivity is below 1: level 0 opens nothing.
func (a *access) opened(ordinal uint32, sensitivity record.Sensitivity) bool {
	if int(ordinal) < len(a.levels) {
		return a.levels[ordinal] > 0 && sensitivity <= a.levels[ordinal]
	}
	if ordinal <= denseTo || a.files.Contains(ordinal) {
		return false
	}
	for _, s := range a.scopes {
		if sensitivity <= s.MaxSensitivity && s.Files.Contains(ordinal) {
			return true
		}
	}
	return false
}

// filter narrows to documents of which a property is one of those asked for,
// or none of them.
type filter struct {
	not  bool
	pass func(*meta) bool
	// field and terms name the same documents in the index; nil for days.
	field string
	terms []string
}

func (f *filter) passes(m *meta) bool { return f.pass(m) != f.not }

// filters are all that a query narrows by.
func filters(q search.Query, n *names) []filter {
	var out []filter
	if q.File != 0 {
		out = append(out, fileFilter([]uint32{q.File}))
	}
	for _, f := range [...]struct{ field, value string }{{fieldSite, q.Site}, {fieldTeam, q.Team}, {fieldType, q.Type}, {fieldSection, q.Section}} {
		if f.value != "" {
			out = append(out, namedFilter(f.field, []string{f.value}, n))
		}
	}
	if s := days(q.From, q.To); q.From != "" || q.To != "" {
		out = append(out, filter{pass: func(m *meta) bool { return s.has(m.date) }})
	}
	for _, asked := range q.Filters {
		f := filterOf(asked, n)
		f.not = asked.Not
		out = append(out, f)
	}
	return out
}

func filterOf(f search.Filter, n *names) filter {
	switch f.Field {
	case search.FieldReceived:
		s := days(f.From, f.To)
		return filter{pass: func(m *meta) bool { return s.has(m.received) }}
	case search.FieldFile:
		var ordinals []uint32
		for _, v := range f.Values {
			if o, err := strconv.ParseUint(v, 10, 32); err == nil {
				ordinals = append(ordinals, uint32(o))
			}
		}
		return fileFilter(ordinals)
	case search.FieldSite:
		return namedFilter(fieldSite, f.Values, n)
	case search.FieldType:
		return namedFilter(fieldType, f.Values, n)
	case search.FieldSection:
		return namedFilter(fieldSection, f.Values, n)
	}
	return filter{pass: func(*meta) bool { return false }}
}

func fileFilter(ordinals []uint32) filter {
	files := roaring.BitmapOf(ordinals...)
	f := filter{field: fieldFile, pass: func(m *meta) bool { return files.Contains(m.ordinal) }}
	for _, o := range ordinals {
		f.terms = append(f.terms, ordinalTerm(o))
	}
	return f
}

// namedFilter is that of a field whose values have numbers. Documents without a
// value have none of any.
func namedFilter(field string, values []string, n *names) filter {
	f := filter{field: field}
	var numbers []name
	for _, v := range values {
		if at, known := n.find(v); known && at != 0 {
			numbers, f.terms = append(numbers, at), append(f.terms, clean(v))
		}
	}
	f.pass = func(m *meta) bool { return slices.Contains(numbers, valueOf(m, field)) }
	return f
}

func valueOf(m *meta, field string) name {
	switch field {
	case fieldSite:
		return m.site
	case fieldTeam:
		return m.team
	case fieldSection:
		return m.section
	}
	return m.kind
}
