package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"eakte/appliance/audit"
	"eakte/appliance/catalog"
	"eakte/appliance/fixity"
	"eakte/appliance/record"
	"eakte/appliance/vault"
)

func runVerify(ctx context.Context, c *cli) int {
	fs := c.flags()
	data, file := fs.String("data", "", "folder of the archive"), fs.String("config", "", "configuration file (JSON)")
	args := map[string]string{}
	fs.Func(argAuditKey, "public key that the audit log must be signed with, as an earlier verify printed it; kept outside the archive", func(s string) error {
		args[argAuditKey] = s
		_, err := audit.ParsePublic(s)
		return err
	})
	if fs.Parse(c.args) != nil {
		return exitUsage
	}
	cfg, err := c.config(*file, *data, "")
	if err != nil {
		return c.wrong("%v", err)
	}
	return perform(ctx, c, cfg, operation{Name: "verify", Args: args}, nil)
}

// argAuditKey is a key for the checkpoints from outside. Whoever holds the key
// file can sign a log that he has made up; only a key that somebody else has
// kept since before tells.
const argAuditKey = "audit-key"

// lockAlarm is how far ahead every lock must reach at least: a month less than
// what the nightly schedule keeps. Less means that it has not run for weeks.
const lockAlarm = 17 * 30 * 24 * time.Hour

// doVerify reads everything again and compares. What it finds it prints; the
// answer is no if it found anything.
func doVerify(ctx context.Context, a *app, args map[string]string, _ io.Reader, out io.Writer) error {
	id, err := a.meta(ctx, metaArchive)
	if err != nil {
		return err
	}
	own, err := auditKey(a, id)
	if err != nil {
		return err
	}
	key := own
	if given, ok := args[argAuditKey]; ok {
		key = strings.TrimSpace(given)
	}
	public, err := audit.ParsePublic(key)
	if err != nil {
		return err
	}
	young := time.Duration(0)
	if a.serving {
		young = time.Hour
	}
	b := a.vault.Buckets()
	began := time.Now()
	result, err := fixity.Run(ctx, fixity.Sources{
		Records: objects{b.Records}, Keys: objects{b.Keys}, Audit: objects{b.Audit},
		Catalog: rows{a.catalog}, Outbox: rows{a.catalog}, Log: logRows{a.catalog}, Key: opener{a.vault},
	}, fixity.Config{Archive: id, AuditKey: public, Clock: a.clock, Young: young, Ahead: lockAlarm, AuditAhead: lockAlarm, Report: func(f fixity.Finding) {
		fmt.Fprintf(out, "%s %s: %s\n    %s\n", f.Kind, f.Subject, f.What, f.Do)
	}})
	if err != nil {
		return fmt.Errorf("verify could not finish, so nothing is proved: %w", err)
	}
	for _, l := range result.Logs {
		fmt.Fprintf(out, "audit log %d: %d entries, %d checkpoints, signed up to %d\n", l.Year, l.Entries, l.Checkpoints, l.Signed)
	}
	fmt.Fprintf(out, "audit key %s (keep it elsewhere, for --%s)\n", own, argAuditKey)
	if key != own {
		fmt.Fprintf(out, "audit key %s is the one that was given: this archive doesn't sign with it\n", key)
	}
	fmt.Fprintf(out, "%d documents, %d manifests, %d objects, %d spare keys, %d bytes read in %s: %d findings\n", result.Documents,
		result.Manifests, result.Objects, result.SpareKeys, result.Bytes, time.Since(began).Round(time.Millisecond), result.Findings)
	if !result.Sound() || key != own {
		return errAnswerNo
	}
	return nil
}

// auditKey is the public half of the key that the archive signs its log with.
func auditKey(a *app, archive string) (string, error) {
	origin, err := audit.Origin(archive, a.clock.Now().Year())
	if err != nil {
		return "", err
	}
	signer, err := audit.NewSigner(origin, a.vault.Keyring().AuditSeed())
	if err != nil {
		return "", err
	}
	return signer.Public(), nil
}

// objects reads one bucket for the verifier.
type objects struct{ b vault.Bucket }

func seen(o vault.ObjectInfo) fixity.Object {
	return fixity.Object{Name: o.Name, Size: o.Size, Digest: o.Digest, Mode: o.Mode, LockedUntil: o.LockedUntil, Hold: o.Hold,
		Modified: o.Modified, Version: o.Version, Marker: o.Marker}
}

func (s objects) Stat(ctx context.Context, name string) (fixity.Object, error) {
	o, err := s.b.Stat(ctx, name)
	return seen(o), err
}

func (s objects) Open(ctx context.Context, name string) (io.ReadCloser, error) {
	return s.b.Get(ctx, name, 0, -1)
}

func (s objects) StatVersion(ctx context.Context, name, version string) (fixity.Object, error) {
	o, err := s.b.StatVersion(ctx, name, version)
	return seen(o), err
}

func (s objects) OpenVersion(ctx context.Context, name, version string) (io.ReadCloser, error) {
	return s.b.GetVersion(ctx, name, version, 0, -1)
}

func (s objects) Versions(ctx context.Context, prefix string, fn func(fixity.Object) error) error {
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
