package record

import "time"

// Actor is who asks, and by which way. It carries no rights: those are read
// afresh from the catalog in the statement that reads what is asked for.
type Actor struct {
	User    UserID
	Name    string // sign-in name: personal data, goes into the audit entry's salted part only
	Display string
	Via     string // web, api, cli, system
	Address string // network address of the request: personal data, likewise
	Request string // random id of the request, shown to the user as the reference
}

// System is the actor of what nobody asked for: jobs, reconciliation.
func System(request string) Actor {
	return Actor{User: "system", Name: "system", Display: "eAkte", Via: "system", Request: request}
}

// RoleAt is a role at a site, and there perhaps only for a team.
type RoleAt struct {
	Role string `json:"role"`
	Site string `json:"site"`
	Team string `json:"team"` // empty: the whole site
}

// The roles that ship. Roles are data; a site may add its own.
const (
	RoleCaseworker  = "caseworker"
	RoleTeamlead    = "teamlead"
	RoleReception   = "reception"
	RoleClearing    = "clearing"
	RoleScan        = "scan"
	RoleRecords     = "records"
	RoleDPO         = "dpo"
	RoleAuditor     = "auditor"
	RoleSiteadmin   = "siteadmin"
	RoleIntegration = "integration"
)

// Relation is how an actor stands to a file, as bits.
type Relation uint8

// The relations.
const (
	RelSite    Relation = 1 << iota // a role at the file's site
	RelTeam                         // that role is in the file's team (or site-wide)
	RelOwn                          // responsible for the file
	RelSubst                        // substitutes today for who is responsible
	RelGranted                      // an explicit grant stands
	RelDenied                       // an explicit denial stands: beats everything
	RelCreator                      // handed the document in
)

// Facts are all that policy needs to decide about one file or document. They
// are joined in the statement that reads the row, so they are as fresh as it.
type Facts struct {
	Actor       UserID
	Disabled    bool     // the user is disabled: nothing is allowed
	Roles       []RoleAt // the actor's roles at the file's site
	Relation    Relation
	Sensitivity Sensitivity // the higher one of file and document
	File        FileID
	Ordinal     uint32
	Document    DocumentID // empty when the question is about the file
	Unfiled     bool       // a document in no file
}

// Clock tells the time. Tests bring their own.
type Clock interface{ Now() time.Time }

// SystemClock is the machine's clock, in UTC.
type SystemClock struct{}

// Now is the time in UTC, to the microsecond (what the catalog can keep).
func (SystemClock) Now() time.Time { return time.Now().UTC().Truncate(time.Microsecond) }

// Secret is a text that prints as nothing readable.
type Secret string

// String hides the text.
func (Secret) String() string { return "redacted" }
