package main

import (
	"errors"
	"testing"
	"time"

	"eakte/appliance/admin"
)

func TestClearingFinding(t *testing.T) {
	friday := time.Date(2026, 11, 20, 15, 0, 0, 0, time.UTC)
	monday := time.Date(2026, 11, 23, 16, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		all, late int
		err       error
		state     string
		code      string
		days      string
	}{
		{0, 0, nil, admin.OK, "clearing.ok", "0"},
		{3, 0, nil, admin.OK, "clearing.ok", "1"},
		{3, 2, nil, admin.Degraded, "clearing.late", "1"},
		{0, 0, errors.New("gone"), admin.Degraded, "clearing.unknown", ""},
	} {
		f := clearingFinding(c.all, c.late, friday, monday, c.err)
		if f.State != c.state || f.Code != c.code || f.Values["days"] != c.days {
			t.Errorf("%d, %d late: %+v", c.all, c.late, f)
		}
	}
}
