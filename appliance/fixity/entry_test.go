package fixity

import (
	"strings"
	"testing"

	"eakte/appliance/record"
)

// Each of these is canonical JSON with just one thing wrong.
func TestEntryHasOneForm(t *testing.T) {
	id := record.NewID()
	good := `{"action":"search","actor":"","at":"2026-01-02T03:04:05.000000Z","id":"` + id + `","objects":[],"outcome":"done","payload":"` +
		string(record.Sum(nil)) + `","request":"","version":1,"via":"web"}`
	if _, err := parseEntry([]byte(good), 2026); err != nil {
		t.Fatal(err)
	}
	for old, with := range map[string]string{
		`[]`: `null`, id: id[1:], `"version":1`: `"version":2`, `"action":"search"`: `"action":""`, `"outcome":"done"`: `"outcome":""`,
		`sha256-`: `sha512-`, `05.000000Z`: `05Z`, `"at":"2026`: `"at":"2027`, `,"via":"web"`: ``, `{"action"`: `{"a":1,"action"`,
		`"via":`: `"Via":`, `:1,`: `:1.0,`, `"web"}`: `"web"} `,
	} {
		bad := strings.Replace(good, old, with, 1)
		if bad == good {
			t.Fatalf("%s: the test changes nothing", old)
		}
		if _, err := parseEntry([]byte(bad), 2026); err == nil {
			t.Errorf("accepted: %s", bad)
		}
	}
}

func TestSpan(t *testing.T) {
	if s, ok := parseSpan("2026:0000000003-0000000017"); !ok || s != (span{2026, 3, 17}) {
		t.Errorf("%+v, %v", s, ok)
	}
	for _, bad := range []string{"", "2026", "2026:3", "x:3-4", "2026:x-4", "2026:3-x", "2026:4-3"} {
		if s, ok := parseSpan(bad); ok {
			t.Errorf("%q reads as %+v", bad, s)
		}
	}
}
