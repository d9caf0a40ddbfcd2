// Command eakte is the appliance: it takes documents in, keeps them immutable
// and encrypted, reads them, and lets those who are entitled find and open
// them. This package only reads the configuration, assembles the parts and
// starts and stops them; there is one file for each subcommand.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"eakte/appliance/record"
)

// version is set by the linker.
var version = "unknown"

// The exit codes every subcommand keeps to.
const (
	exitDone        = 0 // done, or the answer is yes
	exitNo          = 1 // the answer is no
	exitUsage       = 2 // wrong use
	exitUnavailable = 3 // something needed can't be had now
)

// command is one subcommand.
type command struct {
	name, usage, about string
	run                func(ctx context.Context, c *cli) int
}

// cli is what a subcommand sees of the outside.
type cli struct {
	args           []string
	stdin          io.Reader
	stdout, stderr io.Writer
	env            func(string) string
	cmd            command
}

func commands() []command {
	return []command{
		{"setup", "--data DIR --from FILE.json", "make an archive, or bring it up to date with FILE", runSetup},
		{"serve", "--data DIR [--listen ADDR] [--config FILE] [--roles web,worker,scheduler]", "serve pages and API", runServe},
		{"demo", "--data DIR [--listen ADDR] [--files N]", "set up a small jobcenter with sample letters; with --listen, serve it", runDemo},
		{"user", "--data DIR list | add NAME | disable NAME | reset-password NAME", "look after users", runUser},
		{"token", "--data DIR --user NAME [--expires 720h]", "print one API token", runToken},
		{"ingest", "--data DIR --user NAME [--file NUMBER] PATH…", "take documents in", runIngest},
		{"verify", "--data DIR [--audit-key BASE64]", "check every hash, lock, row and audit entry", runVerify},
		{"clock", "--data DIR [confirm]", "show what tells the time, or confirm that this machine's clock is right", runClock},
		{"rebuild", "--data DIR index [--empty] | catalog | closed | release --file NUMBER --user NAME --reason TEXT",
			"make the search index or the catalog anew; list and release files that a rebuild left closed", runRebuild},
		{"key", "--data DIR status | rotate | retire | recover --recovery FILE",
			"change the key that all keys are sealed to, remove what older ones sealed, or make a key file anew with two custodians", runKey},
		{"version", "", "print the version", runVersion},
	}
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := dispatch(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// dispatch finds the subcommand and runs it.
func dispatch(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	if len(args) == 0 || args[0] == "help" || args[0] == "-h" || args[0] == "--help" {
		usage(stdout)
		if len(args) == 0 {
			return exitUsage
		}
		return exitDone
	}
	c := &cli{args: args[1:], stdin: stdin, stdout: stdout, stderr: stderr, env: os.Getenv}
	if args[0] == "worker" { // the isolated child; started by the appliance itself
		return runWorker(ctx, c)
	}
	for _, cmd := range commands() {
		if cmd.name == args[0] {
			c.cmd = cmd
			return cmd.run(ctx, c)
		}
	}
	fmt.Fprintf(stderr, "eakte: there is no subcommand %q; these are:\n\n", args[0])
	usage(stderr)
	return exitUsage
}

func usage(w io.Writer) {
	fmt.Fprintln(w, "eakte keeps the electronic files of a social administration.")
	for _, c := range commands() {
		fmt.Fprintf(w, "\n  eakte %s %s\n        %s\n", c.name, c.usage, c.about)
	}
}

// flags is a flag set that speaks through c and explains the subcommand.
func (c *cli) flags() *flag.FlagSet {
	fs := flag.NewFlagSet(c.cmd.name, flag.ContinueOnError)
	fs.SetOutput(c.stderr)
	fs.Usage = func() {
		fmt.Fprintf(c.stderr, "usage: eakte %s %s\n", c.cmd.name, c.cmd.usage)
		fs.PrintDefaults()
	}
	return fs
}

// wrong reports wrong use.
func (c *cli) wrong(format string, args ...any) int {
	fmt.Fprintf(c.stderr, "eakte %s: "+format+"\n", append([]any{c.cmd.name}, args...)...)
	fmt.Fprintf(c.stderr, "usage: eakte %s %s\n", c.cmd.name, c.cmd.usage)
	return exitUsage
}

// fail reports an error and gives the exit code of its category.
func (c *cli) fail(err error) int {
	var e *record.Error
	if errors.As(err, &e) {
		msg := e.Message
		if e.Field != "" {
			msg = e.Field + ": " + msg
		}
		fmt.Fprintf(c.stderr, "eakte %s: %s\n", c.cmd.name, msg)
		if e.Hint != "" {
			fmt.Fprintf(c.stderr, "  %s\n", e.Hint)
		}
		if e.Cause != nil {
			fmt.Fprintf(c.stderr, "  cause: %v\n", e.Cause)
		}
	} else {
		fmt.Fprintf(c.stderr, "eakte %s: %v\n", c.cmd.name, err)
	}
	return exitCode(err)
}

func exitCode(err error) int {
	switch record.CategoryOf(err) {
	case record.Invalid:
		return exitUsage
	case record.Unavailable, record.Busy:
		return exitUnavailable
	case nil:
		return exitUnavailable
	}
	return exitNo
}
