package catalog

import (
	"errors"

	"eakte/appliance/record"
)

// worksOn says in whose inbox a document of a file belongs: with who is
// responsible, if they may see it. In a restricted file, which the team can't
// open, it is with who stands in for them today, or who was granted it; with
// the responsible person all the same if there is nobody: who stands in for
// them one day then finds it.
func (t *Tx) worksOn(id record.DocumentID, f record.File, may func(record.Facts) bool) (record.UserID, error) {
	to, err := t.responsibleFor(id, f.Responsible, may)
	if err != nil || to != "" || f.Sensitivity < record.SensitivityRestricted {
		return to, err
	}
	var p params
	named, err := column[record.UserID](t, "works on", "SELECT u FROM (SELECT s.substitute AS u, 1 AS o FROM substitution s WHERE s.absent = "+
		p.add(f.Responsible)+" AND "+t.validSQL(&p, "s")+" UNION SELECT g.user_id AS u, 2 AS o FROM file_grant g WHERE g.file_id = "+p.add(f.ID)+
		" AND "+t.grantedSQL(&p, "g")+") named ORDER BY o, u LIMIT 50", p.args...)
	if err != nil {
		return "", err
	}
	for _, u := range named {
		if to, err := t.responsibleFor(id, u, may); err != nil || to != "" {
			return to, err
		}
	}
	return f.Responsible, nil
}

// AskItem lets a document that is reserved for a restricted file wait in the
// inbox of a person who may open it: they say whether it belongs there.
func (t *Tx) AskItem(id record.DocumentID, by record.UserID, may func(record.Facts) bool) error {
	d, err := t.DocumentByID(id)
	if err != nil {
		return err
	}
	meant, err := t.ReservedFor(id)
	if err != nil || meant == "" || d.File != "" {
		return err
	}
	if meant == reservedSeveral {
		return t.DropItem(id, by)
	}
	f, err := t.FileByID(meant)
	if err != nil {
		return err
	}
	to, err := t.worksOn(id, f, may)
	if err != nil {
		return err
	}
	place := ItemPlace{Holder: to, HeldAt: t.Now(), State: ItemOpen, Waits: d.Received}
	i, err := t.OpenItemOf(id)
	if errors.Is(err, record.NotFound) {
		return t.InsertItem(Item{ID: record.ItemID(record.NewID()), Kind: ItemDocument, Document: id, File: f.ID, Queue: QueueUser,
			ItemPlace: place, CreatedBy: by})
	}
	if err != nil || i.File == f.ID {
		return err
	}
	i.File, i.Queue, i.ItemPlace = f.ID, QueueUser, place
	_, err = t.changeItem(i, i, by, "")
	return err
}

// DropItem takes the open item of a document away that lies in no file: it is
// asked about no more, and waits in clearing.
func (t *Tx) DropItem(id record.DocumentID, by record.UserID) error {
	i, err := t.OpenItemOf(id)
	if errors.Is(err, record.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	i.State, i.DoneAt, i.DoneBy = ItemDone, t.Now(), by
	_, err = t.changeItem(i, i, by, "")
	return err
}

// CountOrphaned counts the letters of restricted files, or kept for them, that are
// work and that nobody can see: who has them is disabled or no more, and nobody
// stands in, or nobody was asked about them at all. What lies beside the mail it
// came in waits with that.
func (t *Tx) CountOrphaned() (int, error) {
	var p params
	var n int
	_, err := t.one("count orphaned", "SELECT COUNT(*) FROM item i JOIN file f ON f.id = i.file_id WHERE i.state = 'open' AND i.kind = '"+string(ItemDocument)+"' AND f.sensitivity >= "+
		p.add(int(record.SensitivityRestricted))+` AND NOT EXISTS (SELECT 1 FROM users u WHERE u.id = i.holder AND u.disabled = 0)
		AND NOT EXISTS (SELECT 1 FROM substitution s JOIN users u ON u.id = s.substitute AND u.disabled = 0 WHERE s.absent = i.holder AND `+
		t.validSQL(&p, "s")+")", p.args, &n)
	if err != nil {
		return 0, err
	}
	unasked := 0
	_, err = t.one("count unasked", `SELECT COUNT(*) FROM document WHERE file_id IS NULL AND meant_for <> '' AND state <> $1 AND NOT `+splitAway+" AND NOT "+forwardedAway+`
		AND NOT EXISTS (SELECT 1 FROM item i WHERE i.document_id = document.id AND i.state = 'open' AND i.kind = $2)
		AND NOT EXISTS (SELECT 1 FROM document_link l JOIN document c ON c.id = l.document_id WHERE l.other_id = document.id AND l.kind = $3
			AND c.file_id IS NULL AND c.site = document.site AND c.state <> $1)`, []any{record.StateDisposed, ItemDocument, LinkEncloses}, &unasked)
	return n + unasked, err
}

// Waits says whether a document is work still: not a batch that was split, nor
// one that was put together with others.
func (t *Tx) Waits(id record.DocumentID) (bool, error) {
	return t.one("waits", "SELECT 1 FROM document WHERE id = $1 AND NOT "+splitAway, []any{id}, new(int))
}
