package meili

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/RoaringBitmap/roaring/v2"

	"eakte/appliance/record"
	"eakte/search"
)

// condition is a Meilisearch filter, or never or always, which it has no words
// for.
type condition string

const (
	never  condition = ""
	always condition = "*"
)

// anyOf is true if one of in is.
func anyOf(in ...condition) condition {
	var some []string
	for _, c := range in {
		switch c {
		case always:
			return always
		case never:
		default:
			some = append(some, string(c))
		}
	}
	switch len(some) {
	case 0:
		return never
	case 1:
		return condition(some[0])
	}
	return condition("(" + strings.Join(some, " OR ") + ")")
}

// allOf is true if each of in is.
func allOf(in ...condition) condition {
	var all []string
	for _, c := range in {
		switch c {
		case never:
			return never
		case always:
		default:
			all = append(all, string(c))
		}
	}
	switch len(all) {
	case 0:
		return always
	case 1:
		return condition(all[0])
	}
	return condition("(" + strings.Join(all, " AND ") + ")")
}

// except is true if c is and not isn't.
func except(c, not condition) condition {
	switch {
	case not == never:
		return c
	case not == always:
		return never
	}
	return allOf(c, condition("NOT "+string(not)))
}

// oneOf is true if the attribute has one of the values.
func oneOf(attribute string, values []string) condition {
	if len(values) == 0 {
		return never
	}
	quoted := make([]string, len(values))
	for i, v := range values {
		quoted[i] = quote(v)
	}
	return condition(attribute + " IN [" + strings.Join(quoted, ",") + "]")
}

func compare(attribute, operator string, n int) condition {
	return condition(attribute + " " + operator + " " + strconv.Itoa(n))
}

func quote(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}

// opened is true for the documents that a scope opens and nothing leaves out.
// A file that is opened further by another scope is named only there.
func opened(scopes []search.Scope, documents []record.DocumentID, files []uint32) condition {
	done := roaring.BitmapOf(files...)
	var in []condition
	for _, s := range slices.SortedFunc(slices.Values(scopes), func(a, b search.Scope) int { return cmp.Compare(b.MaxSensitivity, a.MaxSensitivity) }) {
		if s.Files == nil {
			continue
		}
		in = append(in, allOf(compare("sensitivity", "<=", int(s.MaxSensitivity)), filed(roaring.AndNot(s.Files, done))))
		done.Or(s.Files)
	}
	ids := make([]string, len(documents))
	for i, d := range documents {
		ids[i] = string(d)
	}
	return except(anyOf(in...), oneOf("id", ids))
}

// opens says the same of a document that was read.
func opens(q *search.Query, d *document) bool {
	if slices.Contains(q.ExcludeFiles, d.File) || slices.Contains(q.ExcludeDocuments, record.DocumentID(d.ID)) {
		return false
	}
	return slices.ContainsFunc(q.Scopes, func(s search.Scope) bool {
		return s.Files != nil && s.Files.Contains(d.File) && record.Sensitivity(d.Sensitivity) <= s.MaxSensitivity
	})
}

// minRange is the fewest ordinals in a row that are written as from and to.
const minRange = 4

// filed is true for documents in one of the files, which are named by their
// ordinals, as integers.
func filed(files *roaring.Bitmap) condition {
	var single []string
	var in []condition
	for it := files.Iterator(); it.HasNext(); {
		from := it.Next()
		to := from
		for it.HasNext() && it.PeekNext() == to+1 {
			to = it.Next()
		}
		if to-from+1 >= minRange {
			in = append(in, condition(fmt.Sprintf("file %d TO %d", from, to)))
			continue
		}
		for n := uint64(from); n <= uint64(to); n++ {
			single = append(single, strconv.FormatUint(n, 10))
		}
	}
	if len(single) > 0 {
		in = append(in, condition("file IN ["+strings.Join(single, ",")+"]"))
	}
	return anyOf(in...)
}

// asked is true for the documents that a query may find, whatever its words:
// what the scopes open, narrowed to a file, site, team, type, section and time.
// The long list of files comes last: it isn't looked at where nothing is left.
func asked(q search.Query) (condition, error) {
	filters := slices.Clone(q.Filters)
	for _, f := range [...]struct{ field, value string }{{search.FieldSite, q.Site}, {team, q.Team}, {search.FieldType, q.Type}, {search.FieldSection, q.Section}} {
		if f.value != "" {
			filters = append(filters, search.Filter{Field: f.field, Values: []string{f.value}})
		}
	}
	var all []condition
	if q.File != 0 {
		all = append(all, filed(roaring.BitmapOf(q.File)))
	}
	if q.From != "" || q.To != "" {
		in, err := within("date", q.From, q.To)
		if err != nil {
			return never, err
		}
		all = append(all, in)
	}
	left := never
	for _, f := range filters {
		c, err := passes(f)
		if err != nil {
			return never, err
		}
		if f.Not {
			left = anyOf(left, c)
		} else {
			all = append(all, c)
		}
	}
	return except(allOf(append(all, opened(q.Scopes, q.ExcludeDocuments, q.ExcludeFiles))...), left), nil
}

// team is a field that no query names.
const team = "team"

// passes is true for the documents that have what a filter names; Not is not
// looked at.
func passes(f search.Filter) (condition, error) {
	switch f.Field {
	case search.FieldReceived:
		return within("received", f.From, f.To)
	case search.FieldFile:
		files := roaring.New()
		for _, v := range f.Values {
			if n, err := strconv.ParseUint(v, 10, 32); err == nil && n > 0 {
				files.Add(uint32(n))
			}
		}
		return filed(files), nil
	case search.FieldSite, search.FieldType, search.FieldSection, team:
		values := make([]string, len(f.Values))
		for i, v := range f.Values {
			values[i] = escape(v)
		}
		return oneOf(f.Field, values), nil
	}
	return never, record.Bad("filters", "There is no such field to filter by.")
}

// within is true for dates from one day to another, either of which may be
// open. Undated documents are not within.
func within(attribute, from, to string) (condition, error) {
	all := []condition{compare(attribute, ">", 0)}
	for _, f := range [...]struct{ field, operator, value string }{{"from", ">=", from}, {"to", "<=", to}} {
		if f.value == "" {
			continue
		}
		n, ok := day(f.value)
		if !ok {
			return never, record.Bad(f.field, "A date has the form YYYY-MM-DD.")
		}
		all = append(all, compare(attribute, f.operator, n))
	}
	return allOf(all...), nil
}
