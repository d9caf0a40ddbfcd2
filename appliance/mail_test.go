package main

import (
	"archive/zip"
	"bytes"
	"encoding/base64"
	"net/url"
	"strings"
	"testing"

	"eakte/appliance/sample"
)

// mixedMail carries a scan, a mail that carries an archive that carries a
// letter, and what can't be read.
func mixedMail(t *testing.T, scan []byte) []byte {
	t.Helper()
	var packed bytes.Buffer
	w := zip.NewWriter(&packed)
	out, err := w.Create("../../Bescheide/scan.pdf")
	if err == nil {
		_, err = out.Write(scan)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	attach := func(header string, b []byte) string {
		return "--x\r\n" + header + "\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: attachment\r\n\r\n" +
			base64.StdEncoding.EncodeToString(b) + "\r\n"
	}
	head := "From: =?utf-8?Q?J=C3=BCrgen?= <j@example.org>\r\nTo: post@jobcenter.example\r\nDate: Mon, 2 Mar 2026 09:15:00 +0100\r\n" +
		"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=x\r\n"
	inner := strings.ReplaceAll(head, "=x\r", "=y\r") + "Subject: Weitergeleitet\r\n\r\n" + "--y" + attach(`Content-Type: application/octet-stream; name="Bescheide.zip"`, packed.Bytes())[3:] + "--y--\r\n"
	return []byte(head + "Subject: Unterlagen zur =?utf-8?Q?Nachzahlungsforderung?=\r\n\r\n" +
		"--x\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nanbei die Gasabschlagsmitteilung.\r\n" +
		attach(`Content-Type: image/gif; name="heizung.bmp"`, scan) +
		"--x\r\nContent-Type: message/rfc822\r\n\r\n" + inner +
		attach(`Content-Type: application/ms-tnef; name="winmail.dat"`, []byte("\x78\x9f\x3e\x22 packed")) + "--x--\r\n")
}

// TestMailWithAttachments hands a mixed mail in and finds what was in it, all
// the way down.
func TestMailWithAttachments(t *testing.T) {
	h := newHouse(t)
	h.setup()
	s := h.serve()
	sommer := s.as("k.sommer")
	show := sample.Showcase()
	scan, err := show.Heating.Render()
	if err != nil {
		t.Fatal(err)
	}
	sommer.makeFile("03104//0012345", "Grünwiese", "03104")
	mail := sommer.post("03104BG0012345", mixedMail(t, scan.Body), "Content-Disposition", `attachment; filename="post.eml"`)
	outer := sommer.until(mail.Document, "ready")
	if outer["content_type"] != "message/rfc822" || outer["pages"].(float64) != 1 {
		t.Errorf("the mail: %v", outer)
	}
	parts := linked(outer, "encloses")
	if len(parts) != 3 || parts[0]["name"] != "heizung.bmp" || parts[1]["name"] != "Weitergeleitet.eml" || parts[2]["name"] != "winmail.dat" {
		t.Fatalf("attachments: %v", parts)
	}
	first := sommer.until(parts[0]["document"].(string), "ready")
	if back := linked(first, "enclosed_in"); len(back) != 1 || back[0]["document"] != mail.Document || first["content_type"] != "application/pdf" {
		t.Errorf("the first attachment: %v", first)
	}
	if d := sommer.until(parts[2]["document"].(string), "quarantined"); d["reason"] != "winmail" {
		t.Errorf("winmail.dat: %v", d)
	}
	inner := linked(sommer.until(parts[1]["document"].(string), "ready"), "encloses")
	if len(inner) != 1 {
		t.Fatalf("the mail within: %v", inner)
	}
	packed := linked(sommer.until(inner[0]["document"].(string), "ready"), "encloses")
	if len(packed) != 1 || packed[0]["name"] != "../../Bescheide/scan.pdf" {
		t.Fatalf("the archive within: %v", packed)
	}
	deepest := packed[0]["document"].(string)
	sommer.until(deepest, "ready")
	if got := sommer.want(200, "GET", "/documents/"+deepest+"/original", nil); !bytes.Equal(got.body, scan.Body) {
		t.Error("what was packed deepest is not what came out")
	}
	for query, want := range map[string][]string{show.Searches[0].Query: {first["id"].(string), deepest}, "Gasabschlagsmitteilung": {mail.Document},
		"Nachzahlungsforderung Jürgen": {mail.Document}} {
		if got := foundBy(t, sommer, query); !sameSet(got, want) {
			t.Errorf("%q finds %v, want %v", query, got, want)
		}
	}
	var desk struct {
		Items []struct {
			Document struct {
				ID          string
				Attachments int
			}
		}
	}
	if sommer.want(200, "GET", "/inbox", nil).into(t, &desk); len(desk.Items) != 1 || desk.Items[0].Document.ID != mail.Document || desk.Items[0].Document.Attachments != 5 {
		t.Errorf("the inbox: %+v", desk)
	}
	sommer.makeFile("03104//0012346", "Andere", "03104")
	var filed struct{ Moved []string }
	if sommer.want(200, "PATCH", "/documents/"+mail.Document, []byte(`{"file":"03104//0012346"}`), "Content-Type", "application/json").into(t, &filed); len(filed.Moved) != 5 {
		t.Errorf("went along: %v", filed.Moved)
	}
	winter := s.as("b.winter")
	for _, id := range []string{mail.Document, deepest} {
		winter.want(404, "GET", "/documents/"+id, nil)
	}
	s.stop()
	if out, _, code := h.run("verify", "--data", h.data); code != exitDone {
		t.Errorf("verify: exit %d\n%s", code, out)
	}
	h.must("rebuild", "--data", h.data, "catalog") // from the buckets alone
	s = h.serve()
	var again map[string]any
	s.as("k.sommer").want(200, "GET", "/documents/"+mail.Document, nil).into(t, &again)
	if got := linked(again, "encloses"); len(got) != 3 || got[0]["document"] != parts[0]["document"] || got[2]["document"] != parts[2]["document"] {
		t.Errorf("attachments after a rebuild: %v", got)
	}
	for _, id := range append(filed.Moved, mail.Document) {
		var doc struct{ File struct{ Number string } }
		if s.as("k.sommer").want(200, "GET", "/documents/"+id, nil).into(t, &doc); doc.File.Number != "03104//0012346" {
			t.Errorf("after a rebuild %s lies in %q", id, doc.File.Number)
		}
	}
	s.stop()
}

func linked(doc map[string]any, kind string) []map[string]any {
	var out []map[string]any
	links, _ := doc["links"].([]any)
	for _, l := range links {
		if l := l.(map[string]any); l["kind"] == kind {
			out = append(out, l)
		}
	}
	return out
}

func foundBy(t *testing.T, c *client, query string) []string {
	t.Helper()
	var found struct{ Items []struct{ Document string } }
	c.want(200, "GET", "/search?q="+url.QueryEscape(query), nil).into(t, &found)
	var out []string
	for _, i := range found.Items {
		out = append(out, i.Document)
	}
	return out
}

func sameSet(a, b []string) bool {
	if len(a) != len(b) {
		return false
	}
	for _, v := range a {
		if !strings.Contains(strings.Join(b, " "), v) {
			return false
		}
	}
	return true
}
