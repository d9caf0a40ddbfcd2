package catalog

import (
	"database/sql"

	"eakte/appliance/record"
)

// Facts gives all that policy needs to decide about files: the row, the
// actor's roles at its site or house-wide, responsibility, substitutions,
// grants and denials of today, joined in one statement. Unknown files are
// absent. An actor who is disabled or unknown is Disabled.
//
// Roles are those at the file's site. The Team of a role that covers the
// file's team is empty, as if it were held for the whole site; the Team of
// any other is the one it is bound to. So it is clear which of them carry
// RelTeam.
func (t *Tx) Facts(actor record.UserID, files []record.FileID) (map[record.FileID]record.Facts, error) {
	out := make(map[record.FileID]record.Facts, len(files))
	for part := range chunks(files) {
		var p params
		columns, joins := t.factsSQL(&p, actor, "f.site")
		q := "SELECT f.id, 0, 0, " + columns + " FROM file f " + joins + " WHERE f.id IN (" + list(&p, part) + ")"
		if err := t.each("facts", q, p.args, func(row *sql.Rows) error {
			var id record.FileID
			f, role, err := scanFacts(row, &id)
			if err != nil {
				return err
			}
			if before, seen := out[id]; seen {
				f.Roles, f.Relation = before.Roles, f.Relation|before.Relation
			}
			f.Actor, f.File = actor, id
			out[id] = role.join(f)
			return nil
		}); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// FactsForDocuments is Facts about documents: sensitivity is the higher one of
// document and file, RelCreator says that the actor handed it in. A document
// in no file is Unfiled, with the actor's roles at the document's own site. One
// that is reserved for a restricted file (Reserve) has the facts of that file:
// nobody sees it who may not open the file, and if there is no such file nobody
// at all.
func (t *Tx) FactsForDocuments(actor record.UserID, documents []record.DocumentID) (map[record.DocumentID]record.Facts, error) {
	out := make(map[record.DocumentID]record.Facts, len(documents))
	for part := range chunks(documents) {
		var p params
		columns, joins := t.factsSQL(&p, actor, "COALESCE(f.site, d.site)")
		q := "SELECT d.id, " + flag("f.id IS NULL AND d.meant_for <> ''") + ", d.sensitivity, CASE WHEN d.created_by = " + p.add(actor) + " THEN 1 ELSE 0 END, " + columns +
			" FROM document d LEFT JOIN file f ON f.id = COALESCE(d.file_id, NULLIF(d.meant_for, '')) " + joins + " WHERE d.id IN (" + list(&p, part) + ")"
		if err := t.each("facts", q, p.args, func(row *sql.Rows) error {
			var id record.DocumentID
			var shut bool
			f, role, err := scanFacts(row, &id, &shut)
			if err != nil {
				return err
			}
			if before, seen := out[id]; seen {
				f.Roles, f.Relation = before.Roles, f.Relation|before.Relation
			}
			f.Actor, f.Document, f.Unfiled = actor, id, f.File == "" && !shut
			if shut {
				f.Sensitivity = record.SensitivityRestricted
			}
			out[id] = role.join(f)
			return nil
		}); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// factsSQL gives the columns and joins that both kinds of facts share. There
// is one row for each role, and one without if there is none.
func (t *Tx) factsSQL(p *params, actor record.UserID, site string) (columns, joins string) {
	a := p.add(actor)
	columns = "COALESCE(f.id, ''), COALESCE(f.ordinal, 0), COALESCE(f.sensitivity, 0), COALESCE(f.team, ''), COALESCE(u.disabled, 1), " +
		flag("f.responsible = "+a) + ", " +
		flag(`EXISTS (SELECT 1 FROM substitution s WHERE s.absent = f.responsible AND s.substitute = `+a+" AND "+t.validSQL(p, "s")+")") + ", " +
		flag(`EXISTS (SELECT 1 FROM file_grant g WHERE g.file_id = f.id AND g.user_id = `+a+" AND "+t.grantedSQL(p, "g")+")") + ", " +
		flag(`EXISTS (SELECT 1 FROM file_denial x WHERE x.file_id = f.id AND `+t.deniedSQL(p, "x", actor)+")") + ", " +
		"r.role, r.site, r.team"
	joins = "LEFT JOIN users u ON u.id = " + a +
		" LEFT JOIN user_role r ON r.user_id = " + a + " AND (r.site = " + site + " OR r.site = '*')"
	return columns, joins
}

func flag(cond string) string { return "CASE WHEN " + cond + " THEN 1 ELSE 0 END" }

// roleRow is the role of one row of facts, if it has one.
type roleRow struct {
	role, site, team sql.NullString
	fileTeam         string
}

// join adds the role to the facts of its row.
func (r roleRow) join(f record.Facts) record.Facts {
	if !r.role.Valid {
		return f
	}
	at := record.RoleAt{Role: r.role.String, Site: r.site.String, Team: r.team.String}
	f.Relation |= record.RelSite
	if at.Team == "" || at.Team == r.fileTeam && f.File != "" {
		f.Relation |= record.RelTeam
		at.Team = ""
	}
	f.Roles = append(f.Roles, at)
	return f
}

func scanFacts(row *sql.Rows, first ...any) (record.Facts, roleRow, error) {
	var f record.Facts
	var r roleRow
	var own record.Sensitivity
	var creator, responsible, subst, granted, denied bool
	err := row.Scan(append(first, &own, &creator, &f.File, &f.Ordinal, &f.Sensitivity, &r.fileTeam, &f.Disabled,
		&responsible, &subst, &granted, &denied, &r.role, &r.site, &r.team)...)
	f.Sensitivity = max(f.Sensitivity, own)
	for _, b := range []struct {
		holds bool
		rel   record.Relation
	}{{creator, record.RelCreator}, {responsible, record.RelOwn}, {subst, record.RelSubst}, {granted, record.RelGranted}, {denied, record.RelDenied}} {
		if b.holds {
			f.Relation |= b.rel
		}
	}
	return f, r, err
}
