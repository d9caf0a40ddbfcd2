package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"eakte/appliance/admin"
	"eakte/appliance/archive"
	"eakte/appliance/catalog"
	"eakte/appliance/config"
	"eakte/appliance/record"
	"eakte/appliance/sample"
	"eakte/ingest"
)

const (
	demoUser     = "k.sommer"      // the caseworker of the walk-through
	demoPassword = "demo-password" // file in the data folder
	demoSeed     = 1
	demoFiles    = 50
	metaDemo     = "demo_next" // the number of letters that have been delivered
)

// runDemo sets up the sample jobcenter and delivers its letters. With --listen
// it serves it as well, and delivers beside.
func runDemo(ctx context.Context, c *cli) int {
	fs := c.flags()
	data, listen := fs.String("data", "", "folder of the archive"), fs.String("listen", "", "serve on this address as well")
	if fs.Parse(c.args) != nil {
		return exitUsage
	}
	cfg, err := c.config("", *data, *listen)
	if err != nil {
		return c.wrong("%v", err)
	}
	password, err := demoSetup(ctx, c, cfg)
	if err != nil {
		return c.fail(err)
	}
	fmt.Fprintf(c.stdout, "Sign in as %s with the password %s (every user of the sample data has it).\n", demoUser, password)
	if *listen == "" {
		return perform(ctx, c, cfg, operation{Name: "demo"}, nil)
	}
	err = serve(ctx, c, cfg, func(ctx context.Context, a *app) {
		if err := a.deliverSamples(ctx, io.Discard); err != nil && ctx.Err() == nil {
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
func demoSetup(ctx context.Context, c *cli, cfg config.Config) (string, error) {
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
	office := sample.Jobcenter(demoSeed, demoFiles)
	s := admin.Setup{Name: office.Name, Sites: office.Sites, Retention: office.Retention}
	for _, u := range office.Users {
		s.Users = append(s.Users, admin.SetupUser{Name: u.Name, Display: u.Display, Roles: u.Roles, Password: record.Secret(password)})
	}
	for _, p := range office.Providers {
		s.Providers = append(s.Providers, admin.Provider{Name: p.Name, User: p.User})
	}
	return s
}

func doDemo(ctx context.Context, a *app, _ map[string]string, _ io.Reader, out io.Writer) error {
	return a.deliverSamples(ctx, out)
}

// deliverSamples makes the files and hands every letter in as the caseworker
// who is responsible. It goes on where it stopped.
func (a *app) deliverSamples(ctx context.Context, out io.Writer) error {
	office := sample.Jobcenter(demoSeed, demoFiles)
	done, err := a.delivered(ctx)
	if err != nil {
		return err
	}
	n, began := 0, time.Now()
	for _, f := range office.Files {
		actor, err := a.actor(ctx, f.Responsible)
		if err != nil {
			return err
		}
		actor.Via = "system"
		letters := office.Letters(f)
		if n+len(letters) <= done {
			n += len(letters)
			continue
		}
		if err := a.sampleFile(ctx, actor, f); err != nil {
			return err
		}
		for _, l := range letters {
			if n++; n <= done {
				continue
			}
			if err := a.sampleLetter(ctx, actor, f, l, n); err != nil {
				return err
			}
			fmt.Fprintf(out, "%d letters delivered\n", n)
		}
	}
	a.log.Info("the sample letters are delivered", "letters", n, "seconds", int(time.Since(began).Seconds()))
	return nil
}

func (a *app) delivered(ctx context.Context) (int, error) {
	s, err := a.meta(ctx, metaDemo)
	if err != nil || s == "" {
		return 0, err
	}
	return strconv.Atoi(s)
}

func (a *app) sampleFile(ctx context.Context, actor record.Actor, f sample.File) error {
	b, err := json.Marshal(f)
	if err != nil {
		return err
	}
	var n archive.NewFile
	if err := json.Unmarshal(b, &n); err != nil {
		return err
	}
	n.IdempotencyKey = "demo/" + f.Number
	_, err = a.archive.CreateFile(ctx, actor, n)
	return err
}

func (a *app) sampleLetter(ctx context.Context, actor record.Actor, f sample.File, l sample.Letter, n int) error {
	r, err := l.Render()
	if err != nil {
		return err
	}
	_, err = a.intake.Accept(ctx, actor, ingest.Submission{File: f.Number, Type: string(l.Type), Direction: l.Direction, Received: l.Received,
		Dated: l.Dated, Title: l.Title, Name: r.Name, IdempotencyKey: fmt.Sprintf("demo/%d", n), Channel: "demo",
		Body: bytes.NewReader(r.Body), Size: int64(len(r.Body))})
	if err != nil {
		return err
	}
	return a.catalog.WithTx(ctx, func(tx *catalog.Tx) error { return tx.SetMeta(metaDemo, strconv.Itoa(n)) })
}
