package catalog

import (
	"eakte/appliance/audit"
)

// RestoreEntries adds entries with the numbers they bore, from first on, and
// lets the log's tree grow by them. first must be the log's size. A row
// without payload stays without: it was erased, or its key is gone.
func (t *Tx) RestoreEntries(log int, first uint64, rows []audit.Row) error {
	tree, err := t.auditTree(log)
	if err != nil {
		return err
	}
	if tree.Size() != first {
		return conflict("The audit log goes on at another number.")
	}
	for _, r := range rows {
		h, err := audit.ParseHeader(r.Header)
		if err != nil {
			return err
		}
		if err := t.append(audit.Leaf{ID: h.ID, Year: log, Header: r.Header, Salt: r.Salt, Payload: r.Payload}, h); err != nil {
			return err
		}
		if err := t.number(pendingEntry{id: h.ID, log: log, at: toMicros(h.At), header: string(r.Header)}, tree); err != nil {
			return err
		}
	}
	_, err = t.exec("restore entries", `INSERT INTO audit_head (log, size, frontier) VALUES ($1, $2, $3)
		ON CONFLICT (log) DO UPDATE SET size = excluded.size, frontier = excluded.frontier`,
		log, int64(tree.Size()), audit.FormatFrontier(tree.Frontier()))
	return err
}

// HasEntry says whether the log holds an entry.
func (t *Tx) HasEntry(id string) (bool, error) {
	return t.one("has entry", "SELECT 1 FROM audit_entry WHERE id = $1", []any{id}, new(int))
}

// KeepEntries adds entries without a number: those behind a gap in the log.
// They can be read, and nothing proves them.
func (t *Tx) KeepEntries(log int, rows []audit.Row) error {
	for _, r := range rows {
		h, err := audit.ParseHeader(r.Header)
		if err != nil {
			return err
		}
		if known, err := t.HasEntry(h.ID); err != nil || known {
			if err != nil {
				return err
			}
			continue
		}
		if err := t.append(audit.Leaf{ID: h.ID, Year: log, Header: r.Header, Salt: r.Salt, Payload: r.Payload}, h); err != nil {
			return err
		}
		if _, err := t.exec("keep entries", "DELETE FROM audit_pending WHERE entry_id = $1", h.ID); err != nil {
			return err
		}
	}
	return nil
}
