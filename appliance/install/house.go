package install

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"eakte/appliance/admin"
	"eakte/appliance/record"
)

var (
	postcode = regexp.MustCompile(`^[0-9]{5}$`)
	letters  = regexp.MustCompile(`^\p{Lu}(-\p{Lu})?$`)
)

// SetSites keeps sites and teams. A site or team that a user has a role at
// can't be left out.
func (in *Install) SetSites(_ context.Context, session string, sites []record.Site) error {
	if err := in.may(session, StepSites); err != nil {
		return err
	}
	var p Problems
	p.add(len(sites) == 0, "", "no_site")
	seen := map[string]bool{}
	for i := range sites {
		s, at := &sites[i], fmt.Sprintf("sites[%d]", i)
		s.Code, s.Name = strings.TrimSpace(s.Code), strings.TrimSpace(s.Name)
		p.add(!admin.ValidCode(s.Code), at+".code", "code")
		p.add(seen[s.Code], at+".code", "twice")
		p.add(badName(s.Name), at+".name", "text")
		for _, c := range s.Postcodes {
			p.add(!postcode.MatchString(c), at+".postcodes", "postcode")
		}
		seen[s.Code] = true
		p = append(p, badTeams(s.Teams, at)...)
	}
	if len(p) > 0 {
		return p
	}
	return in.change(StepSites, func(st *state) error {
		st.Sites, st.Done[StepSites] = sites, true
		for _, u := range st.Users {
			for _, r := range u.Roles {
				if _, code := st.badRole(r); code != "" {
					return Problems{{Code: "site_in_use", Value: u.Name}}
				}
			}
		}
		return nil
	})
}

func badTeams(teams []record.Team, site string) (p Problems) {
	seen := map[string]bool{}
	for j := range teams {
		t, at := &teams[j], fmt.Sprintf("%s.teams[%d]", site, j)
		t.Code, t.Name = strings.TrimSpace(t.Code), strings.TrimSpace(t.Name)
		t.FirstLetters = strings.ToUpper(strings.ReplaceAll(t.FirstLetters, " ", ""))
		p.add(!admin.ValidCode(t.Code), at+".code", "code")
		p.add(seen[t.Code], at+".code", "twice")
		p.add(badName(t.Name), at+".name", "text")
		p.add(t.FirstLetters != "" && !letters.MatchString(t.FirstLetters), at+".first_letters", "letters")
		seen[t.Code] = true
	}
	return p
}

// SetRetention keeps the retention classes.
func (in *Install) SetRetention(_ context.Context, session string, classes []record.RetentionClass) error {
	if err := in.may(session, StepRetention); err != nil {
		return err
	}
	var p Problems
	p.add(len(classes) == 0, "", "no_class")
	seen := map[string]bool{}
	for i := range classes {
		c, at := &classes[i], fmt.Sprintf("retention[%d]", i)
		c.Class = strings.TrimSpace(c.Class)
		p.add(!admin.ValidCode(c.Class), at+".class", "code")
		p.add(seen[c.Class], at+".class", "twice")
		p.add(c.Years < 1 || c.Years > maxYears, at+".years", "years")
		p.add(!slices.Contains(RetentionEvents(), c.From), at+".from", "choose")
		p.add(c.Lock != "" && c.Lock != "full", at+".lock", "choose")
		seen[c.Class] = true
	}
	if len(p) > 0 {
		return p
	}
	return in.change(StepRetention, func(st *state) error {
		st.Retention, st.Done[StepRetention] = classes, true
		return nil
	})
}

// maxYears is the longest period of a retention class.
const maxYears = 200
