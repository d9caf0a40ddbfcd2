package web

import (
	"slices"
	"strconv"
	"strings"

	"eakte/appliance/archive"
	"eakte/ui/locale"
)

// hitLink opens a hit beside the list, at its page and first mark.
func (v searchView) hitLink(h archive.SearchHit) string {
	page := ""
	if h.Page > 1 {
		page = strconv.Itoa(h.Page)
	}
	if len(h.Hits) == 0 { // found by its title
		return v.At.withoutPane("doc", string(h.Document), "page", page)
	}
	return v.At.withoutPane("doc", string(h.Document), "page", page, "hit", "1") + "#hit"
}

// hitThumb is the address of the smallest picture of the page that was hit.
func hitThumb(h archive.SearchHit) string {
	return "/documents/" + string(h.Document) + "/pages/" + strconv.Itoa(h.Page) + "/image?width=96"
}

func hitTitle(l *locale.Lang, h archive.SearchHit) string {
	return title(l, archive.DocumentView{Title: h.Title, Type: h.Type})
}

// whyFound says why a file was found where its row does not show it; "" if it does.
func whyFound(l *locale.Lang, h archive.FileHit) string {
	var lines []string
	for _, y := range h.Why {
		for _, line := range whyLines(l, y, h) {
			if !slices.Contains(lines, line) {
				lines = append(lines, line)
			}
		}
	}
	return strings.Join(lines, " · ")
}

func whyLines(l *locale.Lang, y archive.Why, h archive.FileHit) []string {
	switch y.Kind {
	case "name":
		return whyName(l, y, h.Members)
	case "former":
		return []string{l.T("why.former")}
	case "birth":
		if i := slices.IndexFunc(h.Members, func(m archive.MemberView) bool { return m.BirthDate == y.Value }); i > 0 {
			return []string{l.T("why.birthof", "name", personName(h.Members[i]))}
		}
		return []string{l.T("why.birth")}
	case "number":
		return whyNumber(l, y, h)
	case "tail":
		return []string{l.T("why.tail")}
	}
	return nil
}

// whyName names the word that was meant, and the member if the row shows another.
func whyName(l *locale.Lang, y archive.Why, members []archive.MemberView) []string {
	var lines []string
	if y.How == "sounds" || y.How == "typo" {
		lines = append(lines, l.T(map[string]string{"sounds": "why.sounds", "typo": "why.typo"}[y.How], "name", y.Value))
	}
	if i := slices.IndexFunc(members, func(m archive.MemberView) bool { return bears(m, y.Value) }); i > 0 {
		lines = append(lines, l.T("why.member", "name", personName(members[i])))
	}
	return lines
}

// bears says whether a word stands in a member's name.
func bears(m archive.MemberView, word string) bool {
	return slices.Contains(strings.FieldsFunc(m.FirstName+" "+m.Name, func(r rune) bool { return r == ' ' || r == '-' }), word)
}

func whyNumber(l *locale.Lang, y archive.Why, h archive.FileHit) []string {
	customer := slices.ContainsFunc(h.Members, func(m archive.MemberView) bool { return m.CustomerNumber == y.Value })
	switch {
	case y.How != "":
		return []string{l.T("why.near", "number", y.Value)}
	case customer:
		return []string{l.T("why.customer", "number", y.Value)}
	case y.Value != h.Number:
		return []string{l.T("why.number", "number", y.Value)}
	}
	return nil
}
