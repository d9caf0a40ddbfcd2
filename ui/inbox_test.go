package ui

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"eakte/appliance/catalog"
	"eakte/appliance/record"
	"eakte/ingest/inbox"
)

// teamFile is a file that nobody is responsible for: what comes in is the team's.
func (h *house) teamFile(number string) record.FileID {
	h.t.Helper()
	id := h.newFile(number, "Offen", "Otto", "1970-01-01")
	check(h.t, h.cat.WithTx(h.t.Context(), func(tx *catalog.Tx) error {
		f, err := tx.FileByID(id)
		if err != nil {
			return err
		}
		f.Responsible = ""
		return tx.UpdateFile(f)
	}))
	return id
}

func (h *house) inboxOf(user, query string) []inbox.Item {
	h.t.Helper()
	res := h.call(user, "GET", "/inbox"+query, "", nil)
	res.want(200)
	var list struct{ Items []inbox.Item }
	res.json(&list)
	return list.Items
}

// TestInboxAPI: what comes in is there to take, finish, put off; who comes
// second learns who was first, and when.
func TestInboxAPI(t *testing.T) {
	h := open(t)
	doc := h.document("Auszug", "Miete")
	items := h.inboxOf("k.sommer", "")
	if len(items) != 1 || items[0].Document.ID != doc || items[0].File.Number != number || items[0].Waits != "2026-11-18" {
		t.Fatalf("inbox: %+v", items)
	}
	at := "/inbox/" + string(items[0].ID)
	for _, step := range []string{"/take", "/assign", "/follow-up", "/finish", "/reopen"} {
		for _, who := range []string{"b.winter", "a.admin", "d.schutz"} {
			h.call(who, "POST", at+step, "{", nil).failure(404, "not_found")
		}
	}
	for _, who := range []string{"a.admin", "d.schutz"} {
		h.call(who, "GET", "/inbox?queue=x&limit=y", "", nil).failure(403, "denied")
		h.call(who, "GET", "/follow-ups", "", nil).failure(403, "denied")
		h.call(who, "POST", "/follow-ups", "{", nil).failure(403, "denied")
	}
	h.call("k.sommer", "GET", "/inbox?user=t.lead", "", nil).failure(404, "not_found")
	h.call("k.sommer", "GET", "/inbox?queue=x", "", nil).failure(400, "invalid")
	h.call("k.sommer", "POST", at+"/assign", `{"user":"t.lead"}`, nil).failure(403, "denied")
	h.call("k.sommer", "POST", at+"/follow-up", `{"date":"morgen"}`, nil).failure(400, "invalid")
	h.call("k.sommer", "POST", at+"/finish?version=x", "", nil).failure(400, "invalid")

	key := map[string]string{"Idempotency-Key": "f"}
	h.call("k.sommer", "POST", at+"/finish", "", key).want(200)
	h.call("k.sommer", "POST", at+"/finish", "", key).want(200)
	if got := h.inboxOf("k.sommer", ""); len(got) != 0 {
		t.Errorf("finished, and still there: %+v", got)
	}
	h.call("k.sommer", "POST", at+"/reopen", "", nil).want(200)
	h.call("t.lead", "POST", at+"/assign", `{"user":"t.lead"}`, nil).want(200)
	res := h.call("k.sommer", "POST", at+"/finish", "", nil)
	res.failure(409, "conflict")
	var f struct {
		Error struct {
			By *inbox.Colleague
			At string
		}
	}
	if res.json(&f); f.Error.By == nil || f.Error.By.Name != "t.lead" || f.Error.At == "" {
		t.Errorf("who was faster: %s", res.Body)
	}
	made := h.call("k.sommer", "POST", "/follow-ups", `{"file":"`+number+`","date":"2099-01-01"}`, nil)
	made.failure(400, "invalid")
	h.call("k.sommer", "POST", "/follow-ups", `{"file":"`+number+`","date":"2030-01-02","note":"x"}`, nil).want(201)
	if res := h.call("k.sommer", "GET", "/follow-ups", "", nil); !strings.Contains(res.Body, `"due":"2030-01-02"`) {
		t.Errorf("follow-ups: %s", res.Body)
	}
}

// TestInboxByForms: a caseworker works off the inbox without script; after each
// the next is open, and each step can be taken back.
func TestInboxByForms(t *testing.T) {
	h := open(t)
	h.document("Erstes", "Miete")
	h.document("Zweites", "Strom")
	v := h.visitor("de")
	v.signIn("k.sommer")
	list := v.get("/inbox")
	list.want(200)
	if n := list.Find("#list tbody tr").Length(); n != 2 || list.Find("#list [autofocus]").Length() != 1 || !strings.Contains(list.Find("#list").Text(), "Müller, Anna") {
		t.Fatalf("%d rows: %s", n, list.Find("#list").Text())
	}
	one := v.get(list.Find("tbody a[data-row]").First().AttrOr("href", ""))
	if one.Find("#pane img").Length() != 1 || !strings.Contains(one.Find("#pane").Text(), "Erstes") || one.Find("tr[aria-current] a[autofocus]").Length() != 1 {
		t.Fatalf("open: %s", one.Find("#pane").Text())
	}
	if one.Find("#i-take, #i-assign").Length() != 0 {
		t.Error("it can be taken or assigned by who has it and assigns nothing")
	}
	res := v.send(one, "form[action$='/finish']", nil)
	res.want(303)
	two := v.get(res.Header.Get("Location"))
	if two.Find("#list tbody tr").Length() != 1 || !strings.Contains(two.Find("#pane").Text(), "Zweites") || two.Find("form[data-undo]").Length() != 1 ||
		!strings.Contains(two.Find("form[data-undo]").Text(), "Erledigt") {
		t.Fatalf("the next: %s", two.Find("main").Text())
	}
	if again := v.get(res.Header.Get("Location")); again.Find("form[data-undo]").Length() != 0 {
		t.Error("the undo is offered twice")
	}
	res = v.send(two, "form[data-undo]", nil)
	res.want(303)
	if back := v.get(res.Header.Get("Location")); back.Find("#list tbody tr").Length() != 2 || !strings.Contains(back.Find("#pane").Text(), "Erstes") {
		t.Errorf("taken back: %s", back.Find("main").Text())
	}
	v.send(two, "form[action$='/finish']", url.Values{"csrf": {"forged"}}).want(403)

	wrong := v.read(v.send(two, "form[action$='/follow-up']", url.Values{"date": {"bald"}, "note": {"nachfragen"}}))
	wrong.want(400)
	if wrong.Find("input#date").AttrOr("aria-invalid", "") != "true" || wrong.Find("input#note").AttrOr("value", "") != "nachfragen" || wrong.Find("details[open]").Length() != 1 {
		t.Errorf("a wrong day: %s", wrong.Find("#pane").Text())
	}
	res = v.send(two, "form[action$='/follow-up']", url.Values{"date": {"in 2 Wochen"}, "note": {"nachfragen"}})
	res.want(303)
	rest := v.get(res.Header.Get("Location"))
	if rest.Find("#list tbody tr").Length() != 1 || !strings.Contains(rest.Find("form[data-undo]").Text(), "Wiedervorlage am ") {
		t.Errorf("put off: %s", rest.Find("#list").Text())
	}
	follow := v.get("/follow-ups")
	if follow.Find("#list tbody tr").Length() != 1 || !strings.Contains(follow.Find("#list").Text(), "nachfragen") || !strings.Contains(follow.Find("#list").Text(), "in 14 Tagen") {
		t.Errorf("follow-ups: %s", follow.Find("#list").Text())
	}
	v.send(v.get("/inbox?doc=&item="+string(h.inboxOf("k.sommer", "")[0].ID)), "form[action$='/finish']", nil).want(303)
	empty := v.get("/inbox")
	if empty.Find("#list tbody tr").Length() != 0 || !strings.Contains(empty.Find("#list .teach").Text(), "Ihr Postkorb ist leer") {
		t.Errorf("empty: %s", empty.Find("#list").Text())
	}
}

// TestInboxFaster: two see the same item of the team; who comes second is told
// who was first and when, and sees how it stands.
func TestInboxFaster(t *testing.T) {
	h := open(t)
	h.file = h.teamFile("03104//0077777")
	h.document("Offenes", "Miete")
	v, lead := h.visitor("de"), h.visitor("en")
	v.signIn("k.sommer")
	lead.signIn("t.lead")
	if n := v.get("/inbox").Find("#list tbody tr").Length(); n != 0 {
		t.Errorf("%d in the own inbox", n)
	}
	at := v.get("/inbox?queue=team").Find("tbody a[data-row]").AttrOr("href", "")
	seen, theirs := v.get(at), lead.get(at)
	if seen.Find("#i-take").Length() != 1 || theirs.Find("#i-assign").Length() != 1 || theirs.Find("select#user option").Length() != 2 {
		t.Fatalf("open: %s / %s", seen.Find("#pane").Text(), theirs.Find("#pane").Text())
	}
	v.send(seen, "form[action$='/take']", nil).want(303)
	v.send(seen, "form[action$='/take']", nil).want(303) // a double click
	late := lead.read(lead.send(theirs, "form[action$='/take']", nil))
	late.want(409)
	if say := late.Find("#list .kern-alert").Text(); !strings.Contains(say, "k.sommer was faster and has had it since") {
		t.Errorf("told: %s", say)
	}
	if late.Find("#pane #i-take").Length() != 0 || !strings.Contains(late.Find("#list tbody").Text(), "k.sommer") {
		t.Errorf("how it stands: %s", late.Find("main").Text())
	}
	res := lead.send(late, "form[action$='/assign']", url.Values{"user": {"t.lead"}})
	res.want(303)
	if p := lead.get(res.Header.Get("Location")); !strings.Contains(p.Find("form[data-undo]").Text(), "Assigned") || !strings.Contains(p.Find(".item-facts").Text(), "t.lead has had it since") {
		t.Errorf("assigned: %s", p.Find("main").Text())
	}
}

// TestInboxPane: with script only the pane is asked for; what is not there any
// more does not hide the list.
func TestInboxPane(t *testing.T) {
	h := open(t)
	h.document("Erstes", "Miete", "Strom")
	v := h.visitor("de")
	v.signIn("k.sommer")
	at := v.get("/inbox").Find("tbody a[data-row]").AttrOr("hx-get", "")
	pane := v.get(at+"&page=2", "HX-Request", "true", "HX-Target", "section#pane")
	pane.want(200)
	if pane.Find("html > body > section#pane").Length() != 1 || pane.Find("#list").Length() != 0 || pane.Find("#i-finish").Length() != 1 ||
		!strings.Contains(at, "item="+pane.Find("#pane").AttrOr("data-doc", "?")) {
		t.Errorf("the pane: %.300s", pane.Body)
	}
	if hidden := pane.Find("form[action$='/finish'] input[name=back]").AttrOr("value", ""); hidden != "/inbox" {
		t.Errorf("back to %q", hidden)
	}
	gone := v.get("/inbox?item=" + record.NewID())
	gone.want(404)
	if gone.Find("#list tbody tr").Length() != 1 || !strings.Contains(gone.Find("#pane").Text(), "nicht mehr hier") {
		t.Errorf("gone: %s", gone.Find("main").Text())
	}
	if res := v.request(v.client, http.MethodGet, h.url+"/inbox/"+record.NewID(), nil, nil); res.Status != 303 || !strings.HasPrefix(res.Header.Get("Location"), "/inbox?item=") {
		t.Errorf("a link to an item: %d %s", res.Status, res.Header.Get("Location"))
	}
	for _, who := range []string{"a.admin", "d.schutz"} {
		other := h.visitor("de")
		other.signIn(who)
		for _, path := range []string{"/inbox", "/follow-ups", "/inbox?queue=clearing"} {
			other.get(path).want(403)
		}
	}
}

// TestNewFollowUp: from a file and from a document.
func TestNewFollowUp(t *testing.T) {
	h := open(t)
	doc := string(h.document("Auszug", "Miete"))
	v := h.visitor("de")
	v.signIn("k.sommer")
	form := v.get(v.get("/files/"+string(h.file)).Find("a[href^='/follow-ups/new']").AttrOr("href", ""))
	if !strings.Contains(form.Find("main").Text(), "Müller, Anna") {
		t.Errorf("about: %s", form.Find("main").Text())
	}
	v.read(v.send(form, "main form", url.Values{"date": {"gestern"}})).want(400)
	res := v.send(form, "main form", url.Values{"date": {"+2W"}, "note": {"Nebenkosten erfragen"}})
	res.want(303)
	v.send(form, "main form", url.Values{"date": {"+2W"}, "note": {"Nebenkosten erfragen"}}).want(303) // a double click
	made := v.get(res.Header.Get("Location"))
	if made.Find("#list tbody tr").Length() != 1 || !strings.Contains(made.Find("#pane h2").Text(), "Nebenkosten erfragen") || !strings.Contains(made.Find("#pane").Text(), number) {
		t.Errorf("made: %s", made.Find("main").Text())
	}
	onDoc := v.get(v.get("/documents/"+doc).Find("a[href^='/follow-ups/new']").AttrOr("href", ""))
	v.send(onDoc, "main form", url.Values{"date": {"morgen"}}).want(303)
	if list := v.get("/follow-ups"); list.Find("#list tbody tr").Length() != 2 || !strings.Contains(list.Find("#list tbody tr").First().Text(), "Auszug") {
		t.Errorf("follow-ups: %s", list.Find("#list").Text())
	}
	other := h.visitor("de")
	other.signIn("b.winter")
	other.get("/follow-ups/new?file=" + string(h.file)).want(404)
}
