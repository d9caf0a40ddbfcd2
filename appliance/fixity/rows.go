package fixity

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"eakte/appliance/record"
)

// What a manifest's personal part says that a row of the catalog says as well.

type describedDocument struct {
	File        record.FileID      `json:"file"`
	Type        string             `json:"type"`
	Direction   record.Direction   `json:"direction"`
	Title       string             `json:"title"`
	Section     string             `json:"section"`
	Sensitivity record.Sensitivity `json:"sensitivity"`
	Dated       string             `json:"dated"`
	Received    string             `json:"received"`
	Name        string             `json:"name"`
	Size        int64              `json:"size"`
	Plain       record.Digest      `json:"plain"`
	Holds       []describedHold    `json:"holds"`
}

type describedHold struct {
	ID   string `json:"id"`
	Kind string `json:"kind"`
	To   string `json:"to"` // empty while it stands
}

type describedGrant struct {
	User    record.UserID `json:"user"`
	Reason  string        `json:"reason"`
	By      record.UserID `json:"by"`
	From    string        `json:"from"`
	To      string        `json:"to"`
	EndsAt  string        `json:"ends_at"`
	Created string        `json:"created_at"` // empty in manifests of before, which don't say ends_at either
}

type describedHouse struct {
	Archive   string                  `json:"archive"`
	Name      string                  `json:"name"`
	Recovery  string                  `json:"recovery"`
	Sites     []record.Site           `json:"sites"`
	Retention []record.RetentionClass `json:"retention"`
	Users     []User                  `json:"users"`
}

type describedFile struct {
	Ordinal        uint32               `json:"ordinal"`
	Kind           string               `json:"kind"`
	Site           string               `json:"site"`
	Team           string               `json:"team"`
	Responsible    record.UserID        `json:"responsible"`
	RetentionClass string               `json:"retention_class"`
	Sensitivity    record.Sensitivity   `json:"sensitivity"`
	Numbers        []record.DatedNumber `json:"numbers"`
	Members        []record.Member      `json:"members"`
	Grants         []describedGrant     `json:"grants"`
	Denials        []describedGrant     `json:"denials"`
	Holds          []describedHold      `json:"holds"`
	ClosedAt       string               `json:"closed_at"`
}

type describedPerson struct {
	Names          []record.DatedName `json:"names"`
	BirthDate      string             `json:"birth_date"`
	CustomerNumber string             `json:"customer_number"`
	Address        string             `json:"address"`
}

// errNoRow says that the catalog has lost the row of a subject.
var errNoRow = errors.New("no row")

// compareRow holds the newest manifest of a subject against the catalog. What
// differs is asked about once more, as it stands now: between reading the one
// and the other somebody may have changed the subject.
func (v *verifier) compareRow(ctx context.Context, ch chain, what string, m manifest, plain []byte, c *checked) error {
	fields, err := v.differing(ctx, m, plain, ch.row)
	if len(fields) == 0 && err == nil {
		return nil
	}
	if err == nil || errors.Is(err, errNoRow) {
		fields, err = v.differing(ctx, m, plain, nil)
	}
	gone := errors.Is(err, errNoRow)
	if err != nil && !gone {
		return err
	}
	head, err := v.Catalog.Head(ctx, m.Header.Subject)
	switch {
	case err != nil:
		return err
	case head.Name != objectName("m", m.Header.Manifest):
	case gone:
		c.add(Missing, ch.subject, doAsk, "The store has its manifest, the catalog has lost its row.")
	case len(fields) > 0:
		c.add(Mismatch, ch.subject, doAsk, "%s and the catalog differ in: %s.", what, strings.Join(fields, ", "))
	}
	return nil
}

// differing names the fields in which manifest and row differ, never what they
// say. row is the document's, if it was read already.
func (v *verifier) differing(ctx context.Context, m manifest, plain []byte, row *Document) (fields []string, err error) {
	switch m.Kind {
	case "document":
		if row == nil {
			d, err := v.Catalog.Document(ctx, record.DocumentID(m.Header.Subject))
			if err != nil {
				return nil, lost(err)
			}
			row = &d
		}
		return differingDocument(m.Header, plain, *row)
	case "file":
		f, err := v.Catalog.File(ctx, record.FileID(m.Header.Subject))
		if err != nil {
			return nil, lost(err)
		}
		return differingFile(plain, f)
	case "person":
		p, err := v.Catalog.Person(ctx, record.PersonID(m.Header.Subject))
		if err != nil {
			return nil, lost(err)
		}
		return differingPerson(plain, p)
	case "house":
		h, err := v.Catalog.House(ctx)
		if err != nil {
			return nil, err
		}
		return differingHouse(plain, h)
	}
	return nil, nil
}

func lost(err error) error {
	if errors.Is(err, record.NotFound) {
		return errNoRow
	}
	return err
}

// field is one thing that both sides say.
type field struct {
	name string
	same bool
}

func differ(fields []field) (names []string) {
	for _, f := range fields {
		if !f.same {
			names = append(names, f.name)
		}
	}
	return names
}

// malformed is what a personal part is said to differ in that is not one.
var malformed = []string{"everything"}

func differingDocument(h manifestHeader, plain []byte, r Document) ([]string, error) {
	var d describedDocument
	if json.Unmarshal(plain, &d) != nil {
		return malformed, nil
	}
	return differ([]field{
		{"file", d.File == r.File}, {"type", d.Type == r.Type}, {"direction", d.Direction == r.Direction},
		{"title", d.Title == r.Title}, {"section", d.Section == r.Section}, {"sensitivity", d.Sensitivity == r.Sensitivity},
		{"dated", d.Dated == r.Dated}, {"received", d.Received == r.Received}, {"name", d.Name == r.Name},
		{"size", d.Size == r.Size}, {"plain", d.Plain == r.Plain}, {"keep_until", h.KeepUntil == r.KeepUntil},
		{"holds", sameHolds(d.Holds, r.Holds)},
	}), nil
}

func differingFile(plain []byte, r File) ([]string, error) {
	var d describedFile
	if json.Unmarshal(plain, &d) != nil {
		return malformed, nil
	}
	closed, err := time.Parse(time.RFC3339Nano, d.ClosedAt)
	return differ([]field{
		{"ordinal", d.Ordinal == r.Ordinal}, {"kind", d.Kind == r.Kind}, {"site", d.Site == r.Site}, {"team", d.Team == r.Team},
		{"responsible", d.Responsible == r.Responsible}, {"retention_class", d.RetentionClass == r.RetentionClass},
		{"sensitivity", d.Sensitivity == r.Sensitivity}, {"numbers", slices.Equal(d.Numbers, r.Numbers)},
		{"members", slices.Equal(d.Members, r.Members)}, {"grants", sameGrants(d.Grants, r.Grants)},
		{"denials", sameGrants(d.Denials, closures(d.Denials, r.Denials))},
		{"holds", sameHolds(d.Holds, r.Holds)},
		{"closed_at", r.ClosedAt.IsZero() == (d.ClosedAt == "") && (d.ClosedAt == "" || err == nil && sameTime(closed, r.ClosedAt))},
	}), nil
}

// everybody is whom a denial closes a file to whose rights could not be shown
// complete when the catalog was rebuilt; it stands in the catalog only, until a
// person releases the file.
const everybody = "*"

// closures leaves the closing of a rebuilt file out, unless the manifest has it.
func closures(described []describedGrant, rows []Grant) []Grant {
	if slices.ContainsFunc(described, func(d describedGrant) bool { return d.User == everybody }) {
		return rows
	}
	return slices.DeleteFunc(slices.Clone(rows), func(g Grant) bool { return g.User == everybody })
}

// sameGrants: a file has one grant and one denial of each user.
func sameGrants(described []describedGrant, rows []Grant) bool {
	if len(described) != len(rows) {
		return false
	}
	for _, d := range described {
		if !slices.ContainsFunc(rows, d.is) {
			return false
		}
	}
	return true
}

func (d describedGrant) is(g Grant) bool {
	ends, err := time.Parse(time.RFC3339Nano, d.EndsAt)
	sameEnd := d.Created == "" || d.EndsAt == "" && g.EndsAt.IsZero() || err == nil && sameTime(ends, g.EndsAt)
	return d.User == g.User && d.Reason == g.Reason && d.By == g.By && d.From == g.From && d.To == g.To && sameEnd
}

// sameHolds compares the holds that stand.
func sameHolds(described []describedHold, rows []Standing) bool {
	n := 0
	for _, d := range described {
		if d.To != "" {
			continue
		}
		n++
		if !slices.ContainsFunc(rows, func(h Standing) bool { return h.ID == d.ID && h.Kind == d.Kind }) {
			return false
		}
	}
	return n == len(rows)
}

// sameTime: the catalog keeps microseconds.
func sameTime(a, b time.Time) bool {
	return a.Truncate(time.Microsecond).Equal(b.Truncate(time.Microsecond))
}

func differingPerson(plain []byte, r record.Person) ([]string, error) {
	var d describedPerson
	if json.Unmarshal(plain, &d) != nil {
		return malformed, nil
	}
	return differ([]field{
		{"names", slices.Equal(d.Names, r.Names)}, {"birth_date", d.BirthDate == r.BirthDate},
		{"customer_number", d.CustomerNumber == r.CustomerNumber}, {"address", d.Address == r.Address},
	}), nil
}

func differingHouse(plain []byte, r House) ([]string, error) {
	var d describedHouse
	if json.Unmarshal(plain, &d) != nil {
		return malformed, nil
	}
	return differ([]field{
		{"archive", d.Archive == r.Archive}, {"name", d.Name == r.Name}, {"recovery", d.Recovery == r.Recovery},
		{"sites", slices.EqualFunc(by(d.Sites, siteCode), by(r.Sites, siteCode), sameSite)},
		{"retention", slices.Equal(by(d.Retention, className), by(r.Retention, className))},
		{"users", slices.EqualFunc(by(d.Users, userID), by(r.Users, userID), sameUser)},
	}), nil
}

// by sorts a list: another engine may have another order.
func by[T any](list []T, key func(T) string) []T {
	return slices.SortedFunc(slices.Values(list), func(a, b T) int { return strings.Compare(key(a), key(b)) })
}

func siteCode(s record.Site) string            { return s.Code }
func className(c record.RetentionClass) string { return c.Class }
func userID(u User) string                     { return string(u.ID) }

func sameSite(a, b record.Site) bool {
	return a.Code == b.Code && a.Name == b.Name && slices.Equal(a.Postcodes, b.Postcodes) && slices.Equal(a.Teams, b.Teams)
}

func sameUser(a, b User) bool {
	return a.ID == b.ID && a.Name == b.Name && a.Display == b.Display && a.Disabled == b.Disabled && slices.Equal(a.Roles, b.Roles)
}

// checkUndescribed finds files and persons of which the store knows nothing: a
// rebuilt catalog would not have them.
func (v *verifier) checkUndescribed(ctx context.Context) error {
	for after := ""; ; {
		ids, err := v.Catalog.Undescribed(ctx, after, pageSize)
		if err != nil {
			return err
		}
		var f findings
		for _, id := range ids {
			after = id
			f.add(Missing, "subject "+id, doAsk, "The catalog has a row of a file or person without a manifest.")
		}
		if err := v.flush(&f); err != nil {
			return err
		}
		if len(ids) < pageSize {
			return nil
		}
	}
}
