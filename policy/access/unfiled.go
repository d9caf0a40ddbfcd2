package access

import "eakte/appliance/record"

// Unfiled gives the facts that an ordinary document would have that lies in no
// file and waits at a site, for who has these roles: to ask what they may do with
// what waits there before it is known which document that is.
func Unfiled(roles []record.RoleAt, site string) record.Facts {
	f := record.Facts{Relation: record.RelSite, Sensitivity: record.SensitivityNormal, Unfiled: true}
	for _, r := range roles {
		if r.Site == site || r.Site == Everybody {
			f.Roles = append(f.Roles, r)
		}
	}
	return f
}
