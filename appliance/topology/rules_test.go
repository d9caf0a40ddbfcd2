package topology

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/compose-spec/compose-go/v2/types"
)

// What may differ from the rules, with the reason beside it in compose.yaml.
var (
	mayBeRoot  = map[string][]string{"sftp": {"CHOWN", "KILL", "SETUID", "SETGID", "SYS_CHROOT"}}
	mayPublish = []string{"appliance", "sftp"}
)

// facts are what rules look up outside compose.yaml.
type facts struct {
	settings []string // EAKTE_… that appliance/config reads
	secrets  []string // that secrets/make.sh makes
	packages []string // that .ci/deps installs
	needed   []string // Debian's runtime libraries of what the build links
}

// judge gives every breach of a rule, as one line each.
func judge(d *deployment, f facts) []string {
	var bad []string
	for name, s := range d.Services {
		say := func(format string, args ...any) { bad = append(bad, name+": "+fmt.Sprintf(format, args...)) }
		hardened(s, say)
		d.pinned(s, say)
		d.ordered(s, say)
		d.secret(s, say)
		d.reachable(s, say)
		for _, e := range keys(s.Environment) {
			if strings.HasPrefix(e, "EAKTE_") && !slices.Contains(f.settings, e) {
				say("appliance/config knows no %s", e)
			}
		}
	}
	bad = append(bad, d.secretsMade(f)...)
	bad = append(bad, d.packaged(f)...)
	slices.Sort(bad)
	return bad
}

func once(s types.ServiceConfig) bool { return slices.Contains(s.Profiles, "setup") }

func hardened(s types.ServiceConfig, say func(string, ...any)) {
	caps, rooted := mayBeRoot[s.Name]
	uid, _, _ := strings.Cut(s.User, ":")
	switch {
	case uid == "" || !regexp.MustCompile(`^[0-9]+:[0-9]+$`).MatchString(s.User):
		say("user must be numbers, uid:gid")
	case uid == "0" && !rooted:
		say("runs as root")
	}
	if !s.ReadOnly {
		say("its root is not read-only")
	}
	if !slices.Equal(s.CapDrop, []string{"ALL"}) {
		say("cap_drop is not ALL")
	}
	if !slices.Equal(s.CapAdd, caps) {
		say("cap_add is %v, want %v", s.CapAdd, caps)
	}
	if !slices.Contains(s.SecurityOpt, "no-new-privileges:true") {
		say("no-new-privileges is missing")
	}
	if s.Privileged || s.Pid != "" || s.Ipc != "" || s.NetworkMode != "" || len(s.Devices) > 0 {
		say("shares something of the machine")
	}
	if core := s.Ulimits["core"]; core == nil || core.Single != 0 {
		say("core files are allowed")
	}
	if s.PidsLimit == 0 && (s.Deploy == nil || s.Deploy.Resources.Limits == nil) {
		say("pids_limit is missing")
	}
	if (s.HealthCheck == nil || len(s.HealthCheck.Test) == 0 || s.HealthCheck.Disable) && !once(s) {
		say("healthcheck is missing")
	}
	if want := map[bool]string{true: "no", false: "unless-stopped"}[once(s)]; s.Restart != want {
		say("restart is %q, want %q", s.Restart, want)
	}
	for _, v := range s.Volumes {
		if v.Type == types.VolumeTypeBind && !v.ReadOnly {
			say("%s is bound to the machine and can be written", v.Target)
		}
	}
}

// A tag counts as pinned if it names a full version; a digest always does.
var pinnedTag = regexp.MustCompile(`^[a-z0-9./-]+:v?[0-9]+\.[0-9]+(\.[0-9]+)?(-[a-z]+)?(@sha256:[0-9a-f]{64})?$`)

func (d *deployment) pinned(s types.ServiceConfig, say func(string, ...any)) {
	im := d.image(s)
	if im == nil {
		if !pinnedTag.MatchString(s.Image) {
			say("image %q is not pinned", s.Image)
		}
		return
	}
	for _, st := range im.stages {
		if !pinnedTag.MatchString(st.from) {
			say("%s: FROM %s is not pinned", s.Build.Dockerfile, st.from)
		}
	}
	if _, rooted := mayBeRoot[s.Name]; !rooted && im.user != s.User {
		say("%s: USER is %q, in compose.yaml it is %q", s.Build.Dockerfile, im.user, s.User)
	}
}

func (d *deployment) ordered(s types.ServiceConfig, say func(string, ...any)) {
	for on, dep := range s.DependsOn {
		if dep.Condition != types.ServiceConditionHealthy {
			say("depends_on %s has the condition %q, want service_healthy", on, dep.Condition)
		}
	}
	for _, e := range keys(s.Environment) {
		host := hostIn(*s.Environment[e])
		if _, ok := d.Services[host]; !ok {
			if host != "" {
				say("%s names %s, which is no service", e, host)
			}
			continue
		}
		if _, ok := s.DependsOn[host]; !ok {
			say("%s names %s, but depends_on does not", e, host)
		}
		if !d.meet(s, d.Services[host]) {
			say("%s names %s, but no network joins the two", e, host)
		}
	}
}

var address = regexp.MustCompile(`^https?://([a-z][a-z0-9-]*):[0-9]+`)

func hostIn(v string) string {
	if m := address.FindStringSubmatch(v); m != nil {
		return m[1]
	}
	return ""
}

func (d *deployment) meet(a, b types.ServiceConfig) bool {
	for n := range a.Networks {
		if _, ok := b.Networks[n]; ok {
			return true
		}
	}
	return false
}

var secretName = regexp.MustCompile(`(KEY|SECRET|PASSWORD|TOKEN|DSN|ROOT_USER)$`)

func (d *deployment) secret(s types.ServiceConfig, say func(string, ...any)) {
	given, used := []string{}, []string{}
	for _, x := range s.Secrets {
		given = append(given, x.Source)
		if x.Target != "" && x.Target != "/run/secrets/"+x.Source && x.Target != x.Source {
			say("secret %s lies under another name", x.Source)
		}
	}
	for _, e := range keys(s.Environment) {
		v := *s.Environment[e]
		if secretName.MatchString(e) {
			say("%s holds a secret; name a file with %s_FILE", e, e)
		}
		if strings.Contains(v, "@") && strings.Contains(v, "://") {
			say("%s has a password in its address", e)
		}
		if name, ok := strings.CutPrefix(v, "/run/secrets/"); ok {
			used = append(used, name)
		}
	}
	for _, u := range used {
		if !slices.Contains(given, u) {
			say("reads the secret %s and is not given it", u)
		}
	}
	for _, g := range given {
		if !slices.Contains(used, g) {
			say("is given the secret %s and does not read it", g)
		}
	}
}

func (d *deployment) secretsMade(f facts) []string {
	var bad []string
	for name, x := range d.Secrets {
		if !strings.HasSuffix(x.File, "/compose/secrets/"+name) || x.Environment != "" {
			bad = append(bad, "secret "+name+": is no file of its name in secrets/")
		}
		if !slices.Contains(f.secrets, name) {
			bad = append(bad, "secret "+name+": secrets/make.sh does not make it")
		}
	}
	for _, name := range f.secrets {
		if _, ok := d.Secrets[name]; !ok {
			bad = append(bad, "secret "+name+": is made by secrets/make.sh and not declared")
		}
	}
	return bad
}

func (d *deployment) reachable(s types.ServiceConfig, say func(string, ...any)) {
	open := slices.Contains(mayPublish, s.Name)
	if len(s.Ports) > 0 && !open {
		say("publishes a port")
	}
	for _, p := range s.Ports {
		if s.Name == "appliance" && p.HostIP != "127.0.0.1" {
			say("publishes beyond this machine by default")
		}
	}
	if len(s.Networks) == 0 {
		say("is in the default network")
	}
	for n := range s.Networks {
		if !open && !bool(d.Networks[n].Internal) {
			say("is in the network %s, which is not internal", n)
		}
	}
}

// packaged holds the appliance's Dockerfile against what the tests ran with.
func (d *deployment) packaged(f facts) []string {
	var bad []string
	im := d.images["compose/Dockerfile"]
	release := regexp.MustCompile(`^(debian:12\.|golang:.*-bookworm)`)
	for i, st := range im.stages {
		if !release.MatchString(st.from) {
			bad = append(bad, "compose/Dockerfile: "+st.from+" is not Debian 12, with which it is tested")
		}
		for _, p := range st.packages {
			runtimeLib := i == len(im.stages)-1 && slices.Contains(f.needed, p)
			if !runtimeLib && !slices.Contains(f.packages, p) {
				bad = append(bad, "compose/Dockerfile: .ci/deps does not know "+p+", so no test has run with it")
			}
		}
	}
	all := []string{}
	for _, st := range im.stages {
		all = append(all, st.packages...)
	}
	want := append([]string{"poppler-utils", "qpdf", "libtiff-tools", "ca-certificates"}, f.needed...)
	for _, p := range f.packages {
		if strings.HasSuffix(p, "-dev") || strings.HasPrefix(p, "tesseract-ocr-") {
			want = append(want, p)
		}
	}
	for _, p := range want {
		if !slices.Contains(all, p) {
			bad = append(bad, "compose/Dockerfile: "+p+" is missing")
		}
	}
	return bad
}

func keys[V any](m map[string]V) []string {
	out := []string{}
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}
