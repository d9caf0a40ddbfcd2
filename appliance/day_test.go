package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"eakte/appliance/record"
	"eakte/appliance/sample"
	"eakte/ingest/delivery"
)

var dayLetters = flag.Int("day-letters", 24, "letters of the scripted day; 500 are a small jobcenter's")

// day is a jobcenter's day: its files, and the post that comes.
type day struct {
	*server
	house *sample.House
	scan  *client // the scan provider
	boss  *client // files and sees everything that is not restricted
	clerk *client // clears
	id    map[int]string
	post  map[string]sample.Piece // by the documents they became
}

// TestScriptedDay is a day by API, on the real program: three deliveries, one
// of which stays incomplete, one is interrupted and sent again, and one lies
// about a hash until the right bytes come. Afterwards everything lies in its
// file or waits with its reasons, a waiting one is accepted, and one that was
// filed is filed anew with a trace.
func TestScriptedDay(t *testing.T) {
	d := newDay(t, max(9, *dayLetters))
	pieces := d.pieces(*dayLetters)
	n := len(pieces) / 3
	incomplete := d.batch("SDL-1", pieces[:n])
	resent, lying := d.batch("SDL-2", pieces[n:2*n]), d.batch("SDL-3", pieces[2*n:])

	t.Run("incomplete", func(t *testing.T) { d.incomplete(t, incomplete) })
	t.Run("resent after a break", func(t *testing.T) { d.resent(t, resent) })
	t.Run("wrong hash", func(t *testing.T) { d.wrongHash(t, lying) })
	waiting, filed := d.settled(t)
	t.Run("accepted", func(t *testing.T) { d.accepted(t, waiting) })
	t.Run("filed anew", func(t *testing.T) { d.refiled(t, filed) })
	d.stop()
}

// newDay sets up the house by its setup file and makes its files by API.
func newDay(t *testing.T, files int) *day {
	t.Helper()
	h := newHouse(t)
	d := &day{house: sample.NewHouse(1, files), id: map[int]string{}, post: map[string]sample.Piece{}}
	type m = map[string]any
	roles := func(names ...string) (out []m) {
		for _, s := range d.house.Sites {
			for _, n := range names {
				if n == record.RoleCaseworker {
					for _, team := range s.Teams {
						out = append(out, m{"role": n, "site": s.Code, "team": team.Code})
					}
					continue
				}
				out = append(out, m{"role": n, "site": s.Code, "team": ""})
			}
		}
		return out
	}
	var users []m
	for name, r := range map[string][]m{"sdn": roles(record.RoleScan), "k.sommer": roles(record.RoleCaseworker), "c.klar": roles(record.RoleClearing),
		"a.admin": roles(record.RoleSiteadmin), "v.schutz": roles(record.RoleDPO)} {
		users = append(users, m{"name": name, "display": name, "password_file": "pw.txt", "roles": r})
	}
	b, err := json.Marshal(m{"name": "Jobcenter Musterkreis", "users": users, "sites": d.house.Sites,
		"retention": []m{{"class": "leistung", "years": 10, "from": "end_of_year_of_closing"}}, "providers": []m{{"name": "Scandienst Nord", "user": "sdn"}}})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, content := range map[string][]byte{"setup.json": b, "pw.txt": []byte("ein langes Wort\n")} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	h.must("setup", "--data", h.data, "--from", filepath.Join(dir, "setup.json"))
	d.server = h.serve()
	d.enter()
	for i, f := range d.house.Files {
		body, err := json.Marshal(f.File)
		if err != nil {
			t.Fatal(err)
		}
		var made struct{ ID string }
		d.boss.want(201, "POST", "/files", body, "Content-Type", "application/json").into(t, &made)
		d.id[i] = made.ID
	}
	return d
}

// enter signs everybody in.
func (d *day) enter() { d.scan, d.boss, d.clerk = d.as("sdn"), d.as("k.sommer"), d.as("c.klar") }

// pieces draws post that needs nothing but files and members as the API makes them.
func (d *day) pieces(n int) []sample.Piece {
	kinds := []string{"number as it is filed", "Kundennummer only", "name and birth date", "number in the manifest", "name misspelled, birth date",
		"numbers of two households", "form of two customers", "name and address", "no personal data: flyer, empty page", "customer of another jobcenter"}
	var out []sample.Piece
	for i := 0; len(out) < n; i++ {
		if p := d.house.Post(i); slices.Contains(kinds, p.Case) {
			out = append(out, p)
		}
	}
	return out
}

// batch is one delivery of the provider.
type batch struct {
	manifest delivery.Manifest
	names    []string
	bodies   map[string][]byte
	pieces   map[string]sample.Piece
}

func (d *day) batch(id string, pieces []sample.Piece) batch {
	d.t.Helper()
	b := batch{manifest: delivery.Manifest{Version: 1, DeliveryID: id, Provider: "Scandienst Nord", CreatedAt: "2026-11-20T15:02:11Z", BagSeal: "P-" + id},
		bodies: map[string][]byte{}, pieces: map[string]sample.Piece{}}
	for i, p := range pieces {
		r, err := p.Render()
		if err != nil {
			d.t.Fatal(err)
		}
		name := fmt.Sprintf("%s-%04d%s", id, i+1, filepath.Ext(r.Name))
		sum := sha256.Sum256(r.Body)
		b.manifest.Documents = append(b.manifest.Documents, delivery.Document{Name: name, SHA256: hex.EncodeToString(sum[:]), Size: int64(len(r.Body)), Pages: len(r.Truth.Pages),
			Received: p.Letter.Received, Barcodes: p.Manifest, PaperPosition: i + 1, OpenedAt: "2026-11-20T07:30:00Z", OpenedBy: "sdn-04"})
		b.names, b.bodies[name], b.pieces[name] = append(b.names, name), r.Body, p
	}
	return b
}

// open hands the manifest over.
func (d *day) open(t *testing.T, b batch, code int) delivery.View {
	t.Helper()
	body, err := json.Marshal(b.manifest)
	if err != nil {
		t.Fatal(err)
	}
	var v delivery.View
	d.scan.want(code, "POST", "/deliveries", body, "Content-Type", "application/json").into(t, &v)
	return v
}

func (d *day) put(id, name string, body []byte) {
	d.t.Helper()
	d.scan.want(200, "PUT", "/deliveries/"+id+"/objects/"+url.PathEscape(name), body, "Content-Type", "application/octet-stream")
}

// complete says that all is there, and gives the problems or the receipt.
func (d *day) complete(t *testing.T, id string, code int) (r delivery.Receipt, problems string) {
	t.Helper()
	a := d.scan.want(code, "POST", "/deliveries/"+id+"/complete", nil)
	if code == 200 {
		a.into(t, &r)
	}
	return r, string(a.body)
}

// took notes which documents the pieces of a receipt became.
func (d *day) took(t *testing.T, b batch, r delivery.Receipt) {
	t.Helper()
	if len(r.Documents) != len(b.names) {
		t.Errorf("the receipt names %d documents of %d", len(r.Documents), len(b.names))
	}
	for _, e := range r.Documents {
		sum := sha256.Sum256(b.bodies[e.Name])
		if e.SHA256 != record.Digest("sha256-"+hex.EncodeToString(sum[:])) || e.Pages < 1 && !strings.HasSuffix(e.Name, ".tif") {
			t.Errorf("the receipt of %s: %+v", e.Name, e)
		}
		d.post[string(e.Document)] = b.pieces[e.Name]
	}
}

// incomplete leaves one object out: nothing of it is filed, and it can be seen
// what is missing.
func (d *day) incomplete(t *testing.T, b batch) {
	v := d.open(t, b, 201)
	for _, name := range b.names[1:] {
		d.put(v.ID, name, b.bodies[name])
	}
	if _, problems := d.complete(t, v.ID, 409); !strings.Contains(problems, b.names[0]) || !strings.Contains(problems, "missing") {
		t.Errorf("what is missing: %s", problems)
	}
	d.scan.want(200, "GET", "/deliveries/"+v.ID, nil).into(t, &v)
	if v.State != delivery.StateWaiting || v.Here != len(b.names)-1 || v.Taken != 0 || len(v.Problems) != 1 {
		t.Errorf("the incomplete delivery: %+v", v)
	}
}

// resent breaks off in the middle of an object and stops the server, then
// begins anew: each document is there once.
func (d *day) resent(t *testing.T, b batch) {
	v := d.open(t, b, 201)
	for _, name := range b.names[:len(b.names)/2] {
		d.put(v.ID, name, b.bodies[name])
	}
	d.tear(t, v.ID, b.names[len(b.names)/2], b.bodies[b.names[len(b.names)/2]])
	d.stop()
	d.server = d.server.house.serve()
	d.enter()
	again := d.open(t, b, 200)
	if again.ID != v.ID || !again.Repeated || again.Taken != 0 {
		t.Errorf("the manifest again: %+v", again)
	}
	for _, name := range b.names {
		d.put(v.ID, name, b.bodies[name])
	}
	r, _ := d.complete(t, v.ID, 200)
	d.took(t, b, r)
	if twice, _ := d.complete(t, v.ID, 200); !twice.Repeated || len(twice.Documents) != len(r.Documents) || twice.Documents[0].Document != r.Documents[0].Document {
		t.Errorf("complete once more: %+v", twice)
	}
}

// tear begins to send an object and goes away in its middle.
func (d *day) tear(t *testing.T, id, name string, body []byte) {
	t.Helper()
	in, out := io.Pipe()
	req, err := http.NewRequestWithContext(t.Context(), "PUT", d.base+"/api/v1/deliveries/"+id+"/objects/"+url.PathEscape(name), in)
	if err != nil {
		t.Fatal(err)
	}
	req.ContentLength = int64(len(body))
	req.Header.Set("Authorization", "Bearer "+d.scan.token)
	go func() {
		_, _ = out.Write(body[:len(body)/2])
		out.CloseWithError(io.ErrUnexpectedEOF)
	}()
	if res, err := http.DefaultClient.Do(req); err == nil {
		res.Body.Close()
		t.Errorf("half an object: %s", res.Status)
	}
}

// wrongHash says another hash than an object has: it waits until the right
// bytes come.
func (d *day) wrongHash(t *testing.T, b batch) {
	v := d.open(t, b, 201)
	for i, name := range b.names {
		body := b.bodies[name]
		if i == 0 {
			body = append(bytes.Clone(body), "\n%"...)
		}
		d.put(v.ID, name, body)
	}
	if _, problems := d.complete(t, v.ID, 409); !strings.Contains(problems, "hash") || !strings.Contains(problems, b.names[0]) {
		t.Errorf("what does not fit: %s", problems)
	}
	d.put(v.ID, b.names[0], b.bodies[b.names[0]])
	r, _ := d.complete(t, v.ID, 200)
	d.took(t, b, r)
}

// lies is where a document is, as its reader by the API sees it.
type lies struct {
	State   string
	File    *struct{ ID string }
	Routing *struct {
		Outcome  string
		Reason   string
		Evidence []struct{ Kind string }
	}
}

// in gives the file's id; empty: it lies in none.
func (l lies) in() string {
	if l.File == nil {
		return ""
	}
	return l.File.ID
}

// settled waits until everything was read and routed, and holds it against the
// truth. It gives a waiting letter whose file is known, and a filed one.
func (d *day) settled(t *testing.T) (waiting, filed string) {
	t.Helper()
	deadline := time.Now().Add(4*time.Minute + time.Duration(*dayLetters)*6*time.Second)
	right, sure := 0, 0
	for doc, p := range d.post {
		var at lies
		for at.State != "ready" && at.State != "clearing" {
			if a := d.boss.do("GET", "/documents/"+doc, nil); a.code == 200 {
				a.into(t, &at)
			} else if a = d.clerk.do("GET", "/documents/"+doc, nil); a.code == 200 {
				a.into(t, &at)
			}
			if time.Now().After(deadline) {
				t.Fatalf("document %s is %q", doc, at.State)
			}
			time.Sleep(50 * time.Millisecond)
		}
		switch {
		case p.Want == sample.Filed:
			sure++
			if at.in() == d.id[p.File] {
				right++
				filed = doc
			} else if at.in() != "" {
				t.Errorf("%s, %s: in the wrong file", p.Case, p.Type)
			}
		case at.in() != "":
			t.Errorf("%s, %s: filed", p.Case, p.Type)
		case at.Routing == nil || at.Routing.Outcome != record.OutcomeClearing || at.Routing.Reason == "":
			t.Errorf("%s, %s: waits without a reason: %+v", p.Case, p.Type, at.Routing)
		case p.File >= 0:
			waiting = doc
		}
	}
	t.Logf("%d letters: %d of %d with sufficient evidence are in their files", len(d.post), right, sure)
	if sure == 0 || float64(right) < 0.9*float64(sure) || waiting == "" || filed == "" {
		t.Fatalf("%d of %d letters in their files; waiting %q, filed %q", right, sure, waiting, filed)
	}
	return waiting, filed
}

// accepted files a waiting letter as a person does who saw why it waits.
func (d *day) accepted(t *testing.T, doc string) {
	p := d.post[doc]
	body := fmt.Appendf(nil, `{"file":%q}`, d.id[p.File])
	d.clerk.want(200, "PATCH", "/documents/"+doc, body, "Content-Type", "application/json")
	var at lies
	d.boss.want(200, "GET", "/documents/"+doc, nil).into(t, &at)
	if at.in() != d.id[p.File] {
		t.Errorf("accepted, and lies in %q", at.in())
	}
}

// refiled moves a letter to another file in one action: the trace in the old
// one says that a document was taken out, and no word of whose it is now.
func (d *day) refiled(t *testing.T, doc string) {
	p := d.post[doc]
	from, other := d.id[p.File], (p.File+3)%len(d.house.Files)
	d.boss.want(200, "PATCH", "/documents/"+doc, fmt.Appendf(nil, `{"file":%q,"reason":"misfiled"}`, d.id[other]), "Content-Type", "application/json")
	var at lies
	d.boss.want(200, "GET", "/documents/"+doc, nil).into(t, &at)
	if at.in() != d.id[other] {
		t.Errorf("filed anew, and lies in %q", at.in())
	}
	for user, c := range map[string]*client{"k.sommer": d.boss, "v.schutz": d.as("v.schutz")} {
		a := c.want(200, "GET", "/files/"+from+"/traces", nil)
		var traces struct {
			Items []struct{ Kind, Reason, Document string }
		}
		a.into(t, &traces)
		if len(traces.Items) != 1 || traces.Items[0].Kind != "taken_out" || traces.Items[0].Reason != "misfiled" || traces.Items[0].Document != "" {
			t.Errorf("%s: the trace: %s", user, a.body)
		}
		m := d.house.Files[other].Members[0]
		for _, secret := range []string{doc, d.id[other], d.house.Files[other].Number, m.Name, m.CustomerNumber} {
			if strings.Contains(string(a.body), secret) {
				t.Errorf("%s: the trace says %q: %s", user, secret, a.body)
			}
		}
	}
}
