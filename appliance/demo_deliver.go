package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"eakte/appliance/archive"
	"eakte/appliance/catalog"
	"eakte/appliance/record"
	"eakte/appliance/sample"
	"eakte/ingest"
	"eakte/ingest/inbox"
)

func doDemo(ctx context.Context, a *app, args map[string]string, _ io.Reader, out io.Writer) error {
	every, err := strconv.Atoi(args["every"])
	if err != nil || every < 1 {
		every = demoEvery
	}
	return a.deliverSamples(ctx, out, every)
}

// demoEvery is after how many letters a line is printed where no bar can be.
const demoEvery = 50

// demoLetters is the line of progress; the bar is drawn from it.
const demoLetters = "%d of %d letters delivered\n"

// demoOut gives where lines of progress go, and how many letters there are to
// a line: a bar on a terminal, else every fiftieth as it is.
func demoOut(w io.Writer) (out io.Writer, every int) {
	if f, ok := w.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		return &demoBar{w: w}, 1
	}
	return w, demoEvery
}

// demoBar draws lines of progress as a bar and passes on what is none.
type demoBar struct {
	w   io.Writer
	bar *progressbar.ProgressBar
}

func (b *demoBar) Write(p []byte) (int, error) {
	for line := range strings.Lines(string(p)) {
		var n, total int
		if _, err := fmt.Sscanf(line, demoLetters, &n, &total); err != nil {
			if _, err := io.WriteString(b.w, line); err != nil {
				return 0, err
			}
			continue
		}
		if b.bar == nil {
			b.bar = progressbar.NewOptions(total, progressbar.OptionSetWriter(b.w), progressbar.OptionShowCount(),
				progressbar.OptionSetDescription("sample letters"), progressbar.OptionShowElapsedTimeOnFinish())
		}
		if err := b.bar.Set(n); err != nil {
			return 0, err
		}
		if n == total {
			fmt.Fprintln(b.w)
		}
	}
	return len(p), nil
}

// filling is one run of delivering the sample letters.
type filling struct {
	*app
	desk   *inbox.Inbox
	actors map[string]record.Actor
	out    io.Writer
	every  int
	total  int // letters
	done   int // letters
}

// deliverSamples makes the files and hands every letter in, as whom the plan
// names. It goes on where it stopped.
func (a *app) deliverSamples(ctx context.Context, out io.Writer, every int) error {
	version, files, steps, err := a.demoPlan(ctx)
	if err != nil {
		return err
	}
	if version != demoVersion {
		a.log.Info("the sample data is of another version and stays as it is; delete the data folder and its key to begin anew")
		return nil
	}
	if done, total, err := a.demoDelivered(ctx); err != nil || total > 0 && done == total {
		return err
	}
	office := sample.Jobcenter(demoSeed, files)
	if missing := office.MissingHands(); len(missing) > 0 {
		a.log.Warn("fonts for handwriting are missing: what people write by hand is set in an italic", "packages", strings.Join(missing, " "))
	}
	f := &filling{app: a, desk: a.inbox,
		actors: map[string]record.Actor{}, out: out, every: every}
	return f.run(ctx, office.Plan(), steps)
}

// demoPlan reads what the archive is filled by: the plan's version, the number
// of files, and how many of its steps are done.
func (a *app) demoPlan(ctx context.Context) (version string, files, steps int, err error) {
	plan, err := a.meta(ctx, metaDemoPlan)
	if err != nil {
		return "", 0, 0, err
	}
	version, n, _ := strings.Cut(plan, "/")
	if plan != "" {
		if files, err = strconv.Atoi(n); err != nil {
			return "", 0, 0, fmt.Errorf("the sample data's plan %q: %w", plan, err)
		}
	}
	steps, err = a.metaNumber(ctx, metaDemo)
	return version, files, steps, err
}

func (a *app) metaNumber(ctx context.Context, name string) (int, error) {
	s, err := a.meta(ctx, name)
	if err != nil || s == "" {
		return 0, err
	}
	return strconv.Atoi(s)
}

// demoDelivered gives how many letters of how many are delivered; 0 of 0 where
// there is no demonstration.
func (a *app) demoDelivered(ctx context.Context) (done, total int, err error) {
	if done, err = a.metaNumber(ctx, metaDemoDone); err != nil {
		return 0, 0, err
	}
	total, err = a.metaNumber(ctx, metaDemoTotal)
	return done, total, err
}

// demoProgress gives how many sample letters of how many are delivered and
// read; 0 of 0 where there is no demonstration.
func (a *app) demoProgress(ctx context.Context) (read, total int, err error) {
	done, total, err := a.demoDelivered(ctx)
	if err != nil || total == 0 {
		return 0, 0, err
	}
	var stats []catalog.JobCount
	err = a.catalog.Read(ctx, func(tx *catalog.Tx) (err error) {
		stats, err = tx.JobStats()
		return err
	})
	for _, s := range stats {
		if s.Kind == ingest.KindRead {
			done -= s.Waiting + s.Leased
		}
	}
	return max(0, done), total, err
}

func (f *filling) run(ctx context.Context, plan []sample.Delivery, steps int) error {
	for i, d := range plan {
		if d.Make == nil {
			f.total++
			if i < steps {
				f.done++
			}
		}
	}
	began, before := time.Now(), f.done
	for i, d := range plan[min(steps, len(plan)):] {
		if err := f.step(ctx, d, steps+i+1); err != nil {
			return err
		}
	}
	f.log.Info("the sample letters are delivered", "letters", f.done-before, "seconds", int(time.Since(began).Seconds()))
	return nil
}

// step does one step of the plan and notes that it is done; n counts from 1.
func (f *filling) step(ctx context.Context, d sample.Delivery, n int) error {
	actor, err := f.as(ctx, d.User)
	if err != nil {
		return err
	}
	switch {
	case d.Make != nil:
		err = f.makeFile(ctx, actor, *d.Make)
	case d.Consignment != nil:
		err = f.consign(ctx, actor, *d.Consignment)
		f.done++
	default:
		err = f.handIn(ctx, actor, d, n)
		f.done++
	}
	if err != nil {
		return err
	}
	err = f.catalog.WithTx(ctx, func(tx *catalog.Tx) error {
		return errors.Join(tx.SetMeta(metaDemo, strconv.Itoa(n)), tx.SetMeta(metaDemoDone, strconv.Itoa(f.done)), tx.SetMeta(metaDemoTotal, strconv.Itoa(f.total)))
	})
	if err == nil && d.Make == nil && (f.done%f.every == 0 || f.done == f.total) {
		fmt.Fprintf(f.out, demoLetters, f.done, f.total)
	}
	return err
}

// as gives the user as the one who acts.
func (f *filling) as(ctx context.Context, user string) (record.Actor, error) {
	if actor, ok := f.actors[user]; ok {
		return actor, nil
	}
	actor, err := f.actor(ctx, user)
	if err != nil {
		return actor, err
	}
	actor.Via = "system"
	f.actors[user] = actor
	return actor, nil
}

// makeFile makes a file and opens it to those it names.
func (f *filling) makeFile(ctx context.Context, actor record.Actor, file sample.File) error {
	b, err := json.Marshal(file)
	if err != nil {
		return err
	}
	var n archive.NewFile
	if err := json.Unmarshal(b, &n); err != nil {
		return err
	}
	n.IdempotencyKey = "demo/" + file.Number
	v, err := f.archive.CreateFile(ctx, actor, n)
	for _, user := range file.Named {
		if err == nil {
			_, err = f.archive.AddGrant(ctx, actor, v.ID, archive.Grant{User: user, Reason: "Vertretung in dieser Sache", IdempotencyKey: n.IdempotencyKey + "/" + user})
		}
	}
	return err
}

func (f *filling) handIn(ctx context.Context, actor record.Actor, d sample.Delivery, n int) error {
	name, body, err := d.Render()
	if err != nil {
		return err
	}
	s := ingest.Submission{File: d.File, Name: name, IdempotencyKey: fmt.Sprintf("demo/%s/%d", demoVersion, n), Channel: "demo",
		Body: bytes.NewReader(body), Size: int64(len(body))}
	if l := d.Letter; l != nil {
		s.Direction, s.Received = l.Direction, l.Received
		if d.File != "" { // who scans does not know what it is
			s.Type, s.Title, s.Dated = string(l.Type), l.Title, l.Dated
		}
	}
	if p := d.Post; p != nil {
		s.Direction, s.Received, s.Title = record.DirectionIn, p.Received, p.Title
	}
	r, err := f.intake.Accept(ctx, actor, s)
	if err != nil || !d.Settled {
		return err
	}
	return f.settle(ctx, actor, r.Document, d.Later)
}

// settle finishes the work on a letter of old, or puts it off so that it comes
// back some days ahead.
func (f *filling) settle(ctx context.Context, actor record.Actor, doc record.DocumentID, later int) error {
	var item catalog.Item
	err := f.catalog.Read(ctx, func(tx *catalog.Tx) (err error) {
		item, err = tx.OpenItemOf(doc)
		return err
	})
	if errors.Is(err, record.NotFound) { // done before a stop, or never anybody's work
		return nil
	}
	if err != nil {
		return err
	}
	if later > 0 {
		_, err = f.desk.FollowUp(ctx, actor, item.ID, f.clock.Now().AddDate(0, 0, later).Format(time.DateOnly), "Frist prüfen", inbox.Step{})
	} else {
		_, err = f.desk.Finish(ctx, actor, item.ID, inbox.Step{})
	}
	return err
}
