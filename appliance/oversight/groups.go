package oversight

import (
	"slices"

	"eakte/appliance/audit"
	"eakte/appliance/catalog"
	"eakte/appliance/record"
)

// Group is a name for actions that one asks about together.
type Group struct {
	Name    string
	Actions []string // these
	Except  []string // or, if there are none, all but these
}

// Groups lists them, in the order in which one is asked to choose.
func Groups() []Group {
	return []Group{
		{Name: "work", Except: []string{audit.AuditRead}},
		{Name: "files", Actions: []string{audit.FileView, audit.FileCreate, audit.FileChange, audit.FileSearch, audit.FilePDF, audit.GrantChange, audit.HoldRead, audit.HoldChange}},
		{Name: "documents", Actions: []string{audit.DocumentView, audit.DocumentOriginal, audit.DocumentPDF, audit.FilePDF, audit.DocumentPage, audit.DocumentWords, audit.DocumentCreate,
			audit.DocumentChange, audit.DocumentFile, audit.DocumentForward, audit.DocumentState, audit.DocumentVerify, audit.DocumentErase, audit.DocumentRelocate,
			audit.DeliveryAnnounce, audit.DeliveryCreate, audit.DeliveryPut, audit.DeliveryRemove, audit.DeliveryComplete, audit.DeliveryWithdraw, audit.DeliveryView,
			audit.DeliveryPlan, audit.MailroomRead, audit.MailroomChange}},
		{Name: "search", Actions: []string{audit.Search, audit.Suggest, audit.SearchSave, audit.FileSearch}},
		{Name: "inbox", Actions: []string{audit.InboxRead, audit.InboxTake, audit.InboxAssign, audit.InboxFollowUp, audit.InboxFinish,
			audit.InboxReopen, audit.InboxUndo}},
		{Name: "signin", Actions: []string{audit.SignIn, audit.SignInFailed, audit.SignOut, audit.TokenCreate, audit.TokenDelete}},
		{Name: "users", Actions: []string{audit.UserCreate, audit.UserChange, audit.UserRead, audit.GrantChange}},
		{Name: "audit", Actions: []string{audit.AuditRead, audit.DocumentSeen, audit.AuditExport, audit.AuditErase, audit.PolicyRead}},
		{Name: "system", Actions: []string{audit.SetupChange, audit.SetupRead, audit.HealthRead, audit.ThroughputRead, audit.ScheduleRead, audit.ScheduleRun, audit.RulesRead, audit.RulesDraft, audit.RulesSimulate, audit.RulesActivate, audit.ServerStart, audit.ServerStop, audit.VerifyRun,
			audit.ClockConfirm, audit.KeyRotate, audit.KeyRetire}},
	}
}

// kinds reads what sort of entries a question wants.
func (q Query) kinds(cq *catalog.AuditQuery) error {
	if q.Group != "" {
		i := slices.IndexFunc(Groups(), func(g Group) bool { return g.Name == q.Group })
		if i < 0 {
			return record.Bad("group", "there is no such group of actions")
		}
		cq.Actions, cq.Except = Groups()[i].Actions, Groups()[i].Except
	}
	if q.Outcome != "" && !slices.Contains(Outcomes(), q.Outcome) {
		return record.Bad("outcome", "an outcome is one of %v", Outcomes())
	}
	cq.Outcome = q.Outcome
	return nil
}

// Outcomes lists how an action can end.
func Outcomes() []string { return []string{audit.Allowed, audit.Denied, audit.Done, audit.Failed} }
