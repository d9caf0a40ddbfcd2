package meili

import (
	"encoding/base64"
	"encoding/json"
	"hash/fnv"
	"strconv"

	"eakte/appliance/record"
	"eakte/search"
)

// cursor is the last hit of a page and a fingerprint of the question, so that
// it is not taken for one of another question. Whom the question is asked for
// is no part of it: rights are derived anew for every page.
type cursor struct {
	Question string `json:"q"`
	ID       string `json:"i"`
	Date     int    `json:"d"`
	Size     int    `json:"s"`
	Tier     int    `json:"t"`
}

func writeCursor(q search.Query, last hit) string {
	// Strings and numbers only: it can't fail.
	b, _ := json.Marshal(cursor{fingerprint(q), last.ID, last.Date, last.Size, last.tier})
	return base64.RawURLEncoding.EncodeToString(b)
}

func readCursor(q search.Query) (*hit, error) {
	if q.Cursor == "" {
		return nil, nil
	}
	var c cursor
	b, err := base64.RawURLEncoding.DecodeString(q.Cursor)
	if err != nil || json.Unmarshal(b, &c) != nil || c.Question != fingerprint(q) || !idForm.MatchString(c.ID) {
		return nil, &record.Error{Category: record.Invalid, Field: "cursor", Message: "The cursor belongs to another search.",
			Hint: "Begin again without a cursor."}
	}
	return &hit{document: document{ID: c.ID, Date: c.Date, Size: c.Size}, tier: c.Tier}, nil
}

func fingerprint(q search.Query) string {
	h := fnv.New64a()
	// Strings and numbers only: it can't fail.
	b, _ := json.Marshal([]any{q.Parsed, q.File, q.Site, q.Team, q.Type, q.From, q.To, q.Sort, q.Section, q.Filters})
	h.Write(b)
	return strconv.FormatUint(h.Sum64(), 16)
}
