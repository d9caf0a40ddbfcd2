package inbox

import (
	"errors"
	"slices"

	"eakte/appliance/catalog"
	"eakte/appliance/record"
	"eakte/policy/access"
)

// desk is where an actor works: what policy opens to them at this moment, as
// filters for lists, and for whom they stand in today.
type desk struct {
	policy     *access.Policy
	user       record.UserID
	open       [][]catalog.Clause // both must open
	team       []catalog.Clause   // whose team queues they work from
	distribute []catalog.Clause   // on whose files they say who works
	works      bool               // they may change documents of some files: they have an inbox
	clearing   []string           // sites whose unfiled documents they may file
	absent     []catalog.User
}

func (in *Inbox) desk(tx *catalog.Tx, actor record.Actor) (desk, error) {
	d := desk{policy: in.Policy, user: actor.User}
	u, err := tx.UserByID(actor.User)
	if errors.Is(err, record.NotFound) || err == nil && u.Disabled {
		return d, nil
	}
	if err != nil {
		return d, err
	}
	roles, err := tx.Roles(actor.User)
	if err != nil {
		return d, err
	}
	d.open = [][]catalog.Clause{clauses(in.Policy.Scope(access.DocumentView, roles)), clauses(in.Policy.Scope(access.DocumentList, roles))}
	d.team = byPlace(d.open[0])
	d.distribute = byPlace(clauses(in.Policy.Scope(access.FileAssign, roles)))
	d.works = slices.ContainsFunc(in.Policy.Scope(access.DocumentChange, roles), func(c access.Clause) bool { return c.Need&record.RelGranted == 0 })
	if d.clearing, err = in.clearing(tx, roles); err != nil {
		return d, err
	}
	d.absent, err = tx.SubstitutedBy(actor.User)
	return d, err
}

// clauses hands policy's filter to the catalog, which knows no policy.
func clauses(in []access.Clause) []catalog.Clause {
	out := make([]catalog.Clause, len(in))
	for i, c := range in {
		out[i] = catalog.Clause{Need: c.Need, Sites: c.Sites, Except: c.Except, MaxSensitivity: c.MaxSensitivity}
		for _, t := range c.Teams {
			out[i].Teams = append(out[i].Teams, catalog.SiteTeam{Site: t.Site, Team: t.Team})
		}
	}
	return out
}

// byPlace keeps what rests on a role at a site or in a team: whose team queue
// it is, and whose work one distributes.
func byPlace(in []catalog.Clause) []catalog.Clause {
	return slices.DeleteFunc(slices.Clone(in), func(c catalog.Clause) bool { return c.Need != 0 })
}

// clearing lists the sites at which policy lets the roles file a document that
// is in no file.
func (in *Inbox) clearing(tx *catalog.Tx, roles []record.RoleAt) ([]string, error) {
	var sites []string
	for _, r := range roles {
		sites = append(sites, r.Site)
	}
	if slices.Contains(sites, access.Everybody) {
		all, err := tx.Sites()
		if err != nil {
			return nil, err
		}
		sites = []string{""} // where documents wait at no site
		for _, s := range all {
			sites = append(sites, s.Code)
		}
	}
	slices.Sort(sites)
	var out []string
	for _, s := range slices.Compact(sites) {
		f := access.Unfiled(roles, s)
		if in.Policy.Decide(f, access.DocumentFile).Allowed && in.Policy.Decide(f, access.DocumentList).Allowed {
			out = append(out, s)
		}
	}
	return out, nil
}

// queues lists the queues that the actor has.
func (d desk) queues() []string {
	var q []string
	if d.works {
		q = append(q, QueueMine, QueueTeam)
	}
	if len(d.clearing) > 0 {
		q = append(q, QueueClearing)
	}
	return q
}

// standsIn says whether the actor substitutes for a user today.
func (d desk) standsIn(u record.UserID) bool {
	return u != "" && slices.ContainsFunc(d.absent, func(a catalog.User) bool { return a.ID == u })
}

func (d desk) allows(f record.Facts, act access.Action) bool { return d.policy.Decide(f, act).Allowed }

// sees says whether policy opens what an item is about.
func (d desk) sees(f record.Facts) bool {
	return d.allows(f, access.DocumentView) && d.allows(f, access.DocumentList)
}

// assigns says whether the actor says who works on it; a grant doesn't.
func (d desk) assigns(f record.Facts) bool { return d.allows(withoutGrant(f), access.FileAssign) }

func withoutGrant(f record.Facts) record.Facts {
	f.Relation &^= record.RelGranted
	return f
}

// standing is how the actor stands to an item.
type standing int

const (
	stranger   standing = iota // to them it does not exist
	bystander                  // may know that it is there: it is about their own file
	colleague                  // of the team it came in for
	finisher                   // has finished it
	lead                       // says who works on it
	substitute                 // stands in for its holder
	holder
)

func (d desk) standing(r row) standing {
	switch {
	case !d.sees(r.facts):
		return stranger
	case r.item.Holder == d.user:
		return holder
	case d.standsIn(r.item.Holder):
		return substitute
	case d.assigns(r.facts):
		return lead
	case r.item.State == catalog.ItemDone && r.item.DoneBy == d.user:
		return finisher
	case r.item.Queue == catalog.QueueTeam && d.allows(withoutGrant(r.facts), access.DocumentView):
		return colleague
	case r.facts.Relation&(record.RelOwn|record.RelSubst) != 0:
		return bystander
	}
	return stranger
}

// actingFor is the absent colleague in whose place the actor works on an item:
// its holder, or who is responsible for the file if that is what opens it.
func (d desk) actingFor(r row) record.UserID {
	switch {
	case d.standsIn(r.item.Holder):
		return r.item.Holder
	case d.policy.Decide(r.facts, access.DocumentView).Reason == access.ReasonSubst:
		return r.file.Responsible
	}
	return ""
}
