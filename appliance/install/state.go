package install

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"eakte/appliance/config"
	"eakte/appliance/record"
)

// StateFile is where an unfinished setup keeps what it was told, in the data
// folder (0600). It is gone when the setup is finished.
const StateFile = "setup-state.json"

const stateVersion = 1

// state is what the setup was told so far.
type state struct {
	Version       int                     `json:"version"`
	Language      string                  `json:"language"`
	Name          string                  `json:"name"`
	Administrator user                    `json:"administrator"`
	Store         ownStore                `json:"store"`
	StoreVerdict  Verdict                 `json:"store_verdict"`
	Search        ownSearch               `json:"search"`
	SearchVerdict Verdict                 `json:"search_verdict"`
	Sites         []record.Site           `json:"sites"`
	Users         []user                  `json:"users"`
	Retention     []record.RetentionClass `json:"retention"`
	Folder        config.Folder           `json:"folder"`
	Recovery      []string                `json:"recovery"`
	Done          map[string]bool         `json:"done"`
	Finishing     bool                    `json:"finishing"` // the archive is being made, or was when the process ended
}

// user is somebody with the hash of a password, or without.
type user struct {
	Name    string          `json:"name"`
	Display string          `json:"display"`
	Roles   []record.RoleAt `json:"roles"`
	Hash    string          `json:"hash"`
	Made    bool            `json:"made"` // the password was made here
}

func (u user) person() Person {
	return Person{Name: u.Name, Display: u.Display, Roles: u.Roles, HasPassword: u.Hash != "", Made: u.Made}
}

// ownStore and ownSearch are config.Store and config.Search with the secrets
// written out; config's own types hide them.
type ownStore struct {
	Kind      string `json:"kind"`
	Endpoint  string `json:"endpoint,omitempty"`
	Region    string `json:"region,omitempty"`
	Prefix    string `json:"prefix,omitempty"`
	AccessKey string `json:"access_key,omitempty"`
	SecretKey string `json:"secret_key,omitempty"`
	// Not asked for: what file or environment lay down is carried along.
	DispositionKeyFile string      `json:"disposition_key_file,omitempty"`
	Replica            *ownReplica `json:"replica,omitempty"`
}

type ownReplica struct {
	Endpoint  string `json:"endpoint"`
	Region    string `json:"region,omitempty"`
	Prefix    string `json:"prefix,omitempty"`
	AccessKey string `json:"access_key"`
	SecretKey string `json:"secret_key"`
}

type ownSearch struct {
	Kind        string `json:"kind"`
	URL         string `json:"url,omitempty"`
	Prefix      string `json:"prefix,omitempty"`
	SearchKey   string `json:"search_key,omitempty"`
	DocumentKey string `json:"document_key,omitempty"`
	AdminKey    string `json:"admin_key,omitempty"`
}

func storeOf(c config.Store) ownStore {
	s := ownStore{Kind: c.Kind, Endpoint: c.Endpoint, Region: c.Region, Prefix: c.Prefix, AccessKey: c.AccessKey, SecretKey: string(c.SecretKey),
		DispositionKeyFile: c.DispositionKeyFile}
	if r := c.Replica; r.Endpoint != "" {
		s.Replica = &ownReplica{Endpoint: r.Endpoint, Region: r.Region, Prefix: r.Prefix, AccessKey: r.AccessKey, SecretKey: string(r.SecretKey)}
	}
	return s
}

func (s ownStore) config() config.Store {
	c := config.Store{Kind: s.Kind, Endpoint: s.Endpoint, Region: s.Region, Prefix: s.Prefix, AccessKey: s.AccessKey, SecretKey: config.Secret(s.SecretKey),
		DispositionKeyFile: s.DispositionKeyFile}
	if r := s.Replica; r != nil {
		c.Replica = config.Replica{Endpoint: r.Endpoint, Region: r.Region, Prefix: r.Prefix, AccessKey: r.AccessKey, SecretKey: config.Secret(r.SecretKey)}
	}
	return c
}

func searchOf(c config.Search) ownSearch {
	return ownSearch{Kind: c.Kind, URL: c.URL, Prefix: c.Prefix, SearchKey: string(c.SearchKey), DocumentKey: string(c.DocumentKey), AdminKey: string(c.AdminKey)}
}

func (s ownSearch) config() config.Search {
	return config.Search{Kind: s.Kind, URL: s.URL, Prefix: s.Prefix, SearchKey: config.Secret(s.SearchKey),
		DocumentKey: config.Secret(s.DocumentKey), AdminKey: config.Secret(s.AdminKey)}
}

// Interrupted says whether a setup of the data folder was ended while it made
// the archive, so that what lies there is not to be used before it is finished.
func Interrupted(data string) (bool, error) {
	st, err := load(data)
	return st.Finishing, err
}

// load reads the state of a data folder; a new one if there is none.
func load(data string) (state, error) {
	st := state{Version: stateVersion, Done: map[string]bool{}}
	b, err := os.ReadFile(filepath.Join(data, StateFile))
	if errors.Is(err, fs.ErrNotExist) {
		return st, nil
	}
	if err != nil {
		return st, fmt.Errorf("setup: %w", err)
	}
	err = json.Unmarshal(b, &st)
	if err == nil && st.Version != stateVersion {
		err = fmt.Errorf("version %d", st.Version)
	}
	if err != nil {
		return st, &record.Error{Category: record.Corrupt, Message: "What an unfinished setup has kept can't be read.",
			Hint: "Remove " + StateFile + " from the data folder to begin the setup anew.", Cause: err}
	}
	if st.Done == nil {
		st.Done = map[string]bool{}
	}
	return st, nil
}

func (st state) save(data string) error {
	b, err := json.Marshal(st)
	if err != nil {
		return fmt.Errorf("setup: %w", err)
	}
	if err := writeDurably(filepath.Join(data, StateFile), b); err != nil {
		return &record.Error{Category: record.Unavailable, Message: "What you entered can't be kept: the data folder can't be written.",
			Hint: "Look for free space and rights of the data folder, then send the form again.", Cause: err}
	}
	return nil
}

// Forget removes what an unfinished setup has kept.
func Forget(data string) error {
	err := os.Remove(filepath.Join(data, StateFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil {
		err = syncFolder(data)
	}
	if err != nil {
		return fmt.Errorf("setup: %w", err)
	}
	return nil
}

// writeDurably writes a file that only its owner may read, whole or not at all.
func writeDurably(path string, b []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(path+".new", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(path+".new", path); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(path))
}

func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
