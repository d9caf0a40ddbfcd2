package sample

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

// TestCanaries finds each of them where it was planted, and nowhere else.
func TestCanaries(t *testing.T) {
	o := Jobcenter(1, 60)
	own, others := planted(t, o, o.Files[1:2]), planted(t, o, append(slices.Clone(o.Files[2:]), o.Files[0]))
	for _, u := range o.Users {
		if u.Name == canaryUser {
			own += u.Name + "\n" + u.Display
		} else {
			others += u.Name + "\n" + u.Display
		}
	}
	for _, c := range Canaries() {
		if !strings.Contains(own, c.Text) {
			t.Errorf("%s %q is planted nowhere", c.What, c.Text)
		}
		for _, s := range c.Spellings() {
			if strings.Contains(strings.ToLower(others), strings.ToLower(s)) {
				t.Errorf("%s %q stands elsewhere, too", c.What, s)
			}
		}
	}
	if s := (Canary{"name", `O'Käuz "x"`}).Spellings(); !slices.Contains(s, "O%27K%C3%A4uz+%22x%22") || !slices.Contains(s, `O'Käuz \"x\"`) {
		t.Errorf("spellings: %q", s)
	}
}

// planted gives all that the files and their letters say.
func planted(t *testing.T, o *Office, files []File) string {
	var b strings.Builder
	for _, f := range files {
		enc := json.NewEncoder(&b)
		enc.SetEscapeHTML(false)
		f.Responsible = ""
		if err := enc.Encode(f); err != nil {
			t.Fatal(err)
		}
		for _, l := range o.Letters(f) {
			truth, err := l.Truth()
			if err != nil {
				t.Fatal(err)
			}
			text := strings.ReplaceAll(truth.Text(), canaryDisplay, "") // signs other files of the team
			b.WriteString(l.Title + "\n" + l.Name + "\n" + text + "\n")
		}
	}
	return b.String()
}
