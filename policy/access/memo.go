package access

import (
	_ "embed" // the model is part of the binary
	"fmt"
	"strconv"

	"github.com/casbin/casbin/v2"
	"github.com/casbin/casbin/v2/model"

	"eakte/appliance/record"
)

//go:embed model.conf
var modelConf string

// mask is a set of relations, as record.Relation, with unfiledBit beside it.
type mask uint8

const (
	siteBit    = mask(record.RelSite)
	teamBit    = mask(record.RelTeam)
	ownBit     = mask(record.RelOwn)
	substBit   = mask(record.RelSubst)
	grantedBit = mask(record.RelGranted)
	deniedBit  = mask(record.RelDenied)
	creatorBit = mask(record.RelCreator)
	unfiledBit = mask(1 << 7)
	masks      = 256
	levels     = int(record.SensitivityRestricted)
)

// relation is a word a row may use, the bit it stands for (0: always holds),
// and the reason keys for a yes and a no that rest on it.
type relation struct {
	name    string
	bit     mask
	reason  string
	refusal string
}

// relations are in the order in which they are given as the reason of a yes,
// strongest first. A cell of the table is an index into it.
var relations = [...]relation{
	{"own", ownBit, ReasonOwn, ReasonDenied},
	{"subst", substBit, ReasonSubst, ReasonDenied},
	{"granted", grantedBit, ReasonGranted, ReasonDenied},
	{"team", teamBit, ReasonTeam, ReasonDenied},
	{"site", siteBit, ReasonSite, ReasonDenied},
	{"creator", creatorBit, ReasonCreator, ReasonDenied},
	{"unfiled", unfiledBit, ReasonUnfiled, ReasonDenied},
	{"any", 0, ReasonRole, ReasonSeparate},
	{"denied", deniedBit, ReasonNone, ReasonDenied},
}

func relationIndex(name string) int {
	for i, r := range relations {
		if r.name == name {
			return i
		}
	}
	return -1
}

// cell is an answer for one role: 0 no row, +n allowed by relation n-1,
// -n forbidden by relation n-1.
type cell int8

// stronger combines two answers: a deny beats an allow (the explicit denial
// first, as it says most), an allow beats nothing.
func stronger(a, b cell) cell {
	switch {
	case a < 0 || b < 0:
		return min(a, b)
	case a == 0:
		return b
	case b == 0:
		return a
	}
	return min(a, b)
}

// memo is the complete table: for each action and role, every set of relations
// and every sensitivity.
type memo map[Action][][masks][levels]cell

func (m memo) cell(act Action, role int, rel mask, sens record.Sensitivity) cell {
	return m[act][role][rel][sens-1]
}

// question is what Casbin sees of a vector: the roles with their relations.
type question struct {
	everybody bool // rows for everybody count, with rel
	rel       mask
	roles     map[string]mask
	sens      record.Sensitivity
}

// holds is the function of model.conf: does the row match the question?
func (q question) holds(role string, bit mask, sens record.Sensitivity) bool {
	if q.sens > sens {
		return false
	}
	rel, ok := q.roles[role]
	if role == Everybody {
		rel, ok = q.rel, q.everybody
	}
	return ok && (bit == 0 || rel&bit != 0)
}

// enforcer gives Casbin the rows of one action.
func enforcer(rules []Rule, act Action) (*casbin.Enforcer, error) {
	m, err := model.NewModelFromString(modelConf)
	if err != nil {
		return nil, fmt.Errorf("policy/access: model.conf: %w", err)
	}
	e, err := casbin.NewEnforcer(m)
	if err != nil {
		return nil, fmt.Errorf("policy/access: %w", err)
	}
	e.AddFunction("holds", func(args ...any) (any, error) {
		q, ok := args[0].(question)
		sens, err := strconv.ParseUint(args[3].(string), 10, 8)
		i := relationIndex(args[2].(string))
		if !ok || err != nil || i < 0 {
			return nil, fmt.Errorf("policy/access: holds(%v) is not a question and a row", args)
		}
		return q.holds(args[1].(string), relations[i].bit, record.Sensitivity(sens)), nil
	})
	for _, r := range rules {
		if r.Action != act {
			continue
		}
		if _, err := e.AddPolicy(r.Role, string(r.Action), r.Relation, strconv.Itoa(int(r.Sensitivity)), r.Effect); err != nil {
			return nil, fmt.Errorf("policy/access: row %q: %w", r, err)
		}
	}
	return e, nil
}

// fill asks Casbin every question that the rows can tell apart: for each
// action and each role alone, every set of those relations that its rows name,
// at every sensitivity. The rest of the table follows, as a relation that no
// row names makes no difference.
func fill(rules []Rule, roles map[string]int) (memo, error) {
	out := memo{}
	for _, act := range Actions() {
		e, err := enforcer(rules, act)
		if err != nil {
			return nil, err
		}
		table := make([][masks][levels]cell, len(roles))
		for role, i := range roles {
			if err := fillRole(e, act, role, named(rules, act, role), &table[i]); err != nil {
				return nil, err
			}
		}
		out[act] = table
	}
	return out, nil
}

func named(rules []Rule, act Action, role string) mask {
	var used mask
	for _, r := range rules {
		if r.Action == act && r.Role == role {
			used |= relations[relationIndex(r.Relation)].bit
		}
	}
	return used
}

func fillRole(e *casbin.Enforcer, act Action, role string, used mask, table *[masks][levels]cell) error {
	for m := 0; m < masks; m++ {
		if rest := mask(m) & used; rest != mask(m) {
			table[m] = table[rest] // rest < m, so it is there already
			continue
		}
		for s := 1; s <= levels; s++ {
			q := question{everybody: role == Everybody, rel: mask(m), sens: record.Sensitivity(s)}
			if role != Everybody {
				q.roles = map[string]mask{role: mask(m)}
			}
			c, err := ask(e, q, act)
			if err != nil {
				return err
			}
			table[m][s-1] = c
		}
	}
	return nil
}

// ask gives Casbin one question and reads from the row that decided.
func ask(e *casbin.Enforcer, q question, act Action) (cell, error) {
	ok, row, err := e.EnforceEx(q, string(act))
	if err != nil {
		return 0, fmt.Errorf("policy/access: %s: %w", act, err)
	}
	if len(row) < 3 {
		if ok {
			return 0, fmt.Errorf("policy/access: %s is allowed and no row says so", act)
		}
		return 0, nil
	}
	c := cell(relationIndex(row[2]) + 1)
	if !ok {
		return -c, nil
	}
	return c, nil
}
