package embedded

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/versity/versitygw/auth"
	"github.com/versity/versitygw/s3err"

	"eakte/appliance/record"
)

// Credentials are an access key and its secret.
type Credentials struct {
	AccessKey string `json:"access_key"`
	SecretKey string `json:"secret_key"`
}

// credentials is the file that keeps both accounts.
type credentials struct {
	Root    Credentials `json:"root"`
	Running Credentials `json:"running"`
}

// loadCredentials reads the file, or makes it (0600) with fresh keys.
func loadCredentials(path string) (credentials, error) {
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return makeCredentials(path)
	}
	if err != nil {
		return credentials{}, fmt.Errorf("embedded: credentials: %w", err)
	}
	var c credentials
	if err := json.Unmarshal(b, &c); err != nil || c.Root.SecretKey == "" || c.Running.SecretKey == "" ||
		c.Root.AccessKey == "" || c.Running.AccessKey == "" || c.Root.AccessKey == c.Running.AccessKey {
		return credentials{}, &record.Error{Category: record.Corrupt, Message: "The object store's credentials file is damaged.",
			Hint: "Remove it: new keys are made at the next start, nothing is lost.", Cause: err}
	}
	return c, nil
}

func makeCredentials(path string) (credentials, error) {
	c := credentials{
		Root:    Credentials{AccessKey: "root" + rand.Text(), SecretKey: rand.Text() + rand.Text()},
		Running: Credentials{AccessKey: "run" + rand.Text(), SecretKey: rand.Text() + rand.Text()},
	}
	b, err := json.MarshalIndent(c, "", " ")
	if err != nil {
		return credentials{}, fmt.Errorf("embedded: credentials: %w", err)
	}
	// Written aside and renamed, so that a kill leaves no half file behind.
	f, err := os.CreateTemp(filepath.Dir(path), ".credentials-*") // 0600
	if err != nil {
		return credentials{}, fmt.Errorf("embedded: credentials: %w", err)
	}
	_, werr := f.Write(append(b, '\n'))
	err = errors.Join(werr, f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err == nil {
		err = syncDir(filepath.Dir(path))
	}
	if err != nil {
		return credentials{}, fmt.Errorf("embedded: credentials: %w", err)
	}
	return c, nil
}

// accounts is the server's user service: the one running account. Root is
// known to the server itself; accounts can't be made, changed or listed.
type accounts struct{ running Credentials }

var _ auth.IAMService = accounts{}

func (a accounts) GetUserAccount(access string) (auth.Account, error) {
	if access != a.running.AccessKey {
		return auth.Account{}, auth.ErrNoSuchUser
	}
	return auth.Account{Access: a.running.AccessKey, Secret: a.running.SecretKey, Role: auth.RoleUser}, nil
}

func (a accounts) ResolveAccounts(keys []string) ([]string, error) {
	missing := []string{}
	for _, k := range keys {
		if k != a.running.AccessKey {
			missing = append(missing, k)
		}
	}
	return missing, nil
}

func (accounts) CreateAccount(auth.Account) error { return notSupported() }

func (accounts) UpdateUserAccount(string, auth.MutableProps) error { return notSupported() }

func (accounts) DeleteUserAccount(string) error { return notSupported() }

func (accounts) ListUserAccounts() ([]auth.Account, error) { return []auth.Account{}, notSupported() }

func (accounts) Shutdown() error { return nil }

func notSupported() error { return s3err.GetAPIError(s3err.ErrAdminMethodNotSupported) }
