package audit

// The actions. The set grows; a name is never given another meaning. The
// outcome is a field of its own: a refused view is document.view, denied.
const (
	FileView   = "file.view"
	FileCreate = "file.create"
	FileChange = "file.change"
	FilePDF    = "file.pdf"    // one PDF of the documents that the entry names
	FileSearch = "file.search" // find a file by number, name or birth date

	DocumentView     = "document.view"
	DocumentOriginal = "document.original" // the original's bytes
	DocumentPDF      = "document.pdf"      // a PDF of its pages
	DocumentPage     = "document.page"     // a page image or thumbnail
	DocumentWords    = "document.words"    // recognised words or text
	DocumentCreate   = "document.create"
	DocumentChange   = "document.change"
	DocumentFile     = "document.file"    // put into a file, or into another one
	DocumentForward  = "document.forward" // handed on: to another site, or another authority
	DocumentSeen     = "document.seen"    // who saw it in the file that it did not belong to
	DocumentState    = "document.state"   // the state of what the actor handed in
	DocumentVerify   = "document.verify"
	DocumentRelocate = "document.relocate" // its original put anew under another name, the same bytes

	Search     = "search"
	Suggest    = "suggest"
	SearchSave = "search.save" // kept under a name, or no longer

	SignIn       = "signin"
	SignInFailed = "signin.failed"
	SignOut      = "signout"
	TokenCreate  = "token.create"
	TokenDelete  = "token.delete"

	UserCreate  = "user.create"
	UserChange  = "user.change"
	UserRead    = "user.read"
	GrantChange = "grant.change"

	HoldRead   = "hold.read"
	HoldChange = "hold.change" // placed or lifted

	SetupChange = "setup.change"
	SetupRead   = "setup.read" // sites and teams
	HealthRead  = "health.read"
	PolicyRead  = "policy.read" // what each role may

	ThroughputRead = "throughput.read" // how the reading of documents goes

	ScheduleRead = "schedule.read"
	ScheduleRun  = "schedule.run" // started by hand

	RulesRead     = "rules.read"     // rules as data: versions, one of them, or the corrections of types
	RulesDraft    = "rules.draft"    // a new version
	RulesSimulate = "rules.simulate" // tried on a day's post
	RulesActivate = "rules.activate"

	DeliveryAnnounce = "delivery.announce" // what is in transit
	DeliveryCreate   = "delivery.create"   // its manifest was handed over
	DeliveryPut      = "delivery.put"      // an object; only refusals are told
	DeliveryRemove   = "delivery.remove"   // an object that the manifest does not name was taken back
	DeliveryComplete = "delivery.complete" // said to be complete: failed if it did not fit, done when it is in the archive
	DeliveryWithdraw = "delivery.withdraw"
	DeliveryView     = "delivery.view" // a delivery, a list of them, or a receipt

	DeliveryPlan = "delivery.plan" // when a provider delivers: read or set

	MailroomRead   = "mailroom.read"   // the rules, or the post book
	MailroomChange = "mailroom.change" // an entry of the post book

	InboxRead     = "inbox.read" // an inbox, a list of follow-ups, or one item
	InboxTake     = "inbox.take"
	InboxAssign   = "inbox.assign"
	InboxFollowUp = "inbox.followup" // put off to a day, or wanted again on one
	InboxFinish   = "inbox.finish"
	InboxReopen   = "inbox.reopen"
	InboxUndo     = "inbox.undo" // the last change to an item taken back

	AuditRead   = "audit.read"
	AuditExport = "audit.export"
	AuditErase  = "audit.erase" // payloads removed: objects of KindEntry and KindEntries say which

	ClockConfirm = "clock.confirm" // a person's word that the clock is right

	KeyRotate     = "key.rotate"     // the identity that keys are sealed to was changed
	KeyRetire     = "key.retire"     // what older identities had sealed was removed
	DocumentErase = "document.erase" // its key was destroyed

	ServerStart = "server.start"
	ServerStop  = "server.stop"
	VerifyRun   = "verify.run"
)

// The kinds of object that an entry names.
const (
	KindFile      = "file"
	KindDocument  = "document"
	KindPerson    = "person"
	KindUser      = "user"
	KindToken     = "token"
	KindDelivery  = "delivery"
	KindSite      = "site"
	KindItem      = "item"      // work that waits for somebody
	KindHold      = "hold"      // a legal hold, by its id
	KindSchedule  = "schedule"  // what comes round, by its name
	KindRules     = "rules"     // a version of rules: "<kind>:<version>"
	KindManifest  = "manifest"  // a manifest that the action made, by its digest: so the signed log vouches for it
	KindKey       = "key"       // a generation of the sealing key, by its number
	KindTombstone = "tombstone" // by its id
	KindEntry     = "entry"     // an audit entry, by its id
	KindEntries   = "entries"   // a range of one log: "<year>:<first>-<last>", both included
)
