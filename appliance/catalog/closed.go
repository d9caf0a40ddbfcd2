package catalog

import (
	"database/sql"
	"time"

	"eakte/appliance/record"
)

// Everybody is the user of a denial that closes a file to all, whatever their
// role or relation to it, until a person opens it again. Its days don't count.
const Everybody record.UserID = "*"

// deniedSQL is the condition that the row of file_denial in table closes its
// file to the actor today.
func (t *Tx) deniedSQL(p *params, table string, actor record.UserID) string {
	all := table + ".user_id = '" + string(Everybody) + "'"
	return table + ".user_id IN ('" + string(Everybody) + "', " + p.add(actor) + ") AND (" + all + " OR " + t.validSQL(p, table) + ")"
}

// ClosedFile is a file that is closed to everybody.
type ClosedFile struct {
	File   record.FileID
	Number string // that it bears now; "" if it has none
	Reason string
	Since  time.Time
}

// CloseFile closes a file to everybody, because its rights can't be shown to be
// complete. One that is closed stays so, with its first reason. The manifest is
// for the caller to write.
func (t *Tx) CloseFile(id record.FileID, reason string) error {
	_, err := t.exec("close file", `INSERT INTO file_denial (file_id, user_id, reason, denied_by, valid_from, valid_to, created_at)
		VALUES ($1, $2, $3, $4, '', '', $5) ON CONFLICT (file_id, user_id) DO NOTHING`,
		id, Everybody, reason, record.System("").User, toMicros(t.Now()))
	return err
}

// OpenFile ends what CloseFile did; NotFound if the file isn't closed.
func (t *Tx) OpenFile(id record.FileID) error {
	return t.change("open file", "closed file", "DELETE FROM file_denial WHERE file_id = $1 AND user_id = $2", id, Everybody)
}

// ClosedFiles lists the files that are closed to everybody, by id from behind
// after.
func (t *Tx) ClosedFiles(after record.FileID, limit int) ([]ClosedFile, error) {
	var out []ClosedFile
	err := t.each("closed files", `SELECT d.file_id, d.reason, d.created_at, COALESCE((SELECT n.number FROM file_number n
			WHERE n.file_id = d.file_id AND n.valid_to = '' ORDER BY n.place LIMIT 1), '')
		FROM file_denial d WHERE d.user_id = $1 AND d.file_id > $2 ORDER BY d.file_id LIMIT $3`,
		[]any{Everybody, after, clampLimit(limit)}, func(row *sql.Rows) error {
			var c ClosedFile
			var since int64
			if err := row.Scan(&c.File, &c.Reason, &since, &c.Number); err != nil {
				return err
			}
			c.Since = fromMicros(since)
			out = append(out, c)
			return nil
		})
	return out, err
}

// CountClosedFiles counts the files that are closed to everybody.
func (t *Tx) CountClosedFiles() (int, error) {
	var n int
	_, err := t.one("count closed files", "SELECT COUNT(*) FROM file_denial WHERE user_id = $1", []any{Everybody}, &n)
	return n, err
}
