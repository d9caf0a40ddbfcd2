package vault_test

import (
	"testing"

	"eakte/appliance/vault"
)

// TestKeyNames: a key's name says whose and of which generation it is, in one
// form only, and every other reader of names takes it for the key of that id.
func TestKeyNames(t *testing.T) {
	id := newID()
	for generation, want := range map[int]string{1: vault.KeyName(id), 2: vault.KeyName(id) + ".2", 11: vault.KeyName(id) + ".11"} {
		name := vault.KeyNameOf(id, generation)
		if name != want {
			t.Errorf("generation %d lies under %s", generation, name)
		}
		if got, n, ok := vault.ParseKeyName(name); !ok || got != id || n != generation {
			t.Errorf("%s: %s, %d, %v", name, got, n, ok)
		}
		if letter, got, ok := vault.ParseName(name); !ok || letter != "k" || got != id {
			t.Errorf("%s: %s, %s, %v", name, letter, got, ok)
		}
	}
	key := vault.KeyName(id)
	for _, name := range []string{key + ".", key + ".0", key + ".1", key + ".01", key + ".+2", key + ".-2", key + ".2.3", key + ".x",
		key + ".99999999999999999999", vault.OriginalName(id) + ".2", "k/00/" + string(id) + "0.2", "k/" + string(id), ""} {
		if got, n, ok := vault.ParseKeyName(name); ok {
			t.Errorf("%q is taken for generation %d of %s", name, n, got)
		}
		if _, _, ok := vault.ParseName(name); ok {
			t.Errorf("%q is taken for a name of ours", name)
		}
	}
	if _, _, ok := vault.ParseKeyName(vault.OriginalName(id)); ok {
		t.Error("an original is taken for a key")
	}
}
