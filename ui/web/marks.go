package web

import (
	"slices"
	"strconv"

	"eakte/appliance/archive"
	"eakte/appliance/record"
)

// pagesMarked lists the pages with a mark of a kind.
func (v paneView) pagesMarked(kind string) []int {
	var pages []int
	for _, m := range v.Doc.Marks {
		if m.Kind == kind && m.Page > 0 && m.Page <= len(v.Pages) {
			pages = append(pages, m.Page)
		}
	}
	return pages
}

// has says whether the document or one of its pages has a mark of a kind.
func (v paneView) has(kind string) bool { return slices.Contains(v.Doc.Marked, kind) }

// kindsOf are the marks of one page that are said in the strip of pages, the
// most important first.
func (v paneView) kindsOf(page int) []string {
	var kinds []string
	for _, k := range []string{record.MarkUnreadable, record.MarkFaulty, record.MarkDoubtful, record.MarkSeparator, record.MarkBlank} {
		if slices.Contains(v.Doc.Marks, record.Mark{Page: page, Kind: k}) {
			kinds = append(kinds, k)
		}
	}
	return kinds
}

// stripMost is how many pages the strip shows before it leaves some out.
const stripMost = 40

// strip lists the pages to choose from, if one of them has a mark: all of a
// short document, of a long one those with a mark around the open page.
func (v paneView) strip() (pages []int, cut bool) {
	var marked []int
	for n := 1; n <= len(v.Pages); n++ {
		if len(v.kindsOf(n)) > 0 {
			marked = append(marked, n)
		}
		pages = append(pages, n)
	}
	if len(marked) == 0 || len(pages) < 2 {
		return nil, false
	}
	if len(pages) <= stripMost {
		return pages, false
	}
	if at, found := slices.BinarySearch(marked, v.Page); !found {
		marked = slices.Insert(marked, at, v.Page)
	}
	at, _ := slices.BinarySearch(marked, v.Page)
	from := max(0, min(at-stripMost/2, len(marked)-stripMost))
	return marked[from:min(len(marked), from+stripMost)], true
}

// marksOfPage are the marks of the open page that are said beside it.
func (v paneView) marksOfPage() []string {
	var kinds []string
	for _, k := range []string{record.MarkFaulty, record.MarkDoubtful, record.MarkBlank, record.MarkTurned} {
		if slices.Contains(v.Doc.Marks, record.Mark{Page: v.Page, Kind: k}) {
			kinds = append(kinds, k)
		}
	}
	return kinds
}

// signs are the marks that a list shows: what somebody should know before
// opening it.
func signs(d archive.DocumentView) []string {
	var kinds []string
	for _, k := range []string{record.MarkUnreadable, record.MarkFaulty, record.MarkDoubtful, record.MarkSigned} {
		if slices.Contains(d.Marked, k) {
			kinds = append(kinds, k)
		}
	}
	return kinds
}

// fileType is what people call a type of file, "" if they have no word for it.
func fileType(f Frame, contentType string) string {
	if !f.L.Has("filetype", contentType) {
		return ""
	}
	return f.L.Of("filetype", contentType)
}

// fewPages bounds how many page numbers a sentence names.
const fewPages = 12

// pageLink is one page of a sentence.
type pageLink struct{ Page, To string }

// pageLinks are the first pages of a list, and how many more there are.
func (v paneView) pageLinks(pages []int) (links []pageLink, more int) {
	for _, n := range pages[:min(len(pages), fewPages)] {
		links = append(links, pageLink{strconv.Itoa(n), v.ToPage(n)})
	}
	return links, len(pages) - len(links)
}
