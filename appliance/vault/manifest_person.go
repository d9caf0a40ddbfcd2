package vault

import (
	"time"

	"eakte/appliance/record"
)

// PersonPersonal is the personal part of a person's manifest. Which files the
// person belongs to stands in the files.
type PersonPersonal struct {
	Names            []record.DatedName `json:"names"` // newest first
	BirthDate        string             `json:"birth_date"`
	CustomerNumber   string             `json:"customer_number"`
	Address          string             `json:"address"`
	ProtectedAddress bool               `json:"protected_address"`
	FormerNameHidden bool               `json:"former_name_hidden"`
	Representatives  []Representative   `json:"representatives"`
	Marks            []Mark             `json:"marks"`
	CreatedAt        time.Time          `json:"created_at"`
	CreatedBy        record.UserID      `json:"created_by"`
	ChangedBy        record.UserID      `json:"changed_by"`
	ChangeReason     string             `json:"change_reason"`
}

// Representative says who may act for the person, from when to when.
type Representative struct {
	Person record.PersonID `json:"person"`
	Kind   string          `json:"kind"` // guardian, attorney, parent …
	From   string          `json:"from"`
	To     string          `json:"to"`
}
