package install

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"eakte/appliance/config"
	"eakte/appliance/record"
)

// TestKilledWhileFinishing: whatever was made so far, another process finishes.
func TestKilledWhileFinishing(t *testing.T) {
	killed := errors.New("killed")
	for _, c := range []struct {
		at    string
		stage Stage
		do    func(Plan) error
	}{
		{"before anything", StageNone, func(Plan) error { return killed }},
		{"after the recovery key", StageRecovery, func(Plan) error { return killed }},
		{"after the facts", StageApplied, func(Plan) error { return killed }},
		{"after the configuration", StageApplied, func(pl Plan) error {
			err := pl.Settle()
			if err == nil { // the state's removal did not reach the disk
				err = killed
			}
			return err
		}},
	} {
		t.Run(c.at, func(t *testing.T) {
			p := newPlace(t)
			in, s := p.ready()
			var kept []byte
			p.broken = func(pl Plan) error {
				b, err := os.ReadFile(filepath.Join(p.data, StateFile))
				if err != nil {
					t.Fatal(err)
				}
				kept, p.stage = b, c.stage
				return c.do(pl)
			}
			if err := in.Finish(t.Context(), s); !errors.Is(err, killed) {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(p.data, StateFile), kept, 0o600); err != nil {
				t.Fatal(err)
			}
			if is, err := Interrupted(p.data); !is || err != nil {
				t.Fatalf("interrupted: %v, %v", is, err)
			}
			p.broken = nil
			in, s = p.start()
			v, err := in.View(s)
			if err != nil || v.Next != StepSummary || !v.Interrupted {
				t.Fatalf("%+v, %v", v, err)
			}
			err = in.SetRecovery(t.Context(), s, nil)
			if made := c.stage >= StageRecovery; made != errors.Is(err, record.Conflict) {
				t.Errorf("custodians after the recovery key is made: %v", err)
			}
			if err = in.SetSites(t.Context(), s, sites); (c.stage == StageApplied) != errors.Is(err, record.Conflict) {
				t.Errorf("sites after the facts are applied: %v", err)
			}
			for range 2 {
				if err := in.Finish(t.Context(), s); err != nil {
					t.Fatal(err)
				}
			}
			<-in.Done()
			if _, err := os.Stat(filepath.Join(p.data, StateFile)); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("the state with its secrets is still there: %v", err)
			}
			if len(p.plans) != 2 {
				t.Errorf("made %d times", len(p.plans))
			}
		})
	}
}

// TestOwnFile: the configuration that is left behind says what was chosen, as
// config reads it, and is nobody else's to read.
func TestOwnFile(t *testing.T) {
	p := newPlace(t)
	in, s := p.ready()
	if err := in.Finish(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(p.data, config.OwnFile)
	if st, err := os.Stat(path); err != nil || st.Mode().Perm() != 0o600 {
		t.Fatalf("%v, %v", st.Mode(), err)
	}
	got, err := config.Load("", p.data, func(string) string { return "" })
	if err != nil {
		t.Fatal(err)
	}
	if err := got.Validate(); err != nil {
		t.Fatal(err)
	}
	want := p.plans[0].Config
	if got.Store != want.Store || got.Search != want.Search || !reflect.DeepEqual(got.Folders, want.Folders) || got.Listen != want.Listen || got.Store.SecretKey != "secret" {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}
