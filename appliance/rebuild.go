package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strconv"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"eakte/appliance/admin"
	"eakte/appliance/catalog"
	"eakte/appliance/config"
	"eakte/appliance/record"
	"eakte/search/indexer"
)

func runRebuild(ctx context.Context, c *cli) int {
	fs := c.flags()
	data, file := fs.String("data", "", "folder of the archive"), fs.String("config", "", "configuration file (JSON)")
	if fs.Parse(c.args) != nil {
		return exitUsage
	}
	if fs.NArg() == 0 {
		return c.wrong("say what: index, catalog, closed or release")
	}
	what := fs.Arg(0)
	more := c.flags()
	args := map[string]string{}
	empty := more.Bool("empty", false, "index: begin with an empty index, if nothing of the old one is to be trusted")
	for _, f := range []struct{ name, about string }{{"file", "release: number or id of the file"},
		{"user", "release: sign-in name of who decided"}, {"reason", "release: why the file may be opened again"}} {
		more.Func(f.name, f.about, func(v string) error { args[f.name] = v; return nil })
	}
	if more.Parse(fs.Args()[1:]) != nil || more.NArg() > 0 {
		return exitUsage
	}
	cfg, err := c.config(*file, *data, "")
	if err != nil {
		return c.wrong("%v", err)
	}
	switch what {
	case "index":
		if *empty {
			args["empty"] = "yes"
		}
		return c.withProgress(ctx, cfg, operation{Name: "rebuild-index", Args: args}, "making the index anew")
	case "catalog":
		return c.rebuildCatalog(ctx, cfg)
	case "closed":
		return perform(ctx, c, cfg, operation{Name: "rebuild-closed"}, nil)
	case "release":
		if args["file"] == "" || args["user"] == "" || args["reason"] == "" {
			return c.wrong("release needs --file, --user and --reason")
		}
		return perform(ctx, c, cfg, operation{Name: "rebuild-release", Args: args}, nil)
	}
	return c.wrong("can't make %q anew: index, catalog, closed or release", what)
}

// withProgress runs an operation whose lines of progress become a bar on a
// terminal.
func (c *cli) withProgress(ctx context.Context, cfg config.Config, op operation, title string) int {
	shown := *c
	w := &progressLines{out: c.stdout}
	if f, ok := c.stdout.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		w.bar = func(total int64) *progressbar.ProgressBar {
			return progressbar.NewOptions64(total, progressbar.OptionSetWriter(c.stdout), progressbar.OptionShowCount(),
				progressbar.OptionSetDescription(title), progressbar.OptionShowElapsedTimeOnFinish())
		}
	}
	shown.stdout = w
	code := perform(ctx, &shown, cfg, op, nil)
	if err := w.flush(); err != nil && code == exitDone {
		return c.fail(err)
	}
	return code
}

// progressLine is how an operation says how far it is; progressLines reads it.
const progressLine = "%d of %d documents\n"

var progressForm = regexp.MustCompile(`^(\d+) of (\d+) documents$`)

// progressLines passes lines on, but turns those of progress into a bar.
type progressLines struct {
	out  io.Writer
	bar  func(total int64) *progressbar.ProgressBar // nil: no terminal
	on   *progressbar.ProgressBar
	rest []byte
}

func (p *progressLines) Write(b []byte) (int, error) {
	if p.bar == nil {
		return p.out.Write(b)
	}
	p.rest = append(p.rest, b...)
	for {
		i := 0
		for i < len(p.rest) && p.rest[i] != '\n' {
			i++
		}
		if i == len(p.rest) {
			return len(b), nil
		}
		line := string(p.rest[:i])
		p.rest = p.rest[i+1:]
		if err := p.line(line); err != nil {
			return 0, err
		}
	}
}

func (p *progressLines) line(s string) error {
	m := progressForm.FindStringSubmatch(s)
	if m == nil {
		if err := p.flush(); err != nil {
			return err
		}
		_, err := fmt.Fprintln(p.out, s)
		return err
	}
	done, _ := strconv.ParseInt(m[1], 10, 64) // digits by the form
	total, _ := strconv.ParseInt(m[2], 10, 64)
	if p.on == nil {
		p.on = p.bar(total)
	}
	p.on.ChangeMax64(max(total, 1))
	return p.on.Set64(done)
}

// flush ends the bar's line.
func (p *progressLines) flush() error {
	if p.on == nil {
		return nil
	}
	p.on = nil
	_, err := fmt.Fprintln(p.out)
	return err
}

// How often progress is told, and how many differences are named.
const (
	tellEvery     = time.Second
	mostDifferent = 200
)

// doRebuildIndex makes the search index anew and compares the result with the
// catalog, entry by entry. Where a server runs, search goes on meanwhile.
func doRebuildIndex(ctx context.Context, a *app, args map[string]string, _ io.Reader, out io.Writer) error {
	began := time.Now()
	if args["empty"] != "" {
		if err := a.indexer.Empty(ctx); err != nil {
			return err
		}
	}
	last := time.Time{}
	unread := a.indexer.Rebuild(ctx, func(done, total int64) {
		if now := time.Now(); done == total || now.Sub(last) >= tellEvery {
			last = now
			fmt.Fprintf(out, progressLine, done, total)
		}
	})
	if why, err := a.indexer.NeedsRebuild(ctx); err != nil || why != "" { // it did not come to its end
		return errors.Join(unread, err)
	}
	if unread != nil {
		fmt.Fprintf(out, "%v\n", unread)
	}
	named := 0
	c, err := a.indexer.Compare(ctx, func(d indexer.Difference) {
		if named++; named <= mostDifferent {
			fmt.Fprintf(out, "document %s %s\n", d.Document, d.What)
		}
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%d documents, %d pages in the index in %s, compared entry by entry: %d differences\n", c.Documents, c.Pages,
		time.Since(began).Round(time.Millisecond), c.Differences)
	if c.Differences > 0 || unread != nil {
		return errAnswerNo
	}
	return nil
}

// doRebuildClosed lists the files that a rebuild of the catalog left closed.
func doRebuildClosed(ctx context.Context, a *app, _ map[string]string, _ io.Reader, out io.Writer) error {
	n := 0
	for after := record.FileID(""); ; {
		files, err := a.archive.ClosedFiles(ctx, a.operator(), after)
		if err != nil {
			return err
		}
		for _, f := range files {
			name := f.Number
			if name == "" {
				name = string(f.File)
			}
			fmt.Fprintf(out, "%s\tsince %s\t%s\n", name, f.Since.Format(time.RFC3339), f.Reason)
			after = f.File
			n++
		}
		if len(files) == 0 {
			break
		}
	}
	fmt.Fprintf(out, "%d files are closed to everybody until a person releases them\n", n)
	return nil
}

// doRebuildRelease opens a closed file again, for the person who decided.
func doRebuildRelease(ctx context.Context, a *app, args map[string]string, _ io.Reader, out io.Writer) error {
	number, err := a.archive.ReleaseFile(ctx, a.operator(), args["file"], args["user"], args["reason"])
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%s is open again for those who are entitled\n", number)
	return nil
}

// lookAtClosed counts the files that a rebuild left closed.
func (a *app) lookAtClosed(ctx context.Context) admin.Finding {
	var n int
	err := a.catalog.Read(ctx, func(tx *catalog.Tx) (err error) { n, err = tx.CountClosedFiles(); return err })
	switch {
	case err != nil:
		return admin.Finding{State: admin.Degraded, Code: "closed.unknown", Message: "The closed files can't be counted."}
	case n > 0:
		return admin.Finding{State: admin.Degraded, Code: "closed.some", Message: fmt.Sprintf("%d files are closed to everybody until a person releases them.", n),
			Hint: "eakte rebuild --data DIR closed names them, eakte rebuild --data DIR release opens one.", Values: map[string]string{"n": fmt.Sprint(n)}}
	}
	return admin.Finding{State: admin.OK, Code: "closed.ok", Message: "no file is closed to everybody"}
}
