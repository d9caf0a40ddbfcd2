package sample

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"eakte/appliance/record"
)

// Delivery is one step of filling a demonstration: a file to make, or bytes to
// hand in. A plan is the same for the same office, so its steps can be counted
// and gone on with.
type Delivery struct {
	User        string // sign-in name of who does it
	Make        *File  // a file to make; nothing else is set then
	File        string // the number of the file handed in to, empty: to clearing
	Letter      *Letter
	Hostile     *HostileDocument
	Post        *Post
	Consignment *Consignment // through the door of deliveries; there is nothing to Render
	Settled     bool         // dealt with: nobody has to look at it now
	Later       int          // a settled one that comes back in so many days, or 0
}

// settledAfter is how long ago an incoming letter was received that still lies
// on somebody's desk.
const settledAfter = 18 * 24 * time.Hour

// Plan gives all deliveries: the walk-through's letters first, then the files
// of the walk-through's caseworker, a mail and other post for the first of
// them, the caseworker's newest letters, the other files,
// a batch with separator sheets, three deliveries of the scan provider, what came without a file or cannot be read,
// and the rest, the newest first.
func (o *Office) Plan() []Delivery {
	var first, desk, files, own, unfiled, rest []Delivery
	for i := range o.Files {
		f := &o.Files[i]
		made := Delivery{User: f.Responsible, Make: f}
		switch {
		case i == 0:
			first = append(first, made)
		case f.Responsible == o.Files[0].Responsible:
			desk = append(desk, made)
		default:
			files = append(files, made)
		}
		for _, l := range o.Letters(*f) {
			d := Delivery{User: f.Responsible, File: f.Number, Letter: &l, Settled: o.settled(l)}
			if d.Settled && l.Direction == record.DirectionIn {
				d.Later = o.later(l)
			}
			switch {
			case i == 0 && strings.HasPrefix(l.path, showcasePath):
				first = append(first, d)
			case !d.Settled && o.astray(l):
				d.User, d.File = o.stranger(*f), ""
				unfiled = append(unfiled, d)
			case f.Responsible == o.Files[0].Responsible:
				own = append(own, d)
			default:
				rest = append(rest, d)
			}
		}
	}
	slices.SortStableFunc(first[1:], func(a, b Delivery) int { return cmp.Compare(order(b.Letter), order(a.Letter)) })
	newest := func(ds []Delivery) {
		slices.SortStableFunc(ds, func(a, b Delivery) int { return strings.Compare(b.Letter.Dated, a.Letter.Dated) })
	}
	newest(own)
	newest(unfiled)
	newest(rest)
	n := min(len(own), 20)
	return slices.Concat(first, desk, o.post(), own[:n], files, o.batch(), o.consignments(), unfiled, o.unreadable(), own[n:], rest)
}

// order puts the letter that is searched for before the others.
func order(l *Letter) int {
	if l.Type == Heating {
		return 1
	}
	return 0
}

// settled says whether a letter has been dealt with.
func (o *Office) settled(l Letter) bool {
	if l.Direction != record.DirectionIn {
		return true
	}
	today, err := time.Parse(isoDate, o.Today)
	if err != nil {
		return false
	}
	return l.Received < today.Add(-settledAfter).Format(isoDate)
}

// later puts off some of this year's letters, and gives by how many days.
func (o *Office) later(l Letter) int {
	d := newDice(o.seed, "later", l.path)
	if l.Received < o.Today[:4] || !d.chance(0.12) {
		return 0
	}
	return d.between(1, 28)
}

// astray says whether a letter comes without a file: one in three of the
// scanned ones.
func (o *Office) astray(l Letter) bool {
	return !l.Form.Digital && newDice(o.seed, "astray", l.path).chance(0.3)
}

// stranger is who hands in without a file: the scan provider, whose documents
// go to the first site's clearing, or the others' reception.
func (o *Office) stranger(f File) string {
	if f.Site == o.Sites[0].Code {
		return o.Providers[0].User
	}
	for _, u := range o.Users {
		if u.Roles[0].Role == record.RoleReception && slices.ContainsFunc(u.Roles, func(r record.RoleAt) bool { return r.Site == f.Site }) {
			return u.Name
		}
	}
	return o.Providers[0].User
}

// unreadable are documents that end in quarantine: most from the scan
// provider, two in a file.
func (o *Office) unreadable() []Delivery {
	wanted := map[string]bool{"truncated scan": true, "password": true, "garbage named pdf": true, "truncated tiff": true,
		"tiff that lacks its second page": true, "truncated jpeg": true, "empty": true}
	var out []Delivery
	for _, h := range Hostile() {
		if !wanted[h.Label] {
			continue
		}
		d := Delivery{User: o.Providers[0].User, Hostile: &h}
		if h.Label == "password" || h.Label == "truncated jpeg" {
			d.User, d.File = o.Files[0].Responsible, o.Files[0].Number
		}
		out = append(out, d)
	}
	return out
}

// Render makes the bytes to hand in and the name they are handed in under.
func (d Delivery) Render() (name string, body []byte, err error) {
	switch {
	case d.Letter != nil:
		r, err := d.Letter.Render()
		return r.Name, r.Body, err
	case d.Hostile != nil:
		body, err := d.Hostile.Bytes()
		return d.Hostile.Name, body, err
	case d.Post != nil:
		body, err := d.Post.Bytes()
		return d.Post.Name, body, err
	}
	return "", nil, fmt.Errorf("sample: nothing to hand in")
}
