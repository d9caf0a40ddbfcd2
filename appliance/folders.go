package main

import (
	"context"
	"fmt"
	"time"

	"eakte/appliance/admin"
	"eakte/appliance/record"
	"eakte/ingest/folder"
)

// watchFolders makes the watchers of the configured folders, in their order.
// Nothing is watched until they are run.
func (a *app) watchFolders() []*folder.Watcher {
	var out []*folder.Watcher
	for i, f := range a.cfg.Folders {
		out = append(out, folder.New(folder.Config{Path: f.Path, Name: fmt.Sprint(i + 1), Intake: a.intake, Desk: a.delivery,
			Settle: time.Duration(f.SettleSeconds) * time.Second, MaxBytes: a.cfg.Upload.MaxBytes, Clock: a.clock, Log: a.log,
			Actor: func(ctx context.Context) (record.Actor, error) {
				actor, err := a.actor(ctx, f.User)
				actor.Via = "system"
				return actor, err
			}}))
	}
	return out
}

// folderChecks are the watched folders on the health page. Only the process
// that watches them knows how they are.
func (a *app) folderChecks() []admin.Check {
	if !a.cfg.Has("scheduler") {
		return nil
	}
	var out []admin.Check
	for i, w := range a.folders {
		name := "folder"
		if i > 0 {
			name = fmt.Sprintf("folder %d", i+1)
		}
		out = append(out, admin.Check{Name: name, Look: func(context.Context) admin.Finding { return lookAtFolder(w.Path, w.State()) }})
	}
	return out
}

func lookAtFolder(path string, st folder.State) admin.Finding {
	values := func(n int) map[string]string {
		return map[string]string{"folder": path, "n": fmt.Sprint(n), "taken": fmt.Sprint(st.Taken)}
	}
	note := func(code string, n int, message, hint string) admin.Finding {
		return admin.Finding{State: admin.Degraded, Code: "folder." + code, Values: values(n), Message: fmt.Sprintf(message, n), Hint: hint}
	}
	switch {
	case st.Code != "":
		f := admin.Finding{State: admin.Degraded, Code: "folder." + st.Code, Message: st.Message, Hint: st.Hint, Values: values(st.Files)}
		if st.Stopped {
			f.State = admin.Down
		}
		return f
	case st.Lying > 0:
		return note("lying", st.Lying, "%d files lie in rejected/.", "Read the text beside each; put it right, move the file back or delete it.")
	case st.Kept > 0:
		return note("kept", st.Kept, "%d old files in done/ are not in the archive and were not removed.", "Look at them; move back into the folder what has to be taken in.")
	case st.Deliveries > 0:
		return note("deliveries", st.Deliveries, "%d deliveries wait: something in them is missing or wrong.", "Read eakte-status.txt beside the manifest; the provider sends again what is missing, and it goes on by itself.")
	case st.Left > 0:
		return note("left", st.Left, "%d links or devices lie in the folder and are left there.", "Remove them: only files are taken in.")
	}
	return admin.Finding{State: admin.OK, Code: "folder.ok", Values: values(st.Waiting),
		Message: fmt.Sprintf("%d files wait, %d documents were taken in since the start", st.Waiting, st.Taken)}
}
