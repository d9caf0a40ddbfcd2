// Package access decides whether an actor may do something, gives the reason
// as a key, and turns the same policy into the filter that search needs.
//
// A policy is a list of rows (role, action, relation, highest sensitivity,
// allow or deny). It never reads a database: the question arrives as
// record.Facts, joined in the statement that read the row, and is answered
// from a complete table that Casbin filled when the policy was loaded. The
// table belongs to one immutable Policy; a changed policy is a new one that is
// swapped whole, so no answer can outlive the row it came from.
//
// Sensitivity: normal (1), raised (2), restricted (3). Restricted files are
// locked to named persons: who is responsible, who substitutes for them today,
// and who holds an explicit grant. No row that rests on team or site alone
// opens contents at 3, not even the teamlead's ("the same for the team's
// files" stops at 2).
package access

import "slices"

// Action is what somebody wants to do.
type Action string

// The actions. Whether a question is about a file's facts (Decide) or about a
// site (DecideAt) follows from what exists: a file that is to be made has no
// facts yet.
const (
	FileCreate  Action = "file.create"  // make a file in a team
	FileFind    Action = "file.find"    // know that it exists: number, members, site
	FilePending Action = "file.pending" // see what is in transit, in clearing, expected for this customer
	FileView    Action = "file.view"    // open the list of its documents
	FileChange  Action = "file.change"  // numbers, members, class; close
	FileAssign  Action = "file.assign"  // give it to another person or team

	DocumentList   Action = "document.list"   // type, title, dates of one document: what a row of a list shows
	DocumentView   Action = "document.view"   // contents: original, pages, words
	DocumentSearch Action = "document.search" // find it by its words
	DocumentState  Action = "document.state"  // state and receipt only
	DocumentChange Action = "document.change" // type, title, section, received
	DocumentFile   Action = "document.file"   // take it from where it lies and file it; the target is asked for DocumentPost
	DocumentPost   Action = "document.post"   // hand in: into a file (Decide on its facts) or without one (DecideAt)
	DeliveryPost   Action = "delivery.post"   // a provider's batch

	GrantChange        Action = "grant.change"        // grants and denials
	HoldChange         Action = "hold.change"         // legal holds
	SubstitutionChange Action = "substitution.change" // who acts for whom
	RetentionManage    Action = "retention.manage"    // due lists, dispositions
	PaperManage        Action = "paper.manage"        // batches, sampling, returns

	AuditRead      Action = "audit.read"
	ReportRead     Action = "report.read"
	PolicyRead     Action = "policy.read"
	UserManage     Action = "user.manage"
	SettingsManage Action = "settings.manage"
	HealthRead     Action = "health.read"
	ThroughputRead Action = "throughput.read" // how the reading of documents goes
)

// Actions gives every action there is. A policy must have a deny row for each.
func Actions() []Action {
	return []Action{FileCreate, FileFind, FilePending, FileView, FileChange, FileAssign,
		DocumentList, DocumentView, DocumentSearch, DocumentState, DocumentChange, DocumentFile, DocumentPost,
		DeliveryPost, GrantChange, HoldChange, SubstitutionChange, RetentionManage, PaperManage,
		AuditRead, ReportRead, PolicyRead, UserManage, SettingsManage, HealthRead, ThroughputRead}
}

func knownAction(a Action) bool { return slices.Contains(Actions(), a) }

// Decision is the answer to one question. Reason is a key for the reader's
// language (below "access." in ui/locale), for a yes as for a no.
type Decision struct {
	Allowed bool
	Reason  string
}

// The reasons. A yes names the relation that opened, strongest first.
const (
	ReasonOwn      = "access.own"      // responsible for the file
	ReasonSubst    = "access.subst"    // substitutes today for who is responsible
	ReasonGranted  = "access.granted"  // an explicit grant
	ReasonTeam     = "access.team"     // the team's file
	ReasonSite     = "access.site"     // a role at the site
	ReasonCreator  = "access.creator"  // handed the document in
	ReasonUnfiled  = "access.unfiled"  // a document in clearing, or no file concerned
	ReasonRole     = "access.role"     // the role alone
	ReasonDenied   = "access.denied"   // an explicit denial stands
	ReasonSeparate = "access.separate" // a role that never sees contents (separation of duties)
	ReasonSecrecy  = "access.secrecy"  // more sensitive than this relation opens
	ReasonNone     = "access.none"     // no row opens it
	ReasonDisabled = "access.disabled" // the user is disabled
)

// Reasons gives every key a Decision may carry.
func Reasons() []string {
	return []string{ReasonOwn, ReasonSubst, ReasonGranted, ReasonTeam, ReasonSite, ReasonCreator, ReasonUnfiled,
		ReasonRole, ReasonDenied, ReasonSeparate, ReasonSecrecy, ReasonNone, ReasonDisabled}
}
