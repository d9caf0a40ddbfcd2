package install

import (
	"context"
	"errors"
	"io/fs"
	"net/url"
	"path/filepath"
	"strings"

	"eakte/appliance/config"
	"eakte/appliance/record"
)

// address says whether s is http(s)://host:port and nothing more.
func address(s string) bool {
	u, err := url.Parse(s)
	return err == nil && u.Host != "" && (u.Scheme == "http" || u.Scheme == "https") && u.User == nil && strings.Trim(u.Path, "/") == "" && u.RawQuery == ""
}

// SetStore tests where objects are to be kept and keeps the answer if the test
// is passed; else the error is *Untested. An empty secret key means the one
// given before. root may name a key that makes missing buckets; it is not kept.
func (in *Install) SetStore(ctx context.Context, session string, s config.Store, root *RootKey) (Verdict, error) {
	if err := in.may(session, StepStore); err != nil {
		return Verdict{}, err
	}
	in.mu.Lock()
	if had := in.st.Store; in.d.StoreGiven {
		s = had.config()
	} else if s.SecretKey == "" && s.AccessKey == had.AccessKey && s.Endpoint == had.Endpoint { // a key is told to nobody but whom it was given for
		s.SecretKey = config.Secret(had.SecretKey)
	}
	in.mu.Unlock()
	if err := validStore(&s); err != nil {
		return Verdict{}, err
	}
	v := in.d.TestStore(ctx, s, root)
	if !v.OK {
		return v, &Untested{v}
	}
	return v, in.change(StepStore, func(st *state) error {
		s.DispositionKeyFile, s.Replica = st.Store.config().DispositionKeyFile, st.Store.config().Replica // not asked for
		st.Store, st.StoreVerdict, st.Done[StepStore] = storeOf(s), v, true
		return nil
	})
}

func validStore(s *config.Store) error {
	def := config.Default().Store
	s.Endpoint, s.Prefix = strings.TrimRight(strings.TrimSpace(s.Endpoint), "/"), strings.TrimSpace(s.Prefix)
	if s.Prefix == "" {
		s.Prefix = def.Prefix
	}
	if s.Region = strings.TrimSpace(s.Region); s.Region == "" {
		s.Region = def.Region
	}
	var p Problems
	switch s.Kind {
	case "embedded":
		*s = def
	case "s3":
		p.add(!address(s.Endpoint), "endpoint", "address")
		p.add(!bucketPrefix(s.Prefix), "prefix", "prefix")
		p.add(s.AccessKey == "", "access_key", "required")
		p.add(s.SecretKey == "", "secret_key", "required")
	default:
		p.add(true, "kind", "choose")
	}
	return p.err()
}

// bucketPrefix keeps to what every S3 takes as the begin of a bucket's name.
func bucketPrefix(s string) bool {
	if len(s) < 1 || len(s) > 40 || strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
		return false
	}
	return s[0] != '-' && s[len(s)-1] != '-'
}

// SetSearch tests which engine is to find words and keeps the answer if the
// test is passed; else the error is *Untested. Empty keys mean those given
// before.
func (in *Install) SetSearch(ctx context.Context, session string, s config.Search) (Verdict, error) {
	if err := in.may(session, StepSearch); err != nil {
		return Verdict{}, err
	}
	in.mu.Lock()
	if had := in.st.Search; in.d.SearchGiven {
		s = had.config()
	} else if s.URL == had.URL {
		for to, from := range map[*config.Secret]string{&s.SearchKey: had.SearchKey, &s.DocumentKey: had.DocumentKey, &s.AdminKey: had.AdminKey} {
			if *to == "" {
				*to = config.Secret(from)
			}
		}
	}
	in.mu.Unlock()
	if err := validSearch(&s); err != nil {
		return Verdict{}, err
	}
	v := in.d.TestSearch(ctx, s)
	if !v.OK {
		return v, &Untested{v}
	}
	return v, in.change(StepSearch, func(st *state) error {
		st.Search, st.SearchVerdict, st.Done[StepSearch] = searchOf(s), v, true
		return nil
	})
}

func validSearch(s *config.Search) error {
	def := config.Default().Search
	s.URL, s.Prefix = strings.TrimRight(strings.TrimSpace(s.URL), "/"), strings.TrimSpace(s.Prefix)
	if s.Prefix == "" {
		s.Prefix = def.Prefix
	}
	var p Problems
	switch s.Kind {
	case "embedded":
		*s = def
	case "meili":
		p.add(!address(s.URL), "url", "address")
		p.add(!bucketPrefix(s.Prefix), "prefix", "prefix")
		p.add(s.SearchKey == "", "search_key", "required")
		p.add(s.DocumentKey == "", "document_key", "required")
		p.add(s.AdminKey == "", "admin_key", "required")
	default:
		p.add(true, "kind", "choose")
	}
	return p.err()
}

// SetFolder tests the watched folder and keeps it; an empty path means none.
func (in *Install) SetFolder(ctx context.Context, session string, f config.Folder) error {
	if err := in.may(session, StepFolder); err != nil {
		return err
	}
	if f.Path = strings.TrimSpace(f.Path); f.Path == "" {
		return in.change(StepFolder, func(st *state) error {
			st.Folder, st.Done[StepFolder] = config.Folder{}, true
			return nil
		})
	}
	var p Problems
	p.add(!filepath.IsAbs(f.Path), "path", "absolute")
	p.add(f.User == "", "user", "choose")
	p.add(f.SettleSeconds < 0 || f.SettleSeconds > 3600, "settle_seconds", "settle")
	if len(p) > 0 {
		return p
	}
	f.Path = filepath.Clean(f.Path)
	if rel, err := filepath.Rel(in.d.Config.Data, f.Path); err == nil && rel != ".." && !strings.HasPrefix(rel, "../") {
		return Problems{{Field: "path", Code: "inside"}}
	}
	if err := in.d.TestFolder(f.Path); err != nil {
		return Problems{{Field: "path", Code: folderCode(err)}}
	}
	return in.change(StepFolder, func(st *state) error {
		if !deliverer(st.Users, f.User) {
			return Problems{{Field: "user", Code: "choose"}}
		}
		st.Folder, st.Done[StepFolder] = f, true
		return nil
	})
}

// folderCode sorts what a folder's test says.
func folderCode(err error) string {
	switch {
	case errors.Is(err, record.NotFound), errors.Is(err, fs.ErrNotExist):
		return "folder_missing"
	case errors.Is(err, record.Denied), errors.Is(err, fs.ErrPermission):
		return "folder_rights"
	}
	return "folder_unfit"
}

// Deliverers are the roles as which a folder may hand documents in without
// naming a file.
func Deliverers() []string {
	return []string{record.RoleScan, record.RoleIntegration, record.RoleReception}
}

func deliverer(users []user, name string) bool {
	for _, u := range users {
		if u.Name == name && u.person().Delivers() {
			return true
		}
	}
	return false
}

// Delivers says whether a watched folder can hand in as this person.
func (p Person) Delivers() bool {
	for _, r := range p.Roles {
		for _, d := range Deliverers() {
			if r.Role == d {
				return true
			}
		}
	}
	return false
}

// SetRecovery keeps the three custodians' recipients; with none, the setup
// makes three identities in the end.
func (in *Install) SetRecovery(_ context.Context, session string, recipients []string) error {
	if err := in.may(session, StepRecovery); err != nil {
		return err
	}
	var named []string
	var p Problems
	for i, r := range recipients {
		r = strings.TrimSpace(r)
		named = append(named, r)
		p.add(r != "" && in.d.TestRecovery(r) != nil, recoveryField(i), "recipient")
		for j := range i {
			p.add(r != "" && named[j] == r, recoveryField(i), "twice")
		}
	}
	if strings.Join(named, "") == "" {
		named = nil
	}
	for i, r := range named {
		p.add(r == "", recoveryField(i), "required")
	}
	p.add(len(p) == 0 && len(named) > 0 && len(named) != 3, "", "three")
	if len(p) > 0 {
		return p
	}
	return in.change(StepRecovery, func(st *state) error {
		st.Recovery, st.Done[StepRecovery] = named, true
		return nil
	})
}

func recoveryField(i int) string { return "recovery[" + string(rune('0'+i)) + "]" }
