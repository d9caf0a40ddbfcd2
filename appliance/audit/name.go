package audit

import (
	"fmt"
	"strconv"
	"strings"

	"eakte/appliance/record"
)

// maxIndex is the largest index an object name can hold.
const maxIndex = 9_999_999_999

// Origin names the log of one archive and year: "eakte/<archive id>/<year>".
func Origin(archive string, year int) (string, error) {
	if !record.ValidID(archive) {
		return "", record.Bad("archive", "An archive's id is 32 hex digits.")
	}
	if year < 2000 || year > 9999 {
		return "", record.Bad("year", "A log's year has four digits.")
	}
	return fmt.Sprintf("eakte/%s/%04d", archive, year), nil
}

// ParseOrigin reads what Origin wrote.
func ParseOrigin(origin string) (archive string, year int, err error) {
	p := strings.Split(origin, "/")
	if len(p) == 3 && p[0] == "eakte" && len(p[2]) == 4 {
		if y, err := strconv.Atoi(p[2]); err == nil {
			if o, err := Origin(p[1], y); err == nil && o == origin {
				return p[1], y, nil
			}
		}
	}
	return "", 0, record.Bad("origin", "A log's origin is eakte/<archive id>/<year>.")
}

// SegmentName names a segment in the audit bucket by its first and last index,
// both included. Edition 1 is the one written at first. Later editions of the
// same range leave out payloads that were erased since; the highest counts.
func SegmentName(year int, first, last uint64, edition int) (string, error) {
	if first > last || last > maxIndex || edition < 1 {
		return "", record.Bad("segment", "A segment goes from its first index to its last, in edition 1 or later.")
	}
	name := fmt.Sprintf("%04d/segment/%010d-%010d", year, first, last)
	if edition > 1 {
		name += "." + strconv.Itoa(edition)
	}
	return name, nil
}

// CheckpointName names a checkpoint in the audit bucket by the log's size.
// There is one of each size: a log that hasn't grown needs no other.
func CheckpointName(year int, size uint64) (string, error) {
	if size > maxIndex {
		return "", record.Bad("size", "A log has at most %d entries.", uint64(maxIndex))
	}
	return fmt.Sprintf("%04d/checkpoint/%010d", year, size), nil
}

// Name is an object name of the audit bucket, read.
type Name struct {
	Year       int
	Checkpoint bool   // else a segment
	Size       uint64 // of a checkpoint
	First      uint64 // of a segment
	Last       uint64
	Edition    int
}

// ParseName reads what SegmentName and CheckpointName wrote, and nothing else:
// other names are record.Invalid.
func ParseName(name string) (Name, error) {
	var n Name
	bad := record.Bad("name", "This is not the name of an audit segment or checkpoint.")
	p := strings.Split(name, "/")
	if len(p) != 3 || len(p[0]) != 4 {
		return Name{}, bad
	}
	year, err := strconv.Atoi(p[0])
	if err != nil {
		return Name{}, bad
	}
	n.Year = year
	var again string
	switch p[1] {
	case "checkpoint":
		n.Checkpoint = true
		if n.Size, err = strconv.ParseUint(p[2], 10, 64); err == nil {
			again, err = CheckpointName(n.Year, n.Size)
		}
	case "segment":
		span, edition, has := strings.Cut(p[2], ".")
		n.Edition = 1
		if has {
			n.Edition, err = strconv.Atoi(edition)
		}
		first, last, _ := strings.Cut(span, "-")
		var err1, err2 error
		n.First, err1 = strconv.ParseUint(first, 10, 64)
		n.Last, err2 = strconv.ParseUint(last, 10, 64)
		if err == nil && err1 == nil && err2 == nil {
			again, err = SegmentName(n.Year, n.First, n.Last, n.Edition)
		}
	}
	if err != nil || again != name {
		return Name{}, bad
	}
	return n, nil
}

// EntriesID is the id of an object of KindEntries: a range of one log's
// indexes, both included.
func EntriesID(year int, first, last uint64) string {
	return fmt.Sprintf("%04d:%010d-%010d", year, first, last)
}
