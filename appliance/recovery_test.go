package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"eakte/appliance/vault/embedded"
	"eakte/appliance/vault/vaulttest"
)

// needs skips a test that a program is missing for; in CI it fails.
func needs(t *testing.T, programs ...string) {
	t.Helper()
	for _, program := range programs {
		if _, err := exec.LookPath(program); err != nil {
			if os.Getenv("CI") == "true" {
				t.Fatal(err)
			}
			t.Skip(err)
		}
	}
}

// salvage is somebody who has the buckets, the custodians' files and
// docs/recovery.sh, and nothing of ours.
type salvage struct {
	*testing.T
	from   string   // as the script takes it
	env    []string // for mc
	pairs  string   // folder of recovery-1-2.age …
	people string   // folder of custodian-1.key …
	key    string   // recovery key that was opened
}

// script runs docs/recovery.sh in a folder of its own, with nothing in the
// environment that could help it.
func (s *salvage) script(args ...string) (stdout, stderr string, err error) {
	s.Helper()
	cmd := exec.Command("bash", append([]string{filepath.Join(sources, "..", "docs", "recovery.sh")}, args...)...)
	cmd.Dir = s.TempDir()
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + cmd.Dir, "RECOVERY_KEY=" + s.key, "LC_ALL=C.UTF-8"}, s.env...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err = cmd.Run()
	return out.String(), errs.String(), err
}

func (s *salvage) pair(name string) string   { return filepath.Join(s.pairs, "recovery-"+name+".age") }
func (s *salvage) custodian(n string) string { return filepath.Join(s.people, "custodian-"+n+".key") }
func (s *salvage) file(name, text string) string {
	s.Helper()
	path := filepath.Join(s.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		s.Fatal(err)
	}
	return path
}

// open has two custodians open the recovery key.
func (s *salvage) open(first, second string) {
	s.Helper()
	key, said, err := s.script("open", s.pair(first+"-"+second), s.custodian(first), s.custodian(second))
	if err != nil || !strings.Contains(key, "AGE-SECRET-KEY-") {
		s.Fatalf("custodians %s and %s: %v\n%s", first, second, err, said)
	}
	s.key = s.file("recovery.key", key)
}

// finds has the script find a document by the person's name, and gives its
// object.
func (s *salvage) finds(number string, words ...string) (object string) {
	s.Helper()
	found, said, err := s.script(append([]string{"find", s.from}, words...)...)
	if err != nil {
		s.Fatalf("find: %v\n%s", err, said)
	}
	for line := range strings.Lines(found) {
		if fields := strings.Split(line, "\t"); len(fields) > 1 && fields[1] == number {
			return fields[0]
		}
	}
	s.Fatalf("find %v: no document of %s in:\n%s%s", words, number, found, said)
	return ""
}

// gets insists that the script gives a document's bytes.
func (s *salvage) gets(object string, want []byte) {
	s.Helper()
	out := filepath.Join(s.TempDir(), "document")
	if _, said, err := s.script("get", s.from, object, out); err != nil {
		s.Fatalf("get: %v\n%s", err, said)
	}
	if got, err := os.ReadFile(out); err != nil || !bytes.Equal(got, want) {
		s.Errorf("%d bytes, want %d: %v", len(got), len(want), err)
	}
}

// everyPair has each two custodians read the letter that they find.
func (s *salvage) everyPair(number string, want []byte) {
	s.Helper()
	s.open("1", "2")
	object := s.finds(number, "sommer", "1984-06-17")
	for _, p := range [][2]string{{"1", "2"}, {"1", "3"}, {"2", "3"}} {
		s.open(p[0], p[1])
		s.gets(object, want)
	}
}

// nobodyAlone insists that one custodian opens nothing, also not with another's
// place in the pair.
func (s *salvage) nobodyAlone(number string) {
	s.Helper()
	for _, p := range [][3]string{{"1-2", "1", "1"}, {"1-2", "2", "2"}, {"1-2", "2", "1"}, {"1-3", "1", "2"}, {"2-3", "1", "3"}} {
		if out, _, err := s.script("open", s.pair(p[0]), s.custodian(p[1]), s.custodian(p[2])); err == nil || strings.Contains(out, "AGE-SECRET-KEY-") {
			s.Errorf("recovery-%s.age opens with %s and %s", p[0], p[1], p[2])
		}
	}
	object, opened := s.finds(number, "sommer"), s.key
	for _, alone := range []string{"1", "2", "3"} { // a custodian's own identity instead of the recovery key
		s.key = s.custodian(alone)
		out := filepath.Join(s.TempDir(), "document")
		if _, said, err := s.script("get", s.from, object, out); err == nil || !strings.Contains(said, "does not open") {
			s.Errorf("custodian %s alone: %v\n%s", alone, err, said)
		}
		if _, err := os.Stat(out); err == nil {
			s.Errorf("custodian %s alone got something", alone)
		}
	}
	if s.key = opened; s.key == "" {
		s.Fatal("no key was opened before")
	}
	if out, said, err := s.script("find", s.from, "winter"); err != nil || out != "" {
		s.Errorf("another name finds %q: %v\n%s", out, err, said)
	}
}

// filled is an archive with one file of two documents, of which the first is
// the letter to be got back.
func (h *house) filled(number string, letter []byte) {
	h.t.Helper()
	h.setup()
	s := h.serve()
	c := s.as("k.sommer")
	file := c.makeFile(number, "Sommer", "03104")
	c.until(c.post(file, letter).Document, "ready")
	s.stop()
}

func (h *house) keyFile() string { return filepath.Clean(h.data) + ".key" }

// recovers goes the whole way: before a rotation, after it, after retiring, and
// with another letter that came in under the new key.
func recovers(t *testing.T, h *house, s *salvage, running func() (stop func())) {
	t.Helper()
	letter := bytes.Repeat([]byte("kein PDF, aber ein Schreiben. "), 5000) // more than one chunk of age
	h.filled("03104//0000123", letter)
	s.pairs, s.people = filepath.Join(h.data, "recovery"), h.keyFile()+".custodians"
	look := func(also func()) {
		t.Helper()
		stop := running()
		defer stop()
		s.everyPair("03104//0000123", letter)
		also()
	}
	look(func() { s.nobodyAlone("03104//0000123") })
	h.must("key", "--data", h.data, "rotate")
	look(func() {})
	h.must("key", "--data", h.data, "retire")
	look(func() {})
	h.must("verify", "--data", h.data)
}

func TestRecoveryFromMinIO(t *testing.T) {
	needs(t, "age", "jq")
	m := vaulttest.StartMinIO(t)
	h := onMinIO(t, m, m.Running)
	second := filepath.Join(t.TempDir(), "second")
	if err := os.WriteFile(second, []byte(m.Disposition.Access+"\n"+m.Disposition.Secret+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	h.env = append(h.env, "EAKTE_DISPOSITION_KEY_FILE="+second)
	s := &salvage{T: t, from: "mc:store/eakte", env: []string{"MC_HOST_store=http://" + m.Root.Access + ":" + m.Root.Secret + "@" + m.Host}}
	recovers(t, h, s, func() func() { return func() {} })

	// A store that doesn't answer is not an archive without keys.
	s.env = []string{"MC_HOST_store=http://" + m.Root.Access + ":" + m.Root.Secret + "@" + vaulttest.FreePort(t)}
	if _, said, err := s.script("get", s.from, strings.Repeat("a", 32), filepath.Join(t.TempDir(), "x")); err == nil || strings.Contains(said, "destroyed") {
		t.Errorf("%v\n%s", err, said)
	}
}

// TestRecoveryFromTheEmbeddedStore: over S3, and from its files as they lie on
// the disk.
func TestRecoveryFromTheEmbeddedStore(t *testing.T) {
	needs(t, "age", "jq", "mc")
	h := newHouse(t)
	store := filepath.Join(h.data, "store")
	over := &salvage{T: t, from: "mc:store/eakte"}
	recovers(t, h, over, func() func() {
		t.Chdir(t.TempDir())
		srv, err := embedded.Start(t.Context(), embedded.Config{Dir: store, Listen: vaulttest.FreePort(t), Prefix: "eakte"})
		if err != nil {
			t.Fatal(err)
		}
		root := srv.RootCredentials()
		over.env = []string{"MC_HOST_store=http://" + root.AccessKey + ":" + root.SecretKey + "@" + srv.Endpoint()}
		return func() {
			if err := srv.Close(); err != nil {
				t.Error(err)
			}
		}
	})
	disk := *over
	disk.from, disk.env = filepath.Join(store, "objects", "eakte"), nil
	disk.finds("03104//0000123", "SOMMER", "031d123456")
	disk.finds("03104//0000123", "0000123")
	disk.nobodyAlone("03104//0000123")
}

// TestRecoverKeyFile: catalog at hand or not, two custodians and the buckets
// make a key file that opens everything.
func TestRecoverKeyFile(t *testing.T) {
	needs(t, "age", "jq")
	h := newHouse(t)
	h.filled("03104//0000123", []byte("letter"))
	s := &salvage{T: t, from: filepath.Join(h.data, "store", "objects", "eakte"), pairs: filepath.Join(h.data, "recovery"), people: h.keyFile() + ".custodians"}
	s.open("1", "3")
	if err := os.Remove(h.keyFile()); err != nil {
		t.Fatal(err)
	}
	if _, said, code := h.run("verify", "--data", h.data); code != exitUnavailable {
		t.Errorf("without a key file: %d\n%s", code, said)
	}
	if _, said, code := h.run("key", "--data", h.data, "recover", "--recovery", s.custodian("1")); code == exitDone || !strings.Contains(said, "not the recovery identity") {
		t.Errorf("with one custodian's identity: %d\n%s", code, said)
	}
	h.must("key", "--data", h.data, "recover", "--recovery", s.key)
	h.must("key", "--data", h.data, "recover", "--recovery", s.key) // again
	if out := h.must("key", "--data", h.data, "status"); !strings.Contains(out, "generation  2") {
		t.Errorf("%s", out)
	}
	srv := h.serve()
	c := srv.as("k.sommer")
	var found struct{ Items []struct{ ID string } }
	c.want(200, "GET", "/files?q=Sommer", nil).into(t, &found)
	if len(found.Items) != 1 {
		t.Fatalf("%+v", found)
	}
	var docs struct{ Items []struct{ ID string } }
	c.want(200, "GET", "/files/"+found.Items[0].ID+"/documents", nil).into(t, &docs)
	if got := c.want(200, "GET", "/documents/"+docs.Items[0].ID+"/original", nil); string(got.body) != "letter" {
		t.Errorf("%q", got.body)
	}
	c.until(c.post(found.Items[0].ID, []byte("another")).Document, "ready")
	srv.stop()
	h.must("key", "--data", h.data, "retire")
	s.finds("03104//0000123", "sommer")
}
