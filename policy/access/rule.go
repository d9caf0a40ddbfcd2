package access

import (
	"bytes"
	_ "embed" // the policy that ships is part of the binary
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"

	"eakte/appliance/record"
)

//go:embed default.csv
var defaultCSV []byte

// The words of a row that stand for themselves.
const (
	Everybody = "*" // as role: whoever is signed in; as a site: every site
	Allow     = "allow"
	Deny      = "deny"
)

// Rule is one row of a policy: a role may (or may not) do an action where a
// relation holds, up to a sensitivity.
type Rule struct {
	Role        string
	Action      Action
	Relation    string // site, team, own, subst, granted, denied, creator, unfiled, any
	Sensitivity record.Sensitivity
	Effect      string // allow, deny
}

// String writes the row as the file has it, for messages that name it.
func (r Rule) String() string {
	return fmt.Sprintf("p, %s, %s, %s, %d, %s", r.Role, r.Action, r.Relation, r.Sensitivity, r.Effect)
}

// Default gives the rows that ship. It panics if they can't be read, which is
// a mistake in the binary itself and is caught by this package's tests.
func Default() []Rule {
	rules, err := ParseRules(bytes.NewReader(defaultCSV))
	if err != nil {
		panic("policy/access: default.csv: " + err.Error())
	}
	return rules
}

// ParseRules reads rows as default.csv has them: "p, role, action, relation,
// sensitivity, effect", lines that start with # are comments. It checks the
// form only; NewPolicy checks the meaning. Errors are Invalid and name the line.
func ParseRules(r io.Reader) ([]Rule, error) {
	in := csv.NewReader(r)
	in.Comment, in.TrimLeadingSpace, in.FieldsPerRecord = '#', true, 6
	var rules []Rule
	for {
		row, err := in.Read()
		if err == io.EOF {
			return rules, nil
		}
		if err != nil {
			return nil, &record.Error{Category: record.Invalid, Field: "policy", Message: "A row can't be read.", Cause: err}
		}
		line, _ := in.FieldPos(0)
		for i := range row {
			row[i] = strings.TrimSpace(row[i])
		}
		sens, err := strconv.ParseUint(row[4], 10, 8)
		if row[0] != "p" || err != nil {
			return nil, record.Bad("policy", "line %d is not \"p, role, action, relation, sensitivity, effect\"", line)
		}
		rules = append(rules, Rule{Role: row[1], Action: Action(row[2]), Relation: row[3],
			Sensitivity: record.Sensitivity(sens), Effect: row[5]})
	}
}
