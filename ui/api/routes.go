package api

import (
	"strings"

	"github.com/gofiber/fiber/v2"

	"eakte/appliance/admin"
	"eakte/appliance/archive"
	"eakte/appliance/oversight"
	"eakte/appliance/record"
	"eakte/ingest"
	"eakte/ingest/delivery"
	"eakte/ingest/inbox"
)

// route is one call: how it is reached, who answers, and what the OpenAPI
// document says about it.
type route struct {
	method, path string
	handler      fiber.Handler
	open         bool // answers without sign-in
	summary      string
	query        []param
	takes        any    // a value of the JSON body's type, nil for none
	takesBytes   bool   // the body is the document itself
	status       int    // of success
	gives        any    // a value of the JSON answer's type, nil for none
	givesType    string // the media type, if the answer is not JSON
	repeats      bool   // what is sent names itself: the same again gives the first answer, without a key
}

// param is a parameter of the query or a header.
type param struct {
	name, about string
	kind        string // string (default), integer, date
	one         string // the values it may have, separated by spaces, if they are few
	header      bool
}

func paging() []param {
	return []param{{name: "cursor", about: "next of the answer before"},
		{name: "limit", about: "1 to 500, 50 by default", kind: "integer"}}
}

func idempotency() param {
	return param{name: "Idempotency-Key", header: true, about: "names the transmission: the same again gives the first answer"}
}

func ranged() param {
	return param{name: "Range", header: true, about: "one range of bytes; several give the whole"}
}

func language() param { return param{name: "lang", about: "of the words in it", one: "de en"} }

func user() param { return param{name: "user", about: "sign-in name"} }

func with(more []param, p ...param) []param { return append(append([]param{}, p...), more...) }

// routes is the whole interface, in the order of the document.
func (a *API) routes() []route {
	return []route{
		{method: "GET", path: "/files", handler: a.findFiles, summary: "Find files by number, name or birth date, misspelled or not",
			query: with(paging(), param{name: "number", about: "a number, in any writing of it"},
				param{name: "q", about: "name, birth date, number"}), status: 200, gives: archive.FilePage{}},
		{method: "POST", path: "/files", handler: a.createFile, summary: "Create a file",
			query: []param{idempotency()}, takes: archive.NewFile{}, status: 201, gives: archive.FileView{}},
		{method: "GET", path: "/files/{id}", handler: a.file, summary: "One file", status: 200, gives: archive.FileView{}},
		{method: "GET", path: "/files/{id}/documents", handler: a.fileDocuments,
			summary: "A file's documents, newest first, with what is pending and what is expected",
			query:   paging(), status: 200, gives: archive.FileDocuments{}},
		{method: "GET", path: "/files/{id}/traces", handler: a.traces, summary: "What was taken out of the file and what came into it from another one, newest first",
			status: 200, gives: page[archive.Trace]{}},
		{method: "GET", path: "/files/{id}/traces/{trace}", handler: a.trace, summary: "Who saw a document in the file that it was taken out of: by name for who answers for the file and who supervises",
			status: 200, gives: archive.TraceView{}},
		{method: "GET", path: "/files/{id}/pending", handler: a.filePending, summary: "What is in transit, in work or in clearing for this file's customers; never a title of what the asker may not see",
			status: 200, gives: page[archive.Pending]{}},
		{method: "GET", path: "/files/{id}/pdf", handler: a.filePDF, summary: "One PDF/A of a file behind a table of contents: what the asker may read, oldest first, or a selection in its order",
			query: []param{{name: "documents", about: "ids, separated by commas; all by default"}, ranged(), language()}, status: 200, givesType: "application/pdf"},
		{method: "POST", path: "/files/{id}/pdf", handler: a.chosenPDF, summary: "The same for a selection too long for an address",
			query: []param{ranged(), language()}, takes: Selection{}, status: 200, givesType: "application/pdf"},
		{method: "GET", path: "/files/{id}/grants", handler: a.grants, summary: "Who was let into the file, and why", status: 200, gives: page[archive.Grant]{}},
		{method: "POST", path: "/files/{id}/grants", handler: a.addGrant, summary: "Let a user into the file", query: []param{idempotency()}, takes: archive.Grant{}, status: 201, gives: archive.Grant{}},
		{method: "DELETE", path: "/files/{id}/grants", handler: a.removeGrant, summary: "Take a grant back", query: []param{user(), idempotency()}, status: 204},
		{method: "GET", path: "/files/{id}/denials", handler: a.denials, summary: "Who is kept out of the file, and why", status: 200, gives: page[archive.Grant]{}},
		{method: "POST", path: "/files/{id}/denials", handler: a.addDenial, summary: "Keep a user out of the file", query: []param{idempotency()}, takes: archive.Grant{}, status: 201, gives: archive.Grant{}},
		{method: "DELETE", path: "/files/{id}/denials", handler: a.removeDenial, summary: "Take a denial back", query: []param{user(), idempotency()}, status: 204},
		{method: "GET", path: "/files/{id}/holds", handler: a.fileHolds().list, summary: "The file's holds, lifted ones too", status: 200, gives: page[archive.Hold]{}},
		{method: "POST", path: "/files/{id}/holds", handler: a.fileHolds().put, summary: "Hold the file: nothing of what lies in it may be destroyed", query: []param{idempotency()}, takes: archive.NewHold{}, status: 201, gives: archive.Hold{}},
		{method: "DELETE", path: "/files/{id}/holds", handler: a.fileHolds().lift, summary: "Lift one hold of the file; others go on", query: []param{idempotency()}, takes: archive.LiftHold{}, status: 200, gives: archive.Hold{}},
		{method: "POST", path: "/documents", handler: a.post, summary: "Hand in one document; the body is its bytes",
			query: []param{{name: "file", about: "id or number; without it the document is routed by its evidence, or waits in clearing"},
				{name: "type", about: "type of document"},
				{name: "direction", about: "which way it travelled", one: "in out internal"},
				{name: "received", about: "date of receipt, today by default", kind: "date"},
				{name: "dated", about: "the document's own date", kind: "date"},
				{name: "title", about: "what to call it"},
				{name: "event", about: "what caused it in the application that sends it; kept with the document"},
				{name: "Content-Disposition", header: true, about: "its filename is kept as data"}, idempotency()},
			takesBytes: true, status: 201, gives: ingest.Receipt{}},
		{method: "GET", path: "/documents/{id}", handler: a.document, summary: "One document", status: 200, gives: archive.DocumentView{}},
		{method: "PATCH", path: "/documents/{id}", handler: a.changeDocument, summary: "Re-file or re-describe a document; what is left out stays",
			query: []param{idempotency()}, takes: archive.DocumentChange{}, status: 200, gives: archive.DocumentView{}},
		{method: "POST", path: "/documents/{id}/forward", handler: a.forwardDocument, summary: "Hand a document that lies in no file on, to another site or another authority; its first date of receipt stays",
			query: []param{idempotency()}, takes: archive.Forward{}, status: 200, gives: archive.DocumentView{}},
		{method: "DELETE", path: "/documents/{id}/forward", handler: a.undoForward, summary: "Take that back, as long as nobody has acted on it", status: 200, gives: archive.DocumentView{}},
		{method: "GET", path: "/documents/{id}/holds", handler: a.documentHolds().list, summary: "The document's holds, lifted ones too, and those that stand on its file", status: 200, gives: page[archive.Hold]{}},
		{method: "POST", path: "/documents/{id}/holds", handler: a.documentHolds().put, summary: "Hold the document: nothing of it may be destroyed", query: []param{idempotency()}, takes: archive.NewHold{}, status: 201, gives: archive.Hold{}},
		{method: "DELETE", path: "/documents/{id}/holds", handler: a.documentHolds().lift, summary: "Lift one hold of the document; others go on", query: []param{idempotency()}, takes: archive.LiftHold{}, status: 200, gives: archive.Hold{}},
		{method: "POST", path: "/documents/{id}/split", handler: a.splitDocument, summary: "Divide a document in clearing: a new one begins at each of these pages", query: []param{idempotency()},
			takes: Starts{}, status: 202},
		{method: "POST", path: "/documents/merge", handler: a.mergeDocuments, summary: "Put documents in clearing together, in this order; they are kept as they came", query: []param{idempotency()},
			takes: Together{}, status: 202, gives: Merged{}},
		{method: "POST", path: "/documents/{id}/take-back", handler: a.takeBack, summary: "Take one's own last filing of it back, within a minute", status: 200, gives: archive.DocumentView{}},
		{method: "GET", path: "/documents/{id}/receipt", handler: a.receipt, summary: "Who handed the document in, when, and which bytes; for who may follow its state", status: 200, gives: archive.Receipt{}},
		{method: "GET", path: "/documents/{id}/receipt.pdf", handler: a.receiptPDF, summary: "The same to be printed", query: []param{ranged(), language()}, status: 200, givesType: "application/pdf"},
		{method: "POST", path: "/documents/{id}/also", handler: a.fileAlso, summary: "File a document in a second file as well: the same bytes as a document of its own, of which neither file says that the other has it",
			query: []param{idempotency()}, takes: AlsoFile{}, status: 201, gives: ingest.Receipt{}},
		{method: "POST", path: "/documents/{id}/unreserve", handler: a.unreserve, summary: "Say that a document that waits for a restricted file does not belong there; it goes to clearing", status: 204},
		{method: "POST", path: "/files/{id}/slips", handler: a.newSlip, summary: "Make a return slip: post that bears its code is filed in this file", query: []param{idempotency()}, takes: NewSlip{}, status: 201, gives: Slip{}},
		{method: "GET", path: "/documents/{id}/original", handler: a.original, summary: "The bytes as they were handed in",
			query: []param{ranged()}, status: 200, givesType: "application/octet-stream"},
		{method: "GET", path: "/documents/{id}/pdf", handler: a.documentPDF, summary: "The document's pages as searchable PDF/A-2u; X-PDF-Conformance says the level, X-Original-Signed that the original bears a signature",
			query: []param{ranged(), language()}, status: 200, givesType: "application/pdf"},
		{method: "GET", path: "/documents/{id}/pages/{n}/image", handler: a.pageImage, summary: "A page's picture",
			query:  []param{{name: "width", about: "the smallest stored size of at least this width", kind: "integer"}},
			status: 200, givesType: "image/jpeg"},
		{method: "GET", path: "/documents/{id}/pages/{n}/words", handler: a.pageWords, summary: "A page's words and codes and where they stand, in pixels of the full image",
			status: 200, gives: record.PageWords{}},
		{method: "GET", path: "/deliveries", handler: a.deliveries, summary: "Deliveries, the newest first: one's own, or those one may see",
			query: with(paging(), param{name: "state", about: "only these", one: strings.Join([]string{delivery.StateAnnounced, delivery.StateOpen, delivery.StateWaiting,
				delivery.StateTaking, delivery.StateDone, delivery.StateWithdrawn}, " ")}, param{name: "provider", about: "name of a scan provider"}),
			status: 200, gives: page[delivery.View]{}},
		{method: "POST", path: "/deliveries", handler: a.openDelivery, summary: "Hand over a manifest; until its objects and the word that it is complete have come, the delivery is in transit",
			takes: delivery.Manifest{}, status: 201, gives: delivery.View{}, repeats: true},
		{method: "GET", path: "/deliveries/{id}", handler: a.delivery, summary: "One delivery: what is here of it, and what does not fit", status: 200, gives: delivery.View{}},
		{method: "PUT", path: "/deliveries/{id}/objects/{name}", handler: a.putObject, summary: "Hand over one object of a delivery; the body is its bytes, and takes the place of what came before", takesBytes: true, status: 200, gives: delivery.Object{}},
		{method: "DELETE", path: "/deliveries/{id}/objects/{name}", handler: a.removeObject, summary: "Drop an object that the manifest does not name: it was sent under a wrong name", status: 204},
		{method: "POST", path: "/deliveries/{id}/complete", handler: a.completeDelivery, summary: "Say that all is here: 200 with the receipt when every document is in the archive, 409 with what does not fit",
			status: 200, gives: delivery.Receipt{}, repeats: true},
		{method: "POST", path: "/deliveries/{id}/withdraw", handler: a.withdrawDelivery, summary: "Give a delivery up that is not taken in yet", takes: Withdrawal{}, status: 200, gives: delivery.View{}},
		{method: "GET", path: "/deliveries/{id}/receipt", handler: a.deliveryReceipt, summary: "The receipt of a delivery that is done", status: 200, gives: delivery.Receipt{}},
		{method: "GET", path: "/deliveries/{id}/receipt.pdf", handler: a.deliveryReceiptPDF, summary: "The same to be printed, with all documents", query: []param{ranged(), language()}, status: 200, givesType: "application/pdf"},
		{method: "GET", path: "/search", handler: a.search, summary: "Find documents by their words",
			query: with(paging(), param{name: "q", about: `words, "phrases", -without, begin*, this OR that, type: site: file: section: from: received:2026-01..2026-03`},
				param{name: "site", about: "code of a site"}, param{name: "section", about: "section of the file plan"},
				param{name: "team", about: "code of a team"}, param{name: "file", about: "id or number"}, param{name: "type", about: "type of document"},
				param{name: "from", about: "first date", kind: "date"}, param{name: "to", about: "last date", kind: "date"},
				param{name: "sort", about: "order", one: "relevance date"}), status: 200, gives: archive.SearchResult{}},
		{method: "GET", path: "/searches", handler: a.savedSearches, summary: "The searches that one keeps under a name", status: 200, gives: page[archive.SavedSearch]{}},
		{method: "POST", path: "/searches", handler: a.saveSearch, summary: "Keep a search under a name; the one that bore it gives way", takes: NewSearch{}, status: 200, gives: archive.SavedSearch{}, repeats: true},
		{method: "DELETE", path: "/searches/{id}", handler: a.dropSearch, summary: "Keep a search no longer", status: 204},
		{method: "GET", path: "/suggest", handler: a.suggest, summary: "Completions and names, only from what the asker may see",
			query: []param{{name: "q", about: "what has been typed so far"}}, status: 200, gives: page[string]{}},
		{method: "GET", path: "/audit/entries", handler: a.auditEntries, summary: "Who did what; the question is itself written down",
			query: with(paging(), param{name: "actor", about: "sign-in name"}, param{name: "file", about: "id"}, param{name: "document", about: "id"},
				param{name: "action", about: "as document.view"}, param{name: "outcome", about: "how it ended", one: "allowed denied done failed"},
				param{name: "from", about: "first day", kind: "date"}, param{name: "to", about: "last day", kind: "date"}),
			status: 200, gives: page[oversight.EntryView]{}},
		{method: "GET", path: "/audit/checkpoint", handler: a.auditCheckpoint, summary: "The newest signed checkpoint of the log", status: 200, gives: oversight.CheckpointView{}},
		{method: "GET", path: "/health", handler: a.health, summary: "Each part: its state, since when, what to do", status: 200, gives: admin.Health{}},
		{method: "GET", path: "/findings", handler: a.findings, summary: "What was found in the store: the gravest first, with what to do",
			query: with(paging(), param{name: "kind", about: "one kind only", one: strings.Join(admin.FindingKinds(), " ")},
				param{name: "state", about: "those that are open, or those of the last 90 days that are resolved", one: "open resolved"}),
			status: 200, gives: admin.Findings{}},
		{method: "GET", path: "/delivery-plans", handler: a.deliveryPlans, summary: "When each scan provider delivers, and what is missing", status: 200, gives: page[admin.ProviderPlan]{}},
		{method: "PUT", path: "/delivery-plans", handler: a.setDeliveryPlan, summary: "Set when a scan provider delivers; without weekdays nothing is expected", takes: record.DeliveryPlan{}, status: 204},
		{method: "GET", path: "/mailroom/rules", handler: a.mailroomRules, summary: "The rules of the mailroom in force", status: 200, gives: ingest.MailroomRules{}},
		{method: "GET", path: "/mailroom/posts", handler: a.postBook, summary: "What was handed on unopened on a day: of the sites that one clears, or what one has entered",
			query: []param{{name: "day", about: "today by default", kind: "date"}, paging()[0]}, status: 200, gives: ingest.PostBook{}},
		{method: "POST", path: "/mailroom/posts", handler: a.enterPost, summary: "Enter post that is handed on unopened", query: []param{idempotency()}, takes: ingest.NewPost{}, status: 201, gives: ingest.Post{}},
		{method: "GET", path: "/mailroom/forwarded", handler: a.forwardedDocuments, summary: "Documents that were handed on to another authority", query: paging(), status: 200, gives: page[archive.DocumentView]{}},
		{method: "GET", path: "/quarantine", handler: a.quarantine, summary: "Documents that could not be read: one's own deliveries, and what one may list",
			query: paging(), status: 200, gives: archive.QuarantinePage{}},
		{method: "POST", path: "/quarantine/{id}/read-again", handler: a.readAgain, summary: "Have a quarantined document read once more", status: 204},
		{method: "GET", path: "/throughput", handler: a.throughput, summary: "How the reading of documents goes: queue, estimate, pages, errors and time per stage",
			query: []param{{name: "range", about: "how far back; 2h by default", one: strings.Join(ingest.Ranges(), " ")}}, status: 200, gives: ingest.Throughput{}},
		{method: "GET", path: "/inbox", handler: a.inbox, summary: "What waits: the longest waiting first; in clearing the newest",
			query: with(paging(), param{name: "queue", about: "whose; mine by default", one: "mine team clearing"},
				param{name: "user", about: "sign-in name of a colleague one stands in for today"}), status: 200, gives: page[inbox.Item]{}},
		{method: "POST", path: "/inbox/{id}/take", handler: a.takeItem, summary: "Take an item; 409 with who and when if somebody else has it",
			query: step(), status: 200, gives: inbox.Item{}},
		{method: "POST", path: "/inbox/{id}/assign", handler: a.assignItem, summary: "Give an item to a colleague who may see it",
			query: step(), takes: Assignment{}, status: 200, gives: inbox.Item{}},
		{method: "POST", path: "/inbox/{id}/follow-up", handler: a.putOffItem, summary: "Put an item off until a day",
			query: step(), takes: FollowUp{}, status: 200, gives: inbox.Item{}},
		{method: "POST", path: "/inbox/{id}/finish", handler: a.finishItem, summary: "End the work on an item", query: step(), status: 200, gives: inbox.Item{}},
		{method: "POST", path: "/inbox/{id}/reopen", handler: a.reopenItem, summary: "Bring a finished item back", query: step(), status: 200, gives: inbox.Item{}},
		{method: "GET", path: "/follow-ups", handler: a.followUps, summary: "What was put off or is wanted again, by its day",
			query: with(paging(), param{name: "user", about: "sign-in name of a colleague one stands in for today"}), status: 200, gives: page[inbox.Item]{}},
		{method: "POST", path: "/follow-ups", handler: a.addFollowUp, summary: "Want a file, or one document of it, back on a day",
			query: []param{idempotency()}, takes: inbox.NewFollowUp{}, status: 201, gives: inbox.Item{}},
		{method: "GET", path: "/schedules", handler: a.schedules, summary: "What comes round: when it ran, how, and when it runs next", status: 200, gives: page[admin.Schedule]{}},
		{method: "POST", path: "/schedules/{name}/run", handler: a.runSchedule, summary: "Let a schedule run now; while such a run waits, asking again changes nothing", status: 204},
		{method: "GET", path: "/document-types", handler: a.documentTypes, summary: "The types of documents that the rules in force know", status: 200, gives: page[admin.DocumentType]{}},
		{method: "GET", path: "/corrections", handler: a.corrections, summary: "How often persons gave documents another type than the rules had, by types; no document and nobody is named", status: 200, gives: page[admin.Correction]{}},
		{method: "GET", path: "/rules/{kind}", handler: a.rules, summary: "Versions of the rules of a kind (routing, types, mailroom), the newest first; 0 is what ships", status: 200, gives: page[admin.RuleVersion]{}},
		{method: "POST", path: "/rules/{kind}", handler: a.draftRules, summary: "Keep a new version; it changes nothing before it is put in force", query: []param{idempotency()}, takes: NewRules{}, status: 201, gives: admin.RuleVersion{}},
		{method: "GET", path: "/rules/{kind}/{version}", handler: a.ruleVersion, summary: "One version: its body, its last try, and what differs from the version in force", status: 200, gives: admin.RuleVersion{}},
		{method: "POST", path: "/rules/{kind}/{version}/simulate", handler: a.simulateRules, summary: "Try a version on a day's post: what would go elsewhere", takes: TryRules{}, status: 200, gives: admin.Simulation{}},
		{method: "POST", path: "/rules/{kind}/{version}/activate", handler: a.activateRules, summary: "Put a version in force; 409 unless it was tried on real post, or there is none", status: 200, gives: admin.RuleVersion{}},
		{method: "GET", path: "/openapi.json", handler: a.openapi, open: true, summary: "This document", status: 200, givesType: "application/json"},
	}
}
