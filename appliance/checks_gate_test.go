package main

import (
	"testing"

	"eakte/appliance/admin"
	"eakte/appliance/config"
	"eakte/ingest/malware"
	"eakte/ingest/malware/malwaretest"
	"eakte/ingest/worker"
)

// TestLookAtTheWalls: the health page tells what a real child says of itself.
func TestLookAtTheWalls(t *testing.T) {
	for _, c := range []struct {
		exe   string
		roles []string
		codes []string // one of these
		state string
	}{
		{"/proc/self/exe", []string{"worker"}, []string{"isolation.ok", "isolation.filtered", "isolation.files"}, ""},
		{"/nonexistent", []string{"worker"}, []string{"isolation.none"}, admin.Degraded},
		{"/nonexistent", []string{"web"}, []string{"isolation.none"}, admin.Degraded},
		{"/nonexistent", []string{"scheduler"}, []string{"isolation.elsewhere"}, admin.OK},
	} {
		a := &app{pool: worker.NewPool(worker.Config{Exe: c.exe}), cfg: config.Config{Roles: c.roles}}
		t.Cleanup(a.pool.Close)
		for range 2 { // the second answer is remembered
			f := a.lookAtIsolation(t.Context())
			known := false
			for _, code := range c.codes {
				known = known || f.Code == code
			}
			if !known || c.state != "" && f.State != c.state {
				t.Errorf("%s as %v: %+v", c.exe, c.roles, f)
			}
		}
	}
}

func TestLookAtMalware(t *testing.T) {
	clamd := malwaretest.Start(t)
	scanner, err := malware.New(clamd.Unix, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	a := &app{}
	for _, c := range []struct {
		code    string
		prepare func()
	}{
		{"malware.off", func() {}},
		{"malware.ok", func() { a.scanner = scanner }},
		{"malware.down", clamd.Stop},
	} {
		c.prepare()
		if f := a.lookAtMalware(t.Context()); f.Code != c.code {
			t.Errorf("%+v, want %s", f, c.code)
		}
	}
}
