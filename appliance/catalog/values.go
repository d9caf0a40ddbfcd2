package catalog

import (
	"encoding/base64"
	"iter"
	"slices"
	"strconv"
	"strings"
	"time"

	"eakte/appliance/record"
)

// maxList is the most ids that one statement takes; longer lists are cut.
const maxList = 512

// toMicros is how columns keep a time: microseconds since 1970, 0 for none.
func toMicros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

func fromMicros(n int64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.UnixMicro(n).UTC()
}

func toInt(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

func encode(b []byte) string { return base64.StdEncoding.EncodeToString(b) }

func decode(s string) ([]byte, error) { return base64.StdEncoding.DecodeString(s) }

// params collects the arguments of a statement that is put together.
type params struct{ args []any }

// add gives the placeholder of a value.
func (p *params) add(v any) string {
	p.args = append(p.args, v)
	return "$" + strconv.Itoa(len(p.args))
}

// list gives "$n, $n+1, …" for values. The list is filled up to a power of
// two with its last value, so that there are few different statements and the
// databases can keep their plans. It must not be empty.
func list[T any](p *params, values []T) string {
	size := 1
	for size < len(values) {
		size *= 2
	}
	var b strings.Builder
	for i := range size {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(p.add(any(values[min(i, len(values)-1)])))
	}
	return b.String()
}

// clampLimit keeps a page's length between 1 and 500; 0 means 50.
func clampLimit(n int) int {
	switch {
	case n <= 0:
		return 50
	case n > 500:
		return 500
	}
	return n
}

// cursor packs the sort key of the last row of a page.
func cursor(parts ...string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(strings.Join(parts, "\n")))
}

// parseCursor unpacks what cursor packed; "" gives nil.
func parseCursor(s string, parts int) ([]string, error) {
	if s == "" {
		return nil, nil
	}
	b, err := base64.RawURLEncoding.DecodeString(s)
	got := strings.Split(string(b), "\n")
	if err != nil || len(got) != parts {
		return nil, record.Bad("cursor", "The cursor is not one that this list gave.")
	}
	return got, nil
}

// parseTimeCursor unpacks a cursor of a time and an id.
func parseTimeCursor(s string) (at int64, id string, err error) {
	p, err := parseCursor(s, 2)
	if err != nil || p == nil {
		return 0, "", err
	}
	at, perr := strconv.ParseInt(p[0], 10, 64)
	if perr != nil {
		return 0, "", record.Bad("cursor", "The cursor is not one that this list gave.")
	}
	return at, p[1], nil
}

// chunks cuts a list into parts of at most maxList; an empty list gives none.
func chunks[T any](values []T) iter.Seq[[]T] { return slices.Chunk(values, maxList) }
