package embedded

import (
	"encoding/base64"
	"encoding/json"
	"hash/fnv"
	"math"
	"strconv"
	"strings"

	"eakte/appliance/record"
	"eakte/search"
)

// A cursor holds the last hit of a page and a fingerprint of the question, so
// that it is not taken for one of another question. Whom the question is asked
// for is no part of it: rights are derived anew for every page.

func writeCursor(q search.Query, last hit) string {
	s := strings.Join([]string{fingerprint(q), strconv.FormatUint(math.Float64bits(last.score), 16),
		strconv.FormatUint(uint64(last.meta.date), 10), last.meta.document}, " ")
	return base64.RawURLEncoding.EncodeToString([]byte(s))
}

func readCursor(q search.Query) (*mark, error) {
	if q.Cursor == "" {
		return nil, nil
	}
	b, err := base64.RawURLEncoding.DecodeString(q.Cursor)
	parts := strings.SplitN(string(b), " ", 4)
	if err != nil || len(parts) != 4 || parts[0] != fingerprint(q) {
		return nil, badCursor()
	}
	bits, err := strconv.ParseUint(parts[1], 16, 64)
	date, err2 := strconv.ParseUint(parts[2], 10, 32)
	if err != nil || err2 != nil {
		return nil, badCursor()
	}
	return &mark{score: math.Float64frombits(bits), date: uint32(date), document: parts[3]}, nil
}

func badCursor() error {
	return &record.Error{Category: record.Invalid, Field: "cursor", Message: "The cursor belongs to another search.",
		Hint: "Begin again without a cursor."}
}

func fingerprint(q search.Query) string {
	h := fnv.New64a()
	// Strings and numbers only: it can't fail.
	b, _ := json.Marshal([]any{q.Parsed, q.File, q.Site, q.Team, q.Type, q.From, q.To, q.Section, q.Filters, q.Sort})
	h.Write(b)
	return strconv.FormatUint(h.Sum64(), 16)
}
