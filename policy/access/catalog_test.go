package access_test

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"testing"
	"time"

	"eakte/appliance/catalog"
	"eakte/appliance/record"
	"eakte/policy/access"
)

// TestScopeInCatalog: the files that the catalog lists for the derived clauses
// are those, up to those sensitivities, that Decide allows on the facts the
// catalog joins, for every user and file of a random jobcenter.
func TestScopeInCatalog(t *testing.T) {
	const users, files = 60, 120
	r := rand.New(rand.NewPCG(17, 4))
	pick := func(of ...string) string { return of[r.IntN(len(of))] }
	policy, err := access.NewPolicy(access.Default())
	if err != nil {
		t.Fatal(err)
	}
	cat, err := catalog.Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "catalog.db"), record.SystemClock{})
	if err != nil {
		t.Fatal(err)
	}
	defer cat.Close()
	user := func(i int) record.UserID { return record.UserID(fmt.Sprintf("user-%03d", i)) }
	roles := policy.Roles()
	var ids []record.FileID
	err = cat.WithTx(t.Context(), func(tx *catalog.Tx) error {
		ids = nil
		for i := range users {
			if err := tx.PutUser(catalog.User{ID: user(i), Name: string(user(i)), Disabled: i%20 == 0}); err != nil {
				return err
			}
			var held []record.RoleAt
			for range r.IntN(4) {
				role := roles[r.IntN(len(roles))]
				if r.IntN(2) == 0 {
					role = pick(record.RoleCaseworker, record.RoleTeamlead)
				}
				held = append(held, record.RoleAt{Role: role, Site: pick("A", "A", "B", "B", "*"), Team: pick("", "L1", "L2")})
			}
			if err := tx.PutRoles(user(i), held); err != nil {
				return err
			}
		}
		for i := range files {
			f, err := tx.InsertFile(record.File{ID: record.FileID(record.NewID()), Kind: "leistung", Site: pick("A", "B", "C"),
				Team: pick("", "L1", "L2", "L3"), Responsible: user(r.IntN(users)), Sensitivity: record.Sensitivity(1 + r.IntN(3)),
				Numbers: []record.DatedNumber{{Number: fmt.Sprintf("03104//%07d", i)}}, CreatedAt: time.Now()})
			if err != nil {
				return err
			}
			ids = append(ids, f.ID)
			for range 6 {
				g := catalog.Grant{File: f.ID, User: user(r.IntN(users)), Reason: "x", By: user(0), From: "2020-01-01", To: pick("", "2020-02-01")}
				put := tx.PutGrant
				if r.IntN(2) == 0 {
					put = tx.PutDenial
				}
				if err := put(g); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	allowed := 0
	err = cat.Read(t.Context(), func(tx *catalog.Tx) error {
		for i := range users {
			for _, act := range []access.Action{access.DocumentSearch, access.FileFind} {
				n, err := compare(t, tx, policy, user(i), ids, act)
				if err != nil {
					return err
				}
				allowed += n
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if share := float64(allowed) / (2 * users * files); share < 0.05 || share > 0.95 {
		t.Errorf("%.2f of the questions were allowed: the test says little", share)
	}
}

// compare counts the files that both ways allow, and reports the differences.
func compare(t *testing.T, tx *catalog.Tx, p *access.Policy, user record.UserID, ids []record.FileID, act access.Action) (int, error) {
	roles, err := tx.Roles(user)
	if err != nil {
		return 0, err
	}
	var clauses []catalog.Clause
	for _, c := range p.Scope(act, roles) {
		out := catalog.Clause{Sites: c.Sites, Except: c.Except, Need: c.Need, MaxSensitivity: c.MaxSensitivity}
		for _, st := range c.Teams {
			out.Teams = append(out.Teams, catalog.SiteTeam(st))
		}
		clauses = append(clauses, out)
	}
	visible, err := tx.VisibleFiles(user, clauses)
	if err != nil {
		return 0, err
	}
	top := map[uint32]record.Sensitivity{}
	for _, v := range visible {
		top[v.Ordinal] = v.Max
	}
	facts, err := tx.Facts(user, ids)
	if err != nil {
		return 0, err
	}
	n := 0
	for _, id := range ids {
		f := facts[id]
		own := f.Sensitivity
		if p.Decide(f, act).Allowed {
			n++
		}
		for f.Sensitivity = own; f.Sensitivity <= record.SensitivityRestricted; f.Sensitivity++ { // documents in it may be more sensitive
			if d := p.Decide(f, act); d.Allowed != (f.Sensitivity <= top[f.Ordinal]) {
				t.Errorf("%s for %s %v, facts %+v: decide says %+v, the catalog up to %d", act, user, roles, f, d, top[f.Ordinal])
			}
		}
	}
	return n, nil
}
