package catalogtest

import (
	"reflect"
	"slices"

	"eakte/appliance/catalog"
	"eakte/appliance/record"
)

func (s *suite) pageDeaths() {
	deaths := func(id record.DocumentID) map[int]int {
		return get(s, func(tx *catalog.Tx) (map[int]int, error) { return tx.PageDeaths(id) })
	}
	for _, page := range []int{3, 3, 0} {
		s.write(func(tx *catalog.Tx) error { return tx.PageDied("a", page, "crashed") })
	}
	s.write(func(tx *catalog.Tx) error { return tx.PageDied("b", 3, "timeout") })
	if got := deaths("a"); !reflect.DeepEqual(got, map[int]int{3: 2, 0: 1}) {
		s.Errorf("deaths of a: %v", got)
	}
	s.write(func(tx *catalog.Tx) error { return tx.ForgetPageDeaths("a") })
	if a, b := deaths("a"), deaths("b"); len(a) != 0 || b[3] != 1 {
		s.Errorf("after forgetting a: %v and %v", a, b)
	}
	for _, want := range [][]record.Mark{{{Page: 2, Kind: record.MarkBlank}, {Page: 2, Kind: record.MarkDoubtful}, {Page: 7, Kind: record.MarkBlank}},
		{{Page: 0, Kind: record.MarkSigned}}, nil} {
		s.write(func(tx *catalog.Tx) error { return tx.SetMarks("a", want) })
		got := get(s, func(tx *catalog.Tx) ([]record.Mark, error) { return tx.Marks("a") })
		if !slices.Equal(got, want) {
			s.Errorf("marks %v, want %v", got, want)
		}
		kinds := get(s, func(tx *catalog.Tx) (map[record.DocumentID][]string, error) {
			return tx.MarkKinds([]record.DocumentID{"a", "b"})
		})
		var once []string
		for _, m := range want {
			once = append(once, m.Kind)
		}
		slices.Sort(once)
		if once = slices.Compact(once); !slices.Equal(kinds["a"], once) || len(kinds["b"]) != 0 {
			s.Errorf("kinds %v, want %v", kinds, once)
		}
	}
}
