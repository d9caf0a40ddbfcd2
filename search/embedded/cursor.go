package embedded

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"

	"eakte/appliance/record"
	"eakte/search"
)

// A cursor holds the last hit of a page and a fingerprint of the question, so
// that it is not taken for one of another question. Whom the question is asked
// for is no part of it: rights are derived anew for every page. It is sealed:
// the score knows how frequent a word is in the whole index, which is more than
// may be told. The key is the process's: after a restart one begins again.
type cursors struct{ cipher.AEAD }

func newCursors() (cursors, error) {
	key := make([]byte, 32)
	if _, err := rand.Read(key); err != nil {
		return cursors{}, fmt.Errorf("search index: %w", err)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return cursors{}, fmt.Errorf("search index: %w", err)
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	return cursors{aead}, err
}

func (c cursors) write(q search.Query, last hit) string {
	s := strings.Join([]string{strconv.FormatUint(math.Float64bits(last.score), 16),
		strconv.FormatUint(uint64(last.meta.date), 10), last.meta.document}, " ")
	return base64.RawURLEncoding.EncodeToString(c.Seal(nil, nil, []byte(s), fingerprint(q)))
}

func (c cursors) read(q search.Query) (*mark, error) {
	if q.Cursor == "" {
		return nil, nil
	}
	sealed, err := base64.RawURLEncoding.DecodeString(q.Cursor)
	if err != nil {
		return nil, badCursor()
	}
	b, err := c.Open(nil, nil, sealed, fingerprint(q))
	parts := strings.SplitN(string(b), " ", 3)
	if err != nil || len(parts) != 3 {
		return nil, badCursor()
	}
	bits, err := strconv.ParseUint(parts[0], 16, 64)
	date, err2 := strconv.ParseUint(parts[1], 10, 32)
	if err != nil || err2 != nil {
		return nil, badCursor()
	}
	return &mark{score: math.Float64frombits(bits), date: uint32(date), document: parts[2]}, nil
}

func badCursor() error {
	return &record.Error{Category: record.Invalid, Field: "cursor", Message: "The cursor belongs to another search, or to one before the last restart.",
		Hint: "Begin again without a cursor."}
}

// fingerprint is what a cursor is bound to.
func fingerprint(q search.Query) []byte {
	// Strings and numbers only: it can't fail.
	b, _ := json.Marshal([]any{q.Parsed, q.File, q.Site, q.Team, q.Type, q.From, q.To, q.Section, q.Filters, q.Sort})
	return b
}
