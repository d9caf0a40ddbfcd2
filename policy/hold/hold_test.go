package hold_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"eakte/appliance/record"
	"eakte/policy/hold"
)

func TestValidate(t *testing.T) {
	for _, c := range []struct{ kind, reason, field string }{
		{hold.Litigation, "S 11 AS 409/26", ""},
		{hold.Other, strings.Repeat("x", hold.MaxReason), ""},
		{"", "x", "kind"}, {"litigations", "x", "kind"},
		{hold.Audit, "", "reason"}, {hold.Audit, " \t\n", "reason"}, {hold.Audit, strings.Repeat("x", hold.MaxReason+1), "reason"},
	} {
		err := hold.Validate(c.kind, c.reason)
		var e *record.Error
		if (err == nil) != (c.field == "") || err != nil && (!errors.As(err, &e) || e.Field != c.field || !errors.Is(err, record.Invalid)) {
			t.Errorf("%q, %d bytes: %v, want field %q", c.kind, len(c.reason), err, c.field)
		}
	}
}

func TestTakenAlong(t *testing.T) {
	for _, c := range []struct{ onFile, before, want []string }{
		{nil, nil, nil}, {nil, []string{"a"}, nil},
		{[]string{"a", "b"}, nil, []string{"a", "b"}},
		{[]string{"a", "b"}, []string{"b", "c"}, []string{"a"}},
	} {
		if got := hold.TakenAlong(c.onFile, c.before); !slices.Equal(got, c.want) {
			t.Errorf("on file %v, before %v: %v, want %v", c.onFile, c.before, got, c.want)
		}
	}
}
