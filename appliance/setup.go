package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"eakte/appliance/admin"
	"eakte/appliance/catalog"
	"eakte/appliance/config"
	"eakte/appliance/install"
	"eakte/appliance/record"
	"eakte/appliance/vault"
)

// recoveryDir is where setup leaves the custodians' identities if it had to
// make them: beside the key file, not inside the data folder.
func recoveryDir(c config.Config) string { return c.KeyFile + ".custodians" }

func runSetup(ctx context.Context, c *cli) int {
	fs := c.flags()
	data, file := fs.String("data", "", "folder of the archive"), fs.String("from", "", "setup file (JSON)")
	cfgFile := fs.String("config", "", "configuration file (JSON)")
	if fs.Parse(c.args) != nil {
		return exitUsage
	}
	if *file == "" || fs.NArg() > 0 {
		return c.wrong("name the setup file with --from")
	}
	cfg, err := c.config(*cfgFile, *data, "")
	if err != nil {
		return c.wrong("%v", err)
	}
	raw, err := os.ReadFile(*file)
	if err != nil {
		return c.fail(&record.Error{Category: record.Invalid, Field: "--from", Message: "The setup file can't be read.", Cause: err})
	}
	dir, err := filepath.Abs(filepath.Dir(*file))
	if err != nil {
		return c.fail(err)
	}
	s, err := admin.ReadSetup(bytes.NewReader(raw), dir)
	if err != nil {
		return c.fail(err)
	}
	if err := unfinishedRebuild(cfg); err != nil {
		return c.fail(err)
	}
	switch err := initialise(ctx, cfg, s.Recovery, c.stderr); {
	case errors.Is(err, errServed) && archiveIn(cfg) != nil:
		return c.fail(&record.Error{Category: record.Conflict, Message: "A server asks for the setup of this folder in a browser.",
			Hint: "Finish it there, or stop the server and try again."})
	case err != nil && !errors.Is(err, errServed):
		return c.fail(err)
	}
	return perform(ctx, c, cfg, operation{Name: "setup", Args: map[string]string{"dir": dir}}, bytes.NewReader(raw))
}

// doSetup brings an assembled archive to what the setup file says.
func doSetup(ctx context.Context, a *app, args map[string]string, body io.Reader, out io.Writer) error {
	s, err := admin.ReadSetup(body, args["dir"])
	if err != nil {
		return err
	}
	if err := a.admin.Apply(ctx, a.operator(), s); err != nil {
		return err
	}
	if err := a.keepRecovery(ctx); err != nil {
		return err
	}
	if err := install.Forget(a.cfg.Data); err != nil { // of a setup that was begun in the browser
		return err
	}
	a.name = s.Name
	fmt.Fprintf(out, "%s is set up: %d sites, %d users. Start it with: eakte serve --data %s\n", s.Name, len(s.Sites), len(s.Users), a.cfg.Data)
	return nil
}

// operator is whoever may run commands on the data folder: they hold key and
// catalog in any case. What they do is in the audit log as the system's doing.
func (a *app) operator() record.Actor {
	actor := record.System(record.NewID())
	actor.Via = "cli"
	return actor
}

// initialise takes the folder's lock and lays the ground.
func initialise(ctx context.Context, cfg config.Config, custodians []string, say io.Writer) error {
	release, err := lockData(cfg)
	if err != nil {
		return err
	}
	defer release()
	return layGround(ctx, cfg, custodians, say)
}

// layGround makes what an archive needs before it can be assembled: key file,
// catalog, recovery identity. What is there stays as it is. The caller holds
// the folder's lock.
func layGround(ctx context.Context, cfg config.Config, custodians []string, say io.Writer) error {
	clock := record.SystemClock{}
	if _, err := os.Stat(cfg.KeyFile); errors.Is(err, fs.ErrNotExist) {
		if _, err := vault.NewKeyFile(cfg.KeyFile, clock.Now()); err != nil {
			return err
		}
		fmt.Fprintf(say, "The appliance's key is in %s. Keep a copy in another place.\n", cfg.KeyFile)
	}
	cat, err := catalog.Open(ctx, catalogDSN(cfg), clock)
	if err != nil {
		return err
	}
	var recovery string
	err = cat.Read(ctx, func(tx *catalog.Tx) (err error) { recovery, err = tx.Meta(metaRecovery); return err })
	if err == nil && recovery == "" {
		err = newRecovery(ctx, cfg, cat, custodians, say)
	}
	return errors.Join(err, cat.Close())
}

// newRecovery makes the recovery identity and keeps it only as files that any
// two of the three custodians can open.
func newRecovery(ctx context.Context, cfg config.Config, cat *catalog.Catalog, custodians []string, say io.Writer) error {
	recipient, pairs, made, err := vault.NewRecovery(custodians)
	if err != nil {
		return err
	}
	if err := writeFiles(filepath.Join(cfg.Data, "recovery"), pairs); err != nil {
		return err
	}
	if len(made) > 0 {
		files := map[string][]byte{}
		for i, identity := range made {
			files[fmt.Sprintf("custodian-%d.key", i+1)] = []byte(identity + "\n")
		}
		if err := writeFiles(recoveryDir(cfg), files); err != nil {
			return err
		}
		fmt.Fprintf(say, "Three custodians' identities are in %s. Hand each to another person, then delete the folder.\n", recoveryDir(cfg))
	}
	return cat.WithTx(ctx, func(tx *catalog.Tx) error {
		return errors.Join(tx.SetMeta(metaArchive, record.NewID()), tx.SetMeta(metaRecovery, recipient))
	})
}

func writeFiles(dir string, files map[string][]byte) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("recovery: %w", err)
	}
	for name, b := range files {
		f, err := os.OpenFile(filepath.Join(dir, name), os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
		if err != nil {
			return fmt.Errorf("recovery: %w", err)
		}
		_, err = f.Write(b)
		if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
			return fmt.Errorf("recovery: %w", err)
		}
	}
	return nil
}

// keepRecovery puts the custodians' files beside the sealed keys, so that the
// buckets alone are enough to read the archive without us.
func (a *app) keepRecovery(ctx context.Context) error {
	dir := filepath.Join(a.cfg.Data, "recovery")
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("recovery: %w", err)
	}
	for _, e := range entries {
		b, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			return fmt.Errorf("recovery: %w", err)
		}
		err = a.vault.Buckets().Keys.Put(ctx, vault.PutRequest{Name: "r/" + e.Name(), Size: int64(len(b)), Digest: record.Sum(b), Body: bytes.NewReader(b)})
		if err != nil && !errors.Is(err, vault.ErrExists) {
			return fmt.Errorf("recovery: %w", err)
		}
	}
	return nil
}
