package ui

import (
	"context"
	"go/ast"
	"go/parser"
	"go/token"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"eakte/appliance/admin"
	"eakte/appliance/catalog"
	"eakte/appliance/oversight"
	"eakte/appliance/record"
	"eakte/ui/locale"
)

// checks are parts of an appliance that is not quite well.
func checks() []admin.Check {
	return []admin.Check{
		{Name: "catalog", Vital: true, Look: func(context.Context) admin.Finding {
			return admin.Finding{State: admin.OK, Code: "catalog.ok", Message: "answers"}
		}},
		{Name: "disk", Look: func(context.Context) admin.Finding {
			return admin.Finding{State: admin.Degraded, Code: "disk.low", Message: "1.5 GB free", Hint: "Make room or add a disk.",
				Values: map[string]string{"bytes": "1500000000"}}
		}},
		{Name: "oven", Look: func(context.Context) admin.Finding {
			return admin.Finding{State: admin.Down, Code: "oven.cold", Message: "The oven is cold.", Hint: "Light it."}
		}},
	}
}

// keyLike is a title whose text is missing.
var keyLike = regexp.MustCompile(`^[a-z]+(\.[a-z]+)+ `)

// TestPagesByRole: who may gets the page, who may not gets the house's refusal
// and nothing of what stands there.
func TestPagesByRole(t *testing.T) {
	h := open(t)
	h.document("Geheimnis", "Miete")
	admins, officer, hands := []string{"a.admin"}, []string{"d.schutz"}, []string{"k.sommer", "t.lead", "s.scan", "e.tor", "c.klar"}
	pages := map[string][]string{
		"/":             {"a.admin", "d.schutz", "k.sommer", "t.lead", "s.scan", "e.tor", "c.klar", "r.ordner", "q.audit"},
		"/admin/health": admins, "/admin/findings": admins, "/admin/schedules": admins, "/admin/users": admins, "/admin/new-user": admins, "/admin/sites": admins,
		"/admin/roles": append(slices.Clone(admins), officer...), "/audit": officer, "/audit?group=all&outcome=denied": officer,
		"/throughput": {"a.admin", "s.scan", "c.klar"}, "/upload": hands, "/quarantine": append(slices.Clone(hands), "r.ordner", "q.audit"),
	}
	for i, name := range pages["/"] {
		lang := locale.Languages()[i%2]
		v := h.visitor(lang)
		v.signIn(name)
		for path, may := range pages {
			p := v.get(path)
			want := 403
			if slices.Contains(may, name) {
				want = 200
			}
			if p.Status != want {
				t.Errorf("%s at %s: %d, want %d: %.200s", name, path, p.Status, want, p.Find("main").Text())
			}
			if got := p.Find("html").AttrOr("lang", ""); got != lang || keyLike.MatchString(p.Find("title").Text()) {
				t.Errorf("%s is in %s, titled %s", path, got, p.Find("title").Text())
			}
			if strings.Contains(p.Body, "Geheimnis") && name != "k.sommer" {
				t.Errorf("%s sees a title at %s", name, path)
			}
		}
	}
}

// TestStartByRole: each role finds its own work, several roles the sum.
func TestStartByRole(t *testing.T) {
	h := open(t)
	sections := func(name string) (out []string) {
		v := h.visitor("de")
		v.signIn(name)
		v.get("/").Find("main section[aria-labelledby]").Each(func(_ int, s *goquery.Selection) {
			out = append(out, strings.TrimPrefix(s.AttrOr("aria-labelledby", ""), "start-"))
		})
		return out
	}
	for name, want := range map[string]string{"k.sommer": "inbox upload more", "s.scan": "upload", "e.tor": "upload more", "c.klar": "inbox upload more",
		"r.ordner": "records more", "d.schutz": "audit admin", "q.audit": "audit more", "a.admin": "admin"} {
		if got := strings.Join(sections(name), " "); got != want {
			t.Errorf("%s starts with %q, want %q", name, got, want)
		}
	}
	v := h.visitor("de")
	v.signIn("e.tor")
	if p := v.get("/"); p.Find("form[action='/files'] input#q").Length() != 1 || p.Find("form[action='/search']").Length() != 0 {
		t.Error("reception does not start with looking files up")
	}
	check(t, h.cat.WithTx(t.Context(), func(tx *catalog.Tx) error {
		u, err := tx.UserByName("e.tor")
		if err != nil {
			return err
		}
		return tx.PutRoles(u.ID, []record.RoleAt{{Role: record.RoleReception, Site: "03104"}, {Role: record.RoleDPO, Site: "03107"}})
	}))
	if got := strings.Join(sections("e.tor"), " "); got != "upload audit admin more" {
		t.Errorf("with two roles: %q", got)
	}
}

func TestHealthPage(t *testing.T) {
	h := open(t)
	v := h.visitor("de")
	v.signIn("a.admin")
	p := v.get("/admin/health")
	var states []string
	p.Find("tr[data-part]").Each(func(_ int, s *goquery.Selection) { states = append(states, s.AttrOr("data-state", "")) })
	if got := strings.Join(states, " "); got != "down degraded ok" {
		t.Errorf("parts in the order %s", got)
	}
	disk := p.Find("tr[data-part=disk]")
	if text := disk.Text(); !strings.Contains(text, "Nur noch 1,5 GB frei.") || !strings.Contains(text, "Was zu tun ist: Schaffen Sie Platz") || disk.Find(".kern-icon--warning").Length() != 1 {
		t.Errorf("the disk: %s", text)
	}
	if text := p.Find("tr[data-part=oven]").Text(); !strings.Contains(text, "The oven is cold.") || !strings.Contains(text, "Light it.") {
		t.Errorf("a part without texts: %s", text)
	}
	if !strings.Contains(p.Find(".kern-alert--danger").Text(), "1 Teil ist ausgefallen") {
		t.Errorf("the summary: %s", p.Find(".kern-alert").Text())
	}
	var api admin.Health
	h.call("a.admin", "GET", "/health", "", nil).json(&api)
	if len(api.Parts) != 3 || api.Parts[1].Code != "disk.low" || api.Parts[1].Values["bytes"] != "1500000000" || api.Parts[1].Hint == "" {
		t.Errorf("the interface: %+v", api.Parts)
	}
}

func TestSchedulesPage(t *testing.T) {
	h := open(t)
	v := h.visitor("de")
	v.signIn("a.admin")
	p := v.get("/admin/schedules")
	row := p.Find("tr[data-schedule=locks]")
	if text := row.Text(); !strings.Contains(text, "Löschsperren verlängern") || !strings.Contains(text, "Noch nie gelaufen") || !strings.Contains(text, "täglich") {
		t.Errorf("the schedule: %s", text)
	}
	p.Find("tr[data-schedule]").Each(func(_ int, s *goquery.Selection) {
		if name := s.AttrOr("data-schedule", ""); strings.Contains(s.Find("th").Text(), name+" ") {
			t.Errorf("%s has no name in words", name)
		}
	})
	res := v.send(p, "tr[data-schedule=locks] form", nil)
	res.want(303)
	if p = v.get(res.Header.Get("Location")); !strings.Contains(p.Find("tr[data-schedule=locks]").Text(), "Wartet") || p.Find(".kern-alert--success").Length() != 1 {
		t.Errorf("after starting it: %s", p.Find("main").Text())
	}
	v.request(v.client, "POST", h.url+"/admin/schedules/nothing/run", strings.NewReader("csrf="+url.QueryEscape(p.Find("input[name=csrf]").AttrOr("value", ""))),
		map[string]string{"Content-Type": "application/x-www-form-urlencoded"}).want(404)
}

// TestUsersPages: an administrator's day without script.
func TestUsersPages(t *testing.T) {
	h := open(t)
	v := h.visitor("de")
	v.signIn("a.admin")
	if n := v.get("/admin/users?q=SOMMER").Find("main tbody tr").Length(); n != 1 {
		t.Errorf("%d users called sommer", n)
	}
	if text := v.get("/admin/users?role=scan").Find("main tbody").Text(); !strings.Contains(text, "s.scan") || strings.Contains(text, "k.sommer") || strings.Contains(text, "b.winter") {
		t.Errorf("scan users: %s", text)
	}
	form := v.get("/admin/new-user")
	bad := v.read(v.send(form, "main form", url.Values{"name": {"a b"}, "display": {"Neu"}}))
	bad.want(400)
	if bad.Find("#name-problem").Length() != 1 || bad.Find("input#display").AttrOr("value", "") != "Neu" {
		t.Errorf("a bad name: %s", bad.Find("main").Text())
	}
	v.read(v.send(form, "main form", url.Values{"name": {"k.sommer"}})).want(409)
	made := v.read(v.send(form, "main form", url.Values{"name": {"n.neu"}, "display": {"Nele Neu"}, "role": {"caseworker"}, "place": {"03104/L1"}}))
	made.want(201)
	first := made.Find(".secret code").Text()
	if len(first) != 19 || !strings.Contains(made.Find("h1").Text(), "Nele Neu") || !strings.Contains(made.Find(".role-list").Text(), "Sachbearbeitung · Site 03104, Leistung 1") {
		t.Fatalf("the new user: %s", made.Find("main").Text())
	}
	user := h.visitor("de")
	user.send(user.get("/sign-in"), "main form", url.Values{"name": {"n.neu"}, "password": {first}}).want(303)

	at := made.Find(".add-role").AttrOr("action", "")
	page := v.get(strings.TrimSuffix(at, "/roles"))
	if page.Find(".secret").Length() != 0 {
		t.Error("the password is shown twice")
	}
	v.send(page, ".add-role", url.Values{"role": {"clearing"}, "place": {"03104/"}}).want(303)
	page = v.get(strings.TrimSuffix(at, "/roles") + "?done=roles")
	if n := page.Find(".role-list li").Length(); n != 2 {
		t.Fatalf("%d roles", n)
	}
	v.send(page, ".role-list li:contains(Sachbearbeitung) form", nil).want(303)
	if text := v.get(strings.TrimSuffix(at, "/roles")).Find(".role-list").Text(); strings.Contains(text, "Sachbearbeitung") || !strings.Contains(text, "Klärung") {
		t.Errorf("the roles are %s", text)
	}
	v.read(v.send(page, ".add-role", url.Values{"role": {""}, "place": {"03104/"}})).want(400)
	v.read(v.send(page, ".add-role", url.Values{"role": {"caseworker"}, "place": {"03107/"}})).want(403)

	reset := v.read(v.send(page, "form[action$='/password']", nil))
	second := reset.Find(".secret code").Text()
	if second == "" || second == first {
		t.Fatalf("the new password: %s", reset.Find("main").Text())
	}
	user.request(user.client, "GET", h.url+"/", nil, nil).want(303) // the old session has ended
	v.send(page, "form[action$='/state']", nil).want(303)
	if shut := v.get(strings.TrimSuffix(at, "/roles")); !strings.Contains(shut.Find("h1").Text(), "gesperrt") {
		t.Errorf("disabled: %s", shut.Find("main").Text())
	}
	user.send(user.get("/sign-in"), "main form", url.Values{"name": {"n.neu"}, "password": {second}}).want(401)
}

// TestUsersOfOthers: nobody's page opens to who does not manage them, and
// nobody changes themselves.
func TestUsersOfOthers(t *testing.T) {
	h := open(t)
	v := h.visitor("de")
	v.signIn("a.admin")
	v.get("/admin/users/" + string(h.userID("b.winter"))).want(404)
	v.get("/admin/users/nobody").want(404)
	self := v.get("/admin/users/" + string(h.userID("a.admin")))
	self.want(200)
	if self.Find("main form").Length() != 0 || !strings.Contains(self.Text(), "Das sind Sie selbst") {
		t.Errorf("oneself: %s", self.Find("main").Text())
	}
	scan := v.get("/admin/users/" + string(h.userID("s.scan")))
	token := v.read(v.send(scan, "form[action$='/tokens']:has(select)", url.Values{"do": {"new"}}))
	if got := token.Find(".secret code").Text(); !strings.HasPrefix(got, "eakte_") {
		t.Errorf("the token: %s", token.Find("main").Text())
	}
	if v.get("/admin/users/"+string(h.userID("k.sommer"))).Find("form[action$='/tokens'] select").Length() != 0 {
		t.Error("a token that would open files is offered")
	}
}

func (h *house) userID(name string) (id record.UserID) {
	h.t.Helper()
	check(h.t, h.cat.Read(h.t.Context(), func(tx *catalog.Tx) error {
		u, err := tx.UserByName(name)
		id = u.ID
		return err
	}))
	return id
}

func TestRolesAndSites(t *testing.T) {
	h := open(t)
	v := h.visitor("de")
	v.signIn("a.admin")
	p := v.get("/admin/roles")
	if n := p.Find("details.role").Length(); n != 11 {
		t.Errorf("%d roles", n)
	}
	if text := p.Find("#role-dpo").Text(); !strings.Contains(text, "Protokoll lesen") || !strings.Contains(text, "Nie, auch nicht") || !strings.Contains(text, "Schreiben lesen") {
		t.Errorf("the officer's role: %s", text)
	}
	p.Find("#role-caseworker li, #role-caseworker th[scope=row]").Each(func(_ int, s *goquery.Selection) {
		if strings.Contains(s.Text(), ".") {
			t.Errorf("not in words: %s", s.Text())
		}
	})
	if text := v.get("/admin/sites").Find("main").Text(); !strings.Contains(text, "Leistung 1") || strings.Contains(text, "03107") {
		t.Errorf("sites: %s", text)
	}
}

func TestAuditPages(t *testing.T) {
	h := open(t)
	id := h.document("Kontoauszug", "Miete")
	h.call("b.winter", "GET", "/documents/"+string(id), "", nil).failure(404, "not_found")
	v := h.visitor("de")
	v.signIn("d.schutz")
	p := v.get("/audit?file=" + url.QueryEscape(number) + "&outcome=denied")
	p.want(200)
	if n := p.Find("main tbody tr").Length(); n != 1 || !strings.Contains(p.Find("main tbody").Text(), "b.winter wollte nachsehen, wo Schreiben stehen") || !strings.Contains(p.Find("main tbody").Text(), "Abgelehnt") {
		t.Errorf("%d refusals: %s", n, p.Find("main tbody").Text())
	}
	if !strings.Contains(p.Find(".seal").Text(), "noch kein Siegel") {
		t.Errorf("the seal: %s", p.Find(".seal").Text())
	}
	e := v.get(p.Find("main tbody a.row-link").AttrOr("href", ""))
	if text := e.Find(".facts").Text(); !strings.Contains(text, "Nicht zuständig und nicht freigegeben") || !strings.Contains(text, "Schnittstelle") || !strings.Contains(text, string(id[:8])) {
		t.Errorf("the entry: %s", text)
	}
	if strings.Contains(p.Body+e.Body, "Kontoauszug") {
		t.Error("the officer sees a title")
	}
	if own := v.get("/audit").Find("tr[data-action='audit.read']").Length(); own != 0 {
		t.Errorf("%d questions to the log among the work", own)
	}
	if own := v.get("/audit?group=audit").Find("tr[data-action='audit.read']").Length(); own == 0 {
		t.Error("questions to the log can't be seen")
	}
	for path, c := range map[string]struct {
		status int
		says   string
	}{
		"/audit?actor=k.sommer": {403, "Fragen nach einer einzelnen Person"}, "/audit?from=bald": {400, "Das Datum ist nicht zu verstehen"},
		"/audit?file=03107//0000001": {404, "keine Auskunft"}, "/audit?group=nonsense": {400, "nicht zu verstehen"},
		"/audit?actor=k.sommer&file=" + url.QueryEscape(number): {200, "k.sommer hat"}, "/audit?from=-1W&to=heute": {200, "hat"},
	} {
		if p := v.get(path); p.Status != c.status || !strings.Contains(p.Find("main").Text(), c.says) {
			t.Errorf("%s: %d, %s", path, p.Status, p.Find("main").Text())
		}
	}
	v.get("/audit/" + record.NewID()).want(404)
	auditor := h.visitor("de")
	auditor.signIn("q.audit")
	if p := auditor.get("/audit"); p.Status != 403 || !strings.Contains(p.Find("main").Text(), "Nennen Sie eine Akte") || p.Find("form.filters").Length() != 1 {
		t.Errorf("an auditor without a file: %d %s", p.Status, p.Find("main").Text())
	}
}

func TestAuditPaging(t *testing.T) {
	h := open(t)
	for range 55 {
		h.call("k.sommer", "GET", "/files/"+string(h.file), "", nil).want(200)
	}
	v := h.visitor("de")
	v.signIn("d.schutz")
	p := v.get("/audit?group=files&file=" + string(h.file))
	next := p.Find(".pager a[rel=next]").AttrOr("href", "")
	if n := p.Find("main tbody tr").Length(); n != 50 || !strings.Contains(next, "group=files") {
		t.Fatalf("%d entries, next %s", n, next)
	}
	if p = v.get(next); p.Find("main tbody tr").Length() != 6 || p.Find(".pager a[rel=next]").Length() != 0 || p.Find(".seal").Length() != 0 {
		t.Errorf("the second page: %d entries", p.Find("main tbody tr").Length())
	}
}

// TestAuditSentences: whatever the log can say, it says as a sentence, and a
// group of questions has it.
func TestAuditSentences(t *testing.T) {
	src := must(parser.ParseFile(token.NewFileSet(), "../appliance/audit/action.go", nil, 0))(t)
	var actions, kinds []string
	for i, d := range src.Decls {
		for _, s := range d.(*ast.GenDecl).Specs {
			value := must(strconv.Unquote(s.(*ast.ValueSpec).Values[0].(*ast.BasicLit).Value))(t)
			if i == 0 {
				actions = append(actions, value)
			} else {
				kinds = append(kinds, value)
			}
		}
	}
	if len(actions) < 40 || len(kinds) < 10 {
		t.Fatalf("%d actions and %d kinds: the test does not see them any more", len(actions), len(kinds))
	}
	texts := must(locale.Load())(t)
	for _, code := range locale.Languages() {
		l := texts.Lang(code)
		for _, a := range actions {
			if !strings.Contains(l.Of("audit.did", a), "{who}") || !strings.Contains(l.Of("audit.tried", a), "{who}") {
				t.Errorf("%s: %s is no sentence", code, a)
			}
			if !slices.ContainsFunc(oversight.Groups(), func(g oversight.Group) bool { return slices.Contains(g.Actions, a) }) {
				t.Errorf("%s is in no group", a)
			}
		}
		for _, k := range kinds {
			if !l.Has("audit.kind", k) {
				t.Errorf("%s: the kind %s has no word", code, k)
			}
		}
	}
}
