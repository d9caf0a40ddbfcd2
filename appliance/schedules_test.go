package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"eakte/appliance/upkeep"
)

// TestSchedules: an administrator starts each of them in the running appliance
// and sees how it went; nobody else does.
func TestSchedules(t *testing.T) {
	h := newHouse(t)
	h.setup()
	s := h.serve()
	worker, admin := s.as("k.sommer"), s.as("a.admin")
	file := worker.makeFile("03104//0000002", "Probe", "03104")
	worker.until(worker.post(file, []byte("eins")).Document, "ready")
	type schedule struct {
		Name        string
		LastOutcome string           `json:"last_outcome"`
		LastResult  string           `json:"last_result"`
		NextRun     time.Time        `json:"next_run"`
		Counts      map[string]int64 `json:"counts"`
	}
	list := func() map[string]schedule {
		var page struct{ Items []schedule }
		admin.want(200, "GET", "/schedules", nil).into(t, &page)
		out := map[string]schedule{}
		for _, sched := range page.Items {
			out[sched.Name] = sched
		}
		return out
	}
	for _, sched := range upkeep.Schedules() {
		if got := list()[sched.Name]; got.NextRun.Before(time.Now()) {
			t.Errorf("%s runs next at %s", sched.Name, got.NextRun)
		}
		worker.want(403, "POST", "/schedules/"+sched.Name+"/run", nil)
		admin.want(204, "POST", "/schedules/"+sched.Name+"/run", nil)
	}
	worker.want(403, "GET", "/schedules", nil)
	worker.want(403, "POST", "/schedules/nothing/run", nil)
	admin.want(404, "POST", "/schedules/nothing/run", nil)
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(100 * time.Millisecond) {
		all, ended := list(), 0
		for _, sched := range all {
			if sched.LastOutcome != "" {
				ended++
			}
			if sched.LastOutcome == "failed" || sched.LastOutcome != "" && sched.LastResult == "" {
				t.Fatalf("%+v\n%s", sched, s.errs)
			}
		}
		if ended == len(upkeep.Schedules()) {
			if all["reconcile"].Counts["objects"] < 5 || all["reconcile"].Counts["object_without_row"]+all["reconcile"].Counts["row_without_object"] != 0 {
				t.Errorf("%+v", all["reconcile"])
			}
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("they have not all run: %+v\n%s", all, s.errs)
		}
	}
	s.stop()
	if out, errs, code := h.run("verify", "--data", h.data); code != exitDone {
		t.Errorf("afterwards the archive is not sound: exit %d\n%s%s", code, out, errs)
	}
}

// TestWrongScheduleRefusesToStart, and the sentence names it.
func TestWrongScheduleRefusesToStart(t *testing.T) {
	h := newHouse(t)
	h.setup()
	for name, expression := range map[string]string{"locks": "every night", "due": "0 5 30 2 *", "reconcile": "off", "backup": "0 1 * * *"} {
		file := filepath.Join(t.TempDir(), "eakte.json")
		if err := os.WriteFile(file, []byte(`{"schedules":{"`+name+`":"`+expression+`"}}`), 0o600); err != nil {
			t.Fatal(err)
		}
		_, errs, code := h.run("serve", "--data", h.data, "--listen", "127.0.0.1:0", "--config", file)
		if code == exitDone || !strings.Contains(errs, "schedules."+name) {
			t.Errorf("%s = %q: exit %d\n%s", name, expression, code, errs)
		}
	}
}
