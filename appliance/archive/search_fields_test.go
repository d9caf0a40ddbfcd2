package archive

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"eakte/appliance/catalog"
	"eakte/appliance/record"
	"eakte/search"
)

// TestSearchFields asks by fields as a person writes them. A file that one may
// not find is as one that does not exist.
func TestSearchFields(t *testing.T) {
	bothCatalogs(t, func(t *testing.T, d *desk) {
		ctx := context.Background()
		mine, other := d.makeFile("sommer", "03104//0000001", "Probe", 0), d.makeFile("winter", "03107//0000002", "Muster", 0)
		letter := d.post("sommer", mine.ID, "Stadtwerke Süd GmbH\nAbrechnung der Heizung")
		attest := d.post("sommer", mine.ID, "Praxis am Markt\nAbrechnung des Arztes")
		there := d.post("winter", other.ID, "Abrechnung in Altenfurt")
		kind, section := "heizkostenabrechnung", "unterkunft"
		if _, err := d.ChangeDocument(ctx, d.as("sommer"), letter, DocumentChange{Type: &kind, Section: &section}); err != nil {
			t.Fatal(err)
		}
		d.bring(letter)
		d.tx(func(tx *catalog.Tx) error {
			return tx.PutSite(record.Site{Code: "03107", Name: "Jobcenter Altenfurt", Teams: []record.Team{{Code: "L1", Name: "Leistung 1"}}})
		})
		codes := func(name string) []string {
			if strings.EqualFold(name, "Heizkosten") {
				return []string{kind}
			}
			return []string{name}
		}
		for _, c := range []struct {
			who, q string
			want   []record.DocumentID
		}{
			{"sommer", "abrechnung type:heizkosten", []record.DocumentID{letter}},
			{"sommer", "abrechnung -type:heizkosten", []record.DocumentID{attest}},
			{"sommer", "type:heizkostenabrechnung", []record.DocumentID{letter}},
			{"sommer", "section:unterkunft", []record.DocumentID{letter}},
			{"sommer", "abrechnung file:03104//0000001", []record.DocumentID{letter, attest}},
			{"sommer", "abrechnung file:031040000001", []record.DocumentID{letter, attest}},
			{"sommer", "abrechnung file:" + string(mine.ID), []record.DocumentID{letter, attest}},
			{"sommer", "abrechnung file:03107//0000002", nil},
			{"winter", "abrechnung file:03107//0000002", []record.DocumentID{there}},
			{"winter", "abrechnung file:03104//0000001", nil},
			{"sommer", "abrechnung file:99999//0000001", nil},
			{"winter", `abrechnung site:"Jobcenter Altenfurt"`, []record.DocumentID{there}},
			{"winter", "abrechnung site:03107", []record.DocumentID{there}},
			{"winter", "abrechnung site:03104", nil},
			{"sommer", "abrechnung site:Altenfurt", nil},
			{"sommer", "von:Stadtwerke", []record.DocumentID{letter}},
			{"sommer", "heizung OR arztes", []record.DocumentID{letter, attest}},
		} {
			r, err := d.Search(ctx, d.as(c.who), SearchRequest{Q: c.q, TypeCodes: codes})
			if err != nil {
				t.Errorf("%s asks %q: %v", c.who, c.q, err)
				continue
			}
			got := map[record.DocumentID]bool{}
			for _, i := range r.Items {
				got[i.Document] = true
			}
			if len(got) != len(c.want) || r.Total != len(c.want) {
				t.Errorf("%s asks %q: %d found, total %d, want %d", c.who, c.q, len(got), r.Total, len(c.want))
			}
			for _, id := range c.want {
				if !got[id] {
					t.Errorf("%s asks %q: %s is missing", c.who, c.q, id)
				}
			}
		}
		r, err := d.Search(ctx, d.as("sommer"), SearchRequest{Q: "abrechnung", Section: "unterkunft"})
		if err != nil || r.Total != 1 || len(r.Facets[search.FacetSection]) != 1 || r.Facets[search.FacetSection][0] != (search.FacetCount{Value: "unterkunft", Count: 1}) {
			t.Errorf("by section: %+v, %v", r, err)
		}
	})
}

// TestSearchSaysThatItIsPartial lets the index begin anew under search.
func TestSearchSaysThatItIsPartial(t *testing.T) {
	bothCatalogs(t, func(t *testing.T, d *desk) {
		ctx := context.Background()
		f := d.makeFile("sommer", "03104//0000001", "Probe", 0)
		d.post("sommer", f.ID, "Heizung")
		if err := d.index.Rebuild(ctx, nil); err != nil {
			t.Fatal(err)
		}
		ask := func() SearchResult {
			t.Helper()
			r, err := d.Search(ctx, d.as("sommer"), SearchRequest{Q: "heizung"})
			if err != nil {
				t.Fatal(err)
			}
			return r
		}
		if r := ask(); r.Partial || r.Building != nil || r.Total != 1 {
			t.Errorf("a whole index: %+v", r)
		}
		if err := d.index.Empty(ctx); err != nil {
			t.Fatal(err)
		}
		if r := ask(); !r.Partial || r.Total != 0 {
			t.Errorf("an empty index that has to be made anew: %+v", r)
		}
		d.tx(func(tx *catalog.Tx) error { return tx.SetMeta(catalog.MetaIndexProgress, "200/1000") })
		if r := ask(); !r.Partial || r.Building == nil || *r.Building != (Building{Done: 200, Total: 1000}) {
			t.Errorf("on the way: %+v", r)
		}
		if err := d.index.Rebuild(ctx, nil); err != nil {
			t.Fatal(err)
		}
		if r := ask(); r.Partial || r.Building != nil || r.Total != 1 {
			t.Errorf("made anew: %+v", r)
		}
	})
}

// TestSnippetsNeedNoStore: what is shown of a hit comes with it.
func TestSnippetsNeedNoStore(t *testing.T) {
	bothCatalogs(t, func(t *testing.T, d *desk) {
		f := d.makeFile("sommer", "03104//0000001", "Probe", 0)
		d.post("sommer", f.ID, "Seite eins", "Die Abrechnung der Heizung für 2025")
		before := d.store.Calls()
		r, err := d.Search(context.Background(), d.as("sommer"), SearchRequest{Q: "heizung"})
		if err != nil || len(r.Items) != 1 || r.Items[0].Page != 2 || !strings.Contains(r.Items[0].Snippet, "Abrechnung der Heizung") || len(r.Items[0].Hits) != 1 {
			t.Errorf("%+v, %v", r.Items, err)
		}
		if n := d.store.Calls() - before; n != 0 {
			t.Errorf("the store was asked %d times", n)
		}
	})
}

func TestSavedSearches(t *testing.T) {
	bothCatalogs(t, func(t *testing.T, d *desk) {
		ctx := context.Background()
		save := func(who, name, query string) error {
			_, err := d.SaveSearch(ctx, d.as(who), SavedSearch{Name: name, Query: query})
			return err
		}
		if err := errors.Join(save("sommer", " Mieten  2026 ", "type=mietvertrag&q=miete&cursor="), save("herbst", "Mieten 2026", "q=anderes")); err == nil {
			t.Error("a cursor was saved")
		}
		if err := errors.Join(save("sommer", " Mieten  2026 ", "type=mietvertrag&q=miete&sort="), save("herbst", "Mieten 2026", "q=anderes")); err != nil {
			t.Fatal(err)
		}
		got, err := d.SavedSearches(ctx, d.as("sommer"))
		if err != nil || len(got) != 1 || got[0].Name != "Mieten 2026" || got[0].Query != "q=miete&type=mietvertrag" {
			t.Fatalf("%+v, %v", got, err)
		}
		for name, c := range map[string]struct {
			name, query string
			field       string
		}{
			"no name": {" ", "q=miete", "name"}, "long name": {strings.Repeat("ü", 81), "q=miete", "name"}, "no query": {"x", "", "q"},
			"bad query": {"x", "q=%22offen", "q"}, "unknown": {"x", "q=miete&admin=1", "query"}, "twice": {"x", "q=miete&q=kosten", "query"},
			"no form": {"x", "q=%zz", "query"}, "sort": {"x", "q=miete&sort=random", "sort"},
			"date": {"x", "q=miete&from=abc", "from"},
		} {
			var bad *record.Error
			if err := save("sommer", c.name, c.query); !errors.As(err, &bad) || bad.Category != record.Invalid || bad.Field != c.field {
				t.Errorf("%s: %v", name, err)
			}
		}
		if err := d.DropSearch(ctx, d.as("herbst"), got[0].ID); !errors.Is(err, record.NotFound) {
			t.Errorf("somebody else's: %v", err)
		}
		if err := d.DropSearch(ctx, d.as("sommer"), got[0].ID); err != nil {
			t.Fatal(err)
		}
		if got, err := d.SavedSearches(ctx, d.as("sommer")); err != nil || len(got) != 0 {
			t.Errorf("%+v, %v", got, err)
		}
		for i := range maxSaved {
			if err := save("sommer", strings.Repeat("a", i+1), "q=miete"); err != nil {
				t.Fatal(err)
			}
		}
		if err := save("sommer", "zu viel", "q=miete"); !errors.Is(err, record.Conflict) {
			t.Errorf("one too many: %v", err)
		}
		if err := save("sommer", "aaa", "q=kosten"); err != nil {
			t.Errorf("in the place of another: %v", err)
		}
	})
}

// TestManySearchesByType: what names types may read the catalog itself, and no
// search keeps a connection while it waits for that.
func TestManySearchesByType(t *testing.T) {
	bothCatalogs(t, func(t *testing.T, d *desk) {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		var one sync.Mutex // as of a list that is read anew now and then
		codes := func(name string) []string {
			one.Lock()
			defer one.Unlock()
			if err := d.Catalog.Read(ctx, func(tx *catalog.Tx) error { _, err := tx.Sites(); return err }); err != nil {
				t.Errorf("the types can't be read: %v", err)
			}
			return []string{name}
		}
		var all sync.WaitGroup
		for range 100 {
			all.Go(func() {
				if _, err := d.Search(ctx, d.as("sommer"), SearchRequest{Q: "heizung type:bescheid", TypeCodes: codes}); err != nil {
					t.Errorf("one of many: %v", err)
				}
			})
		}
		all.Wait()
	})
}

// TestFormerNameIsNotTold: who finds a file by a name that was borne before
// hears that it is one, and no more of it than they asked.
func TestFormerNameIsNotTold(t *testing.T) {
	h := FileHit{Members: []MemberView{{Name: "Grünwiese", FirstName: "Sabine"}}}
	got := why([]catalog.Match{{Term: "apf", Kind: catalog.MatchName, How: catalog.HowBegins, Value: "apfelkamp"}, {Term: "sab", Kind: catalog.MatchName, How: catalog.HowBegins, Value: "sabine"}}, h)
	if want := []Why{{Kind: "former", Value: "apf"}, {Kind: "name", How: "begins", Value: "Sabine"}}; !slices.Equal(got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
}

// TestWhyAFileIsFound names what each part of a question was taken for.
func TestWhyAFileIsFound(t *testing.T) {
	bothCatalogs(t, func(t *testing.T, d *desk) {
		d.makeFile("sommer", "03104//0012345", "Grünwiese", 0)
		for q, want := range map[string][]Why{
			"Grünwiese 17.6.84":  {{Kind: "birth", Value: "1984-06-17"}, {Kind: "name", Value: "Grünwiese"}},
			"gruenwise":          {{Kind: "name", How: "typo", Value: "Grünwiese"}},
			"Grunwiese Sab":      {{Kind: "name", How: "folded", Value: "Grünwiese"}, {Kind: "name", How: "begins", Value: "Sabine"}},
			"03104//0012345":     {{Kind: "number", Value: "03104//0012345"}},
			"12345 Sabine":       {{Kind: "tail", Value: "03104//0012345"}, {Kind: "name", Value: "Sabine"}},
			"Grühnwieße Zabiene": {{Kind: "name", How: "sounds", Value: "Grünwiese"}, {Kind: "name", How: "sounds", Value: "Sabine"}},
		} {
			p, err := d.FindFiles(context.Background(), d.as("sommer"), FileQuery{Q: q})
			if err != nil || len(p.Items) != 1 {
				t.Errorf("%q: %+v, %v", q, p.Items, err)
				continue
			}
			if got := p.Items[0].Why; !slices.Equal(got, want) {
				t.Errorf("%q: %+v, want %+v", q, got, want)
			}
		}
	})
}
