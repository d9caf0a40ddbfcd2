package archive

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"eakte/appliance/catalog"
	"eakte/appliance/catalog/catalogtest"
	"eakte/appliance/record"
)

func TestPending(t *testing.T) {
	all := map[string]catalogtest.Opener{"sqlite": catalogtest.SQLite}
	if pg := catalogtest.StartPostgres(t); pg != nil {
		all["postgres"] = pg.Open
	}
	for name, open := range all {
		t.Run(name, func(t *testing.T) { testPending(t, newDesk(t, open)) })
	}
}

// clue puts a document in clearing under a clue, with words that nobody may see
// who may not see the document.
func (d *desk) clue(doc record.DocumentID, c ...record.Clue) {
	d.tx(func(tx *catalog.Tx) error {
		row, err := tx.DocumentByID(doc)
		if err != nil {
			return err
		}
		row.Title, row.Type, row.Name = "Geheimnis Titel", "geheimnisart", "geheimnis.pdf"
		if err := tx.UpdateDocument(row); err != nil {
			return err
		}
		return tx.SetClues(doc, c)
	})
}

// testPending: what waits for a customer stands on their file, and nobody reads
// there what another document says.
func testPending(t *testing.T, d *desk) {
	ctx := context.Background()
	mine := d.makeFile("sommer", "03104//0012345", "Grünwiese", 0)
	other := d.makeFile("sommer", "03104//0099999", "Anders", 0)
	locked := d.makeFile("sommer", "03104//0000007", "Gesperrt", record.SensitivityRestricted)
	number := record.Clue{Kind: record.ClueNumber, Value: catalog.NormalizeNumber("03104//0012345")}
	person := record.Clue{Kind: record.CluePerson, Value: catalog.PersonClue("1984-06-17", "Grünwiese", "Sabine")}

	byNumber := d.post("scan", "", "Brief")
	d.clue(byNumber, number, person)
	byPerson := d.post("scan", "", "Brief")
	d.clue(byPerson, person)
	foreign := d.post("scan", "", "Brief")
	d.clue(foreign, record.Clue{Kind: record.ClueNumber, Value: catalog.NormalizeNumber("03104//0099999")})
	reserved := d.post("scan", "", "Brief") // names both customers, and is probably for the locked file
	d.clue(reserved, number)
	d.tx(func(tx *catalog.Tx) error { return tx.Reserve(reserved, locked.ID) })
	reading := d.post("sommer", mine.ID, "Brief")
	d.tx(func(tx *catalog.Tx) error { return tx.SetState(reading, record.StateProcessing, "") })

	seen := func(who string, file record.FileID) []Pending {
		t.Helper()
		p, err := d.FilePending(ctx, d.as(who), file)
		if err != nil {
			t.Fatalf("%s: %v", who, err)
		}
		return p
	}
	kinds := func(ps []Pending) (out []string) {
		for _, p := range ps {
			k := p.Kind
			if p.Document != nil {
				k += " named"
			}
			out = append(out, k)
		}
		slices.Sort(out)
		return out
	}
	for who, want := range map[string][]string{
		"sommer":    {"clearing", "clearing", "clearing named", "reading named"}, // she may open the locked file
		"herbst":    {"clearing", "clearing", "reading named"},
		"reception": {"clearing", "clearing", "reading"},
	} {
		got := seen(who, mine.ID)
		if !slices.Equal(kinds(got), want) {
			t.Errorf("%s: %v, want %v", who, kinds(got), want)
		}
		for _, p := range got {
			if p.Document == nil && p.Kind == PendingClearing && (p.Received == "" || p.Pages != 1) {
				t.Errorf("%s: nobody can tell what waits: %+v", who, p)
			}
		}
	}
	for _, who := range []string{"reception", "herbst"} {
		for _, file := range []record.FileID{mine.ID, other.ID} {
			b, err := json.Marshal(seen(who, file))
			if err != nil || who == "reception" && strings.Contains(strings.ToLower(string(b)), "geheimnis") {
				t.Errorf("%s reads on a file what lies in clearing: %s %v", who, b, err)
			}
			if strings.Contains(string(b), string(reserved)) || strings.Contains(string(b), string(foreign)) {
				t.Errorf("%s learns which documents they are: %s", who, b)
			}
		}
	}
	docs, err := d.FileDocuments(ctx, d.as("herbst"), mine.ID, "", 0)
	if err != nil || !slices.Equal(kinds(docs.Pending), []string{"clearing", "clearing", "reading named"}) {
		t.Errorf("with the documents: %+v %v", docs.Pending, err)
	}
	for _, who := range []string{"winter", "admin", "dpo"} {
		if _, err := d.FilePending(ctx, d.as(who), mine.ID); record.CategoryOf(err) != record.NotFound {
			t.Errorf("%s: %v", who, err)
		}
	}

	d.tx(func(tx *catalog.Tx) error {
		return tx.SetRouting(byNumber, record.Routing{Outcome: record.OutcomeForwarded, At: d.Clock.Now()})
	})
	target := string(mine.ID)
	if _, err := d.ChangeDocument(ctx, d.as("clearing"), byPerson, DocumentChange{File: &target}); err != nil {
		t.Fatal(err)
	}
	if got := kinds(seen("herbst", mine.ID)); !slices.Equal(got, []string{"reading named"}) {
		t.Errorf("after one was handed on and one filed: %v", got)
	}
}
