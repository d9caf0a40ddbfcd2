package web

import (
	"slices"

	"eakte/search"
	"eakte/ui/locale"
)

// chip is one value the results can be narrowed to.
type chip struct {
	Label string
	Count int // 0: it was not counted
	Link  string
	On    bool
}

const chipsAtOnce = 6 // of a facet; the others behind "more"

func facetsShown() []string {
	return []string{search.FacetType, search.FacetSection, search.FacetSite, search.FacetYear}
}

// Chips are the values of a facet as links, the frequent first. The one that is
// chosen stands before them and leads back.
func (v searchView) Chips(l *locale.Lang, facet string) []chip {
	var chips []chip
	for _, fc := range v.Found.Facets[facet] {
		if fc.Value == "" { // nothing that could be asked for
			continue
		}
		ch := v.chip(l, facet, fc.Value)
		ch.Count = fc.Count
		chips = append(chips, ch)
	}
	slices.SortStableFunc(chips, func(a, b chip) int {
		if a.On != b.On {
			if a.On {
				return -1
			}
			return 1
		}
		return b.Count - a.Count
	})
	return chips
}

// chip narrows to a value of a facet or, if that is so already, no longer.
func (v searchView) chip(l *locale.Lang, facet, value string) chip {
	ch := chip{Label: value}
	set := []string{facet, value}
	switch facet {
	case search.FacetType:
		ch.Label = typeName(l, value)
	case search.FacetYear:
		set = []string{"from", value + "-01-01", "to", value + "-12-31"}
	}
	ch.On = true
	for i := 0; i < len(set); i += 2 {
		ch.On = ch.On && v.At.Get(set[i]) == set[i+1]
	}
	if ch.On {
		for i := 1; i < len(set); i += 2 {
			set[i] = ""
		}
	}
	ch.Link = v.At.withoutPane(append(set, "cursor", "")...)
	return ch
}

// chipsSet are what the results are narrowed to and no facet shows: the file, a
// stretch of time, and values that nothing was found of.
func (v searchView) chipsSet(l *locale.Lang) []chip {
	var chips []chip
	if v.File != nil {
		chips = append(chips, chip{Label: fileTitle(v.File.Members, v.File.Number), On: true, Link: v.At.withoutPane("file", "", "cursor", "")})
	}
	for _, name := range []string{search.FacetType, search.FacetSection, search.FacetSite, "team"} {
		if value := v.At.Get(name); value != "" && !v.counted(name, value) {
			chips = append(chips, v.chip(l, name, value))
		}
	}
	if label := v.period(l); label != "" {
		chips = append(chips, chip{Label: label, On: true, Link: v.At.withoutPane("from", "", "to", "", "cursor", "")})
	}
	return chips
}

// counted says whether a facet shows the value.
func (v searchView) counted(facet, value string) bool {
	return slices.ContainsFunc(v.Found.Facets[facet], func(fc search.FacetCount) bool { return fc.Value == value })
}

// period is the stretch of time that is asked for, in words; "" if there is
// none, or it is a year that its facet shows.
func (v searchView) period(l *locale.Lang) string {
	switch from, to := l.Day(v.From), l.Day(v.To); {
	case v.From == "" && v.To == "":
		return ""
	case v.To == "":
		return l.T("search.since", "from", from)
	case v.From == "":
		return l.T("search.until", "to", to)
	case len(v.From) == 10 && v.From[4:] == "-01-01" && v.To == v.From[:4]+"-12-31":
		if year := v.From[:4]; !v.counted(search.FacetYear, year) {
			return year
		}
		return ""
	default:
		return l.T("search.between", "from", from, "to", to)
	}
}

// narrowed says whether the results are narrowed, so that the chips stay open.
func (v searchView) narrowed() bool {
	for _, name := range []string{search.FacetType, search.FacetSection, search.FacetSite, "from", "to"} {
		if v.At.Get(name) != "" {
			return true
		}
	}
	return false
}
