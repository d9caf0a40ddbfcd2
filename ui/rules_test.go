package ui

import (
	"net/http"
	"net/url"
	"testing"

	"eakte/appliance/record"
	"eakte/ingest/mailroom"
	"eakte/ingest/routing"
)

// TestRulesFormTwice: a form of rules that is sent twice makes one version, in
// fields as in JSON; changed after going back to it, it makes another.
func TestRulesFormTwice(t *testing.T) {
	h := open(t)
	v := h.visitor("de")
	v.signIn("a.admin")
	for kind, c := range map[string]struct {
		form   string // selector of the one that is sent
		reason string // its field
		do     string
		body   []byte
	}{
		record.RulesRouting:  {"main form:has(input[name=parts])", "reason", "save", routing.DefaultRules()},
		record.RulesMailroom: {"main form:has(textarea[name=json])", "json-reason", "json", mailroom.DefaultRules()},
	} {
		page := v.get("/rules/" + kind + "/edit")
		page.want(http.StatusOK)
		keep := func(from webPage, reason string) string {
			t.Helper()
			kept := v.send(from, c.form, url.Values{"do": {c.do}, "json": {string(c.body)}, c.reason: {reason}})
			kept.want(http.StatusSeeOther)
			return kept.Header.Get("Location")
		}
		one := "/rules/" + kind + "?version=1&done=saved"
		wrong := v.read(v.send(page, c.form, url.Values{"do": {c.do}, "json": {string(c.body)}, c.reason: {""}}))
		wrong.want(http.StatusUnprocessableEntity)
		if first, again := keep(wrong, "Neu"), keep(wrong, "Neu"); first != one || again != one {
			t.Errorf("%s: %s and %s", kind, first, again)
		}
		if changed, other := keep(wrong, "Anders"), keep(v.get("/rules/"+kind+"/edit"), "Neu"); changed == one || other == one || changed == other {
			t.Errorf("%s: %s after a change, %s by a form of its own", kind, changed, other)
		}
	}
}
