package meili

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/RoaringBitmap/roaring/v2"

	"eakte/appliance/record"
	"eakte/search"
)

// condition is a Meilisearch filter. The empty one is never true.
type condition string

const never condition = ""

// anyOf is true if one of in is.
func anyOf(in ...condition) condition {
	var some []string
	for _, c := range in {
		if c != never {
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

// allOf is true if each of in is. There has to be one.
func allOf(in ...condition) condition {
	all := make([]string, len(in))
	for i, c := range in {
		if c == never {
			return never
		}
		all[i] = string(c)
	}
	switch len(all) {
	case 0:
		return never
	case 1:
		return in[0]
	}
	return condition("(" + strings.Join(all, " AND ") + ")")
}

// except is true if c is and not isn't.
func except(c, not condition) condition {
	if c == never || not == never {
		return c
	}
	return condition("(" + string(c) + " AND NOT " + string(not) + ")")
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
func opened(scopes []search.Scope, documents []record.DocumentID, files []uint32) condition {
	out := roaring.BitmapOf(files...)
	var in []condition
	for _, s := range scopes {
		if s.Files == nil {
			continue
		}
		in = append(in, allOf(compare("sensitivity", "<=", int(s.MaxSensitivity)), filed(roaring.AndNot(s.Files, out))))
	}
	ids := make([]string, len(documents))
	for i, d := range documents {
		ids[i] = string(d)
	}
	return except(anyOf(in...), oneOf("id", ids))
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
// what the scopes open, narrowed to a file, site, team, type and time.
func asked(q search.Query) (condition, error) {
	c := opened(q.Scopes, q.ExcludeDocuments, q.ExcludeFiles)
	if c == never {
		return never, nil
	}
	all := []condition{c}
	if q.File != 0 {
		all = append(all, filed(roaring.BitmapOf(q.File)))
	}
	for _, f := range [...]struct{ attribute, value string }{{"site", q.Site}, {"team", q.Team}, {"type", q.Type}} {
		if f.value != "" {
			all = append(all, oneOf(f.attribute, []string{escape(f.value)}))
		}
	}
	for _, f := range [...]struct{ field, operator, value string }{{"from", ">=", q.From}, {"to", "<=", q.To}} {
		if f.value == "" {
			continue
		}
		n, ok := day(f.value)
		if !ok {
			return never, record.Bad(f.field, "A date has the form YYYY-MM-DD.")
		}
		all = append(all, compare("date", f.operator, n), compare("date", ">", 0))
	}
	return allOf(all...), nil
}
