package install

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"eakte/appliance/admin"
	"eakte/appliance/config"
	"eakte/appliance/record"
)

// may checks the session and that a step is open, before anything is tested.
func (in *Install) may(session, step string) error {
	if err := in.gate.check(session); err != nil {
		return err
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.open(step)
}

// maxName bounds names that people read, in letters.
const maxName = 200

func badName(s string) bool {
	return s == "" || utf8.RuneCountInString(s) > maxName || !utf8.ValidString(s) || strings.ContainsFunc(s, func(r rune) bool { return r < ' ' })
}

// SetName keeps the jobcenter's name and the language of the setup.
func (in *Install) SetName(_ context.Context, session, language, name string) error {
	if err := in.may(session, StepName); err != nil {
		return err
	}
	name = strings.TrimSpace(name)
	var p Problems
	p.add(language != "de" && language != "en", "language", "choose")
	p.add(badName(name), "name", "text")
	if len(p) > 0 {
		return p
	}
	return in.change(StepName, func(st *state) error {
		st.Language, st.Name, st.Done[StepName] = language, name, true
		return nil
	})
}

// NewPerson is somebody as a form or a list names them.
type NewPerson struct {
	Name, Display, Password string
	Roles                   []record.RoleAt
}

// SetAdministrator keeps who looks after the whole house. An empty password
// means the one given before.
func (in *Install) SetAdministrator(_ context.Context, session string, n NewPerson) error {
	if err := in.may(session, StepAdministrator); err != nil {
		return err
	}
	n.Name, n.Display = strings.TrimSpace(n.Name), strings.TrimSpace(n.Display)
	in.mu.Lock()
	had := in.st.Administrator
	in.mu.Unlock()
	var p Problems
	p.add(!admin.ValidUserName(n.Name), "name", "user_name")
	p.add(badName(n.Display), "display", "text")
	if n.Password == "" {
		p.add(had.Hash == "", "password", "required")
	} else {
		p.add(badPassword(n) != "", "password", badPassword(n))
	}
	if len(p) > 0 {
		return p
	}
	u := user{Name: n.Name, Display: n.Display, Hash: had.Hash, Roles: []record.RoleAt{{Role: record.RoleSiteadmin, Site: "*"}}}
	if n.Password != "" {
		u.Hash = in.d.Hash(n.Password)
	}
	return in.change(StepAdministrator, func(st *state) error {
		if st.find(n.Name) >= 0 {
			return Problems{{Field: "name", Code: "twice"}}
		}
		st.Administrator, st.Done[StepAdministrator] = u, true
		return nil
	})
}

// maxPassword is the longest password that identity checks, in bytes.
const maxPassword = 1024

// badPassword gives the code of what is wrong with a password, or "".
func badPassword(n NewPerson) string {
	switch p := n.Password; {
	case utf8.RuneCountInString(p) < admin.MinPassword:
		return "password_short"
	case !utf8.ValidString(p) || strings.ContainsRune(p, 0) || len(p) > maxPassword:
		return "password_text"
	case strings.EqualFold(strings.TrimSpace(p), n.Name):
		return "password_name"
	}
	return ""
}

// find gives the place of a user in the list, or -1.
func (st *state) find(name string) int {
	return slices.IndexFunc(st.Users, func(u user) bool { return u.Name == name })
}

// badRole gives the part of a role that is wrong ("role", "site", "team") and
// the code of why, or "".
func (st *state) badRole(r record.RoleAt) (part, code string) {
	if !slices.Contains(Roles(), r.Role) {
		return "role", "role"
	}
	if r.Site == "*" && r.Team == "" {
		return "", ""
	}
	i := slices.IndexFunc(st.Sites, func(s record.Site) bool { return s.Code == r.Site })
	if i < 0 {
		return "place", "site"
	}
	if r.Team != "" && !slices.ContainsFunc(st.Sites[i].Teams, func(t record.Team) bool { return t.Code == r.Team }) {
		return "place", "team"
	}
	return "", ""
}

// PutUser adds somebody, or changes who is called old. An empty password keeps
// the one that is there; without any, one is made when the list is asked for.
func (in *Install) PutUser(_ context.Context, session, old string, n NewPerson) error {
	if err := in.may(session, StepUsers); err != nil {
		return err
	}
	n.Name, n.Display = strings.TrimSpace(n.Name), strings.TrimSpace(n.Display)
	var p Problems
	p.add(!admin.ValidUserName(n.Name), "name", "user_name")
	p.add(badName(n.Display), "display", "text")
	p.add(n.Password != "" && badPassword(n) != "", "password", badPassword(n))
	p.add(len(n.Roles) == 0, "roles[0].role", "choose")
	if len(p) > 0 {
		return p
	}
	hash := ""
	if n.Password != "" {
		hash = in.d.Hash(n.Password)
	}
	return in.change(StepUsers, func(st *state) error {
		for i, r := range n.Roles {
			part, code := st.badRole(r)
			p.add(code != "", fmt.Sprintf("roles[%d].%s", i, part), code)
		}
		at := st.find(old)
		p.add(n.Name == st.Administrator.Name || n.Name != old && st.find(n.Name) >= 0, "name", "twice")
		if len(p) > 0 {
			return p
		}
		if at < 0 {
			st.Users = append(st.Users, user{})
			at = len(st.Users) - 1
		}
		u := user{Name: n.Name, Display: n.Display, Roles: n.Roles, Hash: st.Users[at].Hash, Made: st.Users[at].Made}
		if hash != "" {
			u.Hash, u.Made = hash, false
		}
		st.Users[at] = u
		st.leaveFolder(old)
		return nil
	})
}

// leaveFolder asks for the watched folder again if it handed in as somebody
// who is there no more.
func (st *state) leaveFolder(name string) {
	if st.Folder.User != "" && st.Folder.User == name && !deliverer(st.Users, name) {
		st.Folder = config.Folder{}
		delete(st.Done, StepFolder)
	}
}

// RemoveUser takes somebody out of the list; a name that is not there is
// record.NotFound.
func (in *Install) RemoveUser(_ context.Context, session, name string) error {
	if err := in.may(session, StepUsers); err != nil {
		return err
	}
	return in.change(StepUsers, func(st *state) error {
		at := st.find(name)
		if at < 0 {
			return record.Missing()
		}
		st.Users = slices.Delete(st.Users, at, at+1)
		st.leaveFolder(name)
		return nil
	})
}

// ConfirmUsers says that the list of users is complete for now.
func (in *Install) ConfirmUsers(_ context.Context, session string) error {
	if err := in.may(session, StepUsers); err != nil {
		return err
	}
	return in.change(StepUsers, func(st *state) error {
		st.Done[StepUsers] = true
		return nil
	})
}
