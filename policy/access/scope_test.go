package access

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"

	"eakte/appliance/record"
)

// world makes actors and files at random, few enough codes that they meet.
type world struct{ *rand.Rand }

func (w world) pick(of ...string) string { return of[w.IntN(len(of))] }

func (w world) roles() []record.RoleAt {
	out := make([]record.RoleAt, w.IntN(5))
	for i := range out {
		out[i] = record.RoleAt{Role: w.pick(shippedRoles()[1:]...), Site: w.pick("A", "A", "B", "B", "*"), Team: w.pick("", "L1", "L2")}
		if w.IntN(3) > 0 { // mostly roles that read
			out[i].Role = w.pick(record.RoleCaseworker, record.RoleTeamlead, record.RoleRecords, record.RoleAuditor)
		}
	}
	return out
}

// facts joins roles and file as the catalog does: the roles at the file's
// site, those that cover its team without naming another.
func (w world) facts(roles []record.RoleAt, site, team string) record.Facts {
	f := record.Facts{Sensitivity: record.Sensitivity(1 + w.IntN(3))}
	for _, r := range roles {
		if r.Site != site && r.Site != "*" {
			continue
		}
		f.Relation |= record.RelSite
		if r.Team == "" || r.Team == team {
			f.Relation |= record.RelTeam
			r.Team = ""
		}
		f.Roles = append(f.Roles, r)
	}
	for _, bit := range []record.Relation{record.RelOwn, record.RelSubst, record.RelGranted, record.RelDenied} {
		if w.IntN(4) == 0 {
			f.Relation |= bit
		}
	}
	return f
}

// TestScopeIsDecide: what the derived filter lets through is what Decide
// allows, for 300,000 random questions.
func TestScopeIsDecide(t *testing.T) {
	const actors, files = 1500, 200
	p, w := load(t), world{rand.New(rand.NewPCG(7, 11))}
	allowed := 0
	for range actors {
		roles := w.roles()
		act := []Action{DocumentSearch, FileFind, FileView, DocumentList, HoldChange}[w.IntN(5)]
		scope := p.Scope(act, roles)
		for i, c := range scope {
			scope[i] = w.resolve(c)
		}
		for range files {
			site, team := w.pick("A", "B", "C"), w.pick("", "L1", "L2", "L3")
			f := w.facts(roles, site, team)
			passes := false
			for _, c := range scope {
				passes = passes || c.Matches(site, team, f.Relation, f.Sensitivity)
			}
			d := p.Decide(f, act)
			if d.Allowed != passes {
				t.Fatalf("%s for %v at %s/%s, relation %07b, sensitivity %d: decide says %+v, the filter %v says %v",
					act, roles, site, team, f.Relation, f.Sensitivity, d, scope, passes)
			}
			if passes {
				allowed++
			}
		}
	}
	if share := float64(allowed) / (actors * files); share < 0.05 || share > 0.95 {
		t.Errorf("%.2f of the questions were allowed: the test says little", share)
	}
}

// resolve takes the clause as it is, or written with all sites: both must say the same.
func (w world) resolve(c Clause) Clause {
	if w.IntN(2) == 0 {
		return c
	}
	return c.Resolve([]string{"A", "B", "C"})
}

// TestTableIsCasbin: the table's combined answers are what Casbin says when it
// is asked with all roles at once.
func TestTableIsCasbin(t *testing.T) {
	p, w := load(t), world{rand.New(rand.NewPCG(3, 5))}
	for _, act := range Actions() {
		e, err := enforcer(p.rules, act)
		if err != nil {
			t.Fatal(err)
		}
		for range 200 {
			f := w.facts(w.roles(), w.pick("A", "B"), w.pick("L1", "L2"))
			f.Unfiled = w.IntN(5) == 0
			v := p.vectorOf(f)
			q := question{everybody: true, rel: v.everybody, roles: map[string]mask{}, sens: v.sens}
			for i, h := range v.roles {
				q.roles[f.Roles[i].Role] |= h.mask // a role held twice reaches as far as both
			}
			c, err := ask(e, q, act)
			if err != nil {
				t.Fatal(err)
			}
			if d := p.Decide(f, act); d.Allowed != (c > 0) {
				t.Fatalf("%s, %+v: the table says %+v, Casbin %v", act, f, d, c)
			}
		}
	}
}

func TestScopeIsShort(t *testing.T) {
	p := load(t)
	worker := record.RoleAt{Role: record.RoleCaseworker, Site: "A", Team: "L1"}
	got := p.Scope(DocumentSearch, []record.RoleAt{worker})
	want := []Clause{
		{Teams: []SiteTeam{{"A", "L1"}}, MaxSensitivity: 1},
		{Sites: []string{"A"}, Need: record.RelOwn, MaxSensitivity: 3},
		{Sites: []string{"A"}, Need: record.RelSubst, MaxSensitivity: 3},
		{Sites: []string{"*"}, Need: record.RelGranted, MaxSensitivity: 3},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("a caseworker's scope:\n%v\nwant\n%v", got, want)
	}
	got = p.Scope(DocumentSearch, []record.RoleAt{{Role: record.RoleSiteadmin, Site: "A"}})
	want = []Clause{{Sites: []string{"*"}, Except: []string{"A"}, Need: record.RelGranted, MaxSensitivity: 3}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("an administrator's scope: %v, want %v", got, want)
	}
	if got := got[0].Resolve([]string{"A", "B", "C"}); !reflect.DeepEqual(got.Sites, []string{"B", "C"}) || got.Except != nil {
		t.Errorf("resolved: %v", got)
	}
	if got := p.Scope(DocumentSearch, []record.RoleAt{{Role: record.RoleDPO, Site: "*"}}); len(got) != 0 {
		t.Errorf("the officer of the house searches %v", got)
	}
	if got := p.Scope("document.eat", []record.RoleAt{worker}); got != nil {
		t.Errorf("an unknown action has the scope %v", got)
	}
}

func TestScopeIsStable(t *testing.T) {
	p := load(t)
	roles := []record.RoleAt{{Role: "caseworker", Site: "A", Team: "L1"}, {Role: "teamlead", Site: "A", Team: "L2"},
		{Role: "siteadmin", Site: "B"}, {Role: "records", Site: "*"}}
	first := fmt.Sprint(p.Scope(FileView, roles))
	for range 20 {
		if again := fmt.Sprint(p.Scope(FileView, roles)); again != first {
			t.Fatalf("the same question has two answers:\n%s\n%s", first, again)
		}
	}
}

func BenchmarkLoad(b *testing.B) {
	for b.Loop() {
		load(b)
	}
}

func BenchmarkDecide(b *testing.B) {
	p := load(b)
	f := record.Facts{Roles: []record.RoleAt{{Role: "caseworker", Site: "A"}}, Relation: inTeam, Sensitivity: 2}
	for b.Loop() {
		p.Decide(f, DocumentView)
	}
}
