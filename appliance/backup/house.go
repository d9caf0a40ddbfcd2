package backup

import (
	"context"
	"encoding/json"
	"errors"

	"eakte/appliance/catalog"
	"eakte/appliance/record"
	"eakte/appliance/vault"
)

// house brings back what every file refers to: sites, teams, classes, users
// without passwords, substitutions. Without it nobody has a right to anything.
func (r *rebuild) house(ctx context.Context, _ string) error {
	var all []catalog.StagedSubject
	err := r.Catalog.Read(ctx, func(tx *catalog.Tx) (err error) {
		all, err = tx.StagedSubjects(vault.KindHouse, "", 10)
		return err
	})
	if err != nil {
		return err
	}
	if len(all) == 0 {
		return r.commit(ctx, "", func(tx *catalog.Tx) error {
			return tx.StageProblem(catalog.RebuildProblem{Kind: ProblemHouse,
				Detail: "There is no manifest of the house: sites, classes and users have to be set up again."})
		})
	}
	s := all[0] // several houses in one store: the one that changed last is ours
	for _, o := range all[1:] {
		if o.Head.CreatedAt.After(s.Head.CreatedAt) {
			s = o
		}
	}
	from, p, err := r.newest(ctx, s, true, func() any { return &vault.HousePersonal{} })
	if err != nil && !gone(err) {
		return err
	}
	return r.commit(ctx, "", func(tx *catalog.Tx) error {
		if len(all) > 1 {
			if err := tx.StageProblem(catalog.RebuildProblem{Kind: ProblemHouse, Name: s.Head.Name, Subject: s.Subject,
				Detail: "There are manifests of several houses; the one that changed last was taken."}); err != nil {
				return err
			}
		}
		if err != nil {
			return tx.StageProblem(catalog.RebuildProblem{Kind: ProblemHouse, Name: s.Head.Name, Subject: s.Subject,
				Detail: "The manifest of the house can't be opened: sites, classes and users have to be set up again."})
		}
		if err := notePart(tx, s, from); err != nil {
			return err
		}
		return furnish(tx, s, *p.(*vault.HousePersonal))
	})
}

// notePart says that something came back from an older manifest.
func notePart(tx *catalog.Tx, s catalog.StagedSubject, from catalog.StagedManifest) error {
	if from.Name == s.Head.Name {
		return nil
	}
	return tx.StageProblem(catalog.RebuildProblem{Kind: ProblemUnreadable, Name: s.Head.Name, Subject: s.Subject,
		Detail: "The newest manifest can't be opened; an older one was taken."})
}

func furnish(tx *catalog.Tx, s catalog.StagedSubject, h vault.HousePersonal) error {
	providers, err := json.Marshal(h.Providers)
	if err != nil {
		return err
	}
	err = errors.Join(tx.SetMeta(metaArchive, h.Archive), tx.SetMeta(metaRecovery, h.Recovery), tx.SetMeta(metaName, h.Name),
		tx.SetMeta(metaProvs, string(providers)),
		tx.SetManifestHead(catalog.Head{Subject: s.Subject, Name: s.Head.Name, Sequence: s.Head.Sequence, Digest: s.Head.Digest}))
	for _, site := range h.Sites {
		err = errors.Join(err, tx.PutSite(site))
	}
	for _, c := range h.Retention {
		err = errors.Join(err, tx.PutRetentionClass(c))
	}
	for _, u := range h.Users {
		err = errors.Join(err, tx.PutUser(catalog.User{ID: u.ID, Name: u.Name, Display: u.Display, Disabled: u.Disabled, CreatedAt: u.CreatedAt}),
			tx.PutRoles(u.ID, u.Roles))
	}
	for _, s := range h.Substitutions {
		err = errors.Join(err, tx.PutSubstitution(catalog.Substitution{ID: s.ID, Absent: s.Absent, Substitute: s.Substitute,
			From: s.From, To: s.To, By: s.By, CreatedAt: s.CreatedAt}))
	}
	for _, r := range h.Rules {
		err = errors.Join(err, tx.KeepRulesVersion(r.Kind, r.Highest), tx.PutRuleSet(catalog.RuleSet{Kind: r.Kind, Version: r.Version, Body: r.Body, Reason: r.Reason, MadeBy: r.MadeBy,
			MadeAt: r.MadeAt.UnixMicro(), ActiveBy: r.ActiveBy, ActiveAt: r.ActiveAt.UnixMicro()}))
	}
	return err
}

// archive gives the archive's id: the house's, or what the audit log says.
func (r *rebuild) archive(ctx context.Context) (id string, err error) {
	err = r.Catalog.Read(ctx, func(tx *catalog.Tx) (err error) { id, err = tx.Meta(metaArchive); return err })
	if !record.ValidID(id) {
		id = ""
	}
	return id, err
}
