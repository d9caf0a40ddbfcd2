package admin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"eakte/appliance/audit"
	"eakte/appliance/catalog"
	"eakte/appliance/record"
	"eakte/policy/retention"
)

// Setup is what setup.json says, the same facts that the web setup asks for.
type Setup struct {
	Name      string                  `json:"name"`
	Sites     []record.Site           `json:"sites"`
	Users     []SetupUser             `json:"users"`
	Retention []record.RetentionClass `json:"retention"`
	Providers []Provider              `json:"providers"`
	Recovery  []string                `json:"recovery"` // three custodians' age recipients, or none
}

// SetupUser is a user of the setup file. The password is in a file, whose name
// is relative to the setup file's folder.
type SetupUser struct {
	Name         string          `json:"name"`
	Display      string          `json:"display"`
	PasswordFile string          `json:"password_file"`
	Roles        []record.RoleAt `json:"roles"`
	Password     record.Secret   `json:"-"` // read from PasswordFile
	PasswordHash string          `json:"-"` // instead of Password, where only its stored form is known
}

// Provider is a scan service provider and the user it delivers as.
type Provider struct {
	Name string `json:"name"`
	User string `json:"user"`
}

// The names under which facts of the setup lie in the catalog.
const (
	MetaName      = "name"
	MetaProviders = "providers"
)

// ReadSetup reads and checks a setup file; an error names the field.
func ReadSetup(r io.Reader, dir string) (Setup, error) {
	var s Setup
	d := json.NewDecoder(r)
	d.DisallowUnknownFields()
	if err := d.Decode(&s); err != nil {
		return s, &record.Error{Category: record.Invalid, Field: "setup", Message: "The setup file is not what is expected.",
			Hint: "docs/setup.md shows one.", Cause: err}
	}
	for i := range s.Users {
		u := &s.Users[i]
		if u.PasswordFile == "" {
			continue
		}
		path := u.PasswordFile
		if !filepath.IsAbs(path) {
			path = filepath.Join(dir, path)
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return s, &record.Error{Category: record.Invalid, Field: fmt.Sprintf("users[%d].password_file", i),
				Message: "The file with the password can't be read.", Cause: err}
		}
		u.Password = record.Secret(strings.TrimRight(string(b), "\r\n"))
	}
	return s, s.Validate()
}

var (
	code     = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$`)
	userName = regexp.MustCompile(`^[a-z0-9][a-z0-9._@-]{0,63}$`)
)

// MinPassword is the shortest password a setup may bring, in bytes.
const MinPassword = 8

// ValidCode says whether a site or team may be called so.
func ValidCode(s string) bool { return code.MatchString(s) }

// ValidUserName says whether somebody may sign in under this name.
func ValidUserName(s string) bool { return userName.MatchString(s) }

// RetentionEvents lists what a retention class may count from.
func RetentionEvents() []string { return retention.EventNames() }

// Validate names the first field that is wrong.
func (s *Setup) Validate() error {
	if strings.TrimSpace(s.Name) == "" {
		return record.Bad("name", "is missing")
	}
	teams, err := s.validSites()
	if err != nil {
		return err
	}
	for i, c := range s.Retention {
		if err := retention.Validate(c); err != nil {
			return fmt.Errorf("retention[%d]: %w", i, err)
		}
	}
	names := map[string]bool{}
	for i, u := range s.Users {
		if err := u.valid(fmt.Sprintf("users[%d]", i), teams); err != nil {
			return err
		}
		if names[u.Name] {
			return record.Bad(fmt.Sprintf("users[%d].name", i), "is there twice")
		}
		names[u.Name] = true
	}
	if n := len(s.Recovery); n != 0 && n != 3 {
		return record.Bad("recovery", "names %d custodians; there are three, or none", n)
	}
	return nil
}

// validSites gives the teams of each site by their codes.
func (s *Setup) validSites() (map[string]map[string]bool, error) {
	if len(s.Sites) == 0 {
		return nil, record.Bad("sites", "name at least one site")
	}
	teams := map[string]map[string]bool{}
	for i, site := range s.Sites {
		at := fmt.Sprintf("sites[%d]", i)
		if !code.MatchString(site.Code) {
			return nil, record.Bad(at+".code", "is not 1 to 32 letters, digits, dots or hyphens")
		}
		if teams[site.Code] != nil {
			return nil, record.Bad(at+".code", "is there twice")
		}
		if strings.TrimSpace(site.Name) == "" {
			return nil, record.Bad(at+".name", "is missing")
		}
		teams[site.Code] = map[string]bool{}
		for j, t := range site.Teams {
			if !code.MatchString(t.Code) || teams[site.Code][t.Code] {
				return nil, record.Bad(fmt.Sprintf("%s.teams[%d].code", at, j), "is not a code, or is there twice")
			}
			teams[site.Code][t.Code] = true
		}
	}
	return teams, nil
}

func (u *SetupUser) valid(at string, teams map[string]map[string]bool) error {
	if !userName.MatchString(u.Name) {
		return record.Bad(at+".name", "is not 1 to 64 small letters, digits, dots, hyphens or @")
	}
	if u.PasswordFile != "" && len(u.Password) < MinPassword {
		return record.Bad(at+".password_file", "holds a password of less than %d letters", MinPassword)
	}
	for j, r := range u.Roles {
		at := fmt.Sprintf("%s.roles[%d]", at, j)
		if r.Role == "" {
			return record.Bad(at+".role", "is missing")
		}
		if r.Site != "*" && teams[r.Site] == nil {
			return record.Bad(at+".site", "is no site of this setup; \"*\" means all")
		}
		if r.Team != "" && !teams[r.Site][r.Team] {
			return record.Bad(at+".team", "is no team of the site")
		}
	}
	return nil
}

// Apply brings the catalog to what s says; doing it again changes nothing.
// Users that are there keep their passwords. What s does not name stays.
func (a *Admin) Apply(ctx context.Context, actor record.Actor, s Setup) error {
	if err := s.Validate(); err != nil {
		return err
	}
	for i, u := range s.Users {
		for j, r := range u.Roles {
			if !a.Policy.Knows(r.Role) {
				return record.Bad(fmt.Sprintf("users[%d].roles[%d].role", i, j), "is no role of the policy")
			}
		}
	}
	hashes := map[string]string{}
	for _, u := range s.Users {
		hashes[u.Name] = u.PasswordHash
		if u.Password != "" {
			hashes[u.Name] = a.Hash(string(u.Password))
		}
	}
	providers, err := json.Marshal(s.Providers)
	if err != nil {
		return fmt.Errorf("setup: %w", err)
	}
	if a.House != nil {
		if err := a.House.Prepare(ctx, a.Catalog); err != nil {
			return err
		}
	}
	err = a.Catalog.WithTx(ctx, func(tx *catalog.Tx) error {
		if err := errors.Join(tx.SetMeta(MetaName, s.Name), tx.SetMeta(MetaProviders, string(providers))); err != nil {
			return err
		}
		for _, site := range s.Sites {
			if err := tx.PutSite(site); err != nil {
				return err
			}
		}
		for _, c := range s.Retention {
			if err := tx.PutRetentionClass(c); err != nil {
				return err
			}
		}
		for _, u := range s.Users {
			if err := a.applyUser(tx, u, hashes[u.Name]); err != nil {
				return err
			}
		}
		return a.noteSetup(ctx, tx, actor)
	})
	if err != nil || a.House == nil {
		return err
	}
	return a.Outbox.Flush(ctx)
}

// noteSetup ends a setup's transaction with the house's manifest and the audit
// entry that names it.
func (a *Admin) noteSetup(ctx context.Context, tx *catalog.Tx, actor record.Actor) error {
	var made []audit.Object
	if a.House != nil {
		var err error
		if made, err = a.House.Describe(ctx, tx, actor.User); err != nil {
			return err
		}
	}
	leaf, err := audit.Seal(audit.Entry{At: a.Clock.Now(), Action: audit.SetupChange, Outcome: audit.Done, Actor: actor.User,
		Via: actor.Via, Request: actor.Request, Objects: made, Personal: audit.Personal{ActorName: actor.Name}})
	if err != nil {
		return err
	}
	return tx.Append(leaf)
}

func (a *Admin) applyUser(tx *catalog.Tx, u SetupUser, hash string) error {
	have, err := tx.UserByName(u.Name)
	switch {
	case errors.Is(err, record.NotFound):
		have = catalog.User{ID: record.UserID(record.NewID()), Name: u.Name, PasswordHash: hash, CreatedAt: a.Clock.Now()}
	case err != nil:
		return err
	case have.PasswordHash == "":
		have.PasswordHash = hash
	}
	if have.Display = u.Display; have.Display == "" {
		have.Display = u.Name
	}
	if err := tx.PutUser(have); err != nil {
		return err
	}
	return tx.PutRoles(have.ID, u.Roles)
}
