package install

import (
	"fmt"
	"strings"

	"eakte/appliance/record"
)

// Problem is what is wrong with one field of an answer, or one line of a list.
// Code is a key of ui/locale below "setup.problem.", so that it can be said in
// the reader's language beside the field.
type Problem struct {
	Field string // as "sites[0].teams[1].code"; "" is the answer as a whole
	Line  int    // of a list, from 1; 0: none
	Code  string
	Value string // what was meant by it, where that helps to find it; may be empty
}

// Problems refuse an answer; nothing of it is kept. The error is record.Invalid.
type Problems []Problem

// Error names fields and codes, never values.
func (p Problems) Error() string {
	var out []string
	for _, one := range p {
		out = append(out, fmt.Sprintf("%s[%d] %s", one.Field, one.Line, one.Code))
	}
	return record.Invalid.Error() + ": " + strings.Join(out, "; ")
}

// Unwrap gives the category.
func (p Problems) Unwrap() error { return record.Invalid }

// err is p, or nil if there is no problem.
func (p Problems) err() error {
	if len(p) == 0 {
		return nil
	}
	return p
}

// add notes a problem if bad.
func (p *Problems) add(bad bool, field, code string) {
	if bad {
		*p = append(*p, Problem{Field: field, Code: code})
	}
}

// Verdict is what a test of a store or search engine found. Code is a key of
// ui/locale below "setup.verdict."; the codes are below.
type Verdict struct {
	OK     bool   `json:"ok"`
	Warn   bool   `json:"warn"` // good enough to go on, but somebody should know
	Code   string `json:"code"`
	Detail string `json:"detail"` // a version, a bucket's name, an English sentence; never what a server wrote
	Free   int64  `json:"free"`   // bytes, of a folder
}

// The outcomes of tests that the setup itself tells apart; the tests may add more.
const (
	CodeOK             = "ok"
	CodeBucketsMissing = "buckets_missing" // and the key may not make them: ask for one that may
)

// Untested refuses an answer because its test failed.
type Untested struct{ Verdict Verdict }

// Error names the outcome.
func (u *Untested) Error() string { return record.Invalid.Error() + ": tested: " + u.Verdict.Code }

// Unwrap gives the category.
func (u *Untested) Unwrap() error { return record.Invalid }
