package access

import (
	"testing"

	"eakte/appliance/record"
)

func load(t testing.TB) *Policy {
	t.Helper()
	p, err := NewPolicy(Default())
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// The relations as the catalog joins them.
const (
	stranger = record.Relation(0)
	atSite   = record.RelSite
	inTeam   = record.RelSite | record.RelTeam
	own      = record.RelSite | record.RelOwn // in another team's file
	subst    = record.RelSite | record.RelSubst
	granted  = record.RelGranted
	creator  = record.RelCreator
)

// content is everything below /files/{id} and /documents/{id}.
var content = []Action{FileFind, FilePending, FileView, FileChange, FileAssign, GrantChange, HoldChange,
	DocumentList, DocumentView, DocumentSearch, DocumentState, DocumentChange, DocumentFile, DocumentPost}

var reading = []Action{FileFind, FilePending, FileView, DocumentList, DocumentView, DocumentSearch, DocumentState}

// TestTable holds the policy that ships against the table of roles, row by
// row: for each role and relation, the actions that are allowed up to a
// sensitivity, and nothing else.
func TestTable(t *testing.T) {
	p := load(t)
	changing := []Action{FileChange, DocumentChange, DocumentFile, DocumentPost}
	leading := []Action{FileAssign, GrantChange, HoldChange}
	all := func(lists ...[]Action) (out []Action) {
		for _, l := range lists {
			out = append(out, l...)
		}
		return out
	}
	titles := []Action{FileView, DocumentList, DocumentState}
	for _, row := range []struct {
		role    string
		rel     record.Relation
		unfiled bool
		top     map[record.Sensitivity][]Action // highest sensitivity -> actions
	}{
		{record.RoleCaseworker, own, false, at(3, all(reading, changing))},
		{record.RoleCaseworker, subst, false, at(3, all(reading, changing))},
		{record.RoleCaseworker, inTeam, false, at(1, all(reading, []Action{DocumentPost}))},
		{record.RoleCaseworker, atSite, false, nil},
		{record.RoleCaseworker, inTeam, true, at(3, []Action{DocumentPost})},
		{record.RoleTeamlead, inTeam | record.RelOwn | granted, true, at(3, []Action{DocumentPost})},
		{record.RoleTeamlead, own, false, at(3, all(reading, changing, leading))},
		{record.RoleTeamlead, inTeam, false, at(2, all(reading, changing, leading))},
		{record.RoleTeamlead, atSite, false, nil},
		{record.RoleReception, inTeam, false, at(2, []Action{FileFind, FilePending})},
		{record.RoleReception, inTeam, true, at(3, []Action{DocumentPost})},
		{record.RoleClearing, inTeam, false, at(3, []Action{FileFind, DocumentPost, ThroughputRead})},
		{record.RoleClearing, atSite, true, at(3, []Action{DocumentList, DocumentView, DocumentState, DocumentChange, DocumentFile})},
		{record.RoleScan, inTeam, false, at(3, []Action{DeliveryPost, ThroughputRead})},
		{record.RoleScan, inTeam, true, at(3, []Action{DocumentPost, DeliveryPost, ThroughputRead})},
		{record.RoleScan, atSite | creator, false, at(3, []Action{DocumentState, DeliveryPost, ThroughputRead})},
		{record.RoleIntegration, inTeam, false, at(3, []Action{DeliveryPost})},
		{record.RoleIntegration, atSite, true, at(3, []Action{DocumentPost, DeliveryPost})},
		{record.RoleIntegration, atSite | creator, true, at(3, []Action{DocumentState, DocumentPost, DeliveryPost})},
		{record.RoleRecords, inTeam, false, map[record.Sensitivity][]Action{2: titles,
			3: {FileFind, HoldChange, RetentionManage, PaperManage}}},
		{record.RoleDPO, inTeam, false, at(3, []Action{AuditRead, ReportRead, PolicyRead})},
		{record.RoleDPO, inTeam | granted | own | creator, false, at(3, []Action{AuditRead, ReportRead, PolicyRead})},
		{record.RoleAuditor, inTeam, false, nil},
		{record.RoleAuditor, atSite | granted, false, at(3, all(reading, []Action{AuditRead}))},
		{record.RoleSiteadmin, inTeam, false, at(3, []Action{UserManage, SettingsManage, HealthRead, ThroughputRead, PolicyRead})},
		{record.RoleSiteadmin, inTeam | granted | own | creator, false, at(3, []Action{UserManage, SettingsManage, HealthRead, ThroughputRead, PolicyRead})},
		{"", stranger, false, nil},
		{"", stranger, true, nil},
		{"", granted, false, at(3, reading)},
		{"", creator, false, at(3, []Action{DocumentState})},
	} {
		f := record.Facts{Relation: row.rel, Unfiled: row.unfiled}
		if row.role != "" {
			f.Roles = []record.RoleAt{{Role: row.role, Site: "A"}}
		}
		skip := map[Action]bool{FileCreate: true, SubstitutionChange: true} // asked of a place, see TestPlaces
		for _, act := range Actions() {
			if skip[act] {
				continue
			}
			for f.Sensitivity = 1; f.Sensitivity <= 3; f.Sensitivity++ {
				want := f.Sensitivity <= highest(row.top, act)
				if d := p.Decide(f, act); d.Allowed != want {
					t.Errorf("%s, relation %07b, unfiled %v, sensitivity %d, %s: allowed %v (%s), want %v",
						row.role, row.rel, row.unfiled, f.Sensitivity, act, d.Allowed, d.Reason, want)
				}
			}
		}
	}
}

func at(s record.Sensitivity, acts []Action) map[record.Sensitivity][]Action {
	return map[record.Sensitivity][]Action{s: acts}
}

func highest(top map[record.Sensitivity][]Action, act Action) (s record.Sensitivity) {
	for level, acts := range top {
		for _, a := range acts {
			if a == act {
				s = max(s, level)
			}
		}
	}
	return s
}

func TestDenialBeatsEverything(t *testing.T) {
	p := load(t)
	var roles []record.RoleAt
	for _, r := range shippedRoles()[1:] {
		roles = append(roles, record.RoleAt{Role: r, Site: "A"})
	}
	for _, act := range Actions() {
		f := record.Facts{Roles: roles, Relation: 0x7f, Sensitivity: 1}
		if d := p.Decide(f, act); d.Allowed || d.Reason != ReasonDenied {
			t.Errorf("%s with every role and relation and a denial: %+v", act, d)
		}
	}
}

// A person who is site administrator or data-protection officer besides
// something else reads nothing at that site: the deny rows of those roles.
func TestSeparationOfDuties(t *testing.T) {
	p := load(t)
	for _, second := range []string{record.RoleSiteadmin, record.RoleDPO} {
		f := record.Facts{Relation: inTeam | own | granted, Sensitivity: 1, Roles: []record.RoleAt{
			{Role: record.RoleCaseworker, Site: "A", Team: ""}, {Role: second, Site: "*"}}}
		for _, act := range content {
			if d := p.Decide(f, act); d.Allowed || d.Reason != ReasonSeparate {
				t.Errorf("caseworker and %s, %s: %+v", second, act, d)
			}
		}
	}
	if p.Grantable([]record.RoleAt{{Role: record.RoleSiteadmin, Site: "B"}}) || p.Grantable([]record.RoleAt{{Role: record.RoleDPO, Site: "*"}}) {
		t.Error("a grant may be given to a role that never sees contents")
	}
	if !p.Grantable([]record.RoleAt{{Role: record.RoleAuditor, Site: "B"}, {Role: "unheard-of", Site: "B"}}) || !p.Grantable(nil) {
		t.Error("a grant may not be given to an auditor or to somebody without role")
	}
}

func TestReasons(t *testing.T) {
	p := load(t)
	worker := []record.RoleAt{{Role: record.RoleCaseworker, Site: "A"}}
	for _, c := range []struct {
		f    record.Facts
		act  Action
		want Decision
	}{
		{record.Facts{Roles: worker, Relation: inTeam | record.RelOwn, Sensitivity: 1}, DocumentView, Decision{true, ReasonOwn}},
		{record.Facts{Roles: worker, Relation: inTeam | record.RelSubst, Sensitivity: 3}, DocumentView, Decision{true, ReasonSubst}},
		{record.Facts{Roles: worker, Relation: inTeam, Sensitivity: 1}, DocumentView, Decision{true, ReasonTeam}},
		{record.Facts{Roles: worker, Relation: inTeam, Sensitivity: 2}, DocumentView, Decision{false, ReasonSecrecy}},
		{record.Facts{Roles: worker, Relation: inTeam, Sensitivity: 0}, DocumentView, Decision{false, ReasonSecrecy}},
		{record.Facts{Roles: worker, Relation: inTeam, Sensitivity: 9}, DocumentView, Decision{false, ReasonSecrecy}},
		{record.Facts{Relation: granted, Sensitivity: 3}, DocumentView, Decision{true, ReasonGranted}},
		{record.Facts{Relation: creator, Sensitivity: 3}, DocumentState, Decision{true, ReasonCreator}},
		{record.Facts{Roles: worker, Relation: atSite, Sensitivity: 1}, DocumentView, Decision{false, ReasonNone}},
		{record.Facts{Roles: worker, Relation: own, Sensitivity: 1, Disabled: true}, DocumentView, Decision{false, ReasonDisabled}},
		{record.Facts{Roles: worker, Relation: own, Sensitivity: 1}, "document.eat", Decision{false, ReasonNone}},
		{record.Facts{Roles: []record.RoleAt{{Role: "*", Site: "A"}}, Relation: atSite, Sensitivity: 1}, FileFind, Decision{false, ReasonNone}},
	} {
		if got := p.Decide(c.f, c.act); got != c.want {
			t.Errorf("%+v %s: %+v, want %+v", c.f, c.act, got, c.want)
		}
	}
}

// One role's team must not lend its reach to another role of the same person.
func TestTeamsOfSeveralRoles(t *testing.T) {
	p := load(t)
	reception := record.RoleAt{Role: record.RoleReception, Site: "A"}
	worker := func(team string) record.RoleAt {
		return record.RoleAt{Role: record.RoleCaseworker, Site: "A", Team: team}
	}
	lead := record.RoleAt{Role: record.RoleTeamlead, Site: "A", Team: "L2"}
	for _, c := range []struct {
		roles []record.RoleAt
		rel   record.Relation
		want  bool
	}{
		{[]record.RoleAt{worker("")}, inTeam, true},
		{[]record.RoleAt{worker("L1")}, atSite, false},
		{[]record.RoleAt{worker("L1"), reception}, inTeam, false},
		{[]record.RoleAt{worker(""), reception}, inTeam, true},
		{[]record.RoleAt{reception, lead}, inTeam, false},
		{[]record.RoleAt{worker(""), lead}, inTeam, true},
	} {
		f := record.Facts{Roles: c.roles, Relation: c.rel, Sensitivity: 1}
		if d := p.Decide(f, DocumentView); d.Allowed != c.want {
			t.Errorf("%v %b: %+v, want %v", c.roles, c.rel, d, c.want)
		}
	}
}

func TestPlaces(t *testing.T) {
	p := load(t)
	role := func(r, site, team string) []record.RoleAt { return []record.RoleAt{{Role: r, Site: site, Team: team}} }
	for _, c := range []struct {
		roles      []record.RoleAt
		site, team string
		act        Action
		want       bool
	}{
		{role("caseworker", "A", "L1"), "A", "L1", FileCreate, true},
		{role("caseworker", "A", "L1"), "A", "L2", FileCreate, false},
		{role("caseworker", "A", "L1"), "A", "", FileCreate, false},
		{role("caseworker", "A", "L1"), "B", "L1", FileCreate, false},
		{role("caseworker", "A", ""), "A", "L2", FileCreate, true},
		{role("caseworker", "*", ""), "B", "L2", FileCreate, true},
		{role("caseworker", "A", "L1"), "", "", FileCreate, true},
		{role("reception", "A", ""), "", "", FileCreate, false},
		{role("scan", "A", ""), "", "", FileCreate, false},
		{role("scan", "A", ""), "A", "", DocumentPost, true},
		{role("scan", "A", ""), "", "", DocumentPost, true},
		{role("scan", "A", ""), "B", "", DocumentPost, false},
		{role("integration", "A", ""), "A", "", DocumentPost, true},
		{role("reception", "A", ""), "A", "", DocumentPost, true},
		{role("records", "A", ""), "A", "", DocumentPost, false},
		{role("records", "A", ""), "A", "", RetentionManage, true},
		{role("siteadmin", "A", ""), "A", "", UserManage, true},
		{role("siteadmin", "A", ""), "B", "", UserManage, false},
		{role("siteadmin", "A", ""), "*", "", UserManage, false},
		{role("siteadmin", "*", ""), "*", "", UserManage, true},
		{role("siteadmin", "*", ""), "B", "", UserManage, true},
		{role("siteadmin", "A", "L1"), "A", "", UserManage, false},
		{role("siteadmin", "A", ""), "A", "", DocumentPost, false},
		{role("dpo", "*", ""), "*", "", AuditRead, true},
		{role("dpo", "A", ""), "*", "", AuditRead, false},
		{role("dpo", "A", ""), "A", "", AuditRead, true},
		{role("auditor", "A", ""), "A", "", AuditRead, false},
		{role("siteadmin", "A", ""), "A", "", AuditRead, false},
		{role("teamlead", "A", "L1"), "A", "L1", SubstitutionChange, true},
		{role("teamlead", "A", "L1"), "A", "L2", SubstitutionChange, false},
		{role("caseworker", "A", "L1"), "A", "L1", SubstitutionChange, false},
		{nil, "", "", DocumentPost, false},
		{append(role("siteadmin", "A", ""), role("caseworker", "B", "")...), "", "", DocumentPost, true},
		{append(role("siteadmin", "*", ""), role("caseworker", "B", "")...), "", "", DocumentPost, false},
	} {
		if d := p.DecideAt(c.roles, c.site, c.team, c.act); d.Allowed != c.want {
			t.Errorf("%v at %q %q %s: %+v, want %v", c.roles, c.site, c.team, c.act, d, c.want)
		}
	}
}

func TestOffers(t *testing.T) {
	p := load(t)
	role := func(r string) []record.RoleAt { return []record.RoleAt{{Role: r, Site: "A", Team: "L1"}} }
	for _, c := range []struct {
		role string
		act  Action
		want bool
	}{
		{"caseworker", DocumentSearch, true}, {"auditor", DocumentSearch, true}, {"scan", DocumentSearch, false},
		{"siteadmin", DocumentSearch, false}, {"dpo", DocumentSearch, false}, {"dpo", AuditRead, true},
		{"reception", FileFind, true}, {"reception", DocumentView, false}, {"clearing", DocumentFile, true},
	} {
		if got := p.Offers(role(c.role), c.act); got != c.want {
			t.Errorf("%s is offered %s: %v", c.role, c.act, got)
		}
	}
	if p.Offers(append(role("caseworker"), record.RoleAt{Role: "siteadmin", Site: "*"}), DocumentSearch) {
		t.Error("the house's administrator is offered search")
	}
}
