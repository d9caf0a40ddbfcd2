package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"eakte/appliance/admin"
	"eakte/appliance/catalog"
	"eakte/appliance/config"
	"eakte/appliance/record"
	"eakte/appliance/sample"
)

const (
	demoUser     = "k.sommer"      // the caseworker of the walk-through
	demoPassword = "demo-password" // file in the data folder
	demoSeed     = 1
	demoFiles    = 300 // with some 960 letters
	demoVersion  = "4" // of the plan: an archive that was filled by another one stays as it is
)

// The names under which the catalog keeps how far the letters have come.
const (
	metaDemoPlan  = "demo_plan"  // version/files
	metaDemo      = "demo_next"  // steps of the plan that are done
	metaDemoDone  = "demo_done"  // letters that are delivered
	metaDemoTotal = "demo_total" // of so many
)

// runDemo sets up the sample jobcenter and delivers its letters. With --listen
// it serves it as well, and delivers beside.
func runDemo(ctx context.Context, c *cli) int {
	fs := c.flags()
	data, listen := fs.String("data", "", "folder of the archive"), fs.String("listen", "", "serve on this address as well")
	files := fs.Int("files", demoFiles, "how many files, with some three letters each; an archive keeps the number it began with")
	if fs.Parse(c.args) != nil {
		return exitUsage
	}
	if *files < 1 || *files > 10_000 {
		return c.wrong("--files is not from 1 to 10000")
	}
	cfg, err := c.config("", *data, *listen)
	if err != nil {
		return c.wrong("%v", err)
	}
	password, err := demoSetup(ctx, c, cfg, *files)
	if err != nil {
		return c.fail(err)
	}
	fmt.Fprintf(c.stdout, "Sign in as %s with the password %s (every user of the sample data has it).\n", demoUser, password)
	out, every := demoOut(c.stdout)
	if *listen == "" {
		quiet := *c
		quiet.stdout = out
		return perform(ctx, &quiet, cfg, operation{Name: "demo", Args: map[string]string{"every": strconv.Itoa(every)}}, nil)
	}
	err = serve(ctx, c, cfg, func(ctx context.Context, a *app) {
		if err := a.deliverSamples(ctx, out, every); err != nil && ctx.Err() == nil {
			a.log.Error("the sample letters stopped coming", "error", err)
		}
	})
	if err != nil {
		return c.fail(err)
	}
	return exitDone
}

// demoSetup makes the archive of the sample jobcenter if there is none, and
// gives the password of its users. One that was interrupted goes on.
func demoSetup(ctx context.Context, c *cli, cfg config.Config, files int) (string, error) {
	file := filepath.Join(cfg.Data, demoPassword)
	if b, err := os.ReadFile(file); err == nil {
		return strings.TrimSpace(string(b)), nil
	}
	password, err := demoBegin(cfg, file+".new")
	if err != nil {
		return "", err
	}
	if err := initialise(ctx, cfg, nil, c.stderr); err != nil {
		return "", err
	}
	release, err := lockData(cfg)
	if err != nil {
		return "", err
	}
	defer release()
	a, err := assemble(ctx, cfg, newLogger(cfg, c.stderr))
	if err != nil {
		return "", err
	}
	err = a.admin.Apply(ctx, a.operator(), demoFacts(password))
	if err == nil {
		err = a.setMeta(ctx, metaDemoPlan, fmt.Sprintf("%s/%d", demoVersion, files))
	}
	if err == nil {
		err = a.keepRecovery(ctx)
	}
	if err = errors.Join(err, a.close()); err != nil {
		return "", err
	}
	return password, os.Rename(file+".new", file)
}

// demoBegin marks the folder as one of a demonstration. It refuses one that
// holds any other archive.
func demoBegin(cfg config.Config, mark string) (string, error) {
	if b, err := os.ReadFile(mark); err == nil {
		return strings.TrimSpace(string(b)), nil
	}
	if archiveIn(cfg) == nil {
		return "", &record.Error{Category: record.Conflict, Message: "The data folder holds an archive that is not a demonstration.",
			Hint: "Choose another folder: sample users and letters must not get into a real archive."}
	}
	if err := os.MkdirAll(cfg.Data, 0o700); err != nil {
		return "", fmt.Errorf("data folder: %w", err)
	}
	password := strings.ToLower(rand.Text()[:10])
	return password, os.WriteFile(mark, []byte(password+"\n"), 0o600)
}

// demoFacts are what a setup file of the sample jobcenter would say.
func demoFacts(password string) admin.Setup {
	office := sample.Jobcenter(demoSeed, 1)
	s := admin.Setup{Name: office.Name, Sites: office.Sites, Retention: office.Retention}
	for _, u := range office.Users {
		s.Users = append(s.Users, admin.SetupUser{Name: u.Name, Display: u.Display, Roles: u.Roles, Password: record.Secret(password)})
	}
	for _, p := range office.Providers {
		s.Providers = append(s.Providers, admin.Provider{Name: p.Name, User: p.User})
	}
	return s
}

func (a *app) setMeta(ctx context.Context, name, value string) error {
	return a.catalog.WithTx(ctx, func(tx *catalog.Tx) error { return tx.SetMeta(name, value) })
}
