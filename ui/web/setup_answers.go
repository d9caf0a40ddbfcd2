package web

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"eakte/appliance/install"
	"eakte/appliance/record"
	"eakte/ui/border"
	"eakte/ui/locale"
)

// setupView is a step of the setup as a page: what was told, what was typed
// now, and what is wrong with it.
type setupView struct {
	Step     string
	View     install.View
	Form     url.Values
	Sites    []record.Site
	Classes  []classRow
	Problems install.Problems
	Verdict  *install.Verdict // of a test that failed
	Tested   string           // the step whose test was passed just now
	Edit     string           // the user who is changed
	Failed   string           // the step that stopped finishing
	Focus    string           // the field to go on in
}

// classRow is a retention class as typed.
type classRow struct{ Class, Years, From, Lock string }

// filled gives what a step's form holds at first.
func (s *Setup) filled(step string, v install.View, c *fiber.Ctx) url.Values {
	switch step {
	case install.StepName:
		lang := v.Language
		if lang == "" {
			lang = s.frame(c).L.Code
		}
		return url.Values{"language": {lang}, "name": {v.Name}}
	case install.StepAdministrator:
		return url.Values{"name": {v.Administrator.Name}, "display": {v.Administrator.Display}}
	case install.StepStore:
		return url.Values{"kind": {v.Store.Kind}, "endpoint": {v.Store.Endpoint}, "region": {v.Store.Region}, "prefix": {v.Store.Prefix}, "access_key": {v.Store.AccessKey}}
	case install.StepSearch:
		return url.Values{"kind": {v.Search.Kind}, "url": {v.Search.URL}, "prefix": {v.Search.Prefix}}
	case install.StepUsers:
		return userForm(v.Users, border.Query(c, "edit"))
	case install.StepFolder:
		return url.Values{"path": {v.Folder.Path}, "user": {v.Folder.User}}
	case install.StepRecovery:
		form := url.Values{}
		for i, r := range v.Recovery {
			form.Set(fmt.Sprintf("recovery[%d]", i), r)
		}
		return form
	}
	return url.Values{}
}

// userForm holds the user called name, or nobody.
func userForm(users []install.Person, name string) url.Values {
	form := url.Values{}
	at := slices.IndexFunc(users, func(p install.Person) bool { return p.Name == name })
	if at < 0 {
		return form
	}
	form.Set("old", name)
	form.Set("name", name)
	form.Set("display", users[at].Display)
	for i, r := range users[at].Roles {
		form.Set(fmt.Sprintf("roles[%d].role", i), r.Role)
		form.Set(fmt.Sprintf("roles[%d].place", i), placeOf(r))
	}
	return form
}

// placeOf writes where a role holds: "*", "SITE" or "SITE/TEAM".
func placeOf(r record.RoleAt) string {
	if r.Team == "" {
		return r.Site
	}
	return r.Site + "/" + r.Team
}

func (s *Setup) takeName(c *fiber.Ctx, session string, v *setupView) (string, error) {
	lang := v.Form.Get("language")
	if err := s.door.SetName(c.UserContext(), session, lang, v.Form.Get("name")); err != nil {
		return "", err
	}
	s.web.setCookie(c, cookieLang, lang, "/", year)
	return after(v.Step), nil
}

func (s *Setup) takeAdministrator(c *fiber.Ctx, session string, v *setupView) (string, error) {
	if p := v.Form.Get("password"); p != v.Form.Get("repeat") {
		return "", install.Problems{{Field: "repeat", Code: "repeat"}}
	}
	err := s.door.SetAdministrator(c.UserContext(), session, install.NewPerson{Name: v.Form.Get("name"), Display: v.Form.Get("display"), Password: v.Form.Get("password")})
	return after(v.Step), err
}

func (s *Setup) takeStore(c *fiber.Ctx, session string, v *setupView) (string, error) {
	get := v.Form.Get
	var root *install.RootKey
	if get("root_access_key") != "" {
		root = &install.RootKey{AccessKey: get("root_access_key"), SecretKey: get("root_secret_key")}
	}
	_, err := s.door.SetStore(c.UserContext(), session, install.Store{Kind: get("kind"), Endpoint: get("endpoint"), Region: get("region"),
		Prefix: get("prefix"), AccessKey: strings.TrimSpace(get("access_key")), SecretKey: install.Secret(strings.TrimSpace(get("secret_key")))}, root)
	return after(v.Step) + "?tested=" + v.Step, err
}

func (s *Setup) takeSearch(c *fiber.Ctx, session string, v *setupView) (string, error) {
	get := v.Form.Get
	secret := func(name string) install.Secret { return install.Secret(strings.TrimSpace(get(name))) }
	_, err := s.door.SetSearch(c.UserContext(), session, install.Search{Kind: get("kind"), URL: get("url"), Prefix: get("prefix"),
		SearchKey: secret("search_key"), DocumentKey: secret("document_key"), AdminKey: secret("admin_key")})
	return after(v.Step) + "?tested=" + v.Step, err
}

func (s *Setup) takeFolder(c *fiber.Ctx, session string, v *setupView) (string, error) {
	err := s.door.SetFolder(c.UserContext(), session, install.Folder{Path: v.Form.Get("path"), User: v.Form.Get("user")})
	return after(v.Step), err
}

func (s *Setup) takeRecovery(c *fiber.Ctx, session string, v *setupView) (string, error) {
	var named []string
	for i := range custodians {
		named = append(named, v.Form.Get(fmt.Sprintf("recovery[%d]", i)))
	}
	return after(v.Step), s.door.SetRecovery(c.UserContext(), session, named)
}

// custodians can open the recovery key, any two of them together.
const custodians = 3

// takeSites reads the sites as typed; its buttons add and remove rows.
func (s *Setup) takeSites(c *fiber.Ctx, session string, v *setupView) (string, error) {
	v.Sites = sitesTyped(v.Form)
	do, i, j := pressed(v.Form.Get("do"))
	switch {
	case do == "add-site" && len(v.Sites) < maxRows:
		v.Sites = append(v.Sites, record.Site{Teams: []record.Team{{}}})
		v.Focus = fmt.Sprintf("sites[%d].code", len(v.Sites)-1)
	case do == "remove-site" && i < len(v.Sites):
		v.Sites = slices.Delete(v.Sites, i, i+1)
	case do == "add-team" && i < len(v.Sites) && len(v.Sites[i].Teams) < maxRows:
		v.Sites[i].Teams = append(v.Sites[i].Teams, record.Team{})
		v.Focus = fmt.Sprintf("sites[%d].teams[%d].code", i, len(v.Sites[i].Teams)-1)
	case do == "remove-team" && i < len(v.Sites) && j < len(v.Sites[i].Teams):
		v.Sites[i].Teams = slices.Delete(v.Sites[i].Teams, j, j+1)
	case do == "next":
		return after(v.Step), s.door.SetSites(c.UserContext(), session, v.Sites)
	}
	return "", nil
}

// maxRows bounds what one form can hold.
const maxRows = 200

// pressed reads a button's value: what to do, and in which rows.
func pressed(button string) (do string, i, j int) {
	parts := strings.Split(button, " ")
	at := func(n int) int {
		if n < len(parts) {
			if v, err := strconv.Atoi(parts[n]); err == nil && v >= 0 {
				return v
			}
		}
		return maxRows
	}
	return parts[0], at(1), at(2)
}

func sitesTyped(form url.Values) []record.Site {
	sites := []record.Site{}
	for i := 0; form.Has(fmt.Sprintf("sites[%d].code", i)) && i < maxRows; i++ {
		at := fmt.Sprintf("sites[%d]", i)
		site := record.Site{Code: form.Get(at + ".code"), Name: form.Get(at + ".name"), Teams: []record.Team{},
			Postcodes: strings.FieldsFunc(form.Get(at+".postcodes"), func(r rune) bool { return strings.ContainsRune(" ,;\t\r\n", r) })}
		for j := 0; form.Has(fmt.Sprintf("%s.teams[%d].code", at, j)) && j < maxRows; j++ {
			t := fmt.Sprintf("%s.teams[%d]", at, j)
			site.Teams = append(site.Teams, record.Team{Code: form.Get(t + ".code"), Name: form.Get(t + ".name"), FirstLetters: form.Get(t + ".first_letters")})
		}
		sites = append(sites, site)
	}
	return sites
}

// takeRetention reads the classes as typed; its buttons add and remove rows.
func (s *Setup) takeRetention(c *fiber.Ctx, session string, v *setupView) (string, error) {
	v.Classes = []classRow{}
	classes := []record.RetentionClass{}
	for i := 0; v.Form.Has(fmt.Sprintf("retention[%d].class", i)) && i < maxRows; i++ {
		get := func(name string) string {
			return strings.TrimSpace(v.Form.Get(fmt.Sprintf("retention[%d].%s", i, name)))
		}
		row := classRow{get("class"), get("years"), get("from"), get("lock")}
		years, err := strconv.Atoi(row.Years)
		if err != nil {
			years = 0 // refused with the others
		}
		v.Classes, classes = append(v.Classes, row), append(classes, record.RetentionClass{Class: row.Class, Years: years, From: row.From, Lock: row.Lock})
	}
	switch do, i, _ := pressed(v.Form.Get("do")); {
	case do == "add" && len(v.Classes) < maxRows:
		v.Classes = append(v.Classes, classRow{From: install.RetentionEvents()[0]})
		v.Focus = fmt.Sprintf("retention[%d].class", len(v.Classes)-1)
	case do == "remove" && i < len(v.Classes):
		v.Classes = slices.Delete(v.Classes, i, i+1)
	case do == "next":
		return after(v.Step), s.door.SetRetention(c.UserContext(), session, classes)
	}
	return "", nil
}

func retentionRows(classes []record.RetentionClass) []classRow {
	rows := []classRow{}
	for _, c := range classes {
		rows = append(rows, classRow{c.Class, strconv.Itoa(c.Years), c.From, c.Lock})
	}
	return rows
}

// takeUsers adds, changes and removes users, one form each.
func (s *Setup) takeUsers(c *fiber.Ctx, session string, v *setupView) (string, error) {
	ctx, here := c.UserContext(), "/setup/"+install.StepUsers
	do, name, _ := strings.Cut(v.Form.Get("do"), " ")
	switch do {
	case "row":
		v.Focus = fmt.Sprintf("roles[%d].role", v.roleRows())
		v.Form.Set(v.Focus, "")
		return "", nil
	case "remove":
		return here, s.door.RemoveUser(ctx, session, name)
	case "import":
		n, err := s.door.ImportUsers(ctx, session, []byte(v.Form.Get("table")))
		return here + "?tested=" + strconv.Itoa(n), err
	case "next":
		return after(v.Step), s.door.ConfirmUsers(ctx, session)
	}
	n := install.NewPerson{Name: v.Form.Get("name"), Display: v.Form.Get("display"), Password: v.Form.Get("password")}
	for i := range v.roleRows() {
		role := v.Form.Get(fmt.Sprintf("roles[%d].role", i))
		site, team, _ := strings.Cut(v.Form.Get(fmt.Sprintf("roles[%d].place", i)), "/")
		if role != "" {
			n.Roles = append(n.Roles, record.RoleAt{Role: role, Site: site, Team: team})
		}
	}
	return here, s.door.PutUser(ctx, session, v.Form.Get("old"), n)
}

// roleRows is how many roles the form for a user offers.
func (v setupView) roleRows() int {
	n := 0
	for v.Form.Has(fmt.Sprintf("roles[%d].role", n)) && n < maxRows {
		n++
	}
	return max(n, 1)
}

// maxTable is the largest list of users, in bytes.
const maxTable = 1 << 20

// table reads the form with a list of users: pasted, or as a file.
func (s *Setup) table(c *fiber.Ctx, session string) (url.Values, error) {
	body, err := border.ReadAll(c, maxTable+formOverhead)
	if err != nil {
		return nil, err
	}
	parts, err := partsOf(c, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	form := url.Values{}
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, broken(err)
		}
		b, err := io.ReadAll(io.LimitReader(part, maxTable))
		if err != nil {
			return nil, broken(err)
		}
		if name := part.FormName(); name != "file" {
			form.Set(name, string(b))
		} else if len(b) > 0 {
			form.Set("table", string(b))
		}
	}
	return form, s.checkCSRF(c, session, form.Get("csrf"))
}

// passwordTable writes passwords as a spreadsheet reads them.
func passwordTable(l *locale.Lang, list []install.Handout) []byte {
	var b bytes.Buffer
	b.WriteString("\ufeff") // else a spreadsheet takes it for an old encoding
	w := csv.NewWriter(&b)
	w.Comma = ';'
	_ = w.Write([]string{l.T("signin.name"), l.T("setup.users.display"), l.T("signin.password")}) //nolint:errcheck // a buffer takes all
	for _, h := range list {
		_ = w.Write([]string{h.Name, h.Display, h.Password}) //nolint:errcheck // likewise
	}
	w.Flush()
	return b.Bytes()
}
