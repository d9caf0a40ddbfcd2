package main

import (
	"errors"
	"testing"

	"eakte/appliance/admin"
)

func TestNamedFinding(t *testing.T) {
	for _, c := range []struct {
		n    int
		err  error
		want string
		code string
	}{
		{0, nil, admin.OK, "named.ok"}, {2, nil, admin.Degraded, "named.orphaned"}, {0, errors.New("down"), admin.Degraded, "named.unknown"},
	} {
		if f := namedFinding(c.n, c.err); f.State != c.want || f.Code != c.code {
			t.Errorf("%d, %v: %+v", c.n, c.err, f)
		}
	}
}
