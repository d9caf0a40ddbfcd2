package access

import (
	"slices"

	"eakte/appliance/record"
)

// Policy is a loaded policy: immutable, safe for any number of callers. It
// answers from a complete table and never asks Casbin again.
type Policy struct {
	rules []Rule
	memo  memo
	roles map[string]int // role -> index into memo; Everybody is 0
	known []string       // roles, without Everybody
}

// NewPolicy checks the rows (see lint), lets Casbin answer every question they
// can tell apart, and keeps the answers. own names the roles that a site added
// to those that ship; a row about any other role is taken for a misspelling.
// Errors are Invalid, with Field "policy", and name the row.
func NewPolicy(rules []Rule, own ...string) (*Policy, error) {
	known := append(shippedRoles(), own...)
	if err := lintRows(rules, known); err != nil {
		return nil, err
	}
	p := &Policy{rules: append([]Rule(nil), rules...), roles: map[string]int{Everybody: 0}, known: known[1:]}
	for _, r := range rules {
		if _, seen := p.roles[r.Role]; !seen {
			p.roles[r.Role] = len(p.roles)
		}
	}
	var err error
	if p.memo, err = fill(p.rules, p.roles); err != nil {
		return nil, err
	}
	if err := p.lintAnswers(); err != nil {
		return nil, err
	}
	return p, nil
}

// Rules gives a copy of the rows, in the order they were loaded.
func (p *Policy) Rules() []Rule { return append([]Rule(nil), p.rules...) }

// Knows says whether somebody may be given the role: one that ships, or one
// that the site added.
func (p *Policy) Knows(role string) bool { return slices.Contains(p.known, role) }

// Roles lists the roles that somebody may be given.
func (p *Policy) Roles() []string { return append([]string(nil), p.known...) }

func shippedRoles() []string {
	return []string{Everybody, record.RoleCaseworker, record.RoleTeamlead, record.RoleReception, record.RoleClearing,
		record.RoleScan, record.RoleRecords, record.RoleDPO, record.RoleAuditor, record.RoleSiteadmin, record.RoleIntegration}
}

// vector is one question as far as any row can tell it from another: each
// role the actor holds there with the relations that hold for that role, and
// the relations that hold for everybody.
type vector struct {
	everybody mask
	roles     []held
	sens      record.Sensitivity
}

type held struct {
	role int // index into memo; -1 if no row knows the role
	mask mask
}

// Decide answers a question about a file or document from its facts. An
// unknown sensitivity (0, or above restricted) is taken for restricted: what
// nobody classified is not open to the team.
func (p *Policy) Decide(f record.Facts, act Action) Decision {
	if f.Disabled {
		return Decision{Reason: ReasonDisabled}
	}
	return p.answer(p.vectorOf(f), act)
}

// DecideAt answers a question that is about no existing file: make a file in a
// team, hand in without a file, read the audit log, manage users. site is
// where; "" asks "anywhere at all?" (one of the roles suffices at its own
// place), "*" asks for the whole house. team is the team concerned; "" means
// the whole site, which a role that is bound to a team does not cover.
func (p *Policy) DecideAt(roles []record.RoleAt, site, team string, act Action) Decision {
	if site != "" {
		return p.answer(p.vectorAt(roles, site, team), act)
	}
	no := p.answer(vector{everybody: unfiledBit, sens: record.SensitivityNormal}, act)
	for _, r := range roles {
		d := p.answer(p.vectorAt(roles, r.Site, r.Team), act)
		if d.Allowed || no.Reason == ReasonNone {
			no = d
		}
		if d.Allowed {
			return d
		}
	}
	return no
}

// Offers says whether any of the roles could ever be allowed act, for some
// file or at some place: what a page may offer before a thing is chosen. It
// opens nothing by itself.
func (p *Policy) Offers(roles []record.RoleAt, act Action) bool {
	for _, r := range roles {
		v := p.vectorAt(roles, r.Site, r.Team)
		i, known := p.roles[r.Role]
		if !known || p.answer(v, act).Reason == ReasonSeparate {
			continue
		}
		for m := 0; m < masks; m++ {
			if m&int(deniedBit) == 0 && p.memo.cell(act, i, mask(m), record.SensitivityNormal) > 0 {
				return true
			}
		}
	}
	return false
}

// Grantable says whether a grant may be given to somebody with these roles. It
// is false for roles that never see contents, at whatever site they are held:
// a grant would only pretend.
func (p *Policy) Grantable(roles []record.RoleAt) bool {
	for _, r := range roles {
		if i, known := p.roles[r.Role]; known && p.memo.cell(DocumentView, i, grantedBit, record.SensitivityNormal) < 0 {
			return false
		}
	}
	return true
}

// answer combines the answers for each role: one deny beats all, else one
// allow suffices. That is exact, because every row names one role only.
func (p *Policy) answer(v vector, act Action) Decision {
	if !knownAction(act) {
		return Decision{Reason: ReasonNone}
	}
	best := p.memo.cell(act, 0, v.everybody, v.sens)
	for _, h := range v.roles {
		if h.role >= 0 {
			best = stronger(best, p.memo.cell(act, h.role, h.mask, v.sens))
		}
	}
	switch {
	case best > 0:
		return Decision{Allowed: true, Reason: relations[best-1].reason}
	case best < 0:
		return Decision{Reason: relations[-best-1].refusal}
	case v.sens > record.SensitivityNormal:
		v.sens = record.SensitivityNormal
		if p.answer(v, act).Allowed {
			return Decision{Reason: ReasonSecrecy}
		}
	}
	return Decision{Reason: ReasonNone}
}

// vectorOf reads the facts. Every role in them is held at the file's site.
func (p *Policy) vectorOf(f record.Facts) vector {
	v := vector{everybody: mask(f.Relation), sens: f.Sensitivity}
	if v.sens == 0 || v.sens > record.SensitivityRestricted {
		v.sens = record.SensitivityRestricted
	}
	if f.Unfiled { // it lies in nobody's file and in no team's
		v.everybody = v.everybody&(siteBit|creatorBit|deniedBit) | unfiledBit
		f.Relation &^= record.RelTeam
	}
	v.roles = make([]held, 0, len(f.Roles))
	for _, r := range f.Roles {
		m := v.everybody&^(siteBit|teamBit) | siteBit
		if covers(f, r) {
			m |= teamBit
		}
		v.roles = append(v.roles, held{p.index(r.Role), m})
	}
	return v
}

// covers says whether role r covers the file's team. RelTeam says that some
// role does; those that do are in the facts without a team, the others name
// the team they are bound to. So one role's team never lends its reach to
// another role of the same person.
func covers(f record.Facts, r record.RoleAt) bool {
	return f.Relation&record.RelTeam != 0 && r.Team == ""
}

func (p *Policy) vectorAt(roles []record.RoleAt, site, team string) vector {
	v := vector{everybody: unfiledBit, sens: record.SensitivityNormal}
	for _, r := range roles {
		if r.Site != site && r.Site != Everybody {
			continue
		}
		v.everybody |= siteBit
		m := siteBit | unfiledBit
		if r.Team == "" || r.Team == team {
			m |= teamBit
			v.everybody |= teamBit
		}
		v.roles = append(v.roles, held{p.index(r.Role), m})
	}
	return v
}

func (p *Policy) index(role string) int {
	if i, known := p.roles[role]; known && role != Everybody {
		return i
	}
	return -1
}
