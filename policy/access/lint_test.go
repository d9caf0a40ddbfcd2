package access

import (
	"errors"
	"strings"
	"testing"

	"eakte/appliance/record"
)

func TestLint(t *testing.T) {
	row := func(role string, act Action, rel string, s record.Sensitivity, eft string) Rule {
		return Rule{role, act, rel, s, eft}
	}
	for _, c := range []struct {
		name string
		bad  Rule
		says string
	}{
		{"role", row("caseworkr", FileView, "own", 1, Allow), `no role is named "caseworkr"`},
		{"action", row("caseworker", "file.veiw", "own", 1, Allow), `no action is named "file.veiw"`},
		{"relation", row("caseworker", FileView, "owns", 1, Allow), `no relation is named "owns"`},
		{"sensitivity 0", row("caseworker", FileView, "site", 0, Allow), "sensitivity is 1, 2 or 3"},
		{"sensitivity 9", row("caseworker", FileView, "site", 9, Allow), "sensitivity is 1, 2 or 3"},
		{"effect", row("caseworker", FileView, "site", 1, "alow"), "allow or deny"},
		{"allowed denial", row("caseworker", FileView, "denied", 1, Allow), "can't allow"},
		{"everybody", row("*", FileView, "any", 1, Allow), "opens to everybody"},
		{"clearing for everybody", row("*", DocumentView, "unfiled", 1, Allow), "opens to everybody"},
		{"deny by team", row("reception", FileView, "team", 3, Deny), "not monotone"},
		{"deny of the most sensitive only", row("reception", FileView, "any", 1, Deny), "not monotone"},
		{"deny for everybody", row("*", FileView, "any", 3, Deny), "not monotone"},
		{"twice", Default()[0], "there twice"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := NewPolicy(append(Default(), c.bad))
			if !errors.Is(err, record.Invalid) || !strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), string(c.bad.Action)) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestLintMissingDenyRow(t *testing.T) {
	for _, act := range Actions() {
		var rules []Rule
		for _, r := range Default() {
			if r.Role != Everybody || r.Relation != "denied" || r.Action != act {
				rules = append(rules, r)
			}
		}
		want := `row "p, *, ` + string(act) + `, denied, 3, deny"`
		if _, err := NewPolicy(rules); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("without the deny row of %s: %v", act, err)
		}
	}
	if _, err := NewPolicy(nil); err == nil {
		t.Error("an empty policy is accepted")
	}
}

func TestOwnRoles(t *testing.T) {
	rule := Rule{"counsel", DocumentView, "team", 2, Allow}
	if _, err := NewPolicy(append(Default(), rule)); err == nil {
		t.Error("a role that nobody declared is accepted")
	}
	p, err := NewPolicy(append(Default(), rule), "counsel")
	if err != nil {
		t.Fatal(err)
	}
	if !p.Knows("counsel") || !p.Knows(record.RoleScan) || p.Knows(Everybody) || p.Knows("") || p.Knows("boss") || len(p.Roles()) != 11 {
		t.Errorf("roles that may be given: %v", p.Roles())
	}
	f := record.Facts{Roles: []record.RoleAt{{Role: "counsel", Site: "A"}}, Relation: inTeam, Sensitivity: 2}
	if d := p.Decide(f, DocumentView); !d.Allowed {
		t.Errorf("a site's own role: %+v", d)
	}
}

// The answers of an unsound table are caught even if the rows look well.
func TestLintAnswers(t *testing.T) {
	for name, spoil := range map[string]func(p *Policy){
		"a denied file is open":   func(p *Policy) { p.memo[FileView][0][deniedBit][0] = 1 },
		"open only when secret":   func(p *Policy) { p.memo[FileView][1][ownBit][0] = 0 },
		"team closes what is own": func(p *Policy) { p.memo[FileView][1][ownBit|teamBit][2] = 0 },
	} {
		p := load(t)
		spoil(p)
		if err := p.lintAnswers(); err == nil {
			t.Errorf("%s: not noticed", name)
		}
	}
}

func TestParseRules(t *testing.T) {
	for _, bad := range []string{"p, a, b, c, d, allow\n", "g, a, b, c, 1, allow\n", "p, a, b\n", "p, a, b, c, 1, allow, x\n", "\"p\n"} {
		if _, err := ParseRules(strings.NewReader(bad)); !errors.Is(err, record.Invalid) {
			t.Errorf("%q: %v", bad, err)
		}
	}
	got, err := ParseRules(strings.NewReader("# said\n\np, caseworker , file.view,own,3,allow\n"))
	if want := (Rule{"caseworker", FileView, "own", 3, Allow}); err != nil || len(got) != 1 || got[0] != want {
		t.Errorf("%v %v", got, err)
	}
	for _, r := range Default() {
		again, err := ParseRules(strings.NewReader(r.String()))
		if err != nil || again[0] != r {
			t.Fatalf("%v does not survive being written: %v %v", r, again, err)
		}
	}
}
