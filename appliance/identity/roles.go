package identity

import (
	"context"
	"slices"

	"eakte/appliance/audit"
	"eakte/appliance/catalog"
	"eakte/appliance/record"
	"eakte/policy/access"
)

// RoleView is what a role may, and what it never may, whatever else its holder
// is. The role "*" is what everybody may who is signed in.
type RoleView struct {
	Role   string  `json:"role"`
	Rights []Right `json:"rights"`
	Never  []Right `json:"never"` // without openings: separation of duties
}

// Right is an action, and where it is open.
type Right struct {
	Action   string    `json:"action"`
	Openings []Opening `json:"openings"`
}

// Opening says that a relation to the file opens an action, up to a sensitivity.
type Opening struct {
	Relation    string             `json:"relation"` // site, team, own, subst, granted, creator, unfiled, any
	Sensitivity record.Sensitivity `json:"sensitivity"`
}

// Roles gives the policy as a table by role, in the order of the policy, to who
// may read it: officers and administrators.
func (id *Identity) Roles(ctx context.Context, actor record.Actor) ([]RoleView, error) {
	var allowed bool
	err := id.cat.Read(ctx, func(tx *catalog.Tx) error {
		h, err := holderOf(tx, actor.User)
		if missing(err) || err == nil && h.user.Disabled {
			allowed = operator(actor)
			return nil
		}
		allowed = id.policy.DecideAt(h.roles, "", "", access.PolicyRead).Allowed
		return err
	})
	if err != nil {
		return nil, err
	}
	if !allowed {
		return nil, id.refuse(ctx, actor, audit.PolicyRead, "", audit.Personal{}, &record.Error{Category: record.Denied,
			Message: "Your roles do not let you read the policy.", Hint: "The data-protection officer and administrators may."})
	}
	leaf, err := id.entry(actor, audit.PolicyRead, audit.Allowed, "", audit.Personal{})
	if err != nil {
		return nil, err
	}
	return id.rolesTable(), id.cat.AppendAudit(ctx, leaf)
}

// rolesTable arranges the rows of the policy. What an explicit denial closes is
// the same for every action (the lint sees to that) and is left out.
func (id *Identity) rolesTable() []RoleView {
	var out []RoleView
	for _, role := range append(id.policy.Roles(), access.Everybody) {
		v := RoleView{Role: role, Rights: []Right{}, Never: []Right{}}
		for _, r := range id.policy.Rules() {
			if r.Role != role || r.Relation == "denied" {
				continue
			}
			if r.Effect == access.Deny {
				v.Never = append(v.Never, Right{Action: string(r.Action), Openings: []Opening{}})
				continue
			}
			v.open(string(r.Action), Opening{r.Relation, r.Sensitivity})
		}
		out = append(out, v)
	}
	return out
}

func (v *RoleView) open(action string, o Opening) {
	i := slices.IndexFunc(v.Rights, func(r Right) bool { return r.Action == action })
	if i < 0 {
		v.Rights = append(v.Rights, Right{Action: action})
		i = len(v.Rights) - 1
	}
	v.Rights[i].Openings = append(v.Rights[i].Openings, o)
}
