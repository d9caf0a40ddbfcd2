package fixity

import (
	"slices"
	"testing"

	"eakte/appliance/record"
)

// What was put over or hides an object is named; what is below is still proved.
func TestVersionFaults(t *testing.T) {
	other := []byte("other bytes")
	tryFaults(t, map[string]fault{
		"original written over": {func(a *archive) { a.records.over(a.object("original of d1"), other) },
			[]string{"version object original of d1: 2 versions lie under this name"}},
		"original hidden": {func(a *archive) { a.records.hide(a.object("original of d1")) },
			[]string{"version object original of d1: It is hidden by a delete marker"}},
		"written over and hidden": {func(a *archive) {
			a.records.over(a.object("original of d1"), other)
			a.records.hide(a.object("original of d1"))
		}, []string{"version object original of d1: 2 versions lie under this name; the appliance makes one, and a delete marker"}},
		"manifests":      {func(a *archive) { a.records.over(a.object("m2 of d3"), other); a.records.hide(a.object("m1 of f1")) }, []string{"version object m2 of d3", "version object m1 of f1"}},
		"key":            {func(a *archive) { a.keys.over(a.object("key of d1"), a.keys.objects[a.object("key of d2")].body) }, []string{"version object key of d1"}},
		"key hidden":     {func(a *archive) { a.keys.hide(a.object("key of d1")) }, []string{"version object key of d1"}},
		"checkpoint":     {func(a *archive) { a.audit.over("2026/checkpoint/0000000012", other) }, []string{"version object 2026/checkpoint/0000000012"}},
		"segment hidden": {func(a *archive) { a.audit.hide("2026/segment/0000000000-0000000007") }, []string{"version object 2026/segment/0000000000-0000000007"}},
		"nothing but a marker": {func(a *archive) {
			name := objectName("o", record.ObjectID(record.NewID()))
			a.call(name, "X")
			a.records.hide(name)
		}, []string{"version object X: There are only delete markers"}},
		"written over, and ours is damaged": {func(a *archive) {
			good := slices.Clone(a.records.objects[a.object("original of d1")].body)
			a.records.rewrite(a.object("original of d1"), flip)
			a.records.over(a.object("original of d1"), good) // so that whoever reads it sees nothing
		}, []string{"version object original of d1", "changed document d1: The original's bytes"}},
		"probes are tried out": {func(a *archive) {
			name := objectName("p", record.ObjectID(record.NewID()))
			a.records.over(name, nil)
			a.records.over(name, nil)
			a.records.hide(name)
		}, nil},
		"during the run": {func(a *archive) {
			a.log.grow = func() { // after the first listing
				if len(a.records.above) == 0 {
					a.records.over(a.object("original of d1"), other)
				}
			}
		}, []string{"version object original of d1"}},
	})
}
