package install

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"io"
	"runtime"
	"strings"
	"sync"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"

	"eakte/appliance/admin"
	"eakte/appliance/record"
)

// maxUsers bounds one list of users.
const maxUsers = 2000

// columns are the names a column may have in the first line.
var columns = map[string]string{"name": "name", "anmeldename": "name", "display": "display", "anzeigename": "display",
	"roles": "roles", "rollen": "roles", "password": "password", "kennwort": "password"}

// ImportUsers adds the users of a table: a first line that names the columns
// (name, display, roles and, if wanted, password; or anmeldename, anzeigename,
// rollen, kennwort), fields divided by ; or , and roles as ROLE@SITE or
// ROLE@SITE/TEAM, several with a space or | between. The text is UTF-8, with
// or without mark, or Windows-1252. If any line is wrong, each wrong one is
// named and nobody is added. It gives how many were added.
func (in *Install) ImportUsers(_ context.Context, session string, table []byte) (int, error) {
	if err := in.may(session, StepUsers); err != nil {
		return 0, err
	}
	people, lines, err := readTable(table)
	if err != nil {
		return 0, err
	}
	in.mu.Lock()
	p := in.st.badPeople(people, lines)
	in.mu.Unlock()
	if len(p) > 0 {
		return 0, p
	}
	hashes := in.hashes(people)
	return len(people), in.change(StepUsers, func(st *state) error {
		if p := st.badPeople(people, lines); len(p) > 0 {
			return p
		}
		for i, n := range people {
			st.Users = append(st.Users, user{Name: n.Name, Display: n.Display, Roles: n.Roles, Hash: hashes[i]})
		}
		return nil
	})
}

// hashes hashes passwords on all cores; "" where there is none.
func (in *Install) hashes(people []NewPerson) []string {
	out := make([]string, len(people))
	slots := make(chan struct{}, runtime.NumCPU())
	var wg sync.WaitGroup
	for i, n := range people {
		if n.Password == "" {
			continue
		}
		slots <- struct{}{}
		wg.Go(func() {
			out[i] = in.d.Hash(n.Password)
			<-slots
		})
	}
	wg.Wait()
	return out
}

// readTable reads people and the lines they stand in.
func readTable(table []byte) ([]NewPerson, []int, error) {
	text, err := decode(table)
	if err != nil {
		return nil, nil, err
	}
	r := csv.NewReader(strings.NewReader(text))
	r.Comma, r.FieldsPerRecord, r.TrimLeadingSpace = divider(text), -1, true
	head, err := r.Read()
	if errors.Is(err, io.EOF) {
		return nil, nil, Problems{{Code: "table_empty"}}
	}
	if err != nil {
		return nil, nil, badLine(err)
	}
	at, err := header(head)
	if err != nil {
		return nil, nil, err
	}
	var people []NewPerson
	var lines []int
	var bad Problems
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil { // where a row ends can't be told any more
			return nil, nil, append(bad, badLine(err)...)
		}
		line, _ := r.FieldPos(0)
		if len(row) != len(head) {
			bad = append(bad, Problem{Line: line, Code: "columns"})
			continue
		}
		n, code := personOf(row, at)
		if code != "" {
			bad = append(bad, Problem{Line: line, Code: code})
			continue
		}
		people, lines = append(people, n), append(lines, line)
	}
	if len(bad) == 0 && len(people) == 0 {
		bad.add(true, "", "table_empty")
	}
	bad.add(len(people) > maxUsers, "", "table_long")
	return people, lines, bad.err()
}

// decode makes text of a file.
func decode(table []byte) (string, error) {
	table = bytes.TrimPrefix(table, []byte("\ufeff"))
	if bytes.ContainsRune(table, 0) { // a spreadsheet, or UTF-16
		return "", Problems{{Code: "table_text"}}
	}
	if utf8.Valid(table) {
		return string(table), nil
	}
	text, err := charmap.Windows1252.NewDecoder().Bytes(table)
	if err != nil {
		return "", Problems{{Code: "table_text"}}
	}
	return string(text), nil
}

// divider is the one that the first line uses.
func divider(text string) rune {
	first, _, _ := strings.Cut(text, "\n")
	if strings.Count(first, ";") >= strings.Count(first, ",") {
		return ';'
	}
	return ','
}

// header says in which column what stands.
func header(head []string) (map[string]int, error) {
	at := map[string]int{}
	for i, h := range head {
		c, ok := columns[strings.ToLower(strings.TrimSpace(h))]
		if _, twice := at[c]; !ok || twice {
			return nil, Problems{{Line: 1, Code: "header"}}
		}
		at[c] = i
	}
	for _, c := range []string{"name", "display", "roles"} {
		if _, ok := at[c]; !ok {
			return nil, Problems{{Line: 1, Code: "header"}}
		}
	}
	return at, nil
}

func personOf(row []string, at map[string]int) (n NewPerson, code string) {
	n.Name, n.Display = strings.TrimSpace(row[at["name"]]), strings.TrimSpace(row[at["display"]])
	if i, ok := at["password"]; ok {
		n.Password = row[i]
	}
	for _, w := range strings.FieldsFunc(row[at["roles"]], func(r rune) bool { return r == ' ' || r == '|' || r == ',' || r == '\t' }) {
		role, place, ok := strings.Cut(w, "@")
		if !ok || role == "" || place == "" {
			return n, "role_form"
		}
		site, team, _ := strings.Cut(place, "/")
		n.Roles = append(n.Roles, record.RoleAt{Role: role, Site: site, Team: team})
	}
	if len(n.Roles) == 0 {
		return n, "role_form"
	}
	return n, ""
}

func badLine(err error) Problems {
	var pe *csv.ParseError
	if errors.As(err, &pe) {
		return Problems{{Line: pe.StartLine, Code: "quotes"}}
	}
	return Problems{{Code: "table_text"}}
}

// badPeople names what is wrong with new people, by their lines.
func (st *state) badPeople(people []NewPerson, lines []int) (bad Problems) {
	taken := map[string]bool{st.Administrator.Name: true}
	for _, u := range st.Users {
		taken[u.Name] = true
	}
	for i, n := range people {
		say := func(wrong bool, code, value string) {
			if wrong {
				bad = append(bad, Problem{Line: lines[i], Code: code, Value: value})
			}
		}
		say(!admin.ValidUserName(n.Name), "user_name", n.Name)
		say(taken[n.Name], "twice", n.Name)
		say(badName(n.Display), "text", n.Name)
		if n.Password != "" {
			code := badPassword(n)
			say(code != "", code, n.Name)
		}
		for _, r := range n.Roles {
			_, code := st.badRole(r)
			say(code != "", code, roleText(r))
		}
		taken[n.Name] = true
	}
	return bad
}

// roleText writes a role as a table does.
func roleText(r record.RoleAt) string {
	s := r.Role + "@" + r.Site
	if r.Team != "" {
		s += "/" + r.Team
	}
	return s
}
