package main

import (
	"testing"

	"eakte/appliance/admin"
	"eakte/appliance/config"
	"eakte/ingest/worker"
)

func TestLookAtFormats(t *testing.T) {
	for _, c := range []struct {
		have  worker.Formats
		code  string
		state string
	}{
		{worker.Formats{}, "formats.office", admin.Degraded},
		{worker.Formats{HEIC: true}, "formats.office", admin.Degraded},
		{worker.Formats{Office: true}, "formats.heic", admin.Degraded},
		{worker.Formats{Office: true, HEIC: true}, "formats.ok", admin.OK},
	} {
		if f := formats(c.have); f.Code != c.code || f.State != c.state || (f.Hint == "") != (c.state == admin.OK) {
			t.Errorf("%+v: %+v", c.have, f)
		}
	}
	a := &app{cfg: config.Config{Roles: []string{"web"}}}
	if f := a.lookAtFormats(t.Context()); f.Code != "formats.elsewhere" {
		t.Errorf("%+v", f)
	}
}
