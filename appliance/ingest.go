package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"eakte/appliance/catalog"
	"eakte/appliance/record"
	"eakte/ingest"
)

func runIngest(ctx context.Context, c *cli) int {
	fs := c.flags()
	data, cfgFile := fs.String("data", "", "folder of the archive"), fs.String("config", "", "configuration file (JSON)")
	args := map[string]string{}
	user := fs.String("user", "", "sign-in name of who hands in")
	for _, f := range []struct{ name, about string }{{"file", "number or id of the file; without it: clearing"}, {"type", "type of document"},
		{"direction", "in, out or internal"}, {"received", "date of receipt, YYYY-MM-DD"}, {"dated", "date of the document, YYYY-MM-DD"},
		{"title", "title"}, {"delivery", "names this transmission: run again with the same name, nothing is taken in twice"}} {
		fs.Func(f.name, f.about, func(v string) error { args[f.name] = v; return nil })
	}
	if fs.Parse(c.args) != nil {
		return exitUsage
	}
	if *user == "" || fs.NArg() == 0 {
		return c.wrong("name the user with --user, and at least one file or folder")
	}
	cfg, err := c.config(*cfgFile, *data, "")
	if err != nil {
		return c.wrong("%v", err)
	}
	paths, err := filesBelow(fs.Args())
	if err != nil {
		return c.fail(&record.Error{Category: record.Invalid, Field: "PATH", Message: "A path can't be read.", Cause: err})
	}
	t, err := open(ctx, c, cfg)
	if err != nil {
		return c.fail(err)
	}
	args["user"] = *user
	err = c.ingestAll(ctx, t, args, paths)
	if cerr := t.close(); err == nil {
		err = cerr
	}
	if errors.Is(err, errAnswerNo) {
		return exitNo
	}
	if err != nil {
		return c.fail(err)
	}
	return exitDone
}

// filesBelow lists the files that paths name, folders with all below them.
func filesBelow(paths []string) ([]string, error) {
	var out []string
	for _, p := range paths {
		abs, err := filepath.Abs(p) // the embedded store changes the working directory
		if err != nil {
			return nil, err
		}
		err = filepath.WalkDir(abs, func(path string, d fs.DirEntry, err error) error {
			if err == nil && d.Type().IsRegular() {
				out = append(out, path)
			}
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// ingestAll hands each file in. One that is refused does not stop the others;
// the answer is then no.
func (c *cli) ingestAll(ctx context.Context, t *target, args map[string]string, paths []string) error {
	var bar *progressbar.ProgressBar
	if f, ok := c.stdout.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		bar = progressbar.NewOptions(len(paths), progressbar.OptionSetWriter(c.stdout), progressbar.OptionShowCount(),
			progressbar.OptionSetDescription("taking in"), progressbar.OptionShowElapsedTimeOnFinish())
	}
	refused := 0
	for _, p := range paths {
		line := io.Discard
		if bar == nil {
			line = c.stdout
		}
		err := handIn(ctx, t, args, p, line)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			refused++
			fmt.Fprintf(c.stderr, "%q was not taken in.\n", p)
			c.fail(err)
		}
		if bar != nil {
			if err := bar.Add(1); err != nil {
				return err
			}
		}
	}
	if bar != nil {
		fmt.Fprintln(c.stdout)
	}
	if refused > 0 {
		fmt.Fprintf(c.stderr, "%d of %d were not taken in\n", refused, len(paths))
		return errAnswerNo
	}
	return nil
}

func handIn(ctx context.Context, t *target, common map[string]string, path string, out io.Writer) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	args := map[string]string{"name": filepath.Base(path)}
	for k, v := range common {
		args[k] = v
	}
	if d := common["delivery"]; d != "" {
		args["key"] = d + "/" + path
	}
	return t.do(ctx, operation{Name: "ingest", Args: args}, f, out)
}

// doIngest takes one document in for the named user and prints its receipt as
// one line of JSON.
func doIngest(ctx context.Context, a *app, args map[string]string, body io.Reader, out io.Writer) error {
	actor, err := a.actor(ctx, args["user"])
	if err != nil {
		return err
	}
	key := args["key"]
	if len(key) > 100 { // a path may be longer than a key
		key = string(record.Sum([]byte(key)))
	}
	receipt, err := a.intake.Accept(ctx, actor, ingest.Submission{File: args["file"], Type: args["type"], Direction: record.Direction(args["direction"]),
		Received: args["received"], Dated: args["dated"], Title: args["title"], Name: args["name"], IdempotencyKey: key,
		Channel: "cli", Body: body, Size: -1})
	if err != nil {
		return err
	}
	return json.NewEncoder(out).Encode(receipt)
}

// actor finds the user that a command acts for.
func (a *app) actor(ctx context.Context, name string) (record.Actor, error) {
	var u catalog.User
	err := a.catalog.Read(ctx, func(tx *catalog.Tx) (err error) {
		u, err = tx.UserByName(name)
		return err
	})
	if errors.Is(err, record.NotFound) || err == nil && u.Disabled {
		return record.Actor{}, record.Bad("--user", "there is no such user, or it is disabled")
	}
	return record.Actor{User: u.ID, Name: u.Name, Display: u.Display, Via: "cli", Request: record.NewID()}, err
}
