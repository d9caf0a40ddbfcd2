package identity

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"eakte/appliance/audit"
	"eakte/appliance/catalog"
	"eakte/appliance/record"
)

// User is a user as an administrator sees them.
type User struct {
	ID        record.UserID   `json:"id"`
	Name      string          `json:"name"`
	Display   string          `json:"display"`
	Disabled  bool            `json:"disabled"`
	Roles     []record.RoleAt `json:"roles"`
	CreatedAt time.Time       `json:"created_at"`
}

// NewUser is what adding a user takes. Display may be empty: the name then.
type NewUser struct {
	Name     string          `json:"name"`
	Display  string          `json:"display"`
	Password string          `json:"password"`
	Roles    []record.RoleAt `json:"roles"`
}

// maxName is the longest sign-in name, in bytes.
const maxName = 64

// Users lists the users that the actor may manage: those with a role at one of
// the actor's sites, and those without any role. By name.
func (id *Identity) Users(ctx context.Context, actor record.Actor) ([]User, error) {
	var out []User
	var m manager
	err := id.cat.Read(ctx, func(tx *catalog.Tx) (err error) {
		out = nil
		if m, err = id.manager(tx, actor); err != nil || !m.anywhere {
			return err
		}
		all, err := tx.Users()
		if err != nil {
			return err
		}
		ids := make([]record.UserID, len(all))
		for i, u := range all {
			ids[i] = u.ID
		}
		roles, err := tx.RolesOf(ids)
		for _, u := range all {
			if m.knows(roles[u.ID]) {
				out = append(out, userView(u, roles[u.ID]))
			}
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	if !m.anywhere {
		return nil, id.refuse(ctx, actor, audit.UserRead, "", audit.Personal{}, denied())
	}
	leaf, err := id.entry(actor, audit.UserRead, audit.Allowed, "", audit.Personal{})
	if err != nil {
		return nil, err
	}
	return out, id.cat.AppendAudit(ctx, leaf)
}

func userView(u catalog.User, roles []record.RoleAt) User {
	if roles == nil {
		roles = []record.RoleAt{}
	}
	return User{ID: u.ID, Name: u.Name, Display: u.Display, Disabled: u.Disabled, Roles: roles, CreatedAt: u.CreatedAt}
}

// AddUser adds a user. The actor needs the right to manage users wherever the
// new one gets a role. A name that is taken gives Conflict.
func (id *Identity) AddUser(ctx context.Context, actor record.Actor, n NewUser) (User, error) {
	n.Name, n.Display = strings.TrimSpace(n.Name), strings.TrimSpace(n.Display)
	if n.Display == "" {
		n.Display = n.Name
	}
	u := catalog.User{ID: record.UserID(record.NewID()), Name: n.Name, Display: n.Display, CreatedAt: id.clock.Now()}
	n.Roles = distinct(n.Roles)
	prepare := func() error {
		if err := validName(n); err != nil {
			return err
		}
		return id.hashInto(ctx, &u, n.Password)
	}
	c := change{actor: actor, action: audit.UserCreate, user: u.ID, prepare: prepare}
	err := id.change(ctx, c, func(tx *catalog.Tx, m manager) (map[string]string, error) {
		if !m.covers(n.Roles) {
			return nil, denied()
		}
		if err := id.validRoles(tx, n.Roles); err != nil {
			return nil, err
		}
		if err := tx.PutUser(u); err != nil {
			return nil, err
		}
		return map[string]string{"name": u.Name, "roles": rolesText(n.Roles)}, tx.PutRoles(u.ID, n.Roles)
	})
	if err != nil {
		return User{}, err
	}
	return userView(u, n.Roles), nil
}

func validName(n NewUser) error {
	form := func(r rune) bool {
		return unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("._-@", r)
	}
	switch {
	case n.Name == "" || len(n.Name) > maxName || !utf8.ValidString(n.Name):
		return record.Bad("name", "a sign-in name has 1 to %d bytes", maxName)
	case strings.IndexFunc(n.Name, func(r rune) bool { return !form(r) }) >= 0:
		return record.Bad("name", "a sign-in name has letters, digits and . _ - @ only")
	case len(n.Display) > 4*maxName || !utf8.ValidString(n.Display) || strings.IndexFunc(n.Display, unicode.IsControl) >= 0:
		return record.Bad("display", "a name to show is text of at most %d bytes", 4*maxName)
	}
	return nil
}

// Disable shuts a user out: their sessions and tokens end with the transaction.
// Nobody disables themselves.
func (id *Identity) Disable(ctx context.Context, actor record.Actor, name string) error {
	return id.changeUser(ctx, actor, name, nil, func(tx *catalog.Tx, u catalog.User) (map[string]string, error) {
		if err := tx.SetDisabled(u.ID, true); err != nil {
			return nil, err
		}
		return map[string]string{"change": "disable"}, endAll(tx, u.ID)
	})
}

// Enable lets a disabled user in again, with the roles they had.
func (id *Identity) Enable(ctx context.Context, actor record.Actor, name string) error {
	return id.changeUser(ctx, actor, name, nil, func(tx *catalog.Tx, u catalog.User) (map[string]string, error) {
		return map[string]string{"change": "enable"}, tx.SetDisabled(u.ID, false)
	})
}

// ResetPassword gives a user another password; their sessions and tokens end.
// The actor needs the right wherever the user has a role: who resets a password
// could act as that user.
func (id *Identity) ResetPassword(ctx context.Context, actor record.Actor, name, password string) error {
	var fresh catalog.User
	prepare := func() error { fresh.Name = name; return id.hashInto(ctx, &fresh, password) }
	return id.changeUser(ctx, actor, name, prepare, func(tx *catalog.Tx, u catalog.User) (map[string]string, error) {
		if err := tx.SetPassword(u.ID, fresh.PasswordHash); err != nil {
			return nil, err
		}
		return map[string]string{"change": "password"}, endAll(tx, u.ID)
	})
}

// SetRoles gives a user exactly these roles. The actor needs the right to
// manage users wherever a role is given or taken; roles that stay need none.
// Nobody changes their own.
func (id *Identity) SetRoles(ctx context.Context, actor record.Actor, name string, roles []record.RoleAt) error {
	roles = distinct(roles)
	c := change{actor: actor, action: audit.UserChange, name: name}
	return id.change(ctx, c, func(tx *catalog.Tx, m manager) (map[string]string, error) {
		u, had, err := m.target(tx, name)
		if err != nil {
			return nil, err
		}
		given, taken := without(roles, had), without(had, roles)
		if u.ID == actor.User || !m.covers(given) || !m.covers(taken) {
			return nil, denied()
		}
		if err := id.validRoles(tx, given); err != nil {
			return nil, err
		}
		return map[string]string{"change": "roles", "given": rolesText(given), "taken": rolesText(taken)}, tx.PutRoles(u.ID, roles)
	})
}

func endAll(tx *catalog.Tx, user record.UserID) error {
	if err := tx.DeleteSessionsOf(user); err != nil {
		return err
	}
	return tx.DeleteTokensOf(user)
}

// hashInto checks and hashes a new password; like a sign-in it waits for a slot.
func (id *Identity) hashInto(ctx context.Context, u *catalog.User, password string) error {
	if err := id.newPassword(u.Name, password); err != nil {
		return err
	}
	leave, err := id.hasher.enter(ctx)
	if err != nil {
		return err
	}
	defer leave()
	u.PasswordHash = HashPassword(password, id.cfg.Hash)
	return nil
}

func distinct(roles []record.RoleAt) []record.RoleAt {
	out := []record.RoleAt{}
	for _, r := range roles {
		if !slices.Contains(out, r) {
			out = append(out, r)
		}
	}
	return out
}

// without is the roles of a that b has not.
func without(a, b []record.RoleAt) []record.RoleAt {
	return slices.DeleteFunc(slices.Clone(a), func(r record.RoleAt) bool { return slices.Contains(b, r) })
}

// rolesText writes roles for the audit entry.
func rolesText(roles []record.RoleAt) string {
	b, err := json.Marshal(roles)
	if err != nil { // structs of strings always encode
		return err.Error()
	}
	return string(b)
}
