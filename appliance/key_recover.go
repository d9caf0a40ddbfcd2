package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"eakte/appliance/catalog"
	"eakte/appliance/config"
	"eakte/appliance/record"
	"eakte/appliance/vault"
)

// recoverKeys makes a key file for an archive that has lost its own. The
// recovery identity opens every key, and each is sealed to the new one. It
// needs the buckets and the custodians, no catalog; where there is one, its
// recovery recipient must be that of the identity. Run again, it goes on.
func recoverKeys(ctx context.Context, c *cli, cfg config.Config, file string) (err error) {
	raw, err := os.ReadFile(file)
	if err != nil {
		return &record.Error{Category: record.Invalid, Field: "--recovery", Message: "The file can't be read.", Cause: err}
	}
	recovery, err := vault.ParseRecovery(raw)
	if err != nil {
		return err
	}
	release, err := lockData(cfg)
	if err != nil {
		return &record.Error{Category: record.Conflict, Message: "A server runs on this folder; it has its key file.", Hint: "Stop it first.", Cause: err}
	}
	defer release()
	a := &app{cfg: cfg, log: newLogger(cfg, c.stderr), clock: record.SystemClock{}}
	defer func() { err = errors.Join(err, a.close()) }()
	if err := a.sameRecovery(ctx, recovery); err != nil {
		return err
	}
	buckets, err := a.openStore(ctx)
	if err != nil {
		return err
	}
	if _, err := os.Stat(cfg.KeyFile); errors.Is(err, fs.ErrNotExist) {
		if err := vault.RecoverKeyFile(ctx, buckets.Keys, cfg.KeyFile, a.clock.Now()); err != nil {
			return err
		}
		fmt.Fprintf(c.stdout, "A new key file is in %s. Keep a copy in another place.\n", cfg.KeyFile)
	} else {
		fmt.Fprintf(c.stdout, "The key file %s is there; keys that it does not open are sealed to it.\n", cfg.KeyFile)
	}
	ring, err := vault.LoadKeyring(cfg.KeyFile, recovery.Recipient())
	if err != nil {
		return err
	}
	return a.resealRecovered(ctx, c, vault.New(buckets, ring, a.clock), recovery)
}

// sameRecovery holds the identity against the catalog's, if there is a catalog.
func (a *app) sameRecovery(ctx context.Context, recovery *vault.RecoveryIdentity) error {
	if archiveIn(a.cfg) != nil {
		return nil
	}
	if err := a.openCatalog(ctx); err != nil {
		return err
	}
	known, err := a.meta(ctx, metaRecovery)
	if err != nil || known == "" || known == recovery.Recipient() {
		return err
	}
	return &record.Error{Category: record.Conflict, Field: "--recovery", Message: "This is not the recovery identity of this archive.",
		Hint: "Its public key must be " + known + "."}
}

// resealRecovered seals every key to the new key file and proves that it opens.
func (a *app) resealRecovered(ctx context.Context, c *cli, v *vault.Vault, recovery *vault.RecoveryIdentity) error {
	var broken []record.ObjectID
	pass := vault.KeyPass{Recovery: recovery,
		Broken: func(id record.ObjectID, err error) {
			broken = append(broken, id)
			a.log.Error("a key can't be recovered", "object", id, "error", err)
		},
		Note: func(_ string, n vault.KeyCounts) error {
			fmt.Fprintf(c.stdout, "%d keys looked at, %d sealed anew\n", n.Seen, n.Done)
			return nil
		}}
	n, err := v.ResealKeys(ctx, "", pass)
	if err != nil {
		return err
	}
	if n.Broken > 0 || n.Seen == 0 {
		return &record.Error{Category: record.Corrupt, Message: fmt.Sprintf("%d of %d keys can't be recovered.", len(broken), n.Seen),
			Hint: "The log names them. Restore them from a backup of the keys bucket and run the command again."}
	}
	if a.catalog != nil { // the rest of the archive must know the generation
		err := a.catalog.WithTx(ctx, func(tx *catalog.Tx) error {
			return tx.SetRotation(catalog.Rotation{Generation: v.Keyring().Generation(), Recipient: v.Keyring().Recipient(),
				State: catalog.RotationDone, Began: a.clock.Now(), Ended: a.clock.Now(), Seen: n.Seen, Done: n.Done})
		})
		if err != nil {
			return err
		}
		fmt.Fprintln(c.stdout, "Every key opens with the new key file. Start the appliance; it signs the audit log with a new key from now on.")
		return nil
	}
	fmt.Fprintln(c.stdout, "Every key opens with the new key file. Now make the catalog anew: eakte rebuild --data DIR catalog")
	return nil
}
