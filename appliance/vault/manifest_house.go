package vault

import (
	"time"

	"eakte/appliance/record"
)

// HousePersonal is the personal part of the house's manifest: what every other
// manifest refers to by name or id. Its subject is the archive itself, and so
// is the id of its key. Passwords, tokens and sign-ins are never in it: who is
// restored gets a new password.
type HousePersonal struct {
	Archive   string                  `json:"archive"`   // id of the archive: the subject
	Name      string                  `json:"name"`      // of the jobcenter; empty before the setup has named it
	Recovery  string                  `json:"recovery"`  // age1… of the recovery identity
	Sites     []record.Site           `json:"sites"`     // with their teams, in the order they were set up
	Retention []record.RetentionClass `json:"retention"` // by name
	Providers []HouseProvider         `json:"providers"`
	Users     []HouseUser             `json:"users"` // disabled ones too, by sign-in name

	Substitutions []HouseSubstitution `json:"substitutions"`
	Rules         []HouseRules        `json:"rules"` // in force, by kind; none: those that ship

	ChangedBy record.UserID `json:"changed_by"` // who caused this manifest
}

// HouseProvider is a scan service provider and the user it delivers as.
type HouseProvider struct {
	Name string `json:"name"`
	User string `json:"user"` // sign-in name
}

// HouseRules is the version of the rules of a kind that is in force.
type HouseRules struct {
	Kind     string        `json:"kind"` // routing, types, mailroom
	Version  int64         `json:"version"`
	Body     string        `json:"body"`   // JSON
	Reason   string        `json:"reason"` // why it was made
	MadeBy   record.UserID `json:"made_by"`
	MadeAt   time.Time     `json:"made_at"`
	ActiveBy record.UserID `json:"active_by"`
	ActiveAt time.Time     `json:"active_at"`
	Highest  int64         `json:"highest"` // number of any version that ever was in force: no later one may bear it again
}

// HouseUser is a user without anything that opens a door.
type HouseUser struct {
	ID        record.UserID   `json:"id"`
	Name      string          `json:"name"` // sign-in name
	Display   string          `json:"display"`
	Disabled  bool            `json:"disabled"`
	CreatedAt time.Time       `json:"created_at"`
	Roles     []record.RoleAt `json:"roles"`
}

// HouseSubstitution says that Substitute acts for Absent from day From until
// before day To (YYYY-MM-DD, empty = open).
type HouseSubstitution struct {
	ID         string        `json:"id"`
	Absent     record.UserID `json:"absent"`
	Substitute record.UserID `json:"substitute"`
	From       string        `json:"from"`
	To         string        `json:"to"`
	By         record.UserID `json:"by"`
	CreatedAt  time.Time     `json:"created_at"`
}
