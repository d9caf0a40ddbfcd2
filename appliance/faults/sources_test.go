package faults

import (
	"context"
	"io"

	"eakte/appliance/admin"
	"eakte/appliance/audit"
	"eakte/appliance/catalog"
	"eakte/appliance/fixity"
	"eakte/appliance/record"
	"eakte/appliance/vault"
)

// The verifier shares no code with what writes, and main can't be imported:
// what it reads through stands here once more (appliance/verify.go and
// verify_rows.go).

func (h *house) sources() fixity.Sources {
	return fixity.Sources{Records: bytesOf{h.clean.Records}, Keys: bytesOf{h.clean.Keys}, Audit: bytesOf{h.clean.Audit},
		Catalog: rows{h.catalog}, Outbox: rows{h.catalog}, Log: logRows{h.catalog}, Key: opener{h.direct}}
}

// rows reads the catalog for the verifier.
type rows struct{ c *catalog.Catalog }

func (r rows) DocumentCount(ctx context.Context) (n int64, err error) {
	err = r.c.Read(ctx, func(tx *catalog.Tx) error { n, err = tx.DocumentCount(); return err })
	return n, err
}

func (r rows) Documents(ctx context.Context, after record.DocumentID, limit int) ([]fixity.Document, error) {
	var out []fixity.Document
	err := r.c.Read(ctx, func(tx *catalog.Tx) error {
		docs, err := tx.DocumentsAfter(after, limit)
		if err != nil {
			return err
		}
		out, err = fixityDocuments(tx, docs)
		return err
	})
	return out, err
}

func (r rows) Document(ctx context.Context, id record.DocumentID) (fixity.Document, error) {
	var out []fixity.Document
	err := r.c.Read(ctx, func(tx *catalog.Tx) error {
		d, err := tx.DocumentByID(id)
		if err != nil {
			return err
		}
		out, err = fixityDocuments(tx, []record.Document{d})
		return err
	})
	if err != nil {
		return fixity.Document{}, err
	}
	return out[0], nil
}

func fixityDocuments(tx *catalog.Tx, docs []record.Document) ([]fixity.Document, error) {
	ids := make([]record.DocumentID, len(docs))
	for i, d := range docs {
		ids[i] = d.ID
	}
	holds, err := tx.Covering(ids)
	out := make([]fixity.Document, len(docs))
	for i, d := range docs {
		out[i] = fixity.Document{ID: d.ID, Object: d.Object, File: d.File, Type: d.Type, Direction: d.Direction, Title: d.Title,
			Section: d.Section, Sensitivity: d.Sensitivity, Dated: d.Dated, Received: d.Received, Name: d.Name, Cipher: d.Cipher,
			CipherSize: d.CipherSize, Plain: d.Plain, Size: d.Size, State: d.State, KeepUntil: d.KeepUntil, LockedUntil: d.LockedUntil}
		for _, h := range holds[d.ID] {
			s := fixity.Standing{ID: h.ID, Kind: h.Kind, At: h.At}
			if h.SubjectKind == catalog.HoldsDocument {
				out[i].Holds = append(out[i].Holds, s)
			} else {
				out[i].FileHolds = append(out[i].FileHolds, s)
			}
		}
	}
	return out, err
}

func (r rows) File(ctx context.Context, id record.FileID) (out fixity.File, err error) {
	err = r.c.Read(ctx, func(tx *catalog.Tx) error {
		f, err := tx.FileByID(id)
		if err != nil {
			return err
		}
		out = fixity.File{ID: f.ID, Ordinal: f.Ordinal, Kind: f.Kind, Site: f.Site, Team: f.Team, Responsible: f.Responsible,
			RetentionClass: f.RetentionClass, Sensitivity: f.Sensitivity, ClosedAt: f.ClosedAt, Numbers: f.Numbers, Members: f.Members}
		if out.Grants, err = fixityGrants(tx.Grants(id)); err != nil {
			return err
		}
		if out.Denials, err = fixityGrants(tx.Denials(id)); err != nil {
			return err
		}
		holds, err := tx.HoldsOf(string(id))
		for _, h := range holds {
			if h.Stands() {
				out.Holds = append(out.Holds, fixity.Standing{ID: h.ID, Kind: h.Kind, At: h.At})
			}
		}
		return err
	})
	return out, err
}

func fixityGrants(rows []catalog.Grant, err error) ([]fixity.Grant, error) {
	out := make([]fixity.Grant, len(rows))
	for i, g := range rows {
		out[i] = fixity.Grant{User: g.User, Reason: g.Reason, By: g.By, From: g.From, To: g.To, EndsAt: g.EndsAt}
	}
	return out, err
}

func (r rows) Person(ctx context.Context, id record.PersonID) (p record.Person, err error) {
	err = r.c.Read(ctx, func(tx *catalog.Tx) error { p, err = tx.Person(id); return err })
	return p, err
}

func (r rows) House(ctx context.Context) (h fixity.House, err error) {
	err = r.c.Read(ctx, func(tx *catalog.Tx) error {
		h = fixity.House{}
		for name, to := range map[string]*string{admin.MetaArchive: &h.Archive, admin.MetaRecovery: &h.Recovery, admin.MetaName: &h.Name} {
			if *to, err = tx.Meta(name); err != nil {
				return err
			}
		}
		if h.Sites, err = tx.Sites(); err != nil {
			return err
		}
		if h.Retention, err = tx.RetentionClasses(); err != nil {
			return err
		}
		users, err := tx.Users()
		if err != nil {
			return err
		}
		ids := make([]record.UserID, len(users))
		for i, u := range users {
			ids[i] = u.ID
		}
		roles, err := tx.RolesOf(ids)
		for _, u := range users {
			h.Users = append(h.Users, fixity.User{ID: u.ID, Name: u.Name, Display: u.Display, Disabled: u.Disabled, Roles: roles[u.ID]})
		}
		return err
	})
	return h, err
}

func (r rows) Undescribed(ctx context.Context, after string, limit int) (ids []string, err error) {
	err = r.c.Read(ctx, func(tx *catalog.Tx) error { ids, err = tx.Undescribed(after, limit); return err })
	return ids, err
}

func (r rows) Heads(ctx context.Context, after string, limit int) ([]fixity.Head, error) {
	var out []fixity.Head
	err := r.c.Read(ctx, func(tx *catalog.Tx) error {
		heads, err := tx.ManifestHeads(after, limit)
		for _, h := range heads {
			out = append(out, fixity.Head(h))
		}
		return err
	})
	return out, err
}

func (r rows) Head(ctx context.Context, subject string) (fixity.Head, error) {
	var h fixity.Head
	err := r.c.Read(ctx, func(tx *catalog.Tx) error {
		head, err := tx.ManifestHead(subject)
		if err == nil && head.Name == "" {
			return record.Missing()
		}
		h = fixity.Head(head)
		return err
	})
	return h, err
}

// Waiting makes rows the verifier's outbox, too.
func (r rows) Waiting(ctx context.Context, name string) (body []byte, err error) {
	err = r.c.Read(ctx, func(tx *catalog.Tx) error { body, err = tx.OutboxBody(name); return err })
	return body, err
}

func (r rows) Knows(ctx context.Context, name string) (known bool, err error) {
	_, id, ok := vault.ParseName(name)
	if !ok {
		return false, nil
	}
	err = r.c.Read(ctx, func(tx *catalog.Tx) error { known, err = tx.NamesObject(name, id); return err })
	return known, err
}

// bytesOf reads one bucket for the verifier.
type bytesOf struct{ b vault.Bucket }

func seen(o vault.ObjectInfo) fixity.Object {
	return fixity.Object{Name: o.Name, Size: o.Size, Digest: o.Digest, Mode: o.Mode, LockedUntil: o.LockedUntil, Hold: o.Hold,
		Modified: o.Modified, Version: o.Version, Marker: o.Marker}
}

func (s bytesOf) Stat(ctx context.Context, name string) (fixity.Object, error) {
	o, err := s.b.Stat(ctx, name)
	return seen(o), err
}

func (s bytesOf) Open(ctx context.Context, name string) (io.ReadCloser, error) {
	return s.b.Get(ctx, name, 0, -1)
}

func (s bytesOf) StatVersion(ctx context.Context, name, version string) (fixity.Object, error) {
	o, err := s.b.StatVersion(ctx, name, version)
	return seen(o), err
}

func (s bytesOf) OpenVersion(ctx context.Context, name, version string) (io.ReadCloser, error) {
	return s.b.GetVersion(ctx, name, version, 0, -1)
}

func (s bytesOf) Versions(ctx context.Context, prefix string, fn func(fixity.Object) error) error {
	return s.b.Versions(ctx, prefix, "", func(o vault.ObjectInfo) error { return fn(seen(o)) })
}

// logRows reads the audit log for the verifier.
type logRows struct{ c *catalog.Catalog }

func (r logRows) Logs(ctx context.Context) ([]fixity.LogState, error) {
	var out []fixity.LogState
	err := r.c.Read(ctx, func(tx *catalog.Tx) error {
		years, err := tx.AuditLogs()
		if err != nil {
			return err
		}
		for _, y := range years {
			size, text, err := tx.AuditFrontier(y)
			if err != nil {
				return err
			}
			frontier, err := audit.ParseFrontier(text)
			if err != nil {
				return err
			}
			out = append(out, fixity.LogState{Year: y, Size: size, Frontier: frontier})
		}
		return nil
	})
	return out, err
}

func (r logRows) Rows(ctx context.Context, year int, from uint64, limit int) ([]fixity.Row, error) {
	var out []fixity.Row
	err := r.c.Read(ctx, func(tx *catalog.Tx) error {
		entries, err := tx.AuditNumbered(year, from, limit)
		if err != nil || len(entries) == 0 {
			return err
		}
		span := int(entries[len(entries)-1].Number) - int(from) + 1
		leaves, err := tx.AuditLeaves(year, from, span)
		if err != nil {
			return err
		}
		stored := map[uint64][]byte{}
		for _, l := range leaves {
			stored[l.Number] = l.Hash
		}
		for _, e := range entries {
			n := uint64(e.Number)
			out = append(out, fixity.Row{Index: n, Header: e.Header, Salt: e.Salt, Payload: e.Payload, Leaf: stored[n]})
		}
		return nil
	})
	return out, err
}

func (r logRows) Checkpoints(ctx context.Context, year int) ([]fixity.Note, error) {
	var out []fixity.Note
	err := r.c.Read(ctx, func(tx *catalog.Tx) error {
		notes, err := tx.Checkpoints(year)
		for _, n := range notes {
			out = append(out, fixity.Note{Size: n.Size, Text: n.Note})
		}
		return err
	})
	return out, err
}

// opener decrypts for the verifier, with the sealed key it has just read.
type opener struct{ v *vault.Vault }

func (o opener) Decrypt(_ context.Context, id record.ObjectID, sealed []byte, cipher io.Reader) (io.Reader, error) {
	key, err := o.v.KeyFromSealed(id, sealed)
	if err != nil {
		return nil, err
	}
	return key.Decrypt(cipher)
}
