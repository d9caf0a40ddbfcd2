package web

import (
	"net/url"
	"strings"

	"github.com/a-h/templ"
)

// crumb is one step of the way back; the last has no address.
type crumb struct{ Text, To string }

// paneLink makes a link load only the right pane when there is script; without
// it the same address gives the whole page.
func paneLink(to string) templ.Attributes {
	return templ.Attributes{"href": string(templ.URL(to)), "hx-get": to, "hx-target": "#pane", "hx-swap": "outerHTML", "hx-push-url": "true"}
}

// noticeRole: what went wrong is said at once, anything else when there is time.
func noticeRole(kind string) string {
	if kind == "danger" {
		return "alert"
	}
	return "status"
}

// describedBy names the elements that explain a field.
func describedBy(id, hint, problem string) string {
	var ids []string
	if hint != "" {
		ids = append(ids, id+"-hint")
	}
	if problem != "" {
		ids = append(ids, id+"-problem")
	}
	return strings.Join(ids, " ")
}

func escape(s string) string { return url.QueryEscape(s) }

// hint is one line of the status line: keys and the key of what they do.
type hint struct {
	keys []string
	text string
}

// hints are the keys that work on a page.
func (f Frame) hints() []hint {
	var h []hint
	if f.May["search"] || f.May["files"] && f.Place == "start" {
		h = append(h, hint{[]string{"/"}, "keys.search"})
	}
	switch f.Place {
	case "search", "files", "file", "audit", "quarantine":
		h = append(h, hint{[]string{"j", "k"}, "keys.rows"}, hint{[]string{"Enter"}, "keys.open"})
	case "inbox", "follow-ups":
		h = append(h, hint{[]string{"j", "k"}, "keys.rows"}, hint{[]string{"Enter"}, "keys.open"}, hint{[]string{"e"}, "keys.finish"},
			hint{[]string{"ü"}, "keys.take"}, hint{[]string{"w"}, "keys.followup"}, hint{[]string{"u"}, "keys.undo"})
	case "clearing":
		h = append(h, hint{[]string{"j", "k"}, "keys.rows"}, hint{[]string{"1", "…", "5"}, "keys.accept"}, hint{[]string{"a"}, "keys.otherfile"},
			hint{[]string{"y"}, "keys.type"}, hint{[]string{"f"}, "keys.forward"}, hint{[]string{"u"}, "keys.undo"})
	case "document":
		h = append(h, hint{[]string{"PgDn", "PgUp"}, "keys.pages"}, hint{[]string{"n", "N"}, "keys.hits"}, hint{[]string{"+", "-"}, "keys.zoom"})
	}
	if f.Place == "file" {
		h = append(h, hint{[]string{"x"}, "keys.pick"})
	}
	return append(h, hint{[]string{"?"}, "keys.all"})
}

// keyRow is a line of the keys table.
type keyRow = hint

// everywhereKeys, inboxKeys and viewerKeys are all keys of the pages.
func everywhereKeys() []keyRow {
	return []keyRow{{[]string{"/"}, "keys.search"}, {[]string{"j", "k"}, "keys.rows"}, {[]string{"Enter"}, "keys.open"},
		{[]string{"x"}, "keys.pick"}, {[]string{"u"}, "keys.undo"}, {[]string{"?"}, "keys.all"}, {[]string{"Esc"}, "keys.close"}}
}

func inboxKeys() []keyRow {
	return []keyRow{{[]string{"e"}, "keys.finish"}, {[]string{"ü"}, "keys.take"}, {[]string{"w"}, "keys.followup"}, {[]string{"z"}, "keys.assign"}}
}

// clearingKeys are those of the clearing page; a works on a document's too.
func clearingKeys() []keyRow {
	return []keyRow{{[]string{"1", "…", "9"}, "keys.accept"}, {[]string{"a"}, "keys.otherfile"}, {[]string{"y"}, "keys.type"}, {[]string{"f"}, "keys.forward"},
		{[]string{"s"}, "keys.split"}}
}

func viewerKeys() []keyRow {
	return []keyRow{{[]string{"PgDn", "PgUp"}, "keys.pages"}, {[]string{"Home", "End"}, "keys.ends"}, {[]string{"n", "N"}, "keys.hits"},
		{[]string{"+", "-"}, "keys.zoom"}, {[]string{"r"}, "keys.turn"}, {[]string{"g"}, "keys.page"}, {[]string{"t"}, "keys.text"}, {[]string{">", "<"}, "keys.parts"}}
}

// keyName is what is printed on the key in the reader's country.
func (f Frame) keyName(k string) string {
	if f.L.Has("key", k) {
		return f.L.Of("key", k)
	}
	return k
}
