package catalog

import "eakte/appliance/record"

// FileByIDOrNumber reads the file that an address or a caller names, by id or
// by number in any writing.
func (t *Tx) FileByIDOrNumber(s string) (record.File, error) {
	if record.ValidID(s) {
		return t.FileByID(record.FileID(s))
	}
	return t.FileByNumber(s)
}
