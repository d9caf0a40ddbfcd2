package web

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"eakte/appliance/oversight"
	"eakte/appliance/record"
	"eakte/ui/locale"
)

// said tells an entry as a sentence: who did what, or who wanted to.
func said(l *locale.Lang, e oversight.EntryView) string {
	sentence := l.T("audit.unknown", "action", e.Action)
	switch wanted := e.Outcome == "denied" || e.Outcome == "failed"; {
	case wanted && l.Has("audit.tried", e.Action):
		sentence = l.Of("audit.tried", e.Action)
	case !wanted && l.Has("audit.did", e.Action):
		sentence = l.Of("audit.did", e.Action)
	}
	return strings.ReplaceAll(sentence, "{who}", actorName(l, e))
}

// actorName is who acted, as the log knows them.
func actorName(l *locale.Lang, e oversight.EntryView) string {
	switch {
	case e.Actor == "system":
		return l.T("audit.system")
	case e.Erased:
		return l.T("audit.erasedname")
	case e.ActorName == "":
		return l.T("audit.somebody")
	}
	return e.ActorName
}

// exactly is a moment to the second: the order of things counts here.
func exactly(l *locale.Lang, t time.Time) string { return l.Time(t) + t.Format(":05") }

// outcomeKind is the look of an outcome.
func outcomeKind(outcome string) string {
	return map[string]string{"allowed": "info", "done": "success", "denied": "danger"}[outcome]
}

// thing is what an entry is about: a word, and where to ask further.
type thing struct{ Text, To string }

const thingsShown = 3 // of an entry, in the list

// things names the objects of an entry, the file and the document first.
func things(l *locale.Lang, e oversight.EntryView) []thing {
	var out []thing
	for _, kind := range []string{"file", "document", "user", "site", "delivery", "item", "hold", "schedule", "token", "entry", "entries", "person", "manifest"} {
		for _, o := range e.Objects {
			if o.Kind != kind {
				continue
			}
			t := thing{Text: l.T("audit.object", "kind", l.Of("audit.kind", kind), "id", short(o.ID))}
			switch kind {
			case "file", "document":
				t.To = "/audit?" + kind + "=" + escape(o.ID)
			case "entry":
				t.To = "/audit/" + escape(o.ID)
			case "user":
				if name := e.Names[o.ID]; name != "" {
					t.Text = l.T("audit.object", "kind", l.Of("audit.kind", kind), "id", name)
				}
			}
			out = append(out, t)
		}
	}
	return out
}

// short is enough of an id to tell it from others on the page.
func short(id string) string {
	if record.ValidID(id) {
		return id[:8]
	}
	if len(id) > 24 {
		return id[:24] + "…"
	}
	return id
}

// few are the first things of a list, and how many more there are.
func few(list []thing) ([]thing, int) {
	if len(list) <= thingsShown {
		return list, 0
	}
	return list[:thingsShown], len(list) - thingsShown
}

// particulars are what else the entry says, by names in the reader's language:
// reason, query, and the details that the action left.
func particulars(l *locale.Lang, e oversight.EntryView) []field {
	var out []field
	add := func(name, value string) {
		if value != "" {
			out = append(out, field{l.Of("audit.detail", name), value})
		}
	}
	add("query", queryText(l, e))
	add("given_reason", e.Reason)
	names := make([]string, 0, len(e.Detail))
	for k := range e.Detail {
		names = append(names, k)
	}
	slices.Sort(names)
	for _, k := range names {
		add(k, detailText(l, k, e.Detail[k]))
	}
	return out
}

// detailText says a detail's value in words.
func detailText(l *locale.Lang, name, value string) string {
	switch name {
	case "reason":
		if key, ok := strings.CutPrefix(value, "access."); ok && l.Has("access", key) {
			return l.Of("access", key)
		}
		if l.Has("reason", value) {
			return l.Of("reason", value)
		}
		return l.Of("audit.because", value)
	case "why":
		return l.Of("audit.because", value)
	case "given", "taken", "roles":
		var roles []record.RoleAt
		if err := json.Unmarshal([]byte(value), &roles); err == nil {
			return rolesText(l, roles)
		}
	case "change":
		return l.Of("audit.change", value)
	case "list", "queue":
		return l.Of("audit.list", value)
	case "state":
		return l.Of("state", value)
	case "hold":
		return l.Of("audit.hold", value)
	case "hold_kind":
		return l.Of("hold.kind", value)
	case "channel":
		return l.Of("via", value)
	case "expires":
		if t, err := time.Parse(time.RFC3339, value); err == nil {
			return l.Time(t)
		}
	}
	return value
}

// queryText is what was asked for; a question to the log is told as its filters.
func queryText(l *locale.Lang, e oversight.EntryView) string {
	var q map[string]any
	if e.Action != "audit.read" || json.Unmarshal([]byte(e.Query), &q) != nil {
		return e.Query
	}
	var parts []string
	for _, k := range []string{"group", "action", "outcome", "file", "document", "actor", "from", "to"} {
		if s, ok := q[k].(string); ok && s != "" {
			parts = append(parts, l.Of("audit.asked", k)+": "+s)
		}
	}
	if len(parts) == 0 {
		return l.T("audit.everything")
	}
	return strings.Join(parts, "; ")
}

// rolesText names roles for people who do not manage them.
func rolesText(l *locale.Lang, roles []record.RoleAt) string {
	words := make([]string, len(roles))
	for i, r := range roles {
		place := strings.TrimSuffix(r.Site+"/"+r.Team, "/")
		if r.Site == "*" {
			place = l.T("users.house")
		}
		words[i] = l.T("users.roleat", "role", roleName(l, r.Role), "place", place)
	}
	return strings.Join(words, "; ")
}

// sealed says in one sentence how far the log is signed.
func (v auditView) sealed(l *locale.Lang) string {
	cp := v.Checkpoint
	s := l.N("audit.sealed", int(cp.Size), "log", cp.Log, "when", l.Time(cp.At))
	if since := int(cp.Entries-cp.Size) + cp.Pending; since > 0 {
		s += " " + l.N("audit.since", since)
	}
	return s
}
