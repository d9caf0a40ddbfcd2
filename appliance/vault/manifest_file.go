package vault

import (
	"time"

	"eakte/appliance/record"
)

// FilePersonal is the personal part of a file's manifest. A rebuilt file must
// never be open to more people than before: members, grants, denials and
// sensitivity are all here.
type FilePersonal struct {
	Ordinal        uint32               `json:"ordinal"` // never reused
	Kind           string               `json:"kind"`
	Site           string               `json:"site"`
	Team           string               `json:"team"`
	Responsible    record.UserID        `json:"responsible"`
	RetentionClass string               `json:"retention_class"`
	Sensitivity    record.Sensitivity   `json:"sensitivity"`
	Numbers        []record.DatedNumber `json:"numbers"` // newest first
	Names          []record.DatedName   `json:"names"`   // of the file itself, where it has one; newest first
	Members        []record.Member      `json:"members"`
	Grants         []Grant              `json:"grants"`
	Denials        []Denial             `json:"denials"`
	Matters        []Matter             `json:"matters"`
	Relations      []FileRelation       `json:"relations"`
	Holds          []HoldStatement      `json:"holds"`
	Marks          []Mark               `json:"marks"`
	CreatedAt      time.Time            `json:"created_at"`
	CreatedBy      record.UserID        `json:"created_by"`
	ChangedBy      record.UserID        `json:"changed_by"`
	ChangeReason   string               `json:"change_reason"`
	ClosedAt       string               `json:"closed_at"` // RFC 3339; empty while open
}

// Grant opens a file to a user who would not see it otherwise.
type Grant struct {
	User   record.UserID `json:"user"`
	Reason string        `json:"reason"`
	By     record.UserID `json:"by"`
	From   string        `json:"from"`
	To     string        `json:"to"`

	// Added later: empty in the manifests from before.
	EndsAt    string `json:"ends_at"` // RFC 3339, where it ends within a day
	CreatedAt string `json:"created_at"`
}

// Denial closes a file to a user, whatever else would open it.
type Denial struct {
	User   record.UserID `json:"user"` // "*": everybody, until a person releases the file
	Reason string        `json:"reason"`
	By     record.UserID `json:"by"`
	From   string        `json:"from"`
	To     string        `json:"to"`

	CreatedAt string `json:"created_at"` // added later: empty in the manifests from before
}

// Matter is a case within a file: application period, objection, lawsuit.
type Matter struct {
	ID       string `json:"id"`
	Kind     string `json:"kind"`
	Title    string `json:"title"`
	Number   string `json:"number"`
	From     string `json:"from"`
	To       string `json:"to"`
	Deadline string `json:"deadline"`
	Event    string `json:"event"` // date of the retention event
}

// FileRelation says that a file came from or went into another.
type FileRelation struct {
	Kind string        `json:"kind"` // split_from, merged_into, moved_from
	File record.FileID `json:"file"`
	At   string        `json:"at"`
}
