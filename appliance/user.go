package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"eakte/appliance/identity"
	"eakte/appliance/record"
)

func runUser(ctx context.Context, c *cli) int {
	fs := c.flags()
	data, file := fs.String("data", "", "folder of the archive"), fs.String("config", "", "configuration file (JSON)")
	if fs.Parse(c.args) != nil {
		return exitUsage
	}
	rest := fs.Args()
	if len(rest) == 0 {
		return c.wrong("say what to do: list, add, disable or reset-password")
	}
	verb, name := rest[0], ""
	rest = rest[1:]
	if verb != "list" {
		if len(rest) == 0 || strings.HasPrefix(rest[0], "-") {
			return c.wrong("%s whom?", verb)
		}
		name, rest = rest[0], rest[1:]
	}
	more := c.flags()
	display := more.String("display", "", "name as others see it")
	password := more.String("password-file", "", "file with the password; without it one is made and printed")
	var roles roleList
	more.Var(&roles, "role", "ROLE@SITE or ROLE@SITE/TEAM, SITE * for all; may be repeated")
	if more.Parse(rest) != nil || more.NArg() > 0 {
		return exitUsage
	}
	cfg, err := c.config(*file, *data, "")
	if err != nil {
		return c.wrong("%v", err)
	}
	body := []byte{}
	if *password != "" {
		if body, err = os.ReadFile(*password); err != nil {
			return c.fail(&record.Error{Category: record.Invalid, Field: "--password-file", Message: "The file can't be read.", Cause: err})
		}
	}
	return perform(ctx, c, cfg, operation{Name: "user", Args: map[string]string{"verb": verb, "name": name, "display": *display,
		"roles": strings.Join(roles, " ")}}, bytes.NewReader(body))
}

// roleList collects --role flags.
type roleList []string

func (r *roleList) String() string     { return strings.Join(*r, " ") }
func (r *roleList) Set(s string) error { *r = append(*r, s); return nil }

// parseRoles reads "ROLE@SITE/TEAM" words.
func parseRoles(s string) ([]record.RoleAt, error) {
	var out []record.RoleAt
	for _, w := range strings.Fields(s) {
		role, place, ok := strings.Cut(w, "@")
		if !ok || role == "" || place == "" {
			return nil, record.Bad("--role", "is not ROLE@SITE or ROLE@SITE/TEAM")
		}
		site, team, _ := strings.Cut(place, "/")
		out = append(out, record.RoleAt{Role: role, Site: site, Team: team})
	}
	return out, nil
}

func doUser(ctx context.Context, a *app, args map[string]string, body io.Reader, out io.Writer) error {
	given, err := io.ReadAll(io.LimitReader(body, 1<<10))
	if err != nil {
		return err
	}
	password, made := strings.TrimRight(string(given), "\r\n"), false
	if password == "" {
		password, made = strings.ToLower(rand.Text()[:16]), true
	}
	op := a.operator()
	switch args["verb"] {
	case "list":
		return a.listUsers(ctx, op, out)
	case "add":
		roles, err := parseRoles(args["roles"])
		if err != nil {
			return err
		}
		_, err = a.identity.AddUser(ctx, op, identity.NewUser{Name: args["name"], Display: args["display"], Password: password, Roles: roles})
		if err != nil {
			return err
		}
	case "disable":
		made = false
		if err := a.identity.Disable(ctx, op, args["name"]); err != nil {
			return err
		}
	case "reset-password":
		if err := a.identity.ResetPassword(ctx, op, args["name"], password); err != nil {
			return err
		}
	default:
		return record.Bad("user", "can list, add, disable and reset-password")
	}
	if made {
		fmt.Fprintln(out, password)
	}
	return nil
}

func (a *app) listUsers(ctx context.Context, op record.Actor, out io.Writer) error {
	users, err := a.identity.Users(ctx, op)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
	for _, u := range users {
		var roles []string
		for _, r := range u.Roles {
			s := r.Role + "@" + r.Site
			if r.Team != "" {
				s += "/" + r.Team
			}
			roles = append(roles, s)
		}
		state := ""
		if u.Disabled {
			state = "disabled"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", u.Name, u.Display, strings.Join(roles, " "), state)
	}
	return w.Flush()
}

func runToken(ctx context.Context, c *cli) int {
	fs := c.flags()
	data, file := fs.String("data", "", "folder of the archive"), fs.String("config", "", "configuration file (JSON)")
	user, expires := fs.String("user", "", "sign-in name"), fs.Duration("expires", 720*time.Hour, "how long the token works")
	if fs.Parse(c.args) != nil {
		return exitUsage
	}
	if *user == "" || fs.NArg() > 0 {
		return c.wrong("name the user with --user")
	}
	cfg, err := c.config(*file, *data, "")
	if err != nil {
		return c.wrong("%v", err)
	}
	return perform(ctx, c, cfg, operation{Name: "token", Args: map[string]string{"user": *user, "expires": expires.String()}}, nil)
}

func doToken(ctx context.Context, a *app, args map[string]string, _ io.Reader, out io.Writer) error {
	expires, err := time.ParseDuration(args["expires"])
	if err != nil {
		return record.Bad("--expires", "is not a duration like 720h")
	}
	token, err := a.identity.NewToken(ctx, a.operator(), args["user"], expires)
	if err == nil {
		fmt.Fprintln(out, token)
	}
	return err
}
