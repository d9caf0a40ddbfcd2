package fixity

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// auditPlaces is what lies in the audit bucket, by year.
type auditPlaces struct {
	segments    map[int][]segmentPlace // by first index; the highest edition of each range
	checkpoints map[int][]checkpointPlace
}

type segmentPlace struct {
	object      Object
	first, last uint64
	edition     int
}

type checkpointPlace struct {
	object Object
	size   uint64
}

// listAudit reads the names in the audit bucket.
func (v *verifier) listAudit(ctx context.Context) error {
	p := auditPlaces{segments: map[int][]segmentPlace{}, checkpoints: map[int][]checkpointPlace{}}
	err := v.audit.List(ctx, "", func(o Object) error {
		if isProbe(o.Name) { // probes of the lock, without content
			return nil
		}
		if p.take(o) {
			return nil
		}
		var f findings
		f.add(Alien, "object "+o.Name, "Leave it where it is, and find out who put it there.", "The appliance makes no objects of that name in the audit bucket.")
		return v.flush(&f)
	})
	for year, list := range p.segments {
		p.segments[year] = newestEditions(list)
	}
	v.places = p
	return err
}

// take files an object under its year; false if the name is none of the log's.
func (p *auditPlaces) take(o Object) bool {
	part := strings.Split(o.Name, "/")
	year := 0
	if len(part) == 3 {
		year, _ = strconv.Atoi(part[0])
	}
	if year < 2000 || year > 9999 {
		return false
	}
	switch part[1] {
	case "checkpoint":
		size, err := strconv.ParseUint(part[2], 10, 64)
		if err != nil || fmt.Sprintf("%04d/checkpoint/%010d", year, size) != o.Name {
			return false
		}
		p.checkpoints[year] = append(p.checkpoints[year], checkpointPlace{o, size})
		return true
	case "segment":
		s, ok := parseSegmentName(part[2])
		s.object = o
		if ok && s.first <= s.last {
			p.segments[year] = append(p.segments[year], s)
		}
		return ok && s.first <= s.last
	}
	return false
}

// parseSegmentName reads <first>-<last>[.<edition>].
func parseSegmentName(name string) (segmentPlace, bool) {
	s := segmentPlace{edition: 1}
	span, edition, has := strings.Cut(name, ".")
	if has {
		n, err := strconv.Atoi(edition)
		if err != nil || n < 2 || strconv.Itoa(n) != edition {
			return s, false
		}
		s.edition = n
	}
	first, last, _ := strings.Cut(span, "-")
	var err1, err2 error
	s.first, err1 = strconv.ParseUint(first, 10, 64)
	s.last, err2 = strconv.ParseUint(last, 10, 64)
	return s, err1 == nil && err2 == nil && fmt.Sprintf("%010d-%010d", s.first, s.last) == span
}

// newestEditions orders segments by range and keeps the highest edition.
func newestEditions(list []segmentPlace) []segmentPlace {
	slices.SortFunc(list, func(a, b segmentPlace) int {
		return cmp.Or(cmp.Compare(a.first, b.first), cmp.Compare(a.last, b.last), cmp.Compare(b.edition, a.edition))
	})
	return slices.CompactFunc(list, func(a, b segmentPlace) bool { return a.first == b.first && a.last == b.last })
}
