package access

import (
	"slices"

	"eakte/appliance/record"
)

// lintRows refuses rows that say something else than they seem to: words that
// nothing knows, rows that would close what a weaker relation opens, an action
// without its deny row (for which the search filter would fail closed and the
// decision open).
func lintRows(rules []Rule, roles []string) error {
	seen := map[Rule]bool{}
	denied := map[Action]bool{}
	for _, r := range rules {
		if err := lintRow(r, roles); err != nil {
			return err
		}
		if seen[r] {
			return bad(r, "the row is there twice")
		}
		seen[r] = true
		if r.Role == Everybody && r.Relation == "denied" {
			denied[r.Action] = true
		}
	}
	for _, a := range Actions() {
		if want := (Rule{Everybody, a, "denied", record.SensitivityRestricted, Deny}); !denied[a] {
			return bad(want, "this row is missing: without it a denial would not close %s", a)
		}
	}
	return nil
}

func lintRow(r Rule, roles []string) error {
	switch rel := relationIndex(r.Relation); {
	case !slices.Contains(roles, r.Role):
		return bad(r, "no role is named %q", r.Role)
	case !knownAction(r.Action):
		return bad(r, "no action is named %q", r.Action)
	case rel < 0:
		return bad(r, "no relation is named %q", r.Relation)
	case r.Sensitivity < record.SensitivityNormal || r.Sensitivity > record.SensitivityRestricted:
		return bad(r, "sensitivity is 1, 2 or 3")
	case r.Effect != Allow && r.Effect != Deny:
		return bad(r, "the effect is allow or deny")
	case r.Effect == Allow && r.Relation == "denied":
		return bad(r, "a denial can't allow")
	case r.Effect == Allow && r.Role == Everybody && (r.Relation == "any" || r.Relation == "unfiled"):
		return bad(r, "the row opens to everybody")
	case r.Effect == Deny && r.Relation != "denied" && (r.Relation != "any" || r.Role == Everybody):
		return bad(r, "not monotone: a deny row may rest on an explicit denial or on a role alone, else a stronger relation would open less")
	case r.Effect == Deny && r.Sensitivity != record.SensitivityRestricted:
		return bad(r, "not monotone: a deny row must hold at every sensitivity, so it must say 3")
	}
	return nil
}

// lintAnswers holds the filled table against what Scope relies on: an explicit
// denial closes everything; more relations never open less; what is open at a
// sensitivity is open below it.
func (p *Policy) lintAnswers() error {
	for _, act := range Actions() {
		for role, i := range p.roles {
			for m := mask(0); ; m++ {
				if err := p.lintCell(act, role, i, m); err != nil {
					return err
				}
				if m == masks-1 {
					break
				}
			}
		}
	}
	return nil
}

func (p *Policy) lintCell(act Action, role string, i int, m mask) error {
	for s := record.SensitivityNormal; s <= record.SensitivityRestricted; s++ {
		c := p.memo.cell(act, i, m, s)
		if m&deniedBit != 0 && i == 0 && c >= 0 {
			return p.unsound(act, role, "a denied file is not closed")
		}
		if c <= 0 {
			continue
		}
		if s > record.SensitivityNormal && p.memo.cell(act, i, m, s-1) <= 0 {
			return p.unsound(act, role, "not monotone: open when more sensitive, closed when less")
		}
		for _, r := range relations {
			if r.bit != 0 && r.bit != deniedBit && p.memo.cell(act, i, m|r.bit, s) <= 0 {
				return p.unsound(act, role, "not monotone: "+r.name+" closes what is open without it")
			}
		}
	}
	return nil
}

// unsound names the first row of the action and role that the answers belong to.
func (p *Policy) unsound(act Action, role, why string) error {
	for _, r := range p.rules {
		if r.Action == act && r.Role == role {
			return bad(r, "%s", why)
		}
	}
	return record.Bad("policy", "%s for %s: %s", act, role, why)
}

func bad(r Rule, format string, args ...any) error {
	args = append([]any{r.String()}, args...)
	return record.Bad("policy", "row %q: "+format, args...)
}
