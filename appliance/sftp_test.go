package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"eakte/appliance/config"
)

// TestSFTP: a provider delivers with the real client of sftp, and the delivery
// is in the archive; a second provider sees nothing of it, nobody gets a shell
// or a way through, and what broke off is healed by sending it again.
func TestSFTP(t *testing.T) {
	d := startSFTPD(t)
	for _, p := range sftpProviders {
		for end := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
			if _, err := os.Stat(d.incoming(p)); err == nil || time.Now().After(end) {
				break
			}
		}
	}
	h := newHouse(t)
	h.setup()
	h.watchAt(d.incoming("nord"))
	h.handTo(sftpUID)
	s := h.serve()

	d.deliversAtOnce(s)
	d.deliversManifestLast(s)
	d.breaksOff(s)
	d.keepsApart()
	s.stop()
}

// watchAt has the house watch a folder, and nothing read: that has its own tests.
func (h *house) watchAt(path string) {
	h.t.Helper()
	b, err := json.Marshal(map[string]any{"roles": []string{"web", "scheduler"},
		"folders": []map[string]any{{"path": path, "user": "s.scan", "settle_seconds": 1}}})
	if err != nil {
		h.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(h.data, config.OwnFile), b, 0o600); err != nil {
		h.t.Fatal(err)
	}
}

// deliversAtOnce fills a folder under a temporary name and renames it.
func (d *sftpd) deliversAtOnce(s *server) {
	b := newBatch(d.t, "SDN-0001", 5, 40_000)
	lines := append([]string{"mkdir L1.part"}, b.puts("L1.part", append(b.names, "manifest.json")...)...)
	d.mustBatch("nord", append(lines, "rename L1.part L1")...)
	d.arrives(s, "SDN-0001", "L1", b)
	done := d.mustBatch("nord", "ls -1 done/"+today()+"/L1")
	if !strings.Contains(done, "eakte-receipt.json") || !strings.Contains(done, "0005.bin") {
		d.t.Errorf("the provider sees in done/:\n%s", done)
	}
}

// deliversManifestLast leaves one document out first: the delivery waits, says
// so to the provider, and is healed.
func (d *sftpd) deliversManifestLast(s *server) {
	b := newBatch(d.t, "SDN-00002", 3, 40_000)
	last := []string{"rename L2/manifest.json.part L2/manifest.json"}
	manifest := []string{"put " + filepath.Join(b.dir, "manifest.json") + " L2/manifest.json.part"}
	lines := append(append([]string{"mkdir L2"}, manifest...), b.puts("L2", b.names[:2]...)...)
	d.mustBatch("nord", append(lines, last...)...)
	status := filepath.Join(d.incoming("nord"), "L2", "eakte-status.txt")
	d.until(s, "the status of the incomplete delivery", func() bool { _, err := os.Stat(status); return err == nil })
	local := filepath.Join(b.dir, "status.txt")
	d.mustBatch("nord", "get L2/eakte-status.txt "+local)
	if said, err := os.ReadFile(local); err != nil || !strings.Contains(string(said), "0003.bin: fehlt") {
		d.t.Errorf("the provider is told: %v\n%s", err, said)
	}
	if v := d.view(s, "SDN-00002"); v.State != "waiting" || v.Taken != 0 {
		d.t.Errorf("the incomplete delivery: %+v", v)
	}
	lines = append(b.puts("L2", b.names[2]), manifest...)
	d.mustBatch("nord", append(lines, last...)...)
	d.arrives(s, "SDN-00002", "L2", b)
}

// breaksOff kills the client in the middle of a document; then all comes again.
func (d *sftpd) breaksOff(s *server) {
	b := newBatch(d.t, "SDN-000003", 3, 400_000)
	slow := d.client("sftp", "nord", "-l", "800", "-b", "-", "nord@127.0.0.1") // 100 KB a second
	lines := append([]string{"mkdir L3.part"}, b.puts("L3.part", append(b.names, "manifest.json")...)...)
	slow.Stdin = strings.NewReader(strings.Join(append(lines, "rename L3.part L3"), "\n") + "\n")
	d.must(slow.Start())
	half := filepath.Join(d.incoming("nord"), "L3.part", b.names[0])
	d.until(s, "the first bytes", func() bool { st, err := os.Stat(half); return err == nil && st.Size() > 0 })
	d.must(slow.Process.Kill())
	_ = slow.Wait() // it was killed
	if st, err := os.Stat(half); err != nil || st.Size() >= 400_000 {
		d.t.Fatalf("the client was too fast to be stopped: %v", err)
	}
	lines = append(b.puts("L3.part", append(b.names, "manifest.json")...), "rename L3.part L3")
	d.mustBatch("nord", lines...)
	d.arrives(s, "SDN-000003", "L3", b)
}

// keepsApart tries what a provider must not be able to do.
func (d *sftpd) keepsApart() {
	d.t.Helper()
	out := d.mustBatch("sued", "ls -1a /", "ls -1a /incoming", "-ls /srv/sftp/nord", "-ls /../nord/incoming", "-ls /nord", "-get /etc/passwd "+filepath.Join(d.t.TempDir(), "passwd"),
		"-mkdir /mine", "-ln -s / /incoming/up", "-ls /incoming/up/srv")
	for _, word := range []string{"done", "L1", "0001.bin", "root:x"} {
		if strings.Contains(out, word) {
			d.t.Errorf("the second provider sees %q:\n%s", word, out)
		}
	}
	if _, err := os.Stat(d.at("srv/sftp/sued/mine")); err == nil {
		d.t.Error("a provider wrote beside its folder")
	}
	for what, c := range map[string]*exec.Cmd{
		"another's folder":      d.client("sftp", "sued", "-b", "/dev/null", "nord@127.0.0.1"),
		"a shell":               d.client("ssh", "nord", "-tt", "nord@127.0.0.1"),
		"a command":             d.client("ssh", "nord", "nord@127.0.0.1", "echo", "let in"),
		"root":                  d.client("sftp", "nord", "-b", "/dev/null", "root@127.0.0.1"),
		"a way through":         d.client("ssh", "nord", "-W", "127.0.0.1:"+d.port, "nord@127.0.0.1"),
		"a forwarded port":      d.client("ssh", "nord", "-N", "-o", "ExitOnForwardFailure=yes", "-R", "0:127.0.0.1:"+d.port, "nord@127.0.0.1"),
		"a password, or no key": d.client("sftp", "nord", "-o", "PubkeyAuthentication=no", "-b", "/dev/null", "nord@127.0.0.1"),
	} {
		out, err := c.CombinedOutput()
		if err == nil || strings.Contains(string(out), "let in") || strings.Contains(string(out), "SSH-2.0") {
			d.t.Errorf("%s: %v\n%s", what, err, out)
		}
	}
}

// deliveryView is what the test looks at of a delivery.
type deliveryView struct {
	ID, State, Channel string
	DeliveryID         string `json:"delivery_id"`
	Taken              int
}

func (d *sftpd) view(s *server, number string) deliveryView {
	d.t.Helper()
	var page struct{ Items []deliveryView }
	s.as("s.scan").want(200, "GET", "/deliveries", nil).into(d.t, &page)
	for _, v := range page.Items {
		if v.DeliveryID == number {
			return v
		}
	}
	return deliveryView{}
}

// arrives waits until the folder lies in done/, and insists that the archive
// holds each document of the delivery once, byte for byte.
func (d *sftpd) arrives(s *server, number, folder string, b batchOf) {
	d.t.Helper()
	in := d.incoming("nord")
	d.until(s, folder+" in done/", func() bool {
		_, err := os.Stat(filepath.Join(in, "done", today(), folder, "eakte-receipt.json"))
		return err == nil
	})
	if _, err := os.Stat(filepath.Join(in, folder)); err == nil {
		d.t.Errorf("%s still lies in the folder", folder)
	}
	v := d.view(s, number)
	if v.State != "done" || v.Channel != "folder" || v.Taken != len(b.names) {
		d.t.Errorf("%+v", v)
	}
	var r struct {
		Documents []struct{ Name, Document, SHA256 string }
	}
	s.as("s.scan").want(200, "GET", "/deliveries/"+v.ID+"/receipt", nil).into(d.t, &r)
	if len(r.Documents) != len(b.names) {
		d.t.Errorf("the receipt names %d documents of %d", len(r.Documents), len(b.names))
	}
	clerk := s.as("k.klein")
	for _, doc := range r.Documents {
		sum := sha256.Sum256(clerk.want(200, "GET", "/documents/"+doc.Document+"/original", nil).body)
		if hash := "sha256-" + hex.EncodeToString(sum[:]); b.sums[hash] != doc.Name || hash != doc.SHA256 {
			d.t.Errorf("document %s: %s is not what was sent", doc.Name, hash)
		}
	}
}

// today is the folder of done/.
func today() string {
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		zone = time.Local
	}
	return time.Now().In(zone).Format(time.DateOnly)
}

func (d *sftpd) until(s *server, what string, ok func() bool) {
	d.t.Helper()
	for deadline := time.Now().Add(2 * time.Minute); !ok(); time.Sleep(100 * time.Millisecond) {
		if time.Now().After(deadline) {
			d.t.Fatalf("waited in vain for %s\n%s\n%s", what, s.errs, &d.said)
		}
	}
}
