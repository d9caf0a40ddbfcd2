package install

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/text/encoding/charmap"

	"eakte/appliance/config"
	"eakte/appliance/record"
)

// codes writes problems as "field[line] code".
func codes(err error) string {
	var p Problems
	var u *Untested
	switch {
	case err == nil:
		return "ok"
	case errors.As(err, &u):
		return "untested " + u.Verdict.Code
	case !errors.As(err, &p):
		return err.Error()
	}
	var out []string
	for _, one := range p {
		out = append(out, fmt.Sprintf("%s[%d] %s", one.Field, one.Line, one.Code))
	}
	return strings.Join(out, ", ")
}

// TestBadInput: every wrong answer is named by field and code, nothing of it
// is kept, and whoever imports it finds record.Invalid.
func TestBadInput(t *testing.T) {
	p := newPlace(t)
	in, s := p.ready()
	ctx := t.Context()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	role := []record.RoleAt{{Role: "caseworker", Site: "03104", Team: "L1"}}
	long := strings.Repeat("x", 201)
	person := func(n NewPerson) func() error { return func() error { return in.PutUser(ctx, s, "", n) } }
	store := func(c config.Store) func() error {
		return func() error { _, err := in.SetStore(ctx, s, c, nil); return err }
	}
	search := func(c config.Search) func() error {
		return func() error { _, err := in.SetSearch(ctx, s, c); return err }
	}
	house := func(list ...record.Site) func() error { return func() error { return in.SetSites(ctx, s, list) } }
	class := func(list ...record.RetentionClass) func() error {
		return func() error { return in.SetRetention(ctx, s, list) }
	}
	folder := func(f config.Folder) func() error { return func() error { return in.SetFolder(ctx, s, f) } }
	for name, c := range map[string]struct {
		do   func() error
		want string
	}{
		"no language":        {func() error { return in.SetName(ctx, s, "fr", "X") }, "language[0] choose"},
		"no name":            {func() error { return in.SetName(ctx, s, "de", " ") }, "name[0] text"},
		"long name":          {func() error { return in.SetName(ctx, s, "de", long) }, "name[0] text"},
		"control in name":    {func() error { return in.SetName(ctx, s, "de", "a\nb") }, "name[0] text"},
		"not UTF-8":          {func() error { return in.SetName(ctx, s, "de", "\xff") }, "name[0] text"},
		"administrator":      {func() error { return in.SetAdministrator(ctx, s, NewPerson{Name: "A B", Password: "kurz"}) }, "name[0] user_name, display[0] text, password[0] password_short"},
		"administrator user": {func() error { return in.SetAdministrator(ctx, s, NewPerson{Name: "k.sommer", Display: "K"}) }, "name[0] twice"},
		"password is name": {func() error {
			return in.SetAdministrator(ctx, s, NewPerson{Name: "administrator", Display: "K", Password: "Administrator"})
		}, "password[0] password_name"},
		"no store":          {store(config.Store{Kind: "floppy"}), "kind[0] choose"},
		"empty s3":          {store(config.Store{Kind: "s3"}), "endpoint[0] address, access_key[0] required, secret_key[0] required"},
		"s3 with path":      {store(config.Store{Kind: "s3", Endpoint: "http://a/b", AccessKey: "k", SecretKey: "s"}), "endpoint[0] address"},
		"s3 with user":      {store(config.Store{Kind: "s3", Endpoint: "http://u:p@a", AccessKey: "k", SecretKey: "s"}), "endpoint[0] address"},
		"s3 by ftp":         {store(config.Store{Kind: "s3", Endpoint: "ftp://a", AccessKey: "k", SecretKey: "s"}), "endpoint[0] address"},
		"s3 prefix":         {store(config.Store{Kind: "s3", Endpoint: "http://a", AccessKey: "k", SecretKey: "s", Prefix: "A_b"}), "prefix[0] prefix"},
		"s3 elsewhere":      {store(config.Store{Kind: "s3", Endpoint: "http://other", AccessKey: "key"}), "secret_key[0] required"}, // the kept key is told to nobody new
		"s3 wrong key":      {store(config.Store{Kind: "s3", Endpoint: "http://a", AccessKey: "k", SecretKey: "wrong"}), "untested wrong_key"},
		"empty search":      {search(config.Search{Kind: "meili"}), "url[0] address, search_key[0] required, document_key[0] required, admin_key[0] required"},
		"search elsewhere":  {search(config.Search{Kind: "meili", URL: "http://other:7700"}), "search_key[0] required, document_key[0] required, admin_key[0] required"},
		"wrong search":      {search(config.Search{Kind: "meili", URL: "http://meili:7700", SearchKey: "wrong"}), "untested meili"},
		"no site":           {house(), "[0] no_site"},
		"bad site":          {house(record.Site{Code: "ä", Postcodes: []string{"1703"}}), "sites[0].code[0] code, sites[0].name[0] text, sites[0].postcodes[0] postcode"},
		"site twice":        {house(sites[0], sites[0]), "sites[1].code[0] twice"},
		"bad team":          {house(record.Site{Code: "1", Name: "N", Teams: []record.Team{{Code: "", FirstLetters: "A-"}}}), "sites[0].teams[0].code[0] code, sites[0].teams[0].name[0] text, sites[0].teams[0].first_letters[0] letters"},
		"site in use":       {house(record.Site{Code: "other", Name: "N"}), "[0] site_in_use"},
		"bad user":          {person(NewPerson{Name: "Ä"}), "name[0] user_name, display[0] text, roles[0].role[0] choose"},
		"user twice":        {person(NewPerson{Name: "k.sommer", Display: "K", Roles: role}), "name[0] twice"},
		"user is admin":     {person(NewPerson{Name: "a.admin", Display: "K", Roles: role}), "name[0] twice"},
		"no such role":      {person(NewPerson{Name: "x", Display: "K", Roles: []record.RoleAt{{Role: "king", Site: "*"}}}), "roles[0].role[0] role"},
		"no such site":      {person(NewPerson{Name: "x", Display: "K", Roles: []record.RoleAt{{Role: "dpo", Site: "99"}}}), "roles[0].place[0] site"},
		"no such team":      {person(NewPerson{Name: "x", Display: "K", Roles: []record.RoleAt{{Role: "dpo", Site: "03104", Team: "L9"}}}), "roles[0].place[0] team"},
		"no class":          {class(), "[0] no_class"},
		"bad class":         {class(record.RetentionClass{Class: "", Years: 201, From: "easter", Lock: "half"}), "retention[0].class[0] code, retention[0].years[0] years, retention[0].from[0] choose, retention[0].lock[0] choose"},
		"relative folder":   {folder(config.Folder{Path: "scans", User: "s.scan"}), "path[0] absolute"},
		"folder of nobody":  {folder(config.Folder{Path: "/", User: ""}), "user[0] choose"},
		"folder of another": {folder(config.Folder{Path: filepath.Dir(file), User: "k.sommer"}), "user[0] choose"},
		"folder inside":     {folder(config.Folder{Path: p.data + "/in", User: "s.scan"}), "path[0] inside"},
		"folder is data":    {folder(config.Folder{Path: p.data + "/x/..", User: "s.scan"}), "path[0] inside"},
		"no such folder":    {folder(config.Folder{Path: file + "-none", User: "s.scan"}), "path[0] folder_missing"},
		"two custodians":    {func() error { return in.SetRecovery(ctx, s, []string{"age1a", "", "age1c"}) }, "recovery[1][0] required"},
		"same custodian":    {func() error { return in.SetRecovery(ctx, s, []string{"age1a", "age1a", "age1c"}) }, "recovery[1][0] twice"},
		"no custodian":      {func() error { return in.SetRecovery(ctx, s, []string{"age1a", "ssh", "age1c"}) }, "recovery[1][0] recipient"},
	} {
		before, err := in.View(s)
		if err != nil {
			t.Fatal(err)
		}
		err = c.do()
		if got := codes(err); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
		if !errors.Is(err, record.Invalid) {
			t.Errorf("%s: %v is not invalid", name, err)
		}
		after, err := in.View(s)
		if err != nil || fmt.Sprint(after) != fmt.Sprint(before) {
			t.Errorf("%s: something was kept: %+v", name, after)
		}
	}
}

// TestKeptSecret: a secret left empty is the one that was given to the same place.
func TestKeptSecret(t *testing.T) {
	p := newPlace(t)
	in, s := p.ready()
	var asked config.Store
	in.d.TestStore = func(_ context.Context, c config.Store, _ *RootKey) Verdict {
		asked = c
		return Verdict{OK: true}
	}
	if _, err := in.SetStore(t.Context(), s, config.Store{Kind: "s3", Endpoint: "https://minio:9000/", AccessKey: "key"}, nil); codes(err) != "secret_key[0] required" && err != nil {
		t.Fatal(err)
	}
	if _, err := in.SetStore(t.Context(), s, config.Store{Kind: "s3", Endpoint: "https://minio:9000", AccessKey: "key"}, nil); err != nil || asked.SecretKey != "secret" {
		t.Errorf("%+v, %v", asked, err)
	}
}

// TestTable: every kind of list that a spreadsheet writes.
func TestTable(t *testing.T) {
	latin, err := charmap.Windows1252.NewEncoder().String("name;display;roles\r\nj.mueller;Jörg Müller–Süß;caseworker@03104/L1\r\n")
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ table, want string }{
		"semicolons":   {"name;display;roles\na;A;dpo@*\nb;B;caseworker@03104/L1 teamlead@03104\n", "a A [{dpo * }]; b B [{caseworker 03104 L1} {teamlead 03104 }]"},
		"commas":       {"name,display,roles\na,A,dpo@*|scan@03104\n", "a A [{dpo * } {scan 03104 }]"},
		"commas in":    {"roles,name,display\n\"dpo@*,scan@03104\",a,\"A, B\"\n", "a A, B [{dpo * } {scan 03104 }]"},
		"German":       {"Anmeldename;Anzeigename;Rollen;Kennwort\na;A;dpo@*;geheimes Wort\n", "a A [{dpo * }]"},
		"BOM and CRLF": {"\ufeffname;display;roles\r\na;Ä;dpo@*\r\n", "a Ä [{dpo * }]"},
		"Windows-1252": {latin, "j.mueller Jörg Müller–Süß [{caseworker 03104 L1}]"},
		"blank lines":  {"name;display;roles\n\na;A;dpo@*\n\n", "a A [{dpo * }]"},
		"empty":        {"", "[0] table_empty"},
		"only header":  {"name;display;roles\n", "[0] table_empty"},
		"no header":    {"a;A;dpo@*\n", "[1] header"},
		"header twice": {"name;name;display;roles\na;a;A;dpo@*\n", "[1] header"},
		"spreadsheet":  {"PK\x03\x04\x00\x00", "[0] table_text"},
		"UTF-16":       {"n\x00a\x00m\x00e\x00", "[0] table_text"},
		"columns":      {"name;display;roles\na;A\nb;B;dpo@*;x\n", "[2] columns, [3] columns"},
		"quotes":       {"name;display;roles\na;A\"B;dpo@*\n", "[2] quotes"},
		"open quotes":  {"name;display;roles\nx;X;dpo@*\na;\"A;dpo@*\n", "[3] quotes"},
		"every line": {"name;display;roles;password\nÄ;A;dpo@*;\na;;dpo@*;\nb;B;dpo;\nb;B;king@*;\nb;B;dpo@9;\nb;B;caseworker@03104/L9;kurz\nk.sommer;K;dpo@*;\na.admin;A;dpo@*;\n",
			"[4] role_form"},
		"all wrong": {"name;display;roles;password\nÄ;A;dpo@*;\na;;dpo@*;\nb;B;king@*;\nb;B;dpo@9;\nc;C;caseworker@03104/L9;kurz\na.admin;A;dpo@*;\n",
			"[2] user_name, [3] text, [4] role, [5] twice, [5] site, [6] password_short, [6] team, [7] twice"},
	} {
		p := newPlace(t)
		in, s := p.start()
		for _, answer := range p.answers()[:5] {
			if err := answer(in, s); err != nil {
				t.Fatal(err)
			}
		}
		_, err := in.ImportUsers(t.Context(), s, []byte(c.table))
		v, verr := in.View(s)
		if verr != nil {
			t.Fatal(verr)
		}
		got := codes(err)
		if err == nil {
			var all []string
			for _, u := range v.Users {
				all = append(all, fmt.Sprintf("%s %s %v", u.Name, u.Display, u.Roles))
			}
			got = strings.Join(all, "; ")
		} else if len(v.Users) != 0 {
			t.Errorf("%s: half applied: %v", name, v.Users)
		}
		if got != c.want {
			t.Errorf("%s: %s\nwant %s", name, got, c.want)
		}
	}
}

// TestUsersAndFolder: who is changed keeps the password; who hands in for the
// folder and can no more, opens that step again.
func TestUsersAndFolder(t *testing.T) {
	p := newPlace(t)
	in, s := p.ready()
	ctx := t.Context()
	if err := in.PutUser(ctx, s, "", NewPerson{Name: "b", Display: "B", Password: "ein langes Wort", Roles: []record.RoleAt{{Role: "dpo", Site: "*"}}}); err != nil {
		t.Fatal(err)
	}
	if err := in.PutUser(ctx, s, "b", NewPerson{Name: "c", Display: "C", Roles: []record.RoleAt{{Role: "dpo", Site: "*"}}}); err != nil {
		t.Fatal(err)
	}
	v, err := in.View(s)
	if err != nil || len(v.Users) != 3 || v.Users[2].Name != "c" || !v.Users[2].HasPassword {
		t.Fatalf("%+v, %v", v.Users, err)
	}
	if err := in.RemoveUser(ctx, s, "b"); !errors.Is(err, record.NotFound) {
		t.Errorf("remove nobody: %v", err)
	}
	if err := in.RemoveUser(ctx, s, "s.scan"); err != nil {
		t.Fatal(err)
	}
	if v, err = in.View(s); err != nil || v.Folder.Path != "" || v.Next != StepFolder {
		t.Errorf("folder %+v, next %s, %v", v.Folder, v.Next, err)
	}
	if err := in.SetFolder(ctx, s, config.Folder{}); err != nil {
		t.Fatal(err)
	}
}
