package catalog

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"eakte/appliance/record"
)

// SiteTeam is a team at a site; Site may be "*": the team of that code
// wherever it is.
type SiteTeam struct{ Site, Team string }

// Clause is one part of a filter over files, as policy derives it: a file
// passes if it lies at one of Sites or in one of Teams, the actor has every
// relation of Need to it (own, subst, granted; 0 = the place is enough), and
// it is not more sensitive than MaxSensitivity. A relation that is none of
// files (creator), and a clause without a place, pass nothing.
type Clause struct {
	Sites          []string // "*" = all but Except
	Except         []string // what "*" leaves out, in Sites and in Teams
	Teams          []SiteTeam
	Need           record.Relation
	MaxSensitivity record.Sensitivity
}

// VisibleFile is a file that a filter opens, and up to which sensitivity.
type VisibleFile struct {
	Ordinal uint32
	Max     record.Sensitivity
}

// VisibleFiles lists the files that at least one clause opens to an actor, by
// ordinal, with the highest sensitivity that one of them allows. What is
// denied to the actor is never among them; a disabled or unknown actor gets
// none.
func (t *Tx) VisibleFiles(actor record.UserID, clauses []Clause) ([]VisibleFile, error) {
	enabled, err := t.enabled(actor)
	if err != nil || !enabled {
		return nil, err
	}
	var highest []record.Sensitivity // by ordinal: ordinals are small and dense
	for _, c := range clauses {
		var p params
		where := t.clauseSQL(&p, actor, c)
		// One row with all ordinals: a hundred thousand rows cost far more.
		var ordinals *string
		if _, err := t.one("visible files", "SELECT string_agg(CAST(f.ordinal AS TEXT), ',') FROM file f WHERE "+where, p.args, &ordinals); err != nil {
			return nil, err
		}
		if ordinals == nil {
			continue
		}
		for s := range strings.SplitSeq(*ordinals, ",") {
			n, err := strconv.ParseUint(s, 10, 32)
			if err != nil {
				return nil, fmt.Errorf("catalog: visible files: %w", err)
			}
			for uint64(len(highest)) <= n {
				highest = append(highest, 0)
			}
			highest[n] = max(highest[n], c.MaxSensitivity)
		}
	}
	denied, err := t.deniedOrdinals(actor)
	if err != nil {
		return nil, err
	}
	for _, n := range denied {
		if int(n) < len(highest) {
			highest[n] = 0
		}
	}
	var out []VisibleFile
	for n, m := range highest {
		if m > 0 {
			out = append(out, VisibleFile{uint32(n), m})
		}
	}
	return out, nil
}

func (t *Tx) enabled(actor record.UserID) (bool, error) {
	var n int
	return t.one("actor", "SELECT 1 FROM users WHERE id = $1 AND disabled = 0", []any{actor}, &n)
}

func (t *Tx) deniedOrdinals(actor record.UserID) ([]uint32, error) {
	var p params
	return column[uint32](t, "denied files", `SELECT f.ordinal FROM file_denial d JOIN file f ON f.id = d.file_id
		WHERE `+t.deniedSQL(&p, "d", actor), p.args...)
}

// validSQL is the condition that a dated row of the table counts today.
func (t *Tx) validSQL(p *params, table string) string {
	today := p.add(t.c.Today())
	return fmt.Sprintf("%[1]s.valid_from <= %[2]s AND (%[1]s.valid_to = '' OR %[1]s.valid_to > %[2]s)", table, today)
}

// grantedSQL is the condition that a grant of the table counts now.
func (t *Tx) grantedSQL(p *params, table string) string {
	return fmt.Sprintf("%s AND (%s.ends_at = 0 OR %s.ends_at > %s)", t.validSQL(p, table), table, table, p.add(t.c.now()))
}

// scopeSQL is the condition that at least one clause opens file f to the
// actor, and no denial closes it.
func (t *Tx) scopeSQL(p *params, actor record.UserID, clauses []Clause) string {
	if len(clauses) == 0 {
		return "1 = 0"
	}
	var any []string
	for _, c := range clauses {
		any = append(any, "("+t.clauseSQL(p, actor, c)+")")
	}
	a := p.add(actor)
	return "(" + strings.Join(any, " OR ") + `)
		AND EXISTS (SELECT 1 FROM users u WHERE u.id = ` + a + ` AND u.disabled = 0)
		AND NOT EXISTS (SELECT 1 FROM file_denial d WHERE d.file_id = f.id AND ` + t.deniedSQL(p, "d", actor) + ")"
}

// clauseSQL is the condition that one clause opens file f, denials apart.
func (t *Tx) clauseSQL(p *params, actor record.UserID, c Clause) string {
	const known = record.RelSite | record.RelOwn | record.RelSubst | record.RelGranted
	if c.Need&^known != 0 || len(c.Sites)+len(c.Teams) == 0 {
		return "1 = 0"
	}
	parts := []string{placeSQL(p, c), fmt.Sprintf("f.sensitivity <= %d", c.MaxSensitivity)}
	if c.Need&record.RelOwn != 0 {
		parts = append(parts, "f.responsible = "+p.add(actor))
	}
	if c.Need&record.RelSubst != 0 {
		parts = append(parts, "f.responsible IN (SELECT s.absent FROM substitution s WHERE s.substitute = "+p.add(actor)+
			" AND "+t.validSQL(p, "s")+")")
	}
	if c.Need&record.RelGranted != 0 {
		parts = append(parts, "f.id IN (SELECT g.file_id FROM file_grant g WHERE g.user_id = "+p.add(actor)+
			" AND "+t.grantedSQL(p, "g")+")")
	}
	return strings.Join(parts, " AND ")
}

// placeSQL is the condition that file f lies at a site or in a team of c.
func placeSQL(p *params, c Clause) string {
	except := ""
	everywhere := slices.Contains(c.Sites, "*") || slices.ContainsFunc(c.Teams, func(t SiteTeam) bool { return t.Site == "*" })
	if everywhere && len(c.Except) > 0 {
		except = "f.site NOT IN (" + list(p, c.Except) + ")"
	}
	var any []string
	var sites []string
	for _, s := range c.Sites {
		switch {
		case s != "*":
			sites = append(sites, s)
		case except == "":
			return "1 = 1"
		default:
			any = append(any, except)
		}
	}
	if len(sites) > 0 {
		any = append(any, "f.site IN ("+list(p, sites)+")")
	}
	for _, st := range c.Teams {
		team := "f.team = " + p.add(st.Team)
		switch {
		case st.Site != "*":
			team = "f.site = " + p.add(st.Site) + " AND " + team
		case except != "":
			team += " AND " + except
		}
		any = append(any, "("+team+")")
	}
	return "(" + strings.Join(any, " OR ") + ")"
}
