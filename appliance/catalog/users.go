package catalog

import (
	"database/sql"
	"time"

	"eakte/appliance/record"
)

// User is a user of the appliance. Users are disabled, never deleted: the
// audit log names them.
type User struct {
	ID           record.UserID
	Name         string // sign-in name, unique
	Display      string
	PasswordHash string
	Disabled     bool
	CreatedAt    time.Time
}

// PutUser adds a user, or changes the one with this ID. It gives Conflict if
// another user has the name.
func (t *Tx) PutUser(u User) error {
	var other int
	taken, err := t.one("put user", "SELECT 1 FROM users WHERE name = $1 AND id <> $2", []any{u.Name, u.ID}, &other)
	if err != nil {
		return err
	}
	if taken {
		return conflict("A user of this name exists already.")
	}
	if u.CreatedAt.IsZero() {
		u.CreatedAt = t.Now()
	}
	_, err = t.exec("put user", `INSERT INTO users (id, name, display, password_hash, disabled, created_at) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (id) DO UPDATE SET name = excluded.name, display = excluded.display,
			password_hash = excluded.password_hash, disabled = excluded.disabled`,
		u.ID, u.Name, u.Display, u.PasswordHash, toInt(u.Disabled), toMicros(u.CreatedAt))
	return err
}

// UserByName reads a user by sign-in name, disabled or not.
func (t *Tx) UserByName(name string) (User, error) { return t.user("WHERE name = $1", name) }

// UserByID reads a user by id, disabled or not.
func (t *Tx) UserByID(id record.UserID) (User, error) { return t.user("WHERE id = $1", id) }

// Users lists all users by sign-in name.
func (t *Tx) Users() ([]User, error) { return t.users("") }

func (t *Tx) user(where string, arg any) (User, error) {
	us, err := t.users(where, arg)
	if err != nil {
		return User{}, err
	}
	if len(us) == 0 {
		return User{}, missing("user")
	}
	return us[0], nil
}

func (t *Tx) users(where string, args ...any) ([]User, error) {
	var out []User
	err := t.each("users", "SELECT id, name, display, password_hash, disabled, created_at FROM users "+where+" ORDER BY name", args,
		func(row *sql.Rows) error {
			var u User
			var created int64
			if err := row.Scan(&u.ID, &u.Name, &u.Display, &u.PasswordHash, &u.Disabled, &created); err != nil {
				return err
			}
			u.CreatedAt = fromMicros(created)
			out = append(out, u)
			return nil
		})
	return out, err
}

// UsersByID gives the users with these ids; unknown ids are absent.
func (t *Tx) UsersByID(ids []record.UserID) (map[record.UserID]User, error) {
	out := make(map[record.UserID]User, len(ids))
	for part := range chunks(ids) {
		var p params
		us, err := t.users("WHERE id IN ("+list(&p, part)+")", p.args...)
		if err != nil {
			return nil, err
		}
		for _, u := range us {
			out[u.ID] = u
		}
	}
	return out, nil
}

// SetPassword sets a user's password hash.
func (t *Tx) SetPassword(id record.UserID, hash string) error {
	return t.change("set password", "user", "UPDATE users SET password_hash = $2 WHERE id = $1", id, hash)
}

// SetDisabled disables a user or lets them in again.
func (t *Tx) SetDisabled(id record.UserID, disabled bool) error {
	return t.change("set disabled", "user", "UPDATE users SET disabled = $2 WHERE id = $1", id, toInt(disabled))
}

// PutRoles gives a user exactly these roles. A site of "*" means the whole
// house, a team of "" the whole site.
func (t *Tx) PutRoles(id record.UserID, roles []record.RoleAt) error {
	if _, err := t.exec("put roles", "DELETE FROM user_role WHERE user_id = $1", id); err != nil {
		return err
	}
	for _, r := range roles {
		if _, err := t.exec("put roles", `INSERT INTO user_role (user_id, role, site, team) VALUES ($1, $2, $3, $4)
			ON CONFLICT DO NOTHING`, id, r.Role, r.Site, r.Team); err != nil {
			return err
		}
	}
	return nil
}

// Roles lists a user's roles.
func (t *Tx) Roles(id record.UserID) ([]record.RoleAt, error) {
	all, err := t.RolesOf([]record.UserID{id})
	return all[id], err
}

// RolesOf lists the roles of several users.
func (t *Tx) RolesOf(ids []record.UserID) (map[record.UserID][]record.RoleAt, error) {
	out := make(map[record.UserID][]record.RoleAt, len(ids))
	for part := range chunks(ids) {
		var p params
		q := "SELECT user_id, role, site, team FROM user_role WHERE user_id IN (" + list(&p, part) + ") ORDER BY site, team, role"
		err := t.each("roles", q, p.args, func(row *sql.Rows) error {
			var id record.UserID
			var r record.RoleAt
			if err := row.Scan(&id, &r.Role, &r.Site, &r.Team); err != nil {
				return err
			}
			out[id] = append(out[id], r)
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}
