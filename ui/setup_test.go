package ui

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"mime/multipart"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	"eakte/appliance/config"
	"eakte/appliance/install"
	"eakte/appliance/record"
)

// setupHouse serves the setup of an empty folder, with tests of connections
// that say what the test wants.
func setupHouse(t *testing.T) (v *visitor, token string, finished *install.Plan) {
	t.Helper()
	cfg := config.Default()
	cfg.Data = filepath.Join(t.TempDir(), "data")
	finished = &install.Plan{}
	made := false // the buckets
	in, token, err := install.Open(t.Context(), install.Deps{Config: cfg, Clock: record.SystemClock{}, Hash: func(p string) string { return "hash of " + p },
		TestStore: func(_ context.Context, s config.Store, root *install.RootKey) install.Verdict {
			if made = made || root != nil; s.Kind == "s3" && !made {
				return install.Verdict{Code: install.CodeBucketsMissing, Detail: "eakte-<b>records</b>"}
			}
			return install.Verdict{OK: true, Warn: true, Code: "low_space", Free: 12e9}
		},
		TestSearch: func(context.Context, config.Search) install.Verdict {
			return install.Verdict{OK: true, Code: "search_embedded"}
		},
		TestFolder:   func(string) error { return errors.New("no") },
		TestRecovery: func(string) error { return record.Bad("recovery", "none") },
		Stage:        func(context.Context) (install.Stage, error) { return install.StageNone, nil },
		Finish:       func(_ context.Context, p install.Plan) error { *finished = p; return p.Settle() }})
	check(t, err)
	app := must(assembleSetup(SetupDeps{Install: in}, testAssets(t)))(t)
	l := must(net.Listen("tcp", "127.0.0.1:0"))(t)
	h := &house{t: t, url: "http://" + l.Addr().String(), stopped: make(chan error, 1)}
	var serving context.Context
	serving, h.stop = context.WithCancel(context.Background())
	go func() { h.stopped <- app.Serve(serving, l) }()
	t.Cleanup(h.close)
	v = h.visitor("de")
	v.client.CheckRedirect = nil // redirects are followed
	return v, token, finished
}

// tell posts the pairs of a form of page and gives the answer, redirects followed.
func (v *visitor) tell(p webPage, path string, pairs ...string) webPage {
	v.t.Helper()
	form := url.Values{"csrf": {p.Find("main input[name=csrf]").First().AttrOr("value", "")}}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	return v.read(v.request(v.client, "POST", v.url+path, strings.NewReader(form.Encode()),
		map[string]string{"Content-Type": "application/x-www-form-urlencoded", "Accept-Language": v.lang}))
}

// wants insists on the page's step.
func (p webPage) wants(t *testing.T, heading string) webPage {
	t.Helper()
	if got := strings.TrimSpace(p.Find("h1").Text()); got != heading {
		t.Fatalf("the page is %q, want %q: %s", got, heading, strings.Join(strings.Fields(p.Find("[role=alert]").Text()), " "))
	}
	return p
}

// TestSetupPages walks through every page without script; each is decent.
func TestSetupPages(t *testing.T) {
	v, token, plan := setupHouse(t)
	p := v.get("/inbox").wants(t, "eAkte einrichten")
	p = v.tell(p, "/setup", "token", "AAAA").wants(t, "eAkte einrichten")
	if p.Status != 403 || p.Find("[role=alert]").Length() != 1 {
		t.Errorf("a wrong token: %d", p.Status)
	}
	p = v.tell(p, "/setup", "token", token).wants(t, "Sprache und Name")
	p = v.tell(p, "/setup/name", "language", "de", "name", "").wants(t, "Sprache und Name")
	field := p.Find("#name")
	if p.Status != 422 || field.AttrOr("aria-invalid", "") != "true" || p.Find("#name-problem").Length() != 1 {
		t.Errorf("an empty name: %d", p.Status)
	}
	p = v.tell(p, "/setup/name", "language", "de", "name", "<b>Jobcenter</b>").wants(t, "Administration")
	v.get("/setup/sites").wants(t, "Administration") // later steps are not open yet
	p = v.tell(p, "/setup/administrator", "name", "a.admin", "display", "A", "password", "ein langes Wort", "repeat", "anders").wants(t, "Administration")
	if strings.Contains(p.Body, "ein langes Wort") {
		t.Error("the page shows a password")
	}
	p = v.tell(p, "/setup/administrator", "name", "a.admin", "display", "A", "password", "ein langes Wort", "repeat", "ein langes Wort").wants(t, "Ablage")
	s3 := []string{"kind", "s3", "endpoint", "http://minio:9000", "access_key", "key", "secret_key", "geheim", "prefix", "eakte"}
	p = v.tell(p, "/setup/store", s3...).wants(t, "Ablage")
	if p.Find("#root_access_key").Length() != 1 || strings.Contains(p.Body, "geheim\"") || strings.Contains(p.Body, "<b>records") {
		t.Errorf("missing buckets ask for a key once: %s", p.Find("main").Text())
	}
	p = v.tell(p, "/setup/store", append(s3, "root_access_key", "root", "root_secret_key", "rootgeheim")...).wants(t, "Suche")
	if !strings.Contains(p.Find(".kern-alert--warning").Text(), "12,0 GB") {
		t.Errorf("what the test found: %s", p.Find("[role=status]").Text())
	}
	p = v.tell(p, "/setup/search", "kind", "embedded").wants(t, "Dienststellen und Teams")
	p = v.rows(p)
	p = v.tell(p, "/setup/sites", "do", "next", "sites[0].code", "03104", "sites[0].name", "Neustadt", "sites[0].postcodes", "17033; 17034",
		"sites[0].teams[0].code", "L1", "sites[0].teams[0].name", "Leistung 1", "sites[0].teams[0].first_letters", "a - k").wants(t, "Personen")
	p = v.users(p)
	p = v.tell(p, "/setup/users", "do", "next").wants(t, "Aufbewahrung")
	if p.Find("input[id^='retention']").Length() != 6 {
		t.Errorf("%d fields are filled in", p.Find("input[id^='retention']").Length())
	}
	p = v.tell(p, "/setup/retention", "do", "add", "retention[0].class", "x", "retention[0].years", "zehn")
	p = v.tell(p, "/setup/retention", "do", "next", "retention[0].class", "x", "retention[0].years", "zehn", "retention[0].from", "closing")
	if p.Find("[id='retention[0].years']").AttrOr("value", "") != "zehn" || p.Find("[aria-invalid]").Length() != 1 {
		t.Error("ten in letters is not asked for again")
	}
	p = v.tell(p, "/setup/retention", "do", "next", "retention[0].class", "x", "retention[0].years", "10", "retention[0].from", "closing").wants(t, "Überwachter Ordner")
	p = v.tell(p, "/setup/folder", "path", "/srv/scans", "user", "s.scan").wants(t, "Überwachter Ordner")
	p = v.tell(p, "/setup/folder", "path", "").wants(t, "Wiederherstellung")
	p = v.tell(p, "/setup/recovery", "recovery[0]", "ssh-rsa").wants(t, "Wiederherstellung")
	p = v.tell(p, "/setup/recovery").wants(t, "Übersicht")
	if !strings.Contains(p.Find("dl").Text(), "<b>Jobcenter</b>") {
		t.Error("the name is not shown as it was typed")
	}
	for _, step := range install.Steps() {
		v.get("/setup/" + step)
	}
	v.summary(p)
	v.request(v.client, "POST", v.url+"/setup/finish", strings.NewReader("csrf="+p.Find("main input[name=csrf]").First().AttrOr("value", "")),
		map[string]string{"Content-Type": "application/x-www-form-urlencoded"})
	if plan.Facts.Name != "<b>Jobcenter</b>" || plan.Config.Store.SecretKey != "geheim" || len(plan.Facts.Users) != 3 || plan.Facts.Sites[0].Teams[0].FirstLetters != "A-K" {
		t.Errorf("%+v", plan)
	}
}

// rows adds and removes sites and teams; nothing typed is lost by it.
func (v *visitor) rows(p webPage) webPage {
	v.t.Helper()
	typed := []string{"sites[0].code", "03104", "sites[0].name", "Neustadt", "sites[0].postcodes", "", "sites[0].teams[0].code", "L1", "sites[0].teams[0].name", "", "sites[0].teams[0].first_letters", ""}
	count := func(p webPage, sites, teams int) {
		v.t.Helper()
		if s, n := p.Find("[id$='.postcodes']").Length(), p.Find("[id$='.first_letters']").Length(); s != sites || n != teams {
			v.t.Errorf("%d sites with %d teams, want %d with %d", s, n, sites, teams)
		}
		if p.Find("[id='sites[0].code']").AttrOr("value", "") != "03104" {
			v.t.Error("what was typed is gone")
		}
	}
	p = v.tell(p, "/setup/sites", append(typed, "do", "add-team 0")...)
	count(p, 1, 2)
	if _, focus := p.Find("[id='sites[0].teams[1].code']").Attr("autofocus"); !focus {
		v.t.Error("one does not go on in the new row")
	}
	p = v.tell(p, "/setup/sites", append(typed, "do", "add-site")...)
	count(p, 2, 2)
	p = v.tell(p, "/setup/sites", append(typed, "sites[1].code", "x", "do", "remove-site 1")...)
	count(p, 1, 1)
	p = v.tell(p, "/setup/sites", append(typed, "do", "remove-team 0 0")...)
	count(p, 1, 0)
	for _, nonsense := range []string{"remove-site 9", "remove-team 0 9", "add-team x", "remove-site -1", "what"} {
		p = v.tell(p, "/setup/sites", append(typed, "do", nonsense)...).wants(v.t, "Dienststellen und Teams")
	}
	return p
}

// users adds somebody with two roles, changes them, and reads a list.
func (v *visitor) users(p webPage) webPage {
	v.t.Helper()
	p = v.tell(p, "/setup/users", "do", "row", "name", "k.sommer", "roles[0].role", "caseworker", "roles[0].place", "03104/L1")
	if p.Find("select[id$='.role']").Length() != 2 || p.Find("#name").AttrOr("value", "") != "k.sommer" {
		v.t.Error("no second role is offered")
	}
	p = v.tell(p, "/setup/users", "name", "k.sommer", "display", "Katrin Sommer", "roles[0].role", "caseworker", "roles[0].place", "03104/L1",
		"roles[1].role", "teamlead", "roles[1].place", "03104", "do", "save")
	if row := p.Find("tbody tr").Text(); !strings.Contains(row, "Neustadt · Leistung 1") || !strings.Contains(row, "Teamleitung (Neustadt, alle Teams)") {
		v.t.Errorf("the row says %s", row)
	}
	p = v.get("/setup/users?edit=k.sommer")
	if p.Find("input[name=old]").AttrOr("value", "") != "k.sommer" || p.Find("option[selected][value='03104/L1']").Length() != 1 {
		v.t.Error("the form does not hold whom it changes")
	}
	p = v.tell(p, "/setup/users", "old", "k.sommer", "name", "k.sommer", "display", "K", "roles[0].role", "dpo", "roles[0].place", "*", "do", "save")
	p = v.list(p, "name;display;roles\nÄ;A;dpo@*\n")
	if p.Status != 422 || !strings.Contains(p.Find("[role=alert]").Text(), "Zeile 2:") || !strings.Contains(p.Find("textarea").Text(), "Ä;A") {
		v.t.Errorf("a wrong line: %d %s", p.Status, p.Find("[role=alert]").Text())
	}
	p = v.list(p, "name;display;roles\ns.scan;S;scan@03104\nweg;W;dpo@*\n")
	p = v.tell(p, "/setup/users", "do", "remove weg")
	if n := p.Find("tbody tr").Length(); n != 2 {
		v.t.Errorf("%d users", n)
	}
	return p
}

// list sends a list of users as a file.
func (v *visitor) list(p webPage, table string) webPage {
	v.t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	check(v.t, w.WriteField("csrf", p.Find("main input[name=csrf]").First().AttrOr("value", "")))
	check(v.t, w.WriteField("do", "import"))
	check(v.t, w.WriteField("table", ""))
	part := must(w.CreateFormFile("file", "../users.csv"))(v.t)
	must(part.Write([]byte(table)))(v.t)
	check(v.t, w.Close())
	return v.read(v.request(v.client, "POST", v.url+"/setup/users", &b, map[string]string{"Content-Type": w.FormDataContentType(), "Accept-Language": v.lang}))
}

// summary offers the facts as a file and the passwords once.
func (v *visitor) summary(p webPage) {
	v.t.Helper()
	file := v.request(v.client, "GET", v.url+"/setup/setup.json", nil, nil)
	if file.Status != 200 || !strings.Contains(file.Header.Get("Content-Disposition"), "setup.json") || strings.Contains(file.Body, "hash of") || strings.Contains(file.Body, "geheim") {
		v.t.Errorf("setup.json: %d %s", file.Status, file.Body)
	}
	form := "as=file&csrf=" + p.Find("main input[name=csrf]").First().AttrOr("value", "")
	list := v.request(v.client, "POST", v.url+"/setup/passwords", strings.NewReader(form), map[string]string{"Content-Type": "application/x-www-form-urlencoded"})
	if list.Status != 200 || list.Header.Get("Cache-Control") != "private, no-store" || strings.Count(list.Body, "\n") != 3 || !strings.HasPrefix(list.Body, "\ufeffAnmeldename;") {
		v.t.Errorf("passwords: %d %q", list.Status, list.Body)
	}
	if again := v.tell(p, "/setup/passwords", "as", "page").wants(v.t, "Kennwörter zum Austeilen"); again.Find("tbody code").Length() != 2 {
		v.t.Error("the page does not list two passwords")
	}
}

// TestSetupLanguage: German at first, then as the browser or the switch says.
func TestSetupLanguage(t *testing.T) {
	v, _, _ := setupHouse(t)
	v.lang = "fr"
	v.get("/setup").wants(t, "eAkte einrichten")
	v.lang = "en"
	p := v.get("/setup").wants(t, "Set up eAkte")
	v.tell(p, "/preferences", "lang", "de", "return", "/setup").wants(t, "eAkte einrichten")
}

// TestSetupForms: a form of another place is refused, and the session's cookie
// is for this server's pages only.
func TestSetupForms(t *testing.T) {
	v, token, _ := setupHouse(t)
	p := v.get("/setup")
	form := url.Values{"csrf": {p.Find("main input[name=csrf]").AttrOr("value", "")}, "token": {token}}
	head := map[string]string{"Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Site": "cross-site"}
	if a := v.request(v.client, "POST", v.url+"/setup", strings.NewReader(form.Encode()), head); a.Status != 403 {
		t.Errorf("from another site: %d", a.Status)
	}
	delete(head, "Sec-Fetch-Site")
	stay := *v.client
	stay.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	a := v.request(&stay, "POST", v.url+"/setup", strings.NewReader(form.Encode()), head)
	if c := a.Header.Get("Set-Cookie"); !strings.Contains(c, "HttpOnly") || !strings.Contains(c, "SameSite=Strict") {
		t.Errorf("the cookie: %s", c)
	}
	for _, path := range []string{"name", "users", "finish", "passwords"} {
		if a := v.request(v.client, "POST", v.url+"/setup/"+path, strings.NewReader("csrf=0"), head); a.Status != 403 {
			t.Errorf("%s with another token: %d", path, a.Status)
		}
	}
	if a := v.request(v.client, "GET", v.url+"/setup/nothing", nil, nil); a.Status != 404 {
		t.Errorf("no step: %d", a.Status)
	}
	big := fmt.Sprintf("csrf=0&name=%s", strings.Repeat("x", 1<<20))
	if a := v.request(v.client, "POST", v.url+"/setup/name", strings.NewReader(big), head); a.Status != 413 {
		t.Errorf("a form of a megabyte: %d", a.Status)
	}
}
