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

// credentials is the file that keeps the three accounts.
type credentials struct {
	Root        Credentials `json:"root"`
	Running     Credentials `json:"running"`
	Disposition Credentials `json:"disposition"`
}

// loadCredentials reads the file, or makes it (0600) with fresh keys. A file
// from before there was a second key gets one.
func loadCredentials(path string) (credentials, error) {
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return keepCredentials(path, credentials{Root: newCredentials("root"), Running: newCredentials("run"), Disposition: newCredentials("disp")})
	}
	if err != nil {
		return credentials{}, fmt.Errorf("embedded: credentials: %w", err)
	}
	var c credentials
	err = json.Unmarshal(b, &c)
	if err == nil && c.Disposition == (Credentials{}) && c.Root.whole() && c.Running.whole() {
		c.Disposition = newCredentials("disp")
		return keepCredentials(path, c)
	}
	if err != nil || !c.Root.whole() || !c.Running.whole() || !c.Disposition.whole() || c.Root.AccessKey == c.Running.AccessKey ||
		c.Root.AccessKey == c.Disposition.AccessKey || c.Running.AccessKey == c.Disposition.AccessKey {
		return credentials{}, &record.Error{Category: record.Corrupt, Message: "The object store's credentials file is damaged.",
			Hint: "Remove it: new keys are made at the next start, nothing is lost.", Cause: err}
	}
	return c, nil
}

func (c Credentials) whole() bool { return c.AccessKey != "" && c.SecretKey != "" }

func newCredentials(name string) Credentials {
	return Credentials{AccessKey: name + rand.Text(), SecretKey: rand.Text() + rand.Text()}
}

// keepCredentials writes the file.
func keepCredentials(path string, c credentials) (credentials, error) {
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

// accounts is the server's user service: the running account and that of the
// second key. Root is known to the server itself; accounts can't be made,
// changed or listed.
type accounts struct{ running, disposition Credentials }

var _ auth.IAMService = accounts{}

func (a accounts) GetUserAccount(access string) (auth.Account, error) {
	for _, c := range []Credentials{a.running, a.disposition} {
		if c.AccessKey == access {
			return auth.Account{Access: c.AccessKey, Secret: c.SecretKey, Role: auth.RoleUser}, nil
		}
	}
	return auth.Account{}, auth.ErrNoSuchUser
}

func (a accounts) ResolveAccounts(keys []string) ([]string, error) {
	missing := []string{}
	for _, k := range keys {
		if k != a.running.AccessKey && k != a.disposition.AccessKey {
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
