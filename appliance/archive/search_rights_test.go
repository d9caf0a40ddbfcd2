package archive

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"eakte/appliance/catalog"
	"eakte/appliance/record"
	"eakte/policy/access"
	"eakte/search"
)

var rightsPairs = flag.Int("search-pairs", 1500, "ask so many (user, query) pairs while rights change underneath")

// TestSearchWhileRightsChange is invariant 6 in motion: users search, and are
// given suggestions, while files change hands, sensitivities rise, grants and
// denials come and go, users lose roles, and documents move from file to file.
// Nothing is shown, counted, listed as a facet, or suggested that policy did
// not allow at some moment of the question; in the end everything is found
// that is allowed.
func TestSearchWhileRightsChange(t *testing.T) {
	bothCatalogs(t, func(t *testing.T, d *desk) {
		h := newHouse(d)
		h.run(*rightsPairs)
		h.settle()
	})
}

const (
	houseFiles = 40
	houseDocs  = 120 // fewer than secret has words for
)

// house is a desk with documents, each with a word that no other has, and the
// history of who might see what.
type house struct {
	*desk
	files []record.File
	docs  []record.DocumentID
	names []string

	mu      sync.Mutex // one change at a time
	begun   atomic.Int64
	history sync.Map // version to permitted
	done    atomic.Int64
}

// permitted says which documents each user may find.
type permitted map[string]map[record.DocumentID]bool

func newHouse(d *desk) *house {
	h := &house{desk: d}
	for i := range houseFiles {
		by := []string{"sommer", "herbst", "winter", "lead"}[i%4]
		f := h.makeFile(by, fmt.Sprintf("%s//%07d", map[bool]string{true: "03107", false: "03104"}[by == "winter"], i+1), fmt.Sprintf("Probe%d", i), record.Sensitivity(i%3/2+1))
		h.tx(func(tx *catalog.Tx) error {
			file, err := tx.FileByIDOrNumber(string(f.ID))
			h.files = append(h.files, file)
			return err
		})
	}
	for i := range houseDocs {
		f := h.files[i%houseFiles]
		by := []string{"sommer", "herbst", "winter", "lead"}[i%houseFiles%4]
		h.docs = append(h.docs, h.post(by, f.ID, fmt.Sprintf("Heizkostenabrechnung mit dem Kennwort %s", secret(i)), "Seite zwei mit Kontoauszug"))
	}
	for name := range h.users {
		h.names = append(h.names, name)
	}
	slices.Sort(h.names)
	h.history.Store(int64(0), h.permittedNow())
	return h
}

// secret is the word of document n: letters only, no two one slip apart.
func secret(n int) string {
	const letters = "bdfgklmnprstvz"
	out := "Geheim"
	for _, d := range []int{n % 12, n / 12 % 12, (n + n/12) % 12} {
		out += strings.Repeat(string(letters[d]), 1) + "a" + string(letters[d]) + "o"
	}
	return out
}

// permittedNow asks policy about every user and document, one by one.
func (h *house) permittedNow() permitted {
	out := permitted{}
	err := h.Catalog.Read(context.Background(), func(tx *catalog.Tx) error {
		docs, err := tx.DocumentsByID(h.docs)
		if err != nil {
			return err
		}
		for name, actor := range h.users {
			facts, err := tx.FactsForDocuments(actor.User, h.docs)
			if err != nil {
				return err
			}
			out[name] = map[record.DocumentID]bool{}
			for id, f := range facts {
				if docs[id].File != "" && docs[id].State == record.StateReady && h.Policy.Decide(f, access.DocumentSearch).Allowed {
					out[name][id] = true
				}
			}
		}
		return nil
	})
	if err != nil {
		h.t.Error(err)
	}
	return out
}

// change makes one change and notes what may be seen after it.
func (h *house) change(r *rand.Rand) {
	h.mu.Lock()
	defer h.mu.Unlock()
	version := h.begun.Add(1)
	if err := h.step(r); err != nil && !errors.Is(err, record.Conflict) && !errors.Is(err, record.NotFound) && !errors.Is(err, record.Denied) {
		h.t.Errorf("a change: %v", err)
	}
	h.history.Store(version, h.permittedNow())
	h.done.Store(version)
}

func (h *house) step(r *rand.Rand) error {
	ctx := context.Background()
	f := h.files[r.IntN(len(h.files))]
	who := h.names[r.IntN(len(h.names))]
	if who == "lead" {
		return nil // it makes the changes
	}
	switch r.IntN(7) {
	case 0:
		_, err := h.AddGrant(ctx, h.as("lead"), f.ID, Grant{User: who, Reason: "Vertretung"})
		return err
	case 1:
		return h.RemoveGrant(ctx, h.as("lead"), f.ID, who, "")
	case 2:
		_, err := h.AddDenial(ctx, h.as("lead"), f.ID, Grant{User: who, Reason: "verwandt"})
		return err
	case 3:
		return h.RemoveDenial(ctx, h.as("lead"), f.ID, who, "")
	case 4: // a file becomes more or less sensitive, or somebody else's
		return h.Catalog.WithTx(ctx, func(tx *catalog.Tx) error {
			file, err := tx.FileByIDOrNumber(string(f.ID))
			if err != nil {
				return err
			}
			file.Sensitivity = record.Sensitivity(1 + r.IntN(3))
			file.Responsible = h.as([]string{"sommer", "herbst", "winter"}[r.IntN(3)]).User
			if err := tx.UpdateFile(file); err != nil {
				return err
			}
			_, err = tx.AddDirty("", f.ID)
			return err
		})
	case 5: // a document lies in another file
		target, why := string(h.files[r.IntN(len(h.files))].ID), "misfiled"
		_, err := h.ChangeDocument(ctx, h.as([]string{"sommer", "herbst", "lead"}[r.IntN(3)]), h.docs[r.IntN(len(h.docs))], DocumentChange{File: &target, Why: &why})
		return err
	default: // a user loses a role, or gets one
		return h.Catalog.WithTx(ctx, func(tx *catalog.Tx) error {
			role := []string{record.RoleCaseworker, record.RoleReception, record.RoleTeamlead}[r.IntN(3)]
			return tx.PutRoles(h.as(who).User, []record.RoleAt{{Role: role, Site: []string{"03104", "03107"}[r.IntN(2)], Team: "L1"}})
		})
	}
}

// run asks pairs questions from several users at once, while another makes
// changes and a third brings the index up to date.
func (h *house) run(pairs int) {
	stop := make(chan struct{})
	var others, searchers sync.WaitGroup
	forever := func(do func(i uint64)) {
		others.Go(func() {
			for i := uint64(0); ; i++ {
				select {
				case <-stop:
					return
				default:
					do(i)
				}
			}
		})
	}
	r := rand.New(rand.NewPCG(7, 8))
	forever(func(uint64) {
		h.change(r)
		time.Sleep(20 * time.Millisecond) // else the searchers wait for its list of who may see what
	})
	forever(func(uint64) {
		if _, err := h.index.CatchUp(context.Background(), 20); err != nil && !errors.Is(err, record.Busy) {
			h.t.Errorf("CatchUp: %v", err)
		}
		time.Sleep(5 * time.Millisecond)
	})
	var asked, shown, changes atomic.Int64
	for s := range 3 {
		searchers.Go(func() {
			r := rand.New(rand.NewPCG(uint64(s), 9))
			for asked.Add(1) <= int64(pairs) && !h.t.Failed() {
				shown.Add(int64(h.askOnce(r)))
			}
		})
	}
	searchers.Wait()
	close(stop)
	others.Wait()
	changes.Store(h.done.Load())
	h.t.Logf("%d pairs, %d documents shown, %d changes meanwhile", pairs, shown.Load(), changes.Load())
	if shown.Load() == 0 || changes.Load() < 10 {
		h.t.Error("nothing was shown, or hardly anything changed")
	}
}

// askOnce asks as somebody, and holds the answer against what was permitted
// from before the question until after it.
func (h *house) askOnce(r *rand.Rand) int {
	who := h.names[r.IntN(len(h.names))]
	n := r.IntN(len(h.docs))
	before := h.done.Load()
	switch r.IntN(6) {
	case 0, 1: // a word that only one document has
		res := h.question(who, secret(n))
		allowed := h.between(who, before)
		h.holds(who, secret(n), res, allowed)
		if !allowed[h.docs[n]] && (res.Total != 0 || len(res.Facets[search.FacetType])+len(res.Facets[search.FacetSite])+len(res.Facets[search.FacetYear]) != 0) {
			h.t.Errorf("%s learns of %s: %d, %v", who, secret(n), res.Total, res.Facets)
		}
		return len(res.Items)
	case 2: // misspelled
		w := []rune(secret(n))
		w[2] = 'x'
		res := h.question(who, string(w))
		allowed := h.between(who, before)
		h.holds(who, string(w), res, allowed)
		return len(res.Items)
	case 3: // suggestions
		begin := secret(n)[:9]
		words, err := h.Suggest(context.Background(), h.as(who), begin)
		if err != nil {
			h.t.Errorf("%s is suggested: %v", who, err)
		}
		allowed := h.between(who, before)
		for _, w := range words {
			if i := slices.IndexFunc(h.docs, func(id record.DocumentID) bool { return allowed[id] && secret(slices.Index(h.docs, id)) == w }); i < 0 {
				h.t.Errorf("%s is suggested %q", who, w)
			}
		}
		return 0
	default: // what all have
		q := []string{"heizkostenabrechnung", "kosten", "Kontoauszug -Miete", "heiz*", `"mit dem Kennwort"`, "kosten OR miete"}[r.IntN(6)]
		res := h.question(who, q)
		h.holds(who, q, res, h.between(who, before))
		return len(res.Items)
	}
}

func (h *house) question(who, q string) SearchResult {
	res, err := h.Search(context.Background(), h.as(who), SearchRequest{Q: q, Limit: 500})
	if err != nil {
		h.t.Errorf("%s asks %q: %v", who, q, err)
	}
	return res
}

// between gives what somebody might find at any moment since a version.
func (h *house) between(who string, from int64) map[record.DocumentID]bool {
	last := h.begun.Load()
	for h.done.Load() < last {
		time.Sleep(time.Millisecond)
	}
	out := map[record.DocumentID]bool{}
	for v := from; v <= last; v++ {
		p, known := h.history.Load(v)
		if !known {
			h.t.Errorf("version %d is missing", v)
			continue
		}
		for id := range p.(permitted)[who] {
			out[id] = true
		}
	}
	return out
}

// holds checks hits, total, facets and snippets.
func (h *house) holds(who, q string, res SearchResult, allowed map[record.DocumentID]bool) {
	for _, i := range res.Items {
		if !allowed[i.Document] {
			h.t.Errorf("%s asks %q and is shown what is not for them", who, q)
		}
		if own := secret(slices.Index(h.docs, i.Document)); strings.Contains(i.Snippet, "Geheim") && !strings.Contains(i.Snippet, own) {
			h.t.Errorf("the snippet of %s is %q", own, i.Snippet)
		}
	}
	if res.Total > len(allowed) {
		h.t.Errorf("%s asks %q and hears of %d documents; %d are for them", who, q, res.Total, len(allowed))
	}
	for name, counts := range res.Facets {
		sum := 0
		for _, c := range counts {
			sum += c.Count
		}
		if sum > len(allowed) {
			h.t.Errorf("%s asks %q: facet %s counts %d of %d", who, q, name, sum, len(allowed))
		}
	}
}

// settle lets the index catch up: then everybody finds exactly what they may.
func (h *house) settle() {
	h.t.Helper()
	for {
		n, err := h.index.CatchUp(context.Background(), 500)
		if err != nil {
			h.t.Fatal(err)
		}
		if n == 0 {
			break
		}
	}
	now := h.permittedNow()
	for _, who := range h.names {
		res := h.question(who, "heizkostenabrechnung")
		if res.Total != len(now[who]) || len(res.Items) != res.Total {
			h.t.Errorf("in the end %s finds %d (%d shown), may find %d", who, res.Total, len(res.Items), len(now[who]))
		}
		for _, i := range res.Items {
			if !now[who][i.Document] {
				h.t.Errorf("in the end %s finds what is not for them", who)
			}
		}
	}
}
