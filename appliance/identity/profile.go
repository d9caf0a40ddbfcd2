package identity

import (
	"eakte/appliance/catalog"
	"eakte/appliance/record"
	"eakte/policy/access"
)

// Profile is who is signed in, for pages: May names what to offer. It opens
// nothing; each door asks again.
type Profile struct {
	User    record.UserID   `json:"user"`
	Name    string          `json:"name"`
	Display string          `json:"display"`
	Roles   []record.RoleAt `json:"roles"`
	May     map[string]bool `json:"may"`
}

// What a profile may offer, the keys of May. Keys that are not there are false.
const (
	MaySearch     = "search"     // the search page
	MayFiles      = "files"      // find files
	MayCreateFile = "create"     // a new file
	MayInbox      = "inbox"      // an inbox: what waits, follow-ups, clearing
	MayUpload     = "upload"     // hand documents in
	MayClearing   = "clearing"   // documents in no file
	MayDeliveries = "deliveries" // a provider's batches
	MayRecords    = "records"    // due lists, dispositions, paper
	MayAudit      = "audit"      // who saw what
	MayUsers      = "users"
	MaySettings   = "settings"
	MayHealth     = "health"
	MayThroughput = "throughput"
	MayPolicy     = "policy" // what each role may
)

// holder is a user with the roles they hold.
type holder struct {
	user  catalog.User
	roles []record.RoleAt
}

func holderOf(tx *catalog.Tx, id record.UserID) (holder, error) {
	u, err := tx.UserByID(id)
	if err != nil {
		return holder{}, err
	}
	roles, err := tx.Roles(id)
	return holder{u, roles}, err
}

func (id *Identity) profile(h holder) Profile {
	p := Profile{User: h.user.ID, Name: h.user.Name, Display: h.user.Display, Roles: h.roles, May: map[string]bool{}}
	for key, act := range map[string]access.Action{
		MaySearch: access.DocumentSearch, MayFiles: access.FileFind, MayCreateFile: access.FileCreate,
		MayInbox: access.DocumentChange, MayUpload: access.DocumentPost, MayClearing: access.DocumentFile, MayDeliveries: access.DeliveryPost,
		MayRecords: access.RetentionManage, MayAudit: access.AuditRead, MayUsers: access.UserManage,
		MaySettings: access.SettingsManage, MayHealth: access.HealthRead, MayThroughput: access.ThroughputRead, MayPolicy: access.PolicyRead,
	} {
		if id.policy.Offers(h.roles, act) {
			p.May[key] = true
		}
	}
	// Re-filing own documents is DocumentFile too: the clearing page is for who
	// may file what lies in nobody's file.
	if p.May[MayClearing] && !id.policy.DecideAt(h.roles, "", "", access.DocumentFile).Allowed {
		delete(p.May, MayClearing)
	}
	return p
}
