package border

import (
	"eakte/appliance/admin"
	"eakte/appliance/archive"
	"eakte/appliance/identity"
	"eakte/appliance/oversight"
	"eakte/ingest"
	"eakte/ingest/delivery"
	"eakte/ingest/inbox"
)

// Doors are all that pages and calls may go through. Each method of each of
// them asks policy and writes the audit entry; there is no way round.
type Doors struct {
	Archive   *archive.Archive
	Intake    *ingest.Intake
	Identity  *identity.Identity
	Oversight *oversight.Oversight
	Admin     *admin.Admin
	Inbox     *inbox.Inbox // nil: this appliance has none
	Splitter  *ingest.Splitter
	Merger    *ingest.Merger
	Delivery  *delivery.Desk
	House     string // its name, for what is printed
}
