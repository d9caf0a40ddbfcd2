package access

import (
	"slices"
	"sort"

	"eakte/appliance/record"
)

// SiteTeam is a team at a site; Site may be "*": the team of that code anywhere.
type SiteTeam struct{ Site, Team string }

// Clause is one part of a filter over files. A file passes if it lies at one
// of Sites or in one of Teams, the actor has every relation of Need to it, and
// it is not more sensitive than MaxSensitivity. A file that is explicitly denied to the actor never passes.
type Clause struct {
	Sites          []string // "*" = all but Except
	Except         []string // what "*" leaves out, in Sites and in Teams
	Teams          []SiteTeam
	Need           record.Relation // of own, subst, granted; 0 = the place alone
	MaxSensitivity record.Sensitivity
}

// Matches says whether a file at site and team, to which the actor has the
// relations rel, passes. The catalog says the same in SQL.
func (c Clause) Matches(site, team string, rel record.Relation, sens record.Sensitivity) bool {
	if rel&record.RelDenied != 0 || rel&c.Need != c.Need || sens > c.MaxSensitivity {
		return false
	}
	if c.at(c.Sites, site) {
		return true
	}
	for _, t := range c.Teams {
		if t.Team == team && c.at([]string{t.Site}, site) {
			return true
		}
	}
	return false
}

func (c Clause) at(sites []string, site string) bool {
	return slices.Contains(sites, site) || slices.Contains(sites, Everybody) && !slices.Contains(c.Except, site)
}

// Resolve writes a clause with exceptions as one that names its sites, for a
// filter that knows no exceptions. all are the codes of every site there is.
func (c Clause) Resolve(all []string) Clause {
	if len(c.Except) == 0 {
		return c
	}
	out := Clause{Need: c.Need, MaxSensitivity: c.MaxSensitivity}
	for _, s := range all {
		if c.at(c.Sites, s) {
			out.Sites = append(out.Sites, s)
		}
		for _, t := range c.Teams {
			if c.at([]string{t.Site}, s) {
				out.Teams = append(out.Teams, SiteTeam{s, t.Team})
			}
		}
	}
	return out
}

// place is a class of files that no role can tell apart: those of a site that
// a role names (or "*": all others), in a team that a role names (or "": all
// others).
type place struct{ site, team string }

// scopeBits are the relations a clause may ask for.
var scopeBits = []record.Relation{record.RelOwn, record.RelSubst, record.RelGranted}

// Scope gives the files on which act is allowed to an actor with these roles,
// as the shortest list of clauses. It is derived by asking the same table that
// Decide reads, for every place the roles tell apart, every set of relations
// and every sensitivity. No clause means: nothing. What hangs on one document
// (creator, unfiled) is not part of it.
func (p *Policy) Scope(act Action, roles []record.RoleAt) []Clause {
	if !knownAction(act) {
		return nil
	}
	levels := map[place]map[record.Relation]record.Sensitivity{}
	for _, at := range places(roles) {
		levels[at] = p.levelsAt(act, roles, at)
	}
	var out []Clause
	for _, need := range subsets() {
		out = append(out, clausesFor(need, levels)...)
	}
	return merge(out)
}

// places lists the classes, the widest first.
func places(roles []record.RoleAt) []place {
	sites, teams := []string{Everybody}, []string{""}
	for _, r := range roles {
		if !slices.Contains(sites, r.Site) {
			sites = append(sites, r.Site)
		}
		if !slices.Contains(teams, r.Team) {
			teams = append(teams, r.Team)
		}
	}
	var out []place
	for _, s := range sites {
		for _, t := range teams {
			out = append(out, place{s, t})
		}
	}
	return out
}

// levelsAt asks for the highest sensitivity that each set of relations opens,
// and keeps the sets that open more than each of their parts.
func (p *Policy) levelsAt(act Action, roles []record.RoleAt, at place) map[record.Relation]record.Sensitivity {
	v := p.vectorAt(roles, at.site, at.team)
	opened := map[record.Relation]record.Sensitivity{}
	for _, need := range subsets() { // smaller sets come first
		top := record.Sensitivity(0)
		for s := record.SensitivityNormal; s <= record.SensitivityRestricted; s++ {
			if p.answer(v.with(need, s), act).Allowed {
				top = s
			}
		}
		opened[need] = top
	}
	return opened
}

// with is the vector of a filed document with these further relations.
func (v vector) with(rel record.Relation, sens record.Sensitivity) vector {
	w := vector{everybody: v.everybody&^unfiledBit | mask(rel), sens: sens}
	for _, h := range v.roles {
		w.roles = append(w.roles, held{h.role, h.mask&^unfiledBit | mask(rel)})
	}
	return w
}

// subsets lists the relation sets, each after all of its parts.
func subsets() []record.Relation {
	out := []record.Relation{0}
	for _, b := range scopeBits {
		for _, s := range append([]record.Relation(nil), out...) {
			out = append(out, s|b)
		}
	}
	return out
}

// clausesFor writes the clauses for one set of relations. A place gets one only
// if nothing wider, and no smaller set, opens as much.
func clausesFor(need record.Relation, levels map[place]map[record.Relation]record.Sensitivity) []Clause {
	var out []Clause
	for at, opened := range levels {
		top := opened[need]
		if top == 0 || smaller(opened, need) >= top {
			continue
		}
		wide := place{at.site, ""}
		if at.team != "" && levels[wide][need] >= top {
			continue
		}
		c := Clause{Need: need, MaxSensitivity: top}
		if at.site == Everybody {
			c.Except = closedAt(levels, at.team, need, top)
		} else if levels[place{Everybody, at.team}][need] == top {
			continue // the house-wide clause opens as much
		} else if at.team != "" && levels[place{Everybody, ""}][need] >= top {
			continue
		}
		if at.team == "" {
			c.Sites = []string{at.site}
		} else {
			c.Teams = []SiteTeam{{at.site, at.team}}
		}
		out = append(out, c)
	}
	return out
}

// smaller is what the parts of a set open already.
func smaller(opened map[record.Relation]record.Sensitivity, need record.Relation) record.Sensitivity {
	var top record.Sensitivity
	for part, level := range opened {
		if part != need && part&need == part {
			top = max(top, level)
		}
	}
	return top
}

// closedAt lists the sites at which less is open than house-wide, because the
// actor holds a role there that closes.
func closedAt(levels map[place]map[record.Relation]record.Sensitivity, team string, need record.Relation, top record.Sensitivity) []string {
	var out []string
	for at, opened := range levels {
		if at.site != Everybody && at.team == team && opened[need] < top {
			out = append(out, at.site)
		}
	}
	sort.Strings(out)
	return out
}

// merge joins clauses that differ in the place only, and sorts.
func merge(in []Clause) []Clause {
	var out []Clause
	sort.Slice(in, func(i, j int) bool { return less(in[i], in[j]) })
	for _, c := range in {
		i := slices.IndexFunc(out, func(o Clause) bool {
			return o.Need == c.Need && o.MaxSensitivity == c.MaxSensitivity &&
				(len(o.Teams) == 0) == (len(c.Teams) == 0) && slices.Equal(o.Except, c.Except)
		})
		if i < 0 {
			out = append(out, c)
			continue
		}
		out[i].Sites = append(out[i].Sites, c.Sites...)
		out[i].Teams = append(out[i].Teams, c.Teams...)
	}
	return out
}

func less(a, b Clause) bool {
	key := func(c Clause) string {
		k := string(rune('a'+c.Need)) + string(rune('a'+c.MaxSensitivity))
		for _, s := range c.Sites {
			k += s
		}
		for _, t := range c.Teams {
			k += "~" + t.Site + "~" + t.Team
		}
		return k
	}
	return key(a) < key(b)
}
