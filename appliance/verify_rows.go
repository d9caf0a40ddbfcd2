package main

import (
	"context"

	"eakte/appliance/admin"
	"eakte/appliance/catalog"
	"eakte/appliance/fixity"
	"eakte/appliance/record"
	"eakte/appliance/vault"
)

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
			if h.Subject == string(d.ID) {
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
